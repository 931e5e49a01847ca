/* SPDX-License-Identifier: MIT */
/* Near is: typed as the beginning of it, or off by at most a third of its
 * letters. Something further is no help, it is a puzzle. */
#include "cli/frame/nearest.h"

#include <string.h>

#define MAX_LETTERS 40 /* a UUID fits */

static unsigned
min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, a row of his table at a time. */
static unsigned
distance(const char *a, const char *b)
{
    unsigned row[MAX_LETTERS + 1];
    size_t n = strlen(b);

    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = min(change, min(row[j], row[j - 1]) + 1);
        }
    }
    return row[n];
}

void
nearest_offer(struct nearest *nearest, const char *known)
{
    size_t typed = strlen(nearest->word);
    size_t letters = strlen(known);

    if (typed == 0 || typed > MAX_LETTERS || letters > MAX_LETTERS)
        return;

    unsigned d = strncmp(known, nearest->word, typed) == 0
                     ? 0
                     : distance(nearest->word, known);
    if (d > (letters + 2) / 3 || d >= letters)
        return;
    if (nearest->best && d >= nearest->distance)
        return;
    nearest->best = known;
    nearest->distance = d;
}
