/* SPDX-License-Identifier: MIT */
/* Files behave as those of the machine's own sysfs: each of these is done to
 * a real attribute and to the same one of the tree, and the answers compared.
 * Where FUSE cannot be like sysfs, what it answers stands here. */
#include "sysfs/behaviour.h"

#define REAL "/sys/devices/virtual/mem/null"

/* A program's word, without the path it was given. */
static void
do_programs(struct place *p)
{
    static const char *const lines[] = {
        "cat " RO,
        "cp " RO " $OUT/a && wc -c < $OUT/a && cat $OUT/a",
        "cp -a " RO " $OUT/b && wc -c < $OUT/b",
        "cp -r power $OUT/c; ls $OUT/c",
        "cp $OUT/a new",
        "cp /bin/true " RO,
        "echo auto > $OUT/d; cp $OUT/d " RW,
        "tar cf $OUT/e.tar " RO "; tar tvf $OUT/e.tar | awk '{ print $3 }'",
        "dd if=" RO " bs=1 count=3 status=none",
        "dd if=" RO " bs=4096 status=none | wc -c",
        "echo auto | dd of=" RW " status=none",
        "printf 'auto\\nauto\\n' | dd of=" RW " bs=5 status=none",
        "echo wrong > " RW,
        "echo auto > " RW,
        "echo auto >> " RW,
        "echo auto | tee " RW,
        "printf auto | tee -a " RW,
        "echo x > " RO,
        "echo x > new",
        "mkdir new",
        "rm -f " RW,
        "rm -rf power 2>&1 | sort",
        "mv " RW " power/new",
        "ln -s x new",
        "ln " RW " new",
        "touch " RW,
        "touch new",
        "truncate -s 0 " RW,
        "chmod 644 " RW,
        "head -c 4 " RO,
        "tail -c 5 " RO,
        "tail -n 1 " RO,
        "od -c " RO,
        "wc " RO,
        "grep -c unsup " RO,
        "sed -i s/a/b/ " RW,
        "sort " RO " -o $OUT/f && cat $OUT/f",
        "diff " RO " " RO " && echo same",
        "find . -maxdepth 2 -name control -type f",
        "ls power",
        "stat -c '%A %s %F' " RW " " RO " power",
        "test -w " RO " && echo writable",
        "xargs < " RO,
        "python3 -c 'open(\"" RW "\", \"w\").write(\"auto\")'",
        "read x < " RO "; echo $x",
    };

    for (size_t i = 0; i < ROWS(lines); i++) {
        char command[1024];
        char output[1024];
        FILE *f;

        (void)snprintf(command, sizeof(command),
                       "{ OUT=$(mktemp -d); cd %s; { %s; }; echo \"= $?\"; "
                       "rm -rf $OUT; } 2>&1 | sed 's/tmp\\.[A-Za-z0-9]*/TMP/g; "
                       "s/sed[A-Za-z0-9]\\{6\\}/SED/'",
                       p->dir, lines[i]);
        say(p, "\n    %s: ", lines[i]);
        f = popen(command, "re"); // NOLINT(cert-env33-c): as anybody would
        CHECK(f != NULL);
        while (fgets(output, sizeof(output), f)) {
            if (strncmp(output, "bash: line", 10) == 0 ||
                strncmp(output, "sh: ", 4) == 0)
                say(p, "%s", strchr(output + 4, ' '));
            else
                say(p, "%s", output);
        }
        (void)pclose(f);
    }
}

static const struct {
    const char *what;
    behaviour *try;
    const char *ours; /* where it cannot be the same; NULL: it is */
} behaviours[] = {
    { "stat", do_stat, NULL },
    { "open", do_open, NULL },
    { "read", do_read, NULL },
    { "write", do_write, NULL },
    { "write more", do_write_more, NULL },
    { "open twice", do_open_twice, NULL },
    { "change the inode", do_change_inode, NULL },
    { "names", do_names, NULL },
    { "access", do_access, NULL },
    { "odd calls", do_odd_calls, NULL },
    { "list xattrs", do_list_xattrs, NULL },
    { "list a directory", do_list, NULL },
    { "programs", do_programs, NULL },
    { "shared map", do_shared_map, NULL },
    { "poll", do_poll, NULL },
    { "private map", do_private_map, "map 0; " },
    { "xattr", do_xattr, "get EOPNOTSUPP; set EOPNOTSUPP; " },
    { "statfs", do_statfs, "statfs 0; 65735546 4096" },
};

static const char *
cannot_compare(void)
{
    struct stat st;

    if (server_impossible())
        return server_impossible();
    if (geteuid() != 0 || stat(REAL "/" RW, &st) != 0 || st.st_uid != 0 ||
        access(REAL "/" RW, W_OK) != 0)
        return "this is not the owner of the machine's own /sys";
    return NULL;
}

/* Shows the line that differs, and what comes before it. */
static void
check_same(char *ours, const char *real)
{
    size_t same = 0;

    while (ours[same] && ours[same] == real[same])
        same++;
    if (ours[same] != real[same])
        FAIL("...%.*s\n  ours: %.200s\n  sysfs: %.200s",
             (int)(same < 200 ? same : 200),
             ours + (same < 200 ? 0 : same - 200), ours + same, real + same);
}

TEST(files_are_as_those_of_the_machines_own_sysfs)
{
    static struct place real = { .dir = REAL,
                                 .bus = "/sys/bus/platform",
                                 .link = REAL "/subsystem" };
    static struct place ours;
    const char *why = cannot_compare();
    struct server server;

    if (why) {
        test_skip(why);
        return;
    }
    server_start(&server, &server_builtin);
    (void)snprintf(ours.dir, sizeof(ours.dir), "%s/devices/ap/card03",
                   server.dir);
    (void)snprintf(ours.bus, sizeof(ours.bus), "%s/bus/ap", server.dir);
    (void)snprintf(ours.link, sizeof(ours.link), "%s/subsystem", ours.dir);
    for (size_t i = 0; i < ROWS(behaviours); i++) {
        test_note("%s", behaviours[i].what);
        real.length = ours.length = 0;
        behaviours[i].try(&real);
        behaviours[i].try(&ours);
        check_same(ours.text,
                   behaviours[i].ours ? behaviours[i].ours : real.text);
    }
    server_stop(&server);
}
