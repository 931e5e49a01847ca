/* SPDX-License-Identifier: MIT */
/* The host file: what a host is, as YAML for people. vap-host(5) says what
 * each word in it means. Writing a host and reading it back gives the same
 * host (host_equal()), and reading a written file and writing it again the
 * same file. */
#ifndef VAP_OBSERVE_HOSTFILE_H
#define VAP_OBSERVE_HOSTFILE_H

#include <stddef.h>
#include <stdio.h>

#include "host/host.h"

/* The largest file: 65,536 mdevs fit. */
#define HOSTFILE_MAX (16U << 20)

/** What is wrong with a file, for say_at(). */
struct hostfile_error {
    unsigned long line; /* from 1; 0: the file as a whole */
    char text[512]; /* what was found, what was expected; one line */
};

/**
 * Reads a host file. Under the rule `state` the guest matrices are worked
 * out; under another they are as the file has them, and worked out where it
 * has none.
 *
 * path   "-" reads stdin; anything else must be a regular file
 * out    the caller's from here, with host_free()
 * error  filled when it returns anything but 0
 *
 * Returns  0    done
 *          1    refused: the text is not that of a host
 *          < 0  could not: -ENOENT, -EACCES, -ENOMEM, ...
 */
int hostfile_load(const char *path, struct host **out,
                  struct hostfile_error *error);

/** The same, of text in memory; it need not end with a NUL. */
int hostfile_parse(const char *text, size_t length, struct host **out,
                   struct hostfile_error *error);

/** Writes the host. Returns 0, or -ENOMEM; whether the stream took it all is
 *  the caller's to ask it. */
int hostfile_write(FILE *out, const struct host *host);

/** ... as text, the caller's; NULL without memory. */
char *hostfile_written(const struct host *host);

/** The ids that an mdev can have: not only those of its host, as it can be of a
 *  time when the host had higher ones. */
struct vap_matrix hostfile_mdev_ids(const struct vap_config *config);

/** The host there is when no other is named: adapters 03 (CEX8A), 05 (CEX8C)
 *  and 0a (CEX8P); domains 0004, 0047 and 0054, for use and for control.
 *  03.0004 is kept for the host, the rest is for guests; no mdev. Returns 0
 *  or -ENOMEM. */
int hostfile_builtin(struct host **out);

#endif
