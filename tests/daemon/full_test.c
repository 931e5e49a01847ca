/* SPDX-License-Identifier: MIT */
/* A disk that is full: what cannot be recorded is not done, and all goes on
 * when there is space again. */
#include "base/auto.h"
#include "daemon/host.h"
#include "test.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define U "11111111-1111-1111-1111-111111111111"

/* A small disk of its own for state, seen by this process and its children.
 * False: that is not allowed here. */
static bool
small_disk(const struct vhost *host)
{
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/state", host->dir);
    return unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mkdir(path, 0700) == 0 &&
           mount("tmpfs", path, "tmpfs", 0, "size=400k,mode=700") == 0;
}

static void
enlarge_disk(const struct vhost *host)
{
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/state", host->dir);
    CHECK(mount(NULL, path, NULL, MS_REMOUNT, "size=20m") == 0);
}

static char *
hostfile(const struct vhost *host)
{
    char *text = NULL;

    CHECK_INT(vhost_call(host, "/v1/hostfile", NULL, 0, &text), 200);
    return text;
}

/* Changes until one is refused; each does something. */
static char *
fill(const struct vhost *host)
{
    for (int i = 0; i < 100000; i++) {
        char *before = hostfile(host);
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

    if (!small_disk(&host)) {
        test_skip("a mount of one's own is not allowed");
        return;
    }
    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", NULL }), 0);
    before = fill(&host);
    after = hostfile(&host);
    CHECK_STR(after, before);

    /* whoever writes to the tree is told as well, and readers never notice */
    CHECK_INT(vhost_write(&host, VHOST_CREATE, U), -ENOSPC);
    CHECK_INT(vhost_write(&host, "bus/ap/apmask", "+5"), -ENOSPC);
    CHECK_STR(vhost_read(&host, "bus/ap/ap_max_adapter_id"), "255\n");

    /* what was answered is there, though nothing can be written */
    CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", NULL }), 0);
    again = hostfile(&host);
    CHECK_STR(again, before);

    enlarge_disk(&host);
    CHECK_INT(vhost_write(&host, VHOST_CREATE, U), 0);
    CHECK_INT(vhost_change(&host, U "/assign_adapter 5"), 200);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_STR(vhost_read(&host, VHOST_MATRIX U "/matrix"), "05.\n");
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
}
