/* SPDX-License-Identifier: MIT */
/* Whoever waits for us is told once all doors are open. */
#include "daemon/daemon.h"

#include "base/auto.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The protocol of sd_notify(3). */
static void
notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t length = path ? strlen(path) : 0;
    AUTO(fd_done) int fd = -1;

    if (length < 2 || length >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path, length);
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

/* Nobody reads what a daemon in the background writes to a terminal. */
static void
turn_to_log(const char *log)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd >= 0)
        (void)dup2(fd, STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

void
ready_say(const struct daemon *d)
{
    int fd = d->options->ready_fd;

    notify("READY=1");
    if (fd < 0)
        return;
    turn_to_log(d->place.log);
    (void)!write(fd, "1", 1);
    (void)close(fd);
}

void
ready_say_stopping(void)
{
    notify("STOPPING=1");
}
