/* SPDX-License-Identifier: MIT */
/* One command that sees a tree at the real /sys, and nothing left behind:
 * every mount is in a namespace that ends with it, no file is made anywhere,
 * and a run that is killed takes its command along. */
#ifndef VAP_RUN_RUN_H
#define VAP_RUN_RUN_H

#include <stdbool.h>

struct run_options {
    const char *tree; /* a directory with bus, devices, ...; NULL for none */
    bool net; /* a network namespace of its own, for uevents */
    const char *files; /* in place of /etc/mdevctl.d, ..., as of
                          private_places(); NULL the machine's */
    const char *s390x; /* a prefix with s390x programs, to be found by name;
                          see prefix.h; NULL for none */
    const char *const *environment; /* "NAME=VALUE", ended by NULL; or NULL */
    bool libvirt; /* libvirtd runs in it; see libvirt.h */
    bool end_all; /* what the command started and left ends with it */

    /* Called last before the command, inside all namespaces, as root of them
     * when not as root of all: makes there what must be made there. Below 0:
     * the command does not start; it has said why. NULL for none. */
    int (*inside)(void *data);
    void *data;
};

/* Statuses beside the command's own, as of env(1) and nohup(1). */
enum {
    RUN_FAILED = 3, /* no place to run it in; a message says why */
    RUN_CANNOT_EXECUTE = 126,
    RUN_NOT_FOUND = 127,
};

/**
 * Runs a command and waits for its end. Beside what the options say, it finds
 * SYSTEMD_DEVICE_VERIFY_SYSFS=0 in its environment, for libudev; the sbin
 * directories at the end of PATH; and where an ordinary user becomes root,
 * VAP_RUNTIME_DIR and VAP_STATE_DIR as they were. Working directory, files
 * and terminal are the caller's; signals to the caller are passed on.
 *
 * The caller has one thread. argv[0] is looked for in PATH.
 *
 * Returns  its status as of waitpid(), for run_end(); RUN_FAILED, RUN_NOT_FOUND
 *          and RUN_CANNOT_EXECUTE come as exit statuses too
 */
int run_command(const struct run_options *options, char **argv);

/** Ends as the command did: returns its exit status, for exit(), or is killed
 * by the signal that killed it. Between the two there is time to tidy up. */
int run_end(int status);

#endif
