/* SPDX-License-Identifier: MIT */
/* libvirtd, for virsh nodedev-list and its kin. */
#ifndef VAP_RUN_LIBVIRT_H
#define VAP_RUN_LIBVIRT_H

/**
 * Starts it where we are: with /sys and the network that it is to watch, and a
 * /run/libvirt of our own, see private.h. It finds no driver but that for node
 * devices. It ends with the namespaces; LIBVIRT_DEFAULT_URI leads to it.
 *
 * Returns  0, or -1: it has said why
 */
int libvirt_start(void);

#endif
