/* SPDX-License-Identifier: MIT */
/* Memory that is shared with a guest. It never shrinks: nobody who touches it
 * can be ended by that. */
#ifndef VAP_GUEST_MEMORY_H
#define VAP_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct memory {
    int fd; /* for the guest; -1: there is none */
    void *at; /* read and written here */
    size_t size;
};

#define MEMORY_NONE                                                            \
    (struct memory)                                                            \
    {                                                                          \
        .fd = -1                                                               \
    }

/* All zero, and pages that nobody touches cost nothing. writable: by whoever
 * gets the descriptor. 0 or -errno. */
int memory_new(size_t size, bool writable, struct memory *out);
void memory_done(struct memory *memory);

/* Makes a part zero again, for whoever has it mapped, and gives its pages
 * back. offset and size: of whole pages. */
void memory_wipe(const struct memory *memory, size_t offset, size_t size);

#endif
