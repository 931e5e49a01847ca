/* SPDX-License-Identifier: MIT */
/* A real guest: Linux for s390x in a qemu-system-s390x, with what vap fetch
 * qemu guest got. Its AP instructions are done by a plugin; see src/qemu/. */
#ifndef VAP_RUN_MACHINE_H
#define VAP_RUN_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/** A file for the guest. */
struct machine_file {
    const char *from; /* a path of here */
    const char *to; /* a path there, "/root/program" */
};

struct machine_wish {
    const char *plugin; /* as QEMU's -plugin takes it, commas doubled;
                         * NULL for a machine without AP instructions */
    unsigned n_cpus;
    bool console; /* what the kernel says is shown on stderr */
    const struct machine_file *files;
    size_t n_files;
    char *const *argv; /* ended by NULL; NULL for a shell, when stdin and
                        * stdout are a terminal it is one of the guest's own */
};

/** Is there what a machine is made of? A sentence that says what lacks; NULL
 * for nothing. Good until the next call. */
const char *machine_lack(void);

/**
 * Boots a machine, runs a command in it and ends it. The command's stdin,
 * stdout and stderr are ours.
 *
 * status  its exit status, 128 + n after a signal
 * why     one sentence for people, when it fails
 *
 * Returns  0; -errno: -ENOENT what it is made of is not there, -EIO QEMU
 *          ended, and has said why, or the guest's kernel did
 */
int machine_run(const struct machine_wish *wish, int *status, char *why,
                size_t size);

#endif
