/* SPDX-License-Identifier: MIT */
/* A question on a terminal. */
#ifndef VAP_CLI_FRAME_ASK_H
#define VAP_CLI_FRAME_ASK_H

#include <stdbool.h>
#include <stdio.h>

/* Puts the question there, and waits for a line: "y" and what begins so is
 * yes; another, the end of the input, and a signal that asks us to stop, see
 * stop.h, are no. */
bool ask_yes(FILE *out, const char *question);

#endif
