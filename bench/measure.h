/* SPDX-License-Identifier: MIT */
/* How long something takes: warmed up, repeated many times, and the middle of
 * what was seen, with its spread. */
#ifndef VAP_BENCH_MEASURE_H
#define VAP_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Something to be timed, each time from the same state. */
struct measure_work {
    void (*work)(void *self); /* once; this is timed */
    void (*undo)(void *self); /* back to before, not timed. NULL: nothing to
                               * do, so that many can be timed as one */
    void *self;
};

/** How much of it. */
struct measure_limits {
    double seconds; /* for one piece of work, undoing not counted */
    size_t max_samples; /* to MEASURE_SAMPLES; 1: nor is it warmed up */
};

#define MEASURE_SAMPLES 4096

/** What came of it. */
struct measured {
    double median;
    double low; /* a tenth of the samples is below, */
    double high; /* a tenth above */
    double late; /* a hundredth took longer, */
    double last; /* and nothing longer than this */
    size_t samples;
};

/* Nanoseconds of one piece of work. */
void measure(const struct measure_work *work,
             const struct measure_limits *limits, struct measured *out);

/* In another unit: so many of it to the nanosecond; or as a rate, so many
 * things done in that time. */
struct measured measured_scaled(struct measured ns, double factor);
struct measured measured_rate(struct measured ns, double things_a_second);

/* Is half of the spread more than a tenth of the median? */
bool measured_noisy(const struct measured *m);

/* The compiler must take it that all memory has been read and written, so
 * that no work is left out because nobody looks at what it made. */
static inline void
measure_used(const void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

#endif
