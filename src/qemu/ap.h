/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The AP instructions of a guest, done by vapd through libvap. */
#ifndef VAP_QEMU_AP_H
#define VAP_QEMU_AP_H

#include "vap/vap.h"

#include <stdbool.h>
#include <stdint.h>

/** An instruction of the guest's program; lives as long as QEMU. */
struct site {
    uint64_t address;
    uint8_t code[4];
};

/** PQAP, NQAP, DQAP: b2af, b2ad, b2ae. */
bool ap_is(const uint8_t code[4]);

/** Does what stands there, for the calling thread's processor. Returns only
 * if it is QEMU's to do, or to refuse. */
void ap_do(const struct site *site);

/** Who answers them, from now on. */
void ap_begin(struct vap_guest *own);

/** As VFIO does when a machine is reset: all its queues are, and interrupt
 * nobody. */
void ap_reset(void);

/** DIAGNOSE 308: 83xx0308. */
bool ap_is_diag(const uint8_t code[4]);

/** ap_reset(), if what stands there resets the machine. QEMU does the rest, and
 * tells nobody when it is for a program in memory, as kexec's. */
void ap_diag(const struct site *site);

/** Does a queue interrupt? */
bool ap_interrupts(uint16_t apqn);

/** Gives the mdev back; until ap_begin() no queue is available. */
void ap_leave(void);

#endif
