/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_TEXT_H
#define VAP_MATRIX_TEXT_H

#include <stddef.h>

#include "matrix/mask.h"

/* What the kernel's show functions write. Each function writes at most size
 * bytes, the last a NUL, and returns the length of the whole text (without
 * NUL), also when that is more than fits. size 0: buffer may be NULL. */

/* "0x" and 64 hex digits; no newline. */
#define VAP_MASK_TEXT 66
size_t vap_mask_text(const struct vap_mask *mask, char *buffer, size_t size);

/* The file ap_config: three masks and a newline, 201 bytes. */
#define VAP_CONFIG_TEXT 201
size_t vap_config_text(const struct vap_matrix *m, char *buffer, size_t size);

/* The files matrix and guest_matrix, uncut: "05.0004\n" for each pair; with
 * one side empty "05.\n" or ".0004\n" each. At most 256 * 256 * 8 bytes. A
 * sysfs page shows the first 4,095. */
size_t vap_matrix_text(const struct vap_matrix *m, char *buffer, size_t size);

/* The file control_domains: "0004\n" each. */
size_t vap_control_text(const struct vap_matrix *m, char *buffer, size_t size);

/* Ids as decimal numbers and ranges, "0-2,7"; "" for none. At most 1,024
 * bytes with the NUL. Not the kernel's: recorded traces and people use it. */
#define VAP_SET_TEXT 1024
size_t vap_set_text(const struct vap_mask *mask, char *buffer, size_t size);

/* "05.0047". */
#define VAP_APQN_TEXT 7
size_t vap_apqn_text(unsigned apqn, char *buffer, size_t size);

#endif
