/* SPDX-License-Identifier: MIT */
/* The stream of the API in, netlink out, one event after the other. */
#include "cli/virtual/uevents.h"

#include "base/auto.h"
#include "base/netlink.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

struct forwarder {
    int netlink;
    int ready; /* written to, and closed, when the stream has begun; -1 */
    struct stat control; /* of a udevd that is elsewhere */
};

/* A udevd of this network passes on itself what it hears. In a new one the
 * machine's may show its socket, but is elsewhere and hears nothing: only one
 * that has come since counts. */
static bool
udevd_is_here(const struct forwarder *f)
{
    struct stat now = { 0 };

    return stat("/run/udev/control", &now) == 0 && S_ISSOCK(now.st_mode) &&
           (now.st_ino != f->control.st_ino || now.st_dev != f->control.st_dev);
}

/* "KEY=value" and its NUL, if there is room. */
static bool
add(char *text, size_t *length, const char *key, const char *value)
{
    size_t room = NETLINK_MAX - *length;
    int n = snprintf(text + *length, room, "%s=%s", key, value);

    *length += (size_t)n + 1;
    return n >= 0 && (size_t)n < room;
}

/* The kernel's form: "add@/devices/ap/card03", then every variable but the
 * number, which it gives itself. */
static bool
event_text(const json_t *event, char text[NETLINK_MAX], size_t *length)
{
    const char *action = json_string_value(json_object_get(event, "ACTION"));
    const char *path = json_string_value(json_object_get(event, "DEVPATH"));
    const char *key;
    json_t *value;
    int n;

    if (!action || !path)
        return false;
    n = snprintf(text, NETLINK_MAX, "%s@%s", action, path);
    *length = (size_t)n + 1;
    json_object_foreach((json_t *)event, key, value)
    {
        if (*length >= NETLINK_MAX || !json_is_string(value) ||
            !add(text, length, key, json_string_value(value)))
            return false;
    }
    return true;
}

static void
tell_ready(struct forwarder *f)
{
    if (f->ready < 0)
        return;
    (void)!write(f->ready, "1", 1);
    (void)close(f->ready);
    f->ready = -1;
}

/* One that cannot be sent is lost, as the kernel's are; the others go on. */
static bool
forward(void *context, const char *kind, const json_t *event)
{
    struct forwarder *f = context;
    char text[NETLINK_MAX];
    size_t length;

    if (strcmp(kind, "ready") == 0)
        tell_ready(f);
    else if (strcmp(kind, "uevent") == 0 && event_text(event, text, &length))
        (void)netlink_send(f->netlink, text, length, !udevd_is_here(f));
    return true;
}

_Noreturn static void
serve(const struct uevents_wish *wish, struct forwarder *f)
{
    AUTO(client_done) struct client *client = NULL;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (wish->own_net)
        (void)stat("/run/udev/control", &f->control);
    if (client_new(wish->name, &client) == CLI_DONE)
        (void)client_follow(client, "/v1/events?only=uevent", forward, f);
    _exit(0);
}

/* Returns the end to read from when it is ready, or -errno. */
static int
start(const struct uevents_wish *wish, int netlink)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    child = fork();
    if (child == 0) {
        struct forwarder f = { .netlink = netlink, .ready = ends[1] };

        serve(wish, &f);
    }
    (void)close(ends[1]); /* else its end would never be seen */
    return ends[0];
}

int
uevents_forward(void *data)
{
    const struct uevents_wish *wish = data;
    AUTO(fd_done) int netlink = -1;
    AUTO(fd_done) int ready = -1;
    char c;

    if (!wish->name)
        return 0;
    netlink = netlink_open();
    ready = netlink < 0 ? netlink : start(wish, netlink);
    if (ready < 0) {
        say_error("uevents: %s", strerror(-ready));
        return -1;
    }
    if (read(ready, &c, 1) != 1) { /* also without a child */
        say_error("uevents: the stream of %s cannot be read", wish->name);
        return -1;
    }
    return 0;
}
