/* SPDX-License-Identifier: MIT */
/* Sets of ids and of queues in words, as people and scenario files write
 * them: {1-3}x{1,2} is six queues. Ids are decimal or 0x hex. */
#ifndef VAP_LAB_SETS_H
#define VAP_LAB_SETS_H

#include "matrix/mask.h"

#include <stdbool.h>
#include <stddef.h>

/** Any set of queues. */
struct sets_queues {
    struct vap_mask row[VAP_IDS]; /* by adapter */
};

/* Each read function starts at *text and moves it on to what follows; on a
 * refusal *text is where it went wrong, and *out as it was. */

/* "{0-2,7}", "{}", "none", or one id: "0x47". */
bool sets_read_ids(const char **text, struct vap_mask *out);

/* "{1-3}x{1,2}" or "empty": adapters and domains, either of them perhaps
 * empty. Control domains are left alone. */
bool sets_read_product(const char **text, struct vap_matrix *out);

/* "none", or any of "{1-3}x{1,2}" and "05.0047", with blanks between. */
bool sets_read_queues(const char **text, struct sets_queues *out);

/* The one way each is written: "{0-2,7}" or "none"; "{1-3}x{1-2}" or "empty";
 * "{0-1}x{3} {5}x{0-255}" or "none", adapters with the same domains together.
 * The caller's, for free(); NULL when memory is short. */
char *sets_ids_text(const struct vap_mask *ids);
char *sets_product_text(const struct vap_matrix *m);
char *sets_queues_text(const struct sets_queues *queues);

#endif
