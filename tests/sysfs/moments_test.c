/* SPDX-License-Identifier: MIT */
/* What sysfs does and cannot be shown with a file of the machine's own. */
#include "sysfs/tree.h"

static struct server server;

TEST(what_is_read_is_of_one_moment)
{
    int fd;
    char text[16];

    if (!server_start_or_skip(&server, &server_builtin))
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

    if (!server_start_or_skip(&server, &server_builtin))
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

    if (!server_start_or_skip(&server, &server_builtin))
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

    if (!server_start_or_skip(&server, &server_builtin))
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

    if (!server_start_or_skip(&server, &server_builtin))
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
