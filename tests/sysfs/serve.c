/* SPDX-License-Identifier: MIT */
/* serve DIR [6.12|7.2] [large]: a host's tree at DIR until it is told to end.
 * For a look by hand, and for programs that are to see one. */
#include "sysfs/server.h"

#include "base/say.h"
#include "sysfs/sysfs.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t ended;

static void
end(int signal)
{
    (void)signal;
    ended = 1;
}

int
main(int argc, char **argv)
{
    struct server_options options = server_builtin;
    struct sigaction action = { .sa_handler = end };
    struct served s;
    int r;

    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "large") == 0)
            options = server_large;
    for (int i = 2; i < argc; i++)
        options.old_kernel |= strcmp(argv[i], "6.12") == 0;
    if (argc < 2) {
        say_error("serve: a directory expected");
        return 2;
    }
    r = served_new(&s, &options, argv[1]);
    if (r < 0) {
        say_error("%s: %s", argv[1], strerror(-r));
        return 3;
    }
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)printf("ready\n");
    (void)fflush(stdout);

    struct pollfd fd = { .fd = sysfs_fd(s.sysfs), .events = POLLIN };

    while (!ended && (poll(&fd, 1, -1) < 0 || sysfs_process(s.sysfs) == 0))
        if (s.n_events) {
            (void)fputs(s.events, stdout);
            (void)fflush(stdout);
            s.n_events = 0;
        }
    served_done(&s);
    return 0;
}
