/* SPDX-License-Identifier: MIT */
/* What change_words.c, which reads words, change_ids.c, which reads those for
 * a host's ids, and change_files.c, which reads what is written to files, have
 * in common. Theirs alone. */
#ifndef VAP_HOST_CHANGE_READING_H
#define VAP_HOST_CHANGE_READING_H

#include "host/change_words.h"

struct reading {
    struct host *host;
    struct vap_request *request;
    char *error; /* CHANGE_WORDS_ERROR bytes */
};

/* Says what is wrong. Returns -EINVAL. */
int reading_wrong(struct reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define BLANKS " \t\r\n"

/* The first word of *rest, which then is what follows; "" when none is left.
 * The text is cut up. */
char *reading_next(char **rest);

/* One word each. Return 0, -EINVAL, or -ENOMEM. */
int reading_apqn(struct reading *r, const char *word);
int reading_driver(struct reading *r, const char *word);
/* ... whether it exists or not */
int reading_mdev(struct reading *r, const char *name);
/* Ids in decimal or 0x hex. 0a is hex without doubt, and 10 would not be. */
int reading_ids(struct reading *r, const char *word, struct vap_mask *ids);

/* The rest of a change that begins with ids: where they go, and more of them.
 * Fills the request's edits. The text is cut up. */
int reading_clauses(struct reading *r, char *rest);

/* Text that is written to a file. The path is cut up. */
int reading_write(struct reading *r, char *path, const char *text);

#endif
