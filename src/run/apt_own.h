/* SPDX-License-Identifier: MIT */
/* What the files of apt share. */
#ifndef VAP_RUN_APT_OWN_H
#define VAP_RUN_APT_OWN_H

#include <stdio.h>

#include "run/apt.h"

/** DIR/NAME, to write to; NULL with errno. */
FILE *apt_create(const char *dir, const char *name);

/** apt-get with our configuration. more, and packages if any, are ended by
 * NULL; line is as program_run() takes it. Its exit status; -errno. */
int apt_get(struct apt *apt, const char *const *more,
            const char *const *packages, void (*line)(void *, char *),
            void *data);

/** Copies those of the machine's source files that have the architecture to
 * apt->dir/sources, with the suite and the backports that are wished for.
 * 0; -ENODATA none has it; -errno. */
int apt_sources(struct apt *apt, const char *arch);

#endif
