/* SPDX-License-Identifier: MIT */
/* chmod and chown hold for as long as the file does, as in sysfs. Few files
 * are ever so changed, and only those are remembered. */
#include "sysfs/mount.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

#define MAX_ALTERED 4096

/** What stat(2) shows instead of what the tables say. */
struct altered {
    fuse_ino_t number;
    mode_t mode; /* with its type */
    uid_t uid;
    gid_t gid;
};

static int
compare(const void *a, const void *b)
{
    const struct altered *x = a;
    const struct altered *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static struct altered *
find(const struct sysfs *s, fuse_ino_t number)
{
    struct altered key = { .number = number };
    struct altered *const *found =
        tfind(&key, (void *const *)&s->altered, compare);

    return found ? *found : NULL;
}

void
altered_apply(const struct sysfs *s, fuse_ino_t number, struct stat *st)
{
    const struct altered *a = s->altered ? find(s, number) : NULL;

    if (!a)
        return;
    st->st_mode = a->mode;
    st->st_uid = a->uid;
    st->st_gid = a->gid;
}

static struct altered *
add(struct sysfs *s, fuse_ino_t number)
{
    struct altered *a =
        s->n_altered < MAX_ALTERED ? calloc(1, sizeof(*a)) : NULL;

    if (!a)
        return NULL;
    a->number = number;
    if (!tsearch(a, &s->altered, compare)) {
        free(a);
        return NULL;
    }
    s->n_altered++;
    return a;
}

int
altered_set(struct sysfs *s, fuse_ino_t number, const struct stat *st)
{
    struct altered *a = find(s, number);

    a = a ? a : add(s, number);
    if (!a)
        return -ENOMEM;
    a->mode = st->st_mode;
    a->uid = st->st_uid;
    a->gid = st->st_gid;
    return 0;
}

void
altered_end(struct sysfs *s)
{
    tdestroy(s->altered, free);
    s->altered = NULL;
}
