/* SPDX-License-Identifier: MIT */
/* Between the parts of vap demo. */
#ifndef VAP_CLI_DEMO_H
#define VAP_CLI_DEMO_H

/* The totals of the recorded histories, under each rule that is to agree with
 * them. Without the files it says so. Returns 0; -EBADMSG: a file is damaged,
 * and that has been said; -ENOMEM. */
int demo_replay(void);

#endif
