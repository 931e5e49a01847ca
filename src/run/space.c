/* SPDX-License-Identifier: MIT */
#include "run/space.h"

#include "base/auto.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whoever it was outside is root inside, and nobody else is anybody. Without
 * "deny" the kernel takes no map of groups from an ordinary user. */
static int
map_to_root(uid_t uid, gid_t gid)
{
    char text[32];
    int r = file_store(AT_FDCWD, "/proc/self/setgroups", "deny");

    if (r < 0 && r != -ENOENT)
        return r;
    (void)snprintf(text, sizeof(text), "0 %u 1\n", (unsigned)uid);
    r = file_store(AT_FDCWD, "/proc/self/uid_map", text);
    if (r < 0)
        return r;
    (void)snprintf(text, sizeof(text), "0 %u 1\n", (unsigned)gid);
    return file_store(AT_FDCWD, "/proc/self/gid_map", text);
}

static int
unshare_as_user(int flags)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(CLONE_NEWUSER | flags) < 0)
        return -errno;
    return map_to_root(uid, gid);
}

/* 127.0.0.1 works; a namespace that has no lo at all is none of our worry. */
static void
loopback_up(void)
{
    AUTO(fd_done) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq lo = { .ifr_name = "lo" };

    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &lo) < 0)
        return;
    lo.ifr_flags |= IFF_UP;
    (void)ioctl(fd, SIOCSIFFLAGS, &lo);
}

int
space_enter(bool net)
{
    int flags = CLONE_NEWNS | (net ? CLONE_NEWNET : 0);
    int r = unshare(flags) < 0 ? -errno : 0;

    if (r == -EPERM) /* not our right here: in a user namespace it is */
        r = unshare_as_user(flags);
    if (r < 0)
        return r;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return -errno;
    if (net)
        loopback_up();
    return 0;
}
