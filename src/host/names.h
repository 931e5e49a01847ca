/* SPDX-License-Identifier: MIT */
/* Names for numbers from 0 up: mdevs and their slots, virtual machines. */
#ifndef VAP_HOST_NAMES_H
#define VAP_HOST_NAMES_H

#include <stdint.h>

struct names {
    char **name; /* by number */
    uint32_t n;
    uint32_t room;
    void *tree;
};

#define NAMES_NONE UINT32_MAX

/* Zeroed storage is an empty set. */
void names_done(struct names *names);

/* The number of a name; NAMES_NONE when it has none. */
uint32_t names_find(const struct names *names, const char *name);

/* The number of a name, the next one if it has none yet; NAMES_NONE when
 * memory is short. The name is copied. */
uint32_t names_add(struct names *names, const char *name);

/* Gives a number another name. -EEXIST another number has it; -ENOMEM; and
 * nothing changed. */
int names_change(struct names *names, uint32_t number, const char *name);

/* Lent until the number gets another name. */
const char *names_of(const struct names *names, uint32_t number);

#endif
