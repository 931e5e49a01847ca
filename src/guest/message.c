/* SPDX-License-Identifier: MIT */
/* No descriptor that somebody sends is ever left open by accident. */
#include "guest/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    char room[CMSG_SPACE(MESSAGE_FDS * sizeof(int))];
    struct cmsghdr align;
};

/* What alignment leaves room for counts as well. */
#define MOST ((sizeof(union control) - CMSG_LEN(0)) / sizeof(int))

int
message_send(int to, const void *data, size_t size, int flags, const int *fds,
             int n)
{
    union control control = { 0 };
    struct iovec part = { (void *)data, size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    size_t length = (size_t)n * sizeof(int);

    if (n) {
        struct cmsghdr *c = &control.align;

        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(length);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(length);
        memcpy(CMSG_DATA(c), fds, length);
    }
    return sendmsg(to, &message, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Those the kernel has given us; how many. */
static int
take(struct msghdr *message, int got[MOST])
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(message);
    size_t n;

    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        return 0;
    n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    n = n < MOST ? n : MOST;
    memcpy(got, CMSG_DATA(c), n * sizeof(int));
    return (int)n;
}

ssize_t
message_receive(int from, void *out, size_t size, int flags, int *fds, int n)
{
    union control control;
    struct iovec part = { out, size };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof(control) };
    int got[MOST];
    int n_got = 0;
    ssize_t length;

    for (int i = 0; i < n; i++)
        fds[i] = -1;
    do {
        length = recvmsg(from, &message, flags | MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (length < 0)
        return -errno;
    n_got = take(&message, got);
    for (int i = 0; i < n_got; i++) {
        if (n_got <= n)
            fds[i] = got[i];
        else
            (void)close(got[i]);
    }
    return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : length;
}
