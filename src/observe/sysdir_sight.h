/* SPDX-License-Identifier: MIT */
/* One reading of a /sys, and what the files that make it share. Functions
 * that return int return 0, or 1 after sight_refuse(), or a negative errno. */
#ifndef VAP_OBSERVE_SYSDIR_SIGHT_H
#define VAP_OBSERVE_SYSDIR_SIGHT_H

#include <stdio.h>

#include "host/host.h"

struct sight {
    int dir; /* what looks like /sys */
    FILE *notes;
    char *error; /* 256 bytes */
    struct host_boot boot;
    bool no_qci; /* the machine does not say what it was given */
    struct host *host; /* once boot is complete */
};

/* A page, which is all that a file of sysfs shows, and a NUL. */
#define SIGHT_PAGE 4096

__attribute__((format(printf, 2, 3))) void sight_note(struct sight *s,
                                                      const char *format, ...);
__attribute__((format(printf, 2, 3))) int sight_refuse(struct sight *s,
                                                       const char *format, ...);

/* A file, path being below at: its text without the last newline. Returns its
 * length as it was read, or -errno; a note is made of what is there and may
 * not be read. */
int sight_text(struct sight *s, int at, const char *path,
               char text[SIGHT_PAGE]);

/* Of a file that holds a mask, "0x" and 64 digits; of one that holds a decimal
 * number up to 255. False: there is none, or something else in it. */
bool sight_mask(struct sight *s, const char *path, struct vap_mask *out);
bool sight_number(struct sight *s, int at, const char *path, unsigned *out);

/* A directory's entries, sorted: each() is called with every name until it
 * returns anything but 0. -errno when it cannot be read. */
int sight_each(struct sight *s, const char *path,
               int (*each)(struct sight *s, const char *name, void *context),
               void *context);

/* What a link leads to, its last part: "vfio_ap". False: there is no link. */
bool sight_link(int at, const char *path, char name[256]);

/* Takes out ids above the highest: they are none. */
void sight_limit(struct vap_matrix *ids, const struct vap_config *config);

/* The parts of a host, in this order. */
int sight_bus(struct sight *s);
int sight_queues(struct sight *s);
int sight_mdevs(struct sight *s);

#endif
