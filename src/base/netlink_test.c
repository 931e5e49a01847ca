/* SPDX-License-Identifier: MIT */
#include "base/netlink.h"

#include "base/auto.h"
#include "test.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>

static const char event[] =
    "add@/devices/ap/card07\0ACTION=add\0DEVPATH=/devices/ap/card07\0"
    "SUBSYSTEM=ap\0DEVTYPE=ap_card";

TEST(a_message_to_libudev_names_its_parts)
{
    char out[512];
    uint32_t words[10];
    long n = netlink_udev_message(event, sizeof(event), out, sizeof(out));

    CHECK_INT(n, 40 + (long)sizeof(event) - 23);
    CHECK_STR(out, "libudev");
    CHECK_STR(out + 40, "ACTION=add");
    memcpy(words, out, sizeof(words));
    CHECK_INT(words[3], 40);
    CHECK_INT(words[4], 40);
    CHECK_INT(words[5], n - 40);
    CHECK(words[6] != 0 && words[7] != 0 && words[6] != words[7]);
    CHECK_INT(netlink_udev_message(event, sizeof(event), out, 60), -EMSGSIZE);
}

static int
listener(uint32_t group)
{
    struct sockaddr_nl me = { .nl_family = AF_NETLINK, .nl_groups = group };
    int fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

    if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof(me)) < 0)
        _exit(2);
    return fd;
}

/* Does the text, to its NUL, begin a variable of the message? */
static int
holds(const char *message, ssize_t length, const char *begin)
{
    for (const char *p = message; p < message + length; p += strlen(p) + 1)
        if (strncmp(p, begin, strlen(begin)) == 0)
            return 1;
    return 0;
}

static int
comes(int fd, size_t skip, const char *first)
{
    struct pollfd in = { .fd = fd, .events = POLLIN };
    char message[4096] = "";
    ssize_t n = poll(&in, 1, 2000) == 1 ? read(fd, message, 4000) : -1;

    return n > (ssize_t)skip && strcmp(message + skip, first) == 0 &&
           holds(message + skip, n - (ssize_t)skip, "SEQNUM=");
}

/* In a namespace of its own: 0 as it should be, 1 wrong, 2 not possible. */
static int
send_and_listen(void)
{
    int kernel;
    int udev;
    int fd;

    if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) < 0)
        return 2;
    kernel = listener(1);
    udev = listener(2);
    fd = netlink_open();
    if (fd < 0 || netlink_send(fd, event, sizeof(event), true) != 0)
        return 1;
    return !(comes(kernel, 0, "add@/devices/ap/card07") &&
             comes(udev, 40, "ACTION=add"));
}

TEST(an_event_comes_to_the_kernels_listeners_and_to_udevs)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(send_and_listen());
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        test_skip("network namespaces are not allowed here");
        return;
    }
    CHECK_INT(WEXITSTATUS(status), 0);
}
