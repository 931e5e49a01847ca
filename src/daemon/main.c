/* SPDX-License-Identifier: MIT */
/* vapd: starts in the order in which things need each other, and stops in
 * the other. */
#include "daemon/daemon.h"

#include "api/api.h"
#include "base/auto.h"
#include "base/files.h"
#include "base/say.h"
#include "guest/guests.h"
#include "store/state.h"
#include "sysfs/sysfs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static int
failed(const char *what, int error)
{
    say_error("%s: %s", what, strerror(-error));
    return DAEMON_FAILED;
}

static int
say_unmounted(const struct daemon *d, int error)
{
    char found[PATH_MAX];

    if (error == -ENODEV)
        say_error("/dev/fuse cannot be opened; the tree needs it (in a "
                  "container: --device /dev/fuse --cap-add SYS_ADMIN)");
    else if (error == -EPERM && find_program("fusermount3", found))
        say_error("%s: %s has not mounted it; the line above says why",
                  d->place.tree, found);
    else if (error == -EPERM)
        say_error("%s: no right to mount it, and no fusermount3, which the "
                  "package fuse3 has",
                  d->place.tree);
    else
        return failed(d->place.tree, error);
    return DAEMON_FAILED;
}

/* Before anything that is stored is touched. */
static int
find_fuse(const struct daemon *d)
{
    int r = sysfs_probe();

    return r < 0 ? say_unmounted(d, r) : DAEMON_DONE;
}

static int
mount_tree(struct daemon *d)
{
    struct sysfs_options options = { .dir = d->place.tree,
                                     .uevent = daemon_uevent,
                                     .data = d };
    int r = mkdir(d->place.tree, 0755) < 0 && errno != EEXIST ? -errno : 0;

    if (r == 0)
        r = sysfs_new(&d->owner, &options, &d->sysfs);
    return r < 0 ? say_unmounted(d, r) : DAEMON_DONE;
}

static int
open_api(struct daemon *d)
{
    struct api_options options = { .socket = d->place.socket,
                                   .name = d->options->name,
                                   .tree = d->place.tree,
                                   .started_us = d->started_us };
    int r = api_new(&d->owner, d->store, &d->loop, &options, &d->api);

    return r < 0 ? failed(d->place.socket, r) : DAEMON_DONE;
}

static int
open_guests(struct daemon *d)
{
    struct guests_options options = { .socket = d->place.guests,
                                      .held = d->place.held };
    int r;

    open_many(); /* each guest takes half a dozen */
    r = guests_new(&d->owner, &d->loop, &options, &d->guests);
    return r < 0 ? failed(d->place.guests, r) : DAEMON_DONE;
}

static int
start(struct daemon *d)
{
    int status = start_place(d);

    if (status == DAEMON_DONE)
        status = find_fuse(d);
    if (status == DAEMON_DONE)
        status = start_store(d);
    if (status == DAEMON_DONE)
        status = start_host(d);
    if (status == DAEMON_DONE)
        status = mount_tree(d);
    if (status == DAEMON_DONE)
        status = loop_begin(d);
    if (status == DAEMON_DONE)
        status = open_guests(d);
    return status == DAEMON_DONE ? open_api(d) : status;
}

static int
serve(struct daemon *d)
{
    int r;

    d->unborn = false;
    ready_say(d);
    loop_run(d);
    ready_say_stopping();
    guests_end(d->guests);
    r = state_save(d->store, d->owner.host);
    if (r < 0)
        return failed(d->place.store, r);
    return d->lost ? DAEMON_FAILED : DAEMON_DONE;
}

static void
daemon_done(struct daemon *d)
{
    guests_end(d->guests);
    api_free(d->api);
    loop_end(d);
    guests_free(d->guests);
    sysfs_free(d->sysfs);
    host_free(d->owner.host);
    store_close(d->store);
    if (d->lock < 0)
        return;
    if (d->options->while_fd >= 0 || d->unborn)
        place_forget(&d->place);
    (void)place_clean(&d->place); /* libfuse leaves an aborted mount there */
    place_leave(&d->place);
    (void)close(d->lock);
}

int
main(int argc, char **argv)
{
    struct daemon_options options;
    AUTO(daemon_done)
    struct daemon d = { .owner = { .change = daemon_change,
                                   .refused = daemon_refused },
                        .options = &options,
                        .lock = -1,
                        .signals = -1 };

    switch (options_read(argc, argv, &options)) {
    case OPTIONS_ANSWERED:
        return DAEMON_DONE;
    case OPTIONS_WRONG:
        return DAEMON_USAGE;
    case OPTIONS_READ:
        break;
    }

    int status = start(&d);

    return status == DAEMON_DONE ? serve(&d) : status;
}
