/* SPDX-License-Identifier: MIT */
/* What is wanted of a host: masks and mdevs, and of nothing else a word. As
 * text it is YAML; vap-wanted(5) says what each word means. Writing it and
 * reading it back gives the same. */
#ifndef VAP_PLANNER_WANTED_H
#define VAP_PLANNER_WANTED_H

#include <stdio.h>

#include "host/host.h"
#include "observe/hostfile.h"

/** An mdev that is to be, with this matrix and no other. */
struct wanted_mdev {
    char *name; /* a UUID, where the host is a kernel's */
    char *guest; /* whose it is, for readers; NULL: not said */
    struct vap_matrix matrix;
};

/** All of it the owner's of the struct, for wanted_done(). */
struct wanted {
    bool has_apmask; /* else it stays as it is */
    bool has_aqmask;
    struct vap_mask apmask;
    struct vap_mask aqmask;
    struct wanted_mdev *mdevs;
    size_t n_mdevs;
    char **removed; /* mdevs that are not to be, there or not */
    size_t n_removed;
    bool others_go; /* mdevs of which nothing is said: removed; else kept */
};

void wanted_done(struct wanted *wanted);

/**
 * Reads a file, with the manners of hostfile_load().
 *
 * path   "-" reads stdin
 * error  filled when it returns anything but 0
 *
 * Returns  0    done; *out is the caller's, for wanted_done()
 *          1    refused: the text does not say what is wanted
 *          < 0  could not: -ENOENT, -EACCES, -ENOMEM, ...
 */
int wanted_load(const char *path, struct wanted *out,
                struct hostfile_error *error);

/** The same, of text in memory; it need not end with a NUL. */
int wanted_parse(const char *text, size_t length, struct wanted *out,
                 struct hostfile_error *error);

/** All that a host has, so that a plan for that host is empty. Returns 0 or
 *  -ENOMEM. */
int wanted_of(const struct host *host, struct wanted *out);

/** Whether the stream took it all is the caller's to ask it. */
void wanted_write(FILE *out, const struct wanted *wanted);

#endif
