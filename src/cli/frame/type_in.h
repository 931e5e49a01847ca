/* SPDX-License-Identifier: MIT */
/* Writing to a /sys that lives. */
#ifndef VAP_CLI_FRAME_TYPE_IN_H
#define VAP_CLI_FRAME_TYPE_IN_H

#include <stdbool.h>

/* Does it live? A copy does not: writing there has no effect. */
bool type_in_possible(const char *tree);

/* "do it? [y/N]" on a terminal. Without one, and without yes, it is said that
 * there must be one: CLI_USAGE. CLI_DONE: go on. CLI_REFUSED: do not. */
int type_in_asked(const char *command, bool yes);

#endif
