/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a guest without its asking: a queue's interrupt, a change
 * of its matrix. A change is a channel report, whose event information says
 * that the AP configuration has changed; Linux' AP bus looks at once.
 *
 * Source   Linux drivers/s390/cio/chsc.c, struct chsc_sei */
#ifndef VAP_QEMU_EVENTS_H
#define VAP_QEMU_EVENTS_H

#include "qemu/ap.h"

/** Whose events. again: asked, now and then, for the guest anew when it has had
 * to give its mdev back; NULL: it never has one again. */
void events_follow(struct vap_guest *own, struct vap_guest *(*again)(void));

/** Starts the thread that makes them, in a machine that runs. 0 or -errno.
 * Without what it needs of QEMU, see symbols_lack_events(), nothing but the
 * mdev's removal is followed: the guest looks for changes by itself, now and
 * then. */
int events_begin(void);

/** CHSC: b25f. */
bool events_is(const uint8_t code[4]);

/** Does what stands there, if it asks for the event that is pending; returns
 * if it is QEMU's to do. */
void events_do(const struct site *site);

#endif
