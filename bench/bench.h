/* SPDX-License-Identifier: MIT */
/* A benchmark is a row of a table in main.c: what it does, what stands beside
 * it, what it must reach. A new one is a function that measures both, and a
 * row. */
#ifndef VAP_BENCH_BENCH_H
#define VAP_BENCH_BENCH_H

#include "bench/measure.h"

#include <stdbool.h>

/** What a row came to, both in the row's unit. */
struct bench_result {
    struct measured own;
    struct measured beside;
};

/** What is to be reached, by the value or by its ratio to the neighbour. */
enum bench_target {
    NO_TARGET,
    AT_MOST,
    AT_LEAST,
    RATIO_AT_MOST,
    RATIO_AT_LEAST
};

struct bench {
    const char *key; /* "filter-256" */
    const char *work; /* what one value is the time, or the rate, of */
    const char *neighbour; /* what does the same, or the least, beside it */
    const char *unit; /* "µs": see the scales below */
    enum bench_target sense;
    double target;
    const void *argument; /* for run() */

    /**
     * Measures both; first that they answer alike.
     *
     * Returns  0; 1 they differ, which has been said; -ENODEV it cannot be
     *          measured on this machine, -ENOPKG before something has been
     *          fetched; other -errno
     */
    int (*run)(const struct bench *bench, const struct measure_limits *limits,
               struct bench_result *result);
};

/* The functions of the rows. */
int bench_filter(const struct bench *bench, const struct measure_limits *limits,
                 struct bench_result *result);
int bench_assign(const struct bench *bench, const struct measure_limits *limits,
                 struct bench_result *result); /* argument: struct vap_rule */
int bench_host_add(const struct bench *bench,
                   const struct measure_limits *limits,
                   struct bench_result *result); /* likewise */
int bench_plan(const struct bench *bench, const struct measure_limits *limits,
               struct bench_result *result);
int bench_replay(const struct bench *bench, const struct measure_limits *limits,
                 struct bench_result *result);
int bench_tree(const struct bench *bench, const struct measure_limits *limits,
               struct bench_result *result);
int bench_plug(const struct bench *bench, const struct measure_limits *limits,
               struct bench_result *result);
int bench_tree_memory(const struct bench *bench,
                      const struct measure_limits *limits,
                      struct bench_result *result);
int bench_attr_read(const struct bench *bench,
                    const struct measure_limits *limits,
                    struct bench_result *result);
int bench_roundtrip(const struct bench *bench,
                    const struct measure_limits *limits,
                    struct bench_result *result);
int
bench_guests(const struct bench *bench, const struct measure_limits *limits,
             struct bench_result *result); /* argument: unsigned, how many */
int bench_rsa(const struct bench *bench, const struct measure_limits *limits,
              struct bench_result *result);
int bench_admin(const struct bench *bench, const struct measure_limits *limits,
                struct bench_result *result); /* argument: struct cli_command */

struct cli_command;
extern const struct cli_command cli_check;
extern const struct cli_command cli_explain;
extern const struct cli_command cli_what_if;

/* mkdtemp(), of a folder that is gone after the run, with all in it and all
 * that is mounted there, however the run ends. 0, -errno. */
int bench_folder(char path[32]);

/* Where the recorded traces are; main.c sets it. */
extern const char *bench_traces;

#endif
