/* SPDX-License-Identifier: MIT */
/* Clients that do what no program should: the tree goes on, and the state is
 * one that the engine allows. */
#include "sysfs/tree.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define U TREE_MATRIX TREE_U "/"

static struct server server;

static bool
start(void)
{
    if (!server_start_or_skip(&server, &server_builtin))
        return false;
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    CHECK_INT(tree_write(&server, U "ap_config", "0x04,0x08,"), 0);
    return true;
}

/* It is there, and what nobody has changed is as it was. */
static void
check_alive(void)
{
    CHECK_STR(tree_read(&server, "bus/ap/ap_max_domain_id"), "255\n");
    CHECK_STR(tree_read(&server, U "matrix"), "05.0004\n");
}

/* kB */
static long
resident(void)
{
    char path[64];
    char line[128];
    long kb = -1;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)server.pid);
    f = fopen(path, "re");
    CHECK(f != NULL);
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    (void)fclose(f);
    return kb;
}

/* Runs in a process of its own, which dies without a word at its end. */
static void
die_after(void (*act)(void))
{
    int status;
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        act();
        (void)kill(getpid(), SIGKILL);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
open_many(void)
{
    struct rlimit limit = { 4096, 4096 };
    char text[1];
    int fd;

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    while ((fd = open(tree_path(&server, "bus/ap/apmask"), O_RDONLY)) >= 0)
        (void)read(fd, text, 1); /* and is never closed */
}

TEST(files_that_are_never_closed_cost_little_and_end_with_their_owner)
{
    long before;

    if (!start())
        return;
    before = resident();
    for (int i = 0; i < 20; i++)
        die_after(open_many);
    CHECK(resident() < before + 8192 || KEEPS_WHAT_IS_FREED);
    check_alive();
    server_stop(&server);
}

static void
open_and_die(void)
{
    (void)open(tree_path(&server, U "assign_adapter"), O_WRONLY);
}

static void
write_and_die(void)
{
    int fd = open(tree_path(&server, "bus/ap/config_time"), O_WRONLY);

    (void)write(fd, "77", 2);
}

TEST(who_dies_between_open_and_write_has_written_nothing)
{
    if (!start())
        return;
    die_after(open_and_die);
    check_alive();
    die_after(write_and_die);
    CHECK_STR(tree_read(&server, "bus/ap/config_time"), "77\n");
    check_alive();
    server_stop(&server);
}

/* Every file that can be written. */
static void
each_file(const char *dir, void (*act)(const char *file))
{
    DIR *d = opendir(tree_path(&server, dir));
    struct stat st;

    if (!d)
        return; /* it went meanwhile */
    for (struct dirent *e; (e = readdir(d));) {
        char path[512];

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "",
                       e->d_name);
        if (e->d_type == DT_DIR)
            each_file(path, act);
        else if (e->d_type == DT_REG &&
                 lstat(tree_path(&server, path), &st) == 0 &&
                 (st.st_mode & 0222))
            act(path);
    }
    (void)closedir(d);
}

static char big[1 << 20];
static unsigned n_files;

static void
write_badly(const char *file)
{
    static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, sizeof(big) };
    int fd = open(tree_path(&server, file), O_WRONLY);

    n_files++;
    test_note("%s", file);
    for (size_t i = 0; fd >= 0 && i < ROWS(sizes); i++) {
        ssize_t n = write(fd, big, sizes[i]);

        if (n >= 0)
            CHECK_INT(n, sizes[i] < 4096 ? sizes[i] : 4096);
    }
    if (fd >= 0)
        (void)close(fd);
}

TEST(every_file_takes_a_million_bytes_of_anything)
{
    static const unsigned char fills[] = { 0, 'x', '1', '\n', 0xff, '+' };

    for (size_t i = 0; i < sizeof(fills); i++) {
        if (!start())
            return;
        memset(big, fills[i], sizeof(big));
        n_files = 0;
        each_file("", write_badly);
        CHECK(n_files > 60);
        CHECK_STR(tree_read(&server, "bus/ap/ap_max_domain_id"), "255\n");
        server_stop(&server);
    }
}

/** What random clients write. */
static const struct {
    const char *file;
    const char *text;
} writes[] = {
    { TREE_TYPE "create", TREE_V },
    { TREE_MATRIX TREE_V "/remove", "1" },
    { TREE_MATRIX TREE_V "/assign_adapter", "5" },
    { TREE_MATRIX TREE_V "/assign_domain", "0x47" },
    { TREE_MATRIX TREE_V "/ap_config", "0x0020,0x00000008," },
    { TREE_MATRIX TREE_V "/unassign_domain", "0x47" },
    { TREE_TYPE "create", TREE_U },
    { U "remove", "1" },
    { U "assign_adapter", "3" },
    { U "assign_domain", "0x54" },
    { U "unassign_adapter", "5" },
    { "bus/ap/apmask", "+5" },
    { "bus/ap/apmask", "-5" },
    { "bus/ap/aqmask", "+0x47" },
    { "bus/ap/aqmask", "-0x47" },
    { "bus/ap/scans", "1" },
    { "bus/ap/drivers/vfio_ap/unbind", "05.0047" },
    { "bus/ap/drivers/vfio_ap/bind", "05.0047" },
    { "bus/ap/drivers_probe", "05.0047" },
    { "bus/ap/drivers/cex4card/unbind", "card05" },
    { "bus/ap/drivers/cex4card/bind", "card05" },
    { "bus/mdev/drivers/vfio_ap_mdev/unbind", TREE_V },
    { "devices/ap/card05/online", "0" },
    { "devices/ap/card05/online", "1" },
    { "devices/ap/card05/config", "0" },
    { "devices/ap/card05/config", "1" },
    { "devices/ap/card05/uevent", "change" },
};

static const char *const reads[] = {
    TREE_MATRIX TREE_V "/matrix",
    TREE_MATRIX TREE_V "/guest_matrix",
    U "ap_config",
    "bus/ap/apmask",
    "bus/ap/bindings",
    "devices/ap/card05/05.0047/status",
    "devices/ap/card05/05.0047/online",
    "devices/ap/card05/type",
    "devices/ap/card05/uevent",
    "kernel/iommu_groups/1/name",
};

static _Noreturn void
be_random(uint64_t seed, bool writer)
{
    struct test_rng rng = { seed };

    for (int i = 0; i < 400; i++) {
        size_t k = test_below(&rng, writer ? ROWS(writes) : ROWS(reads));

        if (writer)
            (void)tree_write(&server, writes[k].file, writes[k].text);
        else
            (void)tree_read(&server, reads[k]);
    }
    _exit(0);
}

/* A mask that is read is one that was written, and the counts agree. */
TEST(many_clients_at_once_leave_a_state_that_makes_sense)
{
    uint64_t seed = test_seed();
    pid_t pids[12];
    int status;

    if (!start())
        return;
    (void)fflush(NULL);
    for (unsigned i = 0; i < ROWS(pids); i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            be_random(seed + i, i % 2);
    }
    for (unsigned i = 0; i < ROWS(pids); i++) {
        CHECK_INT(waitpid(pids[i], &status, 0), pids[i]);
        CHECK_INT(status, 0);
    }
    CHECK_STR(tree_read(&server, "bus/ap/ap_max_domain_id"), "255\n");
    (void)tree_write(&server, TREE_MATRIX TREE_V "/remove", "1");
    (void)tree_write(&server, U "remove", "1");
    CHECK_STR(tree_read(&server, TREE_TYPE "available_instances"), "65536\n");
    CHECK_INT(tree_write(&server, "bus/ap/apmask", "+0-255"), 0);
    CHECK_INT(tree_write(&server, "bus/ap/aqmask", "+0-255"), 0);
    CHECK_INT(tree_write(&server, "bus/ap/apmask", "-0-255"), 0);
    CHECK_STR(tree_read(&server, "bus/ap/bindings"), "9/9 (complete)\n");
    server_stop(&server);
}

/* The kernel ends the connection, as for umount -f. */
TEST(an_aborted_connection_ends_the_server_and_no_one_else)
{
    int status;

    if (geteuid() != 0)
        return;
    if (!start())
        return;
    if (umount2(server.dir, MNT_FORCE | MNT_DETACH) != 0)
        FAIL("%s: %s", server.dir, strerror(errno));
    CHECK_INT(waitpid(server.pid, &status, 0), server.pid);
    CHECK_INT(status, 0);
    server_stop(&server);
}
