/* SPDX-License-Identifier: MIT */
/* What vap replay answers: put together file by file, printed when there is
 * no file left that could be unreadable. */
#ifndef VAP_CLI_LAB_REPLAY_ANSWER_H
#define VAP_CLI_LAB_REPLAY_ANSWER_H

#include <jansson.h>

#include "replay/replay.h"

/** What all traces of a file, or of all files, came to. */
struct replay_sums {
    size_t steps;
    size_t steps_agree;
    size_t traces;
    size_t traces_agree;
    size_t partly; /* their guest matrices were not compared */
};

struct replay_file {
    const char *path;
    struct replay_sums sums;
    unsigned long line; /* of the first that differs; 0: they all agree */
    struct replay_result first;
};

struct replay_answer {
    const struct vap_rule *rule;
    struct replay_file *files;
    size_t n_files;
    struct replay_sums all;
};

/* quiet: only what differs. */
void replay_print(const struct replay_answer *answer, bool quiet);

/* The caller's; NULL without memory. */
json_t *replay_json(const struct replay_answer *answer);

#endif
