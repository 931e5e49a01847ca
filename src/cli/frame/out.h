/* SPDX-License-Identifier: MIT */
/* How commands answer programs, and what all of them say without memory. */
#ifndef VAP_CLI_FRAME_OUT_H
#define VAP_CLI_FRAME_OUT_H

#include <jansson.h>

/* Prints it and lets go of it. NULL is for want of memory, which is said.
 * Whether stdout took it is for who ends the program. CLI_DONE or CLI_FAILED */
int out_json(json_t *json);

/* Says so: CLI_FAILED. */
int out_no_memory(void);

/* "do first: ...", a line for each way of refusal_remedy(). */
void out_remedy(int indent, const char *remedy);

#endif
