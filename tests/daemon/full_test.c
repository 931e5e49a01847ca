/* SPDX-License-Identifier: MIT */
/* A disk that is full: what cannot be recorded is not done, and all goes on
 * when there is space again. */
#include "base/auto.h"
#include "base/files.h"
#include "daemon/host.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define U "11111111-1111-1111-1111-111111111111"

/* A small disk of its own for one of the folders, seen by this process and its
 * children. False: that is not allowed here. */
static bool
small_disk(const struct vhost *host, const char *folder, const char *size)
{
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/%s", host->dir, folder);
    return unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           (mkdir(path, 0700) == 0 || errno == EEXIST) &&
           mount("tmpfs", path, "tmpfs", 0, size) == 0;
}

static void
enlarge_disk(const struct vhost *host)
{
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/state", host->dir);
    CHECK(mount(NULL, path, NULL, MS_REMOUNT, "size=20m") == 0);
}

static void
unmount_disk(const struct vhost *host, const char *folder)
{
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/%s", host->dir, folder);
    CHECK(umount2(path, MNT_DETACH) == 0);
}

/* Changes until one is refused; each does something. */
static char *
fill(const struct vhost *host)
{
    for (int i = 0; i < 100000; i++) {
        char *before = vhost_text(host, "/v1/hostfile");
        int status = vhost_change(host, i % 2 ? "adapter 11 leaves"
                                              : "adapter 11 comes");

        if (status == 507)
            return before;
        free(before);
        CHECK_INT(status, 200);
    }
    FAIL("the disk is never full");
}

TEST(a_full_disk_refuses_changes_and_harms_nothing)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(free_done) char *before = NULL;
    AUTO(free_done) char *after = NULL;
    AUTO(free_done) char *again = NULL;

    if (!small_disk(&host, "state", "size=400k,mode=700")) {
        test_skip("a mount of one's own is not allowed");
        return;
    }
    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", NULL }), 0);
    before = fill(&host);
    after = vhost_text(&host, "/v1/hostfile");
    CHECK_STR(after, before);

    /* whoever writes to the tree is told as well, and readers never notice */
    CHECK_INT(vhost_write(&host, VHOST_CREATE, U), -ENOSPC);
    CHECK_INT(vhost_write(&host, "bus/ap/apmask", "+5"), -ENOSPC);
    CHECK_STR(vhost_read(&host, "bus/ap/ap_max_adapter_id"), "255\n");

    /* what was answered is there, though nothing can be written */
    CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", NULL }), 0);
    again = vhost_text(&host, "/v1/hostfile");
    CHECK_STR(again, before);

    enlarge_disk(&host);
    CHECK_INT(vhost_write(&host, VHOST_CREATE, U), 0);
    CHECK_INT(vhost_change(&host, U "/assign_adapter 5"), 200);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_STR(vhost_read(&host, VHOST_MATRIX U "/matrix"), "05.\n");
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
}

/* Names in one of the folders. */
static int
count_names(const struct vhost *host, const char *folder)
{
    char path[96];
    int n = 0;
    AUTO(dir_done) DIR *dir = NULL;

    (void)snprintf(path, sizeof(path), "%s/%s", host->dir, folder);
    dir = dir_open(AT_FDCWD, path);
    CHECK(dir != NULL);
    while (dir_next(dir))
        n++;
    return n;
}

TEST(who_cannot_start_on_a_full_disk_says_so_and_leaves_nothing_behind)
{
    /* an inode is the folder itself, the next two those of the host, or its
     * own and a file that has no byte */
    static const struct {
        const char *folder;
        const char *size;
    } rows[] = {
        { "state", "nr_inodes=1,mode=700" },
        { "state", "nr_inodes=2,mode=700" },
        { "state", "nr_inodes=3,mode=700" },
        { "state", "size=4k,mode=700" },
        { "run", "nr_inodes=1,mode=700" },
        { "run", "nr_inodes=2,mode=700" },
    };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(vhost_done) struct vhost host = vhost_new();

        if (!small_disk(&host, rows[i].folder, rows[i].size)) {
            test_skip("a mount of one's own is not allowed");
            return;
        }
        CHECK_INT(vhost_start(&host, NULL), 3);
        test_note("%s %s: %s", rows[i].folder, rows[i].size, host.said);
        CHECK(strstr(host.said, strerror(ENOSPC)));
        CHECK_INT(count_names(&host, rows[i].folder), 0);
        unmount_disk(&host, rows[i].folder);
    }
}
