/* SPDX-License-Identifier: MIT */
/* What is asked of a host, in words: the names of the kernel's files, and
 * the text that is written to them. */
#ifndef VAP_HOST_WORDS_H
#define VAP_HOST_WORDS_H

#include <stdbool.h>

#include "host/host.h"

/**
 * Writing text to an attribute of an mdev: assign_adapter, ..., ap_config.
 *
 * text, length  as write(2) would bring it, newline and all
 *
 * Returns  VAP_OK with *request filled (request->mdev is left to the caller);
 *          VAP_INVALID, VAP_RANGE: the text is not of the file's grammar;
 *          VAP_NO_ATTRIBUTE: an mdev has no such file to be written this way
 */
enum vap_verdict words_mdev(const char *attribute, const char *text,
                            size_t length, struct vap_request *request);

/** The same for the bus: apmask, aqmask. */
enum vap_verdict words_bus(const char *attribute, const char *text,
                           size_t length, enum vap_kernel kernel,
                           struct vap_request *request);

/* "vfio_ap", "cex4queue", "" (none); any other is VAP_OTHER_DRIVER. */
enum vap_driver words_driver(const char *name);
const char *words_driver_name(enum vap_driver driver);

/* Any bytes, such as a driver_override may be, as a name of printable ASCII
 * without blanks: every other byte, and the backslash, becomes \xNN. On the
 * heap; NULL without memory. */
char *words_escape(const char *bytes, size_t length);

/* The bytes again, of which there are no more than the name has characters; a
 * backslash that words_escape() would not have written is itself. */
size_t words_unescape(const char *name, char *bytes);

/* The set that vap_set_text() writes: "0-2,7". VAP_INVALID when it is none,
 * an id is above 255, or a range runs backwards. Hex with 0x is taken too. */
enum vap_verdict words_set(const char *text, struct vap_mask *out);

/* May an mdev or a virtual machine be called this? 1 to 64 letters, digits
 * and - _ . : of which the first is no -; not as a queue is, 05.0047, nor as
 * the folder a name stands in, "." and "..". */
bool words_is_name(const char *name);

/* The errno number that a verdict is to a program, positive; 0 for VAP_OK,
 * EINPROGRESS for VAP_HELD. The one table of them. */
int words_error(enum vap_verdict verdict);

/* Its name: "EADDRINUSE" for VAP_SHARED and so on; "0" for VAP_OK, "BLOCKED"
 * for VAP_HELD as recorded traces have it. */
const char *words_errno(enum vap_verdict verdict);

#endif
