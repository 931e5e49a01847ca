/* SPDX-License-Identifier: MIT */
/* Samples are of at least 20 us where the work can be repeated without
 * undoing it, so that reading the clock, some 30 ns, is not what is timed. */
#include "bench/measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_A_SECOND 1000000000U
#define MIN_SAMPLE_NS 20000U
#define MIN_SAMPLES 3

static uint64_t
now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * NS_A_SECOND + (uint64_t)t.tv_nsec;
}

static uint64_t
time_batch(const struct measure_work *w, size_t batch)
{
    uint64_t start = now_ns();

    for (size_t i = 0; i < batch; i++) {
        w->work(w->self);
        measure_used(w->self);
    }
    uint64_t took = now_ns() - start;

    if (w->undo)
        w->undo(w->self);
    return took;
}

/* How many make a sample. Finding out is part of the warming up. */
static size_t
batch_of(const struct measure_work *w)
{
    size_t batch = 1;

    while (time_batch(w, batch) < MIN_SAMPLE_NS && !w->undo)
        batch *= 2;
    return batch;
}

static void
warm_up(const struct measure_work *w, size_t batch, double seconds)
{
    uint64_t start = now_ns();

    while (now_ns() - start < (uint64_t)(seconds * NS_A_SECOND))
        (void)time_batch(w, batch);
}

static int
by_value(const void *a, const void *b)
{
    double x;
    double y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

/* Runs until there are enough samples or time is up; how many there are. */
static size_t
sample(const struct measure_work *w, size_t batch,
       const struct measure_limits *limits, double samples[MEASURE_SAMPLES])
{
    uint64_t left = (uint64_t)(limits->seconds * NS_A_SECOND);
    size_t n = 0;

    while (n < limits->max_samples && (left || n < MIN_SAMPLES)) {
        uint64_t took = time_batch(w, batch);

        samples[n++] = (double)took / (double)batch;
        left -= took < left ? took : left;
    }
    return n;
}

void
measure(const struct measure_work *work, const struct measure_limits *limits,
        struct measured *out)
{
    static double samples[MEASURE_SAMPLES];
    bool quick = limits->max_samples == 1;
    size_t batch = quick ? 1 : batch_of(work);
    size_t n;

    if (!quick)
        warm_up(work, batch, limits->seconds / 10);
    n = sample(work, batch, limits, samples);
    qsort(samples, n, sizeof(samples[0]), by_value);
    *out = (struct measured){ .median = samples[n / 2],
                              .low = samples[n / 10],
                              .high = samples[n - 1 - n / 10],
                              .late = samples[n - 1 - n / 100],
                              .last = samples[n - 1],
                              .samples = n };
}

struct measured
measured_scaled(struct measured ns, double factor)
{
    return (struct measured){ .median = ns.median * factor,
                              .low = ns.low * factor,
                              .high = ns.high * factor,
                              .late = ns.late * factor,
                              .last = ns.last * factor,
                              .samples = ns.samples };
}

/* What takes longest is the lowest rate. */
struct measured
measured_rate(struct measured ns, double things)
{
    double rate = things * NS_A_SECOND;

    return (struct measured){ .median = rate / ns.median,
                              .low = rate / ns.high,
                              .high = rate / ns.low,
                              .late = rate / ns.late,
                              .last = rate / ns.last,
                              .samples = ns.samples };
}

bool
measured_noisy(const struct measured *m)
{
    return m->high - m->low > m->median / 5;
}
