/* SPDX-License-Identifier: MIT */
/* The kernel takes an event from a user who may, numbers it and sends it to
 * all: nobody can tell it from its own. */
#include "base/netlink.h"

#include "base/auto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define FROM_KERNEL 1U /* groups */
#define FROM_UDEV 2U
#define WAIT_MS 1000

int
netlink_open(void)
{
    struct sockaddr_nl me = { .nl_family = AF_NETLINK,
                              .nl_groups = FROM_KERNEL };
    AUTO(fd_done)
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    NETLINK_KOBJECT_UEVENT);

    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&me, sizeof(me)) < 0)
        return -errno;
    return fd_take(&fd);
}

/* --- what libudev reads ------------------------------------------------- */

/* MurmurHash2 with seed 0, on whatever machine as on a little-endian one. */
static uint32_t
murmur2(const char *text)
{
    const uint32_t m = 0x5bd1e995;
    const unsigned char *p = (const unsigned char *)text;
    uint32_t n = (uint32_t)strlen(text);
    uint32_t h = n;

    for (; n >= 4; p += 4, n -= 4) {
        uint32_t k = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                     (uint32_t)p[3] << 24;

        k *= m;
        k ^= k >> 24;
        h = (h * m) ^ (k * m);
    }
    while (n--) {
        h ^= (uint32_t)p[n] << (8 * n);
        if (n == 0)
            h *= m;
    }
    h = (h ^ h >> 13) * m;
    return h ^ h >> 15;
}

struct udev_header {
    char prefix[8];
    uint32_t magic; /* this and the hashes big-endian */
    uint32_t header_size;
    uint32_t properties_off;
    uint32_t properties_len;
    uint32_t subsystem_hash;
    uint32_t devtype_hash;
    uint32_t tag_bloom_hi;
    uint32_t tag_bloom_lo;
};

/* The value of a variable; NULL when it is not there. */
static const char *
variable(const char *text, size_t length, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = text; p < text + length; p += strlen(p) + 1)
        if (strncmp(p, name, n) == 0 && p[n] == '=')
            return p + n + 1;
    return NULL;
}

static uint32_t
hash_of(const char *text, size_t length, const char *name)
{
    const char *value = variable(text, length, name);

    return value ? htonl(murmur2(value)) : 0;
}

long
netlink_udev_message(const char *text, size_t length, char *out, size_t size)
{
    size_t title = strlen(text) + 1; /* "add@/devices/..." */
    struct udev_header h = {
        .prefix = "libudev",
        .magic = htonl(0xfeedcafe),
        .header_size = sizeof(h),
        .properties_off = sizeof(h),
        .properties_len = (uint32_t)(length - title),
        .subsystem_hash = hash_of(text, length, "SUBSYSTEM"),
        .devtype_hash = hash_of(text, length, "DEVTYPE"),
    };

    if (title > length || sizeof(h) + length - title > size)
        return -EMSGSIZE;
    memcpy(out, &h, sizeof(h));
    memcpy(out + sizeof(h), text + title, length - title);
    return (long)(sizeof(h) + length - title);
}

/* --- sending ------------------------------------------------------------- */

static int
send_to(int fd, uint32_t group, const void *message, size_t length)
{
    struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = group };
    ssize_t n =
        sendto(fd, message, length, 0, (struct sockaddr *)&to, sizeof(to));

    /* That nobody listens is no error. */
    return n < 0 && errno != ECONNREFUSED ? -errno : 0;
}

static int
inject(int fd, const char *text, size_t length)
{
    struct {
        struct nlmsghdr header;
        char text[NETLINK_MAX];
    } message = { .header = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + length),
                              .nlmsg_type = NLMSG_MIN_TYPE,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                              .nlmsg_seq = 1 } };

    if (length > sizeof(message.text))
        return -EMSGSIZE;
    memcpy(message.text, text, length);
    return send_to(fd, 0, &message, message.header.nlmsg_len);
}

/* What comes next, from the kernel alone. */
static ssize_t
receive(int fd, void *buffer, size_t size)
{
    struct sockaddr_nl from = { 0 };
    socklen_t n = sizeof(from);
    struct pollfd in = { .fd = fd, .events = POLLIN };
    ssize_t got;

    do {
        if (poll(&in, 1, WAIT_MS) == 0)
            return -ETIMEDOUT;
        got = recvfrom(fd, buffer, size, 0, (struct sockaddr *)&from, &n);
    } while ((got < 0 && (errno == EINTR || errno == EAGAIN)) ||
             (got >= 0 && from.nl_pid != 0));
    return got < 0 ? -errno : got;
}

/* The answer to an injection: 0 or -errno. True when it is one. */
static bool
is_answer(const char *message, ssize_t length, int *error)
{
    struct nlmsghdr header = { 0 };
    struct nlmsgerr answer = { 0 };

    if (length < (ssize_t)(NLMSG_HDRLEN + sizeof(answer)))
        return false;
    memcpy(&header, message, sizeof(header));
    memcpy(&answer, message + NLMSG_HDRLEN, sizeof(answer));
    *error = answer.error;
    return header.nlmsg_type == NLMSG_ERROR;
}

/* Waits for the answer and, as the kernel sends it to all, for the event,
 * whose length is returned. */
static ssize_t
see_it_come(int fd, const char *title, char *event, size_t size)
{
    char message[NETLINK_MAX + 256] = "";
    bool answered = false;
    ssize_t length = 0;
    int error = 0;

    while (!answered || !length) {
        ssize_t n = receive(fd, message, sizeof(message) - 1);

        if (n < 0)
            return n;
        message[n] = '\0';
        if (is_answer(message, n, &error)) {
            answered = true;
            if (error)
                return error;
        } else if (strcmp(message, title) == 0 && (size_t)n <= size) {
            memcpy(event, message, (size_t)n);
            length = n;
        }
    }
    return length;
}

int
netlink_send(int fd, const char *text, size_t length, bool udev)
{
    char event[NETLINK_MAX + 256] = "";
    char message[sizeof(event) + sizeof(struct udev_header)];
    ssize_t n = inject(fd, text, length);
    long m;

    if (n == 0)
        n = see_it_come(fd, text, event, sizeof(event));
    if (n < 0 || !udev)
        return n < 0 ? (int)n : 0;
    m = netlink_udev_message(event, (size_t)n, message, sizeof(message));
    return m < 0 ? (int)m : send_to(fd, FROM_UDEV, message, (size_t)m);
}
