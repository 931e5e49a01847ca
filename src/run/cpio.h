/* SPDX-License-Identifier: MIT */
/* An initramfs, written: an archive of cpio's "newc" format, as the kernel
 * unpacks it. Archives may follow one another in one file; a later one's
 * files take the place of an earlier one's.
 *
 * Source   Linux Documentation/driver-api/early-userspace/buffer-format.rst */
#ifndef VAP_RUN_CPIO_H
#define VAP_RUN_CPIO_H

#include <stddef.h>
#include <stdio.h>

struct cpio {
    FILE *out; /* the caller's; errors are looked for at its end */
    unsigned next; /* the inode number of the next file */
};

/** A regular file of root's, and the directories above it. Its name has no
 * leading '/'. */
void cpio_bytes(struct cpio *cpio, const char *name, unsigned mode,
                const void *bytes, size_t n);

/** The same, from where fd stands to its end. 0, -errno of reading;
 * -EFBIG above 4 GiB. */
int cpio_file(struct cpio *cpio, const char *name, unsigned mode, int fd);

/** Ends the archive. */
void cpio_end(struct cpio *cpio);

#endif
