/* SPDX-License-Identifier: MIT */
/* Between the parts that read a scenario file; nobody else includes it.
 *
 * A function that reads answers 0; 1 when it refuses, and r->error says why;
 * or -ENOMEM. What it reads it may cut up. */
#ifndef VAP_LAB_SCENARIO_READING_H
#define VAP_LAB_SCENARIO_READING_H

#include "lab/scenario.h"

/* Where a line is: it decides which words may begin it. */
enum scene_place { TOP, IN_HOST, IN_BATCH, IN_ORDERS };

struct reader {
    struct scenario *s;
    struct scenario_error *error;
    struct host *scratch; /* for the names in operations; state unused */
    unsigned long line;
    enum scene_place place;
    unsigned long opened; /* where the block began */
    char **notes; /* for the step that comes next */
    size_t n_notes;
    size_t n_ops; /* in all */
    uint32_t said; /* lines of the host block: bit i for its i-th word */
};

/* A word that begins a line, and what reads the rest of it. */
struct keyword {
    const char *word;
    int (*read)(struct reader *r, char *rest);
    bool often; /* may be there more than once: host block */
};

/* The row for the first word of the line; NULL when there is none. */
const struct keyword *scene_keyword(const struct keyword *words,
                                    const char *line);

/* What follows the first word. */
char *scene_rest(char *line);

/* Refuses. Returns 1. */
int scene_wrong(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One more, zeroed, at the end of an array that doubles; NULL when memory is
 * short. variable: the address of the array's pointer. */
void *scene_push(void *variable, size_t *n, size_t size);

/* A copy of text. */
int scene_keep(char **variable, const char *text);

/* The word at the start of *text, which moves on to the next; "" at the end.
 */
char *scene_word(char **text);

/* "none", "5" and so on, to the end of the text. */
int scene_ids(struct reader *r, const char *text, struct vap_mask *out);
int scene_queues(struct reader *r, const char *text, struct sets_queues *out);

/* As the kernel's parameters of the same names: relative to no bit at all. */
int scene_mask(struct reader *r, const char *text, struct vap_mask *out);

/* May an mdev, or a guest, be called so? */
int scene_name(struct reader *r, const char *name);

/* "..." at the start of *text, which moves on; *out is what it means. */
int scene_quoted(struct reader *r, char **text, char **out);

/* Rules by name, a blank between; and cut off in brackets from the end of a
 * line, 0 when there are none. */
int scene_rules(struct reader *r, char *text, uint32_t *out);
int scene_cut_rules(struct reader *r, char *text, uint32_t *out);

/* scenario_host.c: a line of the host block */
int scene_host_line(struct reader *r, char *line);

/* scenario_steps.c */
struct scenario_step *scene_step(struct reader *r); /* the last; or NULL */
int scene_begin_step(struct reader *r, enum scenario_kind kind);
int scene_op(struct reader *r, char *line);
int scene_op_in_block(struct reader *r, char *line);
int scene_end_block(struct reader *r, char *line);
int scene_answer(struct reader *r, char *text);
int scene_settle(struct reader *r); /* nothing more belongs to the step */

/* scenario_expect.c */
int scene_expect(struct reader *r, char *text);

#endif
