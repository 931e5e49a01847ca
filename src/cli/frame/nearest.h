/* SPDX-License-Identifier: MIT */
/* Which known word did you mean? */
#ifndef VAP_CLI_FRAME_NEAREST_H
#define VAP_CLI_FRAME_NEAREST_H

/** Begin with { .word = typed }, offer every known word, then look at best. */
struct nearest {
    const char *word;
    const char *best; /* as it was offered; NULL while none is near */
    unsigned distance; /* of best: letters to add, drop or change */
};

void nearest_offer(struct nearest *nearest, const char *known);

#endif
