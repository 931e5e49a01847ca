/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_GRAMMAR_H
#define VAP_MATRIX_GRAMMAR_H

#include <stddef.h>
#include <stdint.h>

#include "matrix/kernel.h"
#include "matrix/mask.h"
#include "matrix/verdict.h"

/* What the kernel's store functions read. A text is bytes and a length, as
 * write(2) brings them; a NUL ends it early, as it does in the kernel. On a
 * refusal *out is as it was. */

/**
 * A number as kstrtoul(text, 0): one optional '+', then 0x hex, 0 octal or
 * decimal, then at most one newline; no blank anywhere.
 *
 * Returns  VAP_OK, VAP_INVALID, VAP_RANGE (2^64 and above)
 * Source   Linux 6.12 lib/kstrtox.c
 */
enum vap_verdict vap_read_number(const char *text, size_t length,
                                 uint64_t *out);

/**
 * What is written to apmask and aqmask: left-justified hex (absolute), or a
 * list of +N, -N, +N-M (relative).
 *
 * kernel   7.2 refuses a number of 2^64 and above in a list; 6.12 wraps it
 *
 * Returns  VAP_OK, VAP_INVALID
 * Source   Linux 6.12 ap_bus.c, ap_parse_bitmap_str() and below
 */
enum vap_verdict vap_read_mask(const char *text, size_t length,
                               enum vap_kernel kernel, struct vap_edit *out);

/**
 * What is written to ap_config: three absolute masks, by ',' or newline; of
 * a longer text the first 201 bytes. Ids are not held against the host.
 *
 * Returns  VAP_OK, VAP_INVALID
 * Source   Linux 6.12 vfio_ap_ops.c, ap_config_store()
 */
enum vap_verdict vap_read_config(const char *text, size_t length,
                                 struct vap_matrix *out);

/**
 * A queue's name, "05.0047": two and four lower-case hex digits, then at most
 * one newline.
 *
 * Returns  VAP_OK, VAP_INVALID
 */
enum vap_verdict vap_read_apqn(const char *text, size_t length, uint16_t *out);

#endif
