/* SPDX-License-Identifier: MIT */
/* Between the parts of vap demo. */
#ifndef VAP_CLI_DEMO_DEMO_H
#define VAP_CLI_DEMO_DEMO_H

#include <stddef.h>

/* Of the session; what follows it is numbered from there. */
enum { DEMO_SCENES = 5 };

/* A session with a virtual host, on stdout. Returns CLI_DONE; CLI_FAILED and
 * what is missing, or not as it should be, has been said. */
int demo_session(void);

/* A script by sh in a host of its own that ends with it; $0 is vap. s390x: a
 * prefix, or NULL. Returns CLI_DONE, CLI_FAILED. */
int demo_play(char *script, const char *s390x);

/* A real guest, as section i, from 0; or why there is none, and one of
 * software. Returns CLI_DONE, CLI_FAILED. */
int demo_guest(size_t i);

/* The totals of the recorded histories, under each rule that is to agree with
 * them. Without the files it says so. Returns 0; -EBADMSG: a file is damaged,
 * and that has been said; -ENOMEM. */
int demo_replay(void);

#endif
