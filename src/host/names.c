/* SPDX-License-Identifier: MIT */
/* A name has one number and a number one name: the array owns the strings,
 * the tree points into it. */
#include "host/names.h"

#include "base/auto.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct named {
    const char *name;
    uint32_t number;
};

static int
compare(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;

    return strcmp(x->name, y->name);
}

void
names_done(struct names *names)
{
    tdestroy(names->tree, free);
    for (uint32_t i = 0; i < names->n; i++)
        free(names->name[i]);
    free(names->name);
    *names = (struct names){ 0 };
}

uint32_t
names_find(const struct names *names, const char *name)
{
    struct named key = { name, 0 };
    struct named *const *found =
        tfind(&key, (void *const *)&names->tree, compare);

    return found ? (*found)->number : NAMES_NONE;
}

/* In the tree, under a name that the array is going to own. */
static int
plant(struct names *names, const char *name, uint32_t number)
{
    AUTO(free_done) struct named *e = malloc(sizeof(*e));

    if (!e)
        return -ENOMEM;
    *e = (struct named){ name, number };
    if (!tsearch(e, &names->tree, compare))
        return -ENOMEM;
    (void)TAKE(e);
    return 0;
}

static int
make_room(struct names *names)
{
    uint32_t room = names->room ? names->room * 2 : 16;
    char **grown;

    if (names->n < names->room)
        return 0;
    grown = realloc(names->name, room * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    names->name = grown;
    names->room = room;
    return 0;
}

uint32_t
names_add(struct names *names, const char *name)
{
    uint32_t number = names_find(names, name);
    AUTO(free_done) char *copy = NULL;

    if (number != NAMES_NONE)
        return number;
    copy = strdup(name);
    if (!copy || make_room(names) || plant(names, copy, names->n))
        return NAMES_NONE;
    names->name[names->n] = TAKE(copy);
    return names->n++;
}

int
names_change(struct names *names, uint32_t number, const char *name)
{
    uint32_t holder = names_find(names, name);
    AUTO(free_done) char *copy = strdup(name);
    struct named key = { names->name[number], 0 };
    struct named **old = tfind(&key, &names->tree, compare);
    struct named *gone = old ? *old : NULL;

    if (holder != NAMES_NONE)
        return holder == number ? 0 : -EEXIST;
    if (!copy || plant(names, copy, number))
        return -ENOMEM;
    (void)tdelete(&key, &names->tree, compare);
    free(gone);
    free(names->name[number]);
    names->name[number] = TAKE(copy);
    return 0;
}

const char *
names_of(const struct names *names, uint32_t number)
{
    return number < names->n ? names->name[number] : "?";
}
