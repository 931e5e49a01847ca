/* SPDX-License-Identifier: MIT */
/* What the files of machine share. */
#ifndef VAP_RUN_MACHINE_PARTS_H
#define VAP_RUN_MACHINE_PARTS_H

#include "run/machine.h"

#include <stdbool.h>
#include <sys/types.h>

/** The ways between here and the guest: each a pair of sockets, of which QEMU
 * has one. All but the console are virtio-serial ports of these names. */
enum machine_way { WAY_IN, WAY_OUT, WAY_ERR, WAY_END, WAY_CONSOLE, N_WAYS };

/** A machine on its way up, or running. */
struct machine {
    const struct machine_wish *wish;
    bool terminal; /* its console is ours */
    char kernel[4096 + 16];
    int initrd; /* a file in memory: the initramfs, and what is this boot's */
    int ours[N_WAYS];
    int theirs[N_WAYS]; /* -1 each, once QEMU has them */
    pid_t qemu;
    char tail[2048]; /* what the console said last */
    size_t n_tail;
};

/** Fills m->initrd. 0, or -errno with a sentence. */
int machine_image(struct machine *m, char *why, size_t size);

/** Starts QEMU, which ends when we do. 0 or -errno. */
int machine_start(struct machine *m);

/**
 * Carries what goes between here and the guest until its command has ended.
 * No signal that ends us does so meanwhile.
 *
 * Returns  0; -EIO QEMU has ended before; -EINTR a signal asks us to end,
 *          whose number is in *status
 */
int machine_relay(struct machine *m, int *status);

#endif
