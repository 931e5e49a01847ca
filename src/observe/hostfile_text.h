/* SPDX-License-Identifier: MIT */
/* The text of a file, before it is YAML. */
#ifndef VAP_OBSERVE_HOSTFILE_TEXT_H
#define VAP_OBSERVE_HOSTFILE_TEXT_H

#include "observe/hostfile.h"

/* All of a regular file, or of stdin for "-"; of one that is larger than
 * HOSTFILE_MAX one byte more than that. text: the caller's to free, also when
 * it could not. 0, or -errno with *error filled. */
int hostfile_text(const char *path, char **text, size_t *length,
                  struct hostfile_error *error);

/* Text and nothing else, as far as can be seen from outside. what: expected,
 * "a host". 0, or 1 with *error filled. */
int hostfile_text_check(const char *text, size_t length, const char *what,
                        struct hostfile_error *error);

/* Fills an error with what r, -errno, is; returns r. */
int hostfile_could_not(struct hostfile_error *error, int r);

#endif
