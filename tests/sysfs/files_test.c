/* SPDX-License-Identifier: MIT */
/* Files behave as those of the machine's own sysfs: each of these is done to
 * a real attribute and to the same one of the tree, and the answers compared.
 * Where FUSE cannot be like sysfs, what it answers stands here. */
#include "sysfs/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/xattr.h>

/* In both: power/control "auto", power/runtime_status "unsupported",
 * uevent. */
#define REAL "/sys/devices/virtual/mem/null"
#define RW "power/control"
#define RO "power/runtime_status"

/** What a behaviour is tried on. */
struct place {
    char dir[256]; /* the device's */
    char bus[256]; /* a bus, whose uevent is written only */
    char link[300]; /* a link to a directory */
    char text[16384]; /* what was answered, so far */
    size_t length;
};

static void __attribute__((format(printf, 2, 3)))
say(struct place *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    p->length += (size_t)vsnprintf(p->text + p->length,
                                   sizeof(p->text) - p->length, format, args);
    va_end(args);
    if (p->length >= sizeof(p->text))
        FAIL("more answered than fits");
}

/* An answer of a system call: the number, or the error's name. */
static void
answer(struct place *p, const char *what, long r)
{
    int e = errno;

    if (r < 0)
        say(p, "%s %s; ", what, strerrorname_np(e));
    else
        say(p, "%s %ld; ", what, r);
}

static const char *
in(const struct place *p, const char *file)
{
    static char path[2][600];
    static int turn;

    turn = !turn;
    (void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", p->dir, file);
    return path[turn];
}

static int
open_in(struct place *p, const char *file, int flags)
{
    int fd = open(in(p, file), flags | O_CLOEXEC, 0644);

    if (fd < 0)
        FAIL("%s: %s", in(p, file), strerror(errno));
    return fd;
}

static void
got(struct place *p, const char *what, const char *text, ssize_t n)
{
    answer(p, what, n);
    if (n > 0)
        say(p, "\"%.*s\" ", (int)n, text);
}

static void
do_stat(struct place *p)
{
    static const char *const files[] = { RW, RO, "uevent", "power" };
    struct stat st;

    for (size_t i = 0; i < ROWS(files); i++) {
        answer(p, files[i], lstat(in(p, files[i]), &st));
        say(p, "%o %jd %jd %ju %jd; ", st.st_mode, (intmax_t)st.st_size,
            (intmax_t)st.st_blocks, (uintmax_t)st.st_nlink,
            (intmax_t)st.st_blksize);
    }
    answer(p, "link", lstat(p->link, &st));
    say(p, "%o %jd", st.st_mode, (intmax_t)st.st_size);
}

static void
try_open(struct place *p, const char *path, const char *what, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0644);

    answer(p, what, fd < 0 ? -1 : 0);
    if (fd >= 0)
        (void)close(fd);
}

static void
do_open(struct place *p)
{
    char wo[300];

    (void)snprintf(wo, sizeof(wo), "%s/uevent", p->bus);
    try_open(p, in(p, RO), "read", O_RDONLY);
    try_open(p, in(p, RO), "write ro", O_WRONLY);
    try_open(p, in(p, RO), "both ro", O_RDWR);
    try_open(p, wo, "read wo", O_RDONLY);
    try_open(p, wo, "write wo", O_WRONLY);
    try_open(p, wo, "both wo", O_RDWR);
    try_open(p, in(p, RW), "truncate", O_WRONLY | O_TRUNC);
    try_open(p, in(p, RO), "truncate ro", O_WRONLY | O_TRUNC);
    try_open(p, in(p, RO), "truncate for reading", O_RDONLY | O_TRUNC);
    try_open(p, in(p, RW), "append", O_WRONLY | O_APPEND);
    try_open(p, in(p, RW), "create what is there", O_WRONLY | O_CREAT);
    try_open(p, in(p, RW), "all of them", O_WRONLY | O_CREAT | O_TRUNC);
    try_open(p, in(p, RW), "exclusive", O_WRONLY | O_CREAT | O_EXCL);
    try_open(p, in(p, "new"), "create", O_WRONLY | O_CREAT);
    try_open(p, in(p, "new"), "create exclusive", O_RDWR | O_CREAT | O_EXCL);
    try_open(p, in(p, "new"), "not there", O_RDONLY);
    try_open(p, in(p, RW "/new"), "below a file", O_RDONLY);
    try_open(p, in(p, RW "/"), "file with a slash", O_RDONLY);
    try_open(p, in(p, "power"), "directory", O_RDONLY);
    try_open(p, in(p, "power"), "directory for writing", O_WRONLY);
    try_open(p, in(p, RW), "as a directory", O_RDONLY | O_DIRECTORY);
    try_open(p, in(p, "power"), "nameless", O_RDWR | O_TMPFILE);
    try_open(p, in(p, RO), "path", O_PATH);
    try_open(p, p->link, "link itself", O_RDONLY | O_NOFOLLOW);
    try_open(p, in(p, RO), "nonblocking", O_RDONLY | O_NONBLOCK);
    try_open(p, in(p, RO), "without atime", O_RDONLY | O_NOATIME);
    try_open(p, in(p, RW), "synchronous", O_WRONLY | O_SYNC);
}

static void
do_read(struct place *p)
{
    int fd = open_in(p, RO, O_RDONLY);
    char b[64];
    struct iovec iov[2] = { { b, 3 }, { b + 8, 4 } };

    for (int i = 0; i < 14; i++)
        got(p, "one", b, read(fd, b, 1));
    answer(p, "back", lseek(fd, 0, SEEK_SET));
    got(p, "all", b, read(fd, b, sizeof(b)));
    got(p, "more", b, read(fd, b, sizeof(b)));
    answer(p, "to 5", lseek(fd, 5, SEEK_SET));
    got(p, "from 5", b, read(fd, b, sizeof(b)));
    got(p, "at 2", b, pread(fd, b, 4, 2));
    got(p, "at 11", b, pread(fd, b, 4, 11));
    got(p, "at 12", b, pread(fd, b, 4, 12));
    got(p, "at 4096", b, pread(fd, b, 4, 4096));
    got(p, "below 0", b, pread(fd, b, 4, -1));
    answer(p, "end", lseek(fd, 0, SEEK_END));
    got(p, "at the end", b, read(fd, b, 4));
    answer(p, "below the start", lseek(fd, -1, SEEK_SET));
    answer(p, "beyond", lseek(fd, 10000, SEEK_SET));
    got(p, "there", b, read(fd, b, 4));
    answer(p, "back", lseek(fd, 0, SEEK_SET));
    answer(p, "none", read(fd, b, 0));
    answer(p, "in parts", readv(fd, iov, 2));
    say(p, "\"%.3s%.4s\" ", b, b + 8);
    answer(p, "write to it", write(fd, "x", 1));
    (void)close(fd);
}

static void
do_write(struct place *p)
{
    static char big[5000] = "auto\n";
    int fd = open_in(p, RW, O_RDWR | O_TRUNC);
    struct iovec iov[2] = { { (char *)"au", 2 }, { (char *)"to\n", 3 } };
    char b[16];

    answer(p, "auto", write(fd, "auto", 4));
    answer(p, "again", write(fd, "auto\n", 5));
    answer(p, "where", lseek(fd, 0, SEEK_CUR));
    got(p, "what is behind", b, read(fd, b, sizeof(b)));
    answer(p, "wrong", write(fd, "wrong", 5));
    answer(p, "where", lseek(fd, 0, SEEK_CUR));
    answer(p, "nothing", write(fd, "", 0));
    answer(p, "a newline", write(fd, "\n", 1));
    answer(p, "two newlines", write(fd, "auto\n\n", 6));
    answer(p, "NUL", write(fd, "auto\0wrong", 10));
    answer(p, "only NUL", write(fd, "\0", 1));
    answer(p, "at 100", pwrite(fd, "auto", 4, 100));
    answer(p, "at 10000", pwrite(fd, "auto", 4, 10000));
    answer(p, "half", pwrite(fd, "au", 2, 0));
    answer(p, "other half", pwrite(fd, "to", 2, 2));
    answer(p, "in parts", writev(fd, iov, 2));
    answer(p, "4095", pwrite(fd, big, 4095, 0));
    answer(p, "4096", pwrite(fd, big, 4096, 0));
    answer(p, "4097", pwrite(fd, big, 4097, 0));
    answer(p, "5000", pwrite(fd, big, 5000, 0));
    got(p, "afterwards", b, pread(fd, b, sizeof(b), 0));
    (void)close(fd);
    fd = open_in(p, RW, O_WRONLY | O_APPEND);
    answer(p, "appended", write(fd, "auto", 4));
    answer(p, "read", read(fd, b, 1));
    (void)close(fd);
}

static void
do_write_more(struct place *p)
{
    size_t size = 1 << 20;
    char *big = calloc(1, size);
    int fd = open_in(p, RW, O_WRONLY);

    if (!big)
        FAIL("no memory");
    (void)snprintf(big, size, "auto");
    answer(p, "a million", write(fd, big, size));
    memset(big, 'x', size);
    answer(p, "wrong", write(fd, big, size));
    (void)close(fd);
    free(big);
}

/* Snapshots: two files, and one read in two goes around a write. */
static void
do_open_twice(struct place *p)
{
    int a = open_in(p, RO, O_RDONLY);
    int b = open_in(p, RO, O_RDONLY);
    char x[16];

    got(p, "a", x, read(a, x, 5));
    got(p, "b", x, read(b, x, sizeof(x)));
    got(p, "a", x, read(a, x, sizeof(x)));
    (void)close(a);
    (void)close(b);
}

static void
do_change_inode(struct place *p)
{
    int fd = open_in(p, RW, O_RDWR);
    struct stat st;

    answer(p, "truncate", truncate(in(p, RW), 0));
    answer(p, "truncate ro", truncate(in(p, RO), 0));
    answer(p, "ftruncate", ftruncate(fd, 10));
    answer(p, "grow", ftruncate(fd, 10000));
    answer(p, "stat", lstat(in(p, RW), &st));
    answer(p, "truncate a directory", truncate(in(p, "power"), 0));
    answer(p, "chmod", chmod(in(p, RW), 0644));
    answer(p, "fchmod", fchmod(fd, 0644));
    answer(p, "chown", chown(in(p, RW), (uid_t)-1, (gid_t)-1));
    answer(p, "utimens", utimensat(AT_FDCWD, in(p, RW), NULL, 0));
    answer(p, "fsync", fsync(fd));
    answer(p, "fdatasync", fdatasync(fd));
    answer(p, "flock", flock(fd, LOCK_EX));
    answer(p, "fallocate", fallocate(fd, 0, 0, 100));
    answer(p, "punch", fallocate(fd, 3, 0, 100));
    (void)close(fd);
}

static void
do_names(struct place *p)
{
    static char name[300];

    answer(p, "mkdir", mkdir(in(p, "new"), 0755));
    answer(p, "mkdir there", mkdir(in(p, "power"), 0755));
    answer(p, "rmdir", rmdir(in(p, "power")));
    answer(p, "rmdir a file", rmdir(in(p, RW)));
    answer(p, "unlink", unlink(in(p, RW)));
    answer(p, "unlink a directory", unlink(in(p, "power")));
    answer(p, "unlink a link", unlink(p->link));
    answer(p, "unlink nothing", unlink(in(p, "new")));
    answer(p, "rename", rename(in(p, RW), in(p, "power/new")));
    answer(p, "rename over", rename(in(p, RW), in(p, RO)));
    answer(p, "rename a directory", rename(in(p, "power"), in(p, "new")));
    answer(p, "rename away", rename(in(p, RW), "/tmp/new"));
    answer(p, "rename nothing", rename(in(p, "new"), in(p, "newer")));
    answer(p, "symlink", symlink("x", in(p, "new")));
    answer(p, "symlink there", symlink("x", in(p, RW)));
    answer(p, "link", link(in(p, RW), in(p, "new")));
    answer(p, "link away", link(in(p, RW), "/tmp/new"));
    answer(p, "mknod", mknod(in(p, "new"), S_IFREG | 0644, 0));
    answer(p, "fifo", mknod(in(p, "new"), S_IFIFO | 0644, 0));
    memset(name, 'x', 255);
    answer(p, "long name", access(in(p, name), F_OK));
    memset(name, 'x', 256);
    answer(p, "too long", access(in(p, name), F_OK));
}

static void
do_access(struct place *p)
{
    answer(p, "rw R", access(in(p, RW), R_OK));
    answer(p, "rw W", access(in(p, RW), W_OK));
    answer(p, "rw X", access(in(p, RW), X_OK));
    answer(p, "ro R", access(in(p, RO), R_OK));
    answer(p, "ro W", access(in(p, RO), W_OK));
    answer(p, "dir X", access(in(p, "power"), X_OK));
    answer(p, "dir W", access(in(p, "power"), W_OK));
}

static void
do_odd_calls(struct place *p)
{
    int fd = open_in(p, RW, O_RDWR);
    AUTO(fd_done) int out = memfd_create("out", 0);
    AUTO(fd_done) int notify = inotify_init1(IN_CLOEXEC);
    int n = 0;
    char b[16];

    answer(p, "ioctl", ioctl(fd, FIOCLEX) ? -1 : 0);
    answer(p, "tty", isatty(fd) ? 1 : (errno == ENOTTY ? 0 : -1));
    answer(p, "bytes waiting", ioctl(fd, FIONREAD, &n));
    answer(p, "sendfile", sendfile(out, fd, NULL, 100));
    answer(p, "sendfile to it", sendfile(fd, out, &(off_t){ 0 }, 5));
    got(p, "sent", b, pread(out, b, sizeof(b), 0));
    answer(p, "watch",
           inotify_add_watch(notify, in(p, RW), IN_MODIFY) < 0 ? -1 : 0);
    (void)close(fd);
}

static void
do_list_xattrs(struct place *p)
{
    char b[16];

    answer(p, "list", listxattr(in(p, RW), b, sizeof(b)));
    answer(p, "size", listxattr(in(p, RW), NULL, 0));
}

static void
do_xattr(struct place *p)
{
    char b[16];

    answer(p, "get", getxattr(in(p, RW), "user.x", b, sizeof(b)));
    answer(p, "set", setxattr(in(p, RW), "user.x", "1", 1, 0));
}

static void
do_private_map(struct place *p)
{
    int fd = open_in(p, RO, O_RDONLY);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

    answer(p, "map", map == MAP_FAILED ? -1 : 0);
    if (map != MAP_FAILED)
        (void)munmap(map, 4096);
    (void)close(fd);
}

static void
do_shared_map(struct place *p)
{
    int fd = open_in(p, RW, O_RDWR);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    answer(p, "map", map == MAP_FAILED ? -1 : 0);
    if (map != MAP_FAILED)
        (void)munmap(map, 4096);
    (void)close(fd);
}

static void
do_poll(struct place *p)
{
    int fd = open_in(p, RO, O_RDONLY);
    struct pollfd f = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };

    for (int i = 0; i < 2; i++) {
        char text[4];

        answer(p, "poll", poll(&f, 1, 0));
        say(p, "%x; ", (unsigned)f.revents);
        answer(p, "read", pread(fd, text, sizeof(text), 0));
    }
    (void)close(fd);
}

static void
do_statfs(struct place *p)
{
    struct statfs st;

    answer(p, "statfs", statfs(in(p, RO), &st));
    say(p, "%jx %jd", (uintmax_t)st.f_type, (intmax_t)st.f_bsize);
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void
do_list(struct place *p)
{
    struct dirent **list;
    int n = scandir(in(p, "power"), &list, NULL, compare_names);

    for (int i = 0; i < n; i++) {
        say(p, "%s %d; ", list[i]->d_name, list[i]->d_type);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    answer(p, "entries", n);
}

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
    void (*try)(struct place *place);
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

/* What sysfs does and cannot be shown with a file of the machine's own. */

static struct server server;

static bool
start(void)
{
    const char *why = server_impossible();

    if (why)
        test_skip(why);
    else
        server_start(&server, &server_builtin);
    return !why;
}

TEST(what_is_read_is_of_one_moment)
{
    int fd;
    char text[16];

    if (!start())
        return;
    fd = open(tree_path(&server, "bus/ap/config_time"), O_RDONLY);
    CHECK_INT(read(fd, text, 1), 1);
    CHECK_INT(tree_write(&server, "bus/ap/config_time", "120"), 0);
    CHECK_INT(read(fd, text + 1, 10), 2);
    CHECK(memcmp(text, "30\n", 3) == 0);
    CHECK_INT(pread(fd, text, 10, 0), 4);
    CHECK(memcmp(text, "120\n", 4) == 0);
    CHECK_INT(tree_write(&server, "bus/ap/config_time", "60"), 0);
    CHECK_INT(pread(fd, text, 10, 1), 2); /* not where it ended: anew */
    CHECK(memcmp(text, "0\n", 2) == 0);
    (void)close(fd);
    server_stop(&server);
}

/* Each: what is opened, what takes it away, what brings it back. */
TEST(a_file_of_what_has_gone_is_stale_for_good)
{
    static const struct {
        const char *file;
        const char *gone[2]; /* file, text */
        const char *back[2];
    } rows[] = {
        { "devices/ap/card05/05.0047/status",
          { "bus/ap/drivers/vfio_ap/unbind", "05.0047" },
          { "bus/ap/drivers/vfio_ap/bind", "05.0047" } },
        { "devices/ap/card03/03.0004/online",
          { "bus/ap/drivers/cex4queue/unbind", "03.0004" },
          { "bus/ap/drivers/cex4queue/bind", "03.0004" } },
        { "devices/ap/card03/type",
          { "bus/ap/drivers/cex4card/unbind", "card03" },
          { "bus/ap/drivers/cex4card/bind", "card03" } },
        { TREE_MATRIX TREE_U "/matrix",
          { TREE_MATRIX TREE_U "/remove", "1" },
          { TREE_TYPE "create", TREE_U } },
        { TREE_MATRIX TREE_U "/power/control",
          { TREE_MATRIX TREE_U "/remove", "1" },
          { TREE_TYPE "create", TREE_U } },
    };

    if (!start())
        return;
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[16];
        int fd = open(tree_path(&server, rows[i].file), O_RDONLY);

        test_note("%s", rows[i].file);
        CHECK(read(fd, text, sizeof(text)) >= 0);
        CHECK_INT(tree_write(&server, rows[i].gone[0], rows[i].gone[1]), 0);
        CHECK(!tree_has(&server, rows[i].file));
        CHECK_INT(pread(fd, text, sizeof(text), 0), -1);
        CHECK_INT(errno, ENODEV);
        CHECK_INT(tree_write(&server, rows[i].back[0], rows[i].back[1]), 0);
        CHECK(tree_has(&server, rows[i].file));
        CHECK_INT(pread(fd, text, sizeof(text), 0), -1);
        CHECK_INT(errno, ENODEV);
        (void)close(fd);
        CHECK(tree_read(&server, rows[i].file)[0] != 'E');
    }
    server_stop(&server);
}

TEST(a_directory_that_has_gone_is_empty_to_who_stands_in_it)
{
    int here;
    char text[512];

    if (!start())
        return;
    here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    CHECK_INT(chdir(tree_path(&server, TREE_MATRIX TREE_U)), 0);
    CHECK_INT(access("matrix", F_OK), 0);
    CHECK_INT(tree_write(&server, TREE_MATRIX TREE_U "/remove", "1"), 0);
    CHECK_INT(open("matrix", O_RDONLY), -1);
    CHECK(errno == ENOENT || errno == ENODEV);
    CHECK_INT(access("guest_matrix", F_OK), -1);
    (void)getcwd(text, sizeof(text));
    CHECK_INT(fchdir(here), 0);
    (void)close(here);
    server_stop(&server);
}

TEST(a_mode_that_was_set_stays_with_the_file)
{
    static const char file[] = "devices/ap/card03/03.0004/online";
    struct stat st;

    if (!start())
        return;
    CHECK_INT(chmod(tree_path(&server, file), 0460), 0);
    CHECK_INT(stat(tree_path(&server, file), &st), 0);
    CHECK_INT(st.st_mode, S_IFREG | 0460);
    CHECK_INT(st.st_size, 4096);
    if (geteuid() == 0 && chown(tree_path(&server, file), 0, 12) == 0) {
        CHECK_INT(stat(tree_path(&server, file), &st), 0);
        CHECK_INT(st.st_gid, 12);
        CHECK_INT(st.st_mode, S_IFREG | 0460);
        CHECK_INT(chmod(tree_path(&server, file), 0400), 0);
        CHECK_INT(tree_write(&server, file, "0"), EACCES); /* also root */
    }
    CHECK_INT(chmod(tree_path(&server, "devices/ap/card03"), 0700), 0);
    CHECK_INT(stat(tree_path(&server, "devices/ap/card03"), &st), 0);
    CHECK_INT(st.st_mode, S_IFDIR | 0700);
    /* another file, of the same name */
    CHECK_INT(tree_write(&server, "bus/ap/drivers/cex4queue/unbind", "03.0004"),
              0);
    CHECK_INT(tree_write(&server, "bus/ap/drivers/cex4queue/bind", "03.0004"),
              0);
    CHECK_INT(stat(tree_path(&server, file), &st), 0);
    CHECK_INT(st.st_mode, S_IFREG | 0644);
    CHECK_INT(st.st_gid, getegid());
    server_stop(&server);
}

/* When write(2) returns, everybody sees it: no name is remembered wrongly. */
TEST(what_comes_and_goes_is_seen_at_once)
{
    static const char *const names[] = {
        TREE_MATRIX TREE_U,          TREE_MATRIX TREE_U "/matrix",
        "bus/mdev/devices/" TREE_U,  "bus/mdev/drivers/vfio_ap_mdev/" TREE_U,
        TREE_TYPE "devices/" TREE_U, "kernel/iommu_groups/0/devices/" TREE_U,
        "class/vfio-dev/vfio0",      "class/vfio/0",
    };

    if (!start())
        return;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < ROWS(names); i++)
            CHECK(!tree_has(&server, names[i]));
        CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
        for (size_t i = 0; i < ROWS(names); i++)
            CHECK(tree_has(&server, names[i]));
        CHECK_INT(tree_write(&server, TREE_MATRIX TREE_U "/remove", "1"), 0);
    }
    server_stop(&server);
}
