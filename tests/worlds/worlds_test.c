/* SPDX-License-Identifier: MIT */
/* Every state of worlds that are small enough, by every history. */
#include "worlds/world.h"

#include "engine.h"
#include "model/history.h"

// clang-format off
/* 3 by 3 with all at once would be 12 million transitions: it is left at one
 * id a time. */
static const struct {
    struct world w;
    double from; /* the least VAP_TIMES at which it is tried */
} under_state[] = {
    { { "2x2, guests come and go",
      .n_adapters = 2, .n_domains = 2, .n_mdevs = 1,
      .host = true, .guests = true }, 0 },
    { { "2x2, all at once, control domains, guests come and go",
      .n_adapters = 2, .n_domains = 2, .n_mdevs = 1,
      .host = true, .whole = true, .control = true, .guests = true }, 0.5 },
    { { "2x2, masks and a default driver",
      .n_adapters = 2, .n_domains = 2, .n_mdevs = 1,
      .host = true, .masks = true, .guests = true }, 0.1 },
    { { "2x3, all at once, guests come and go",
      .n_adapters = 2, .n_domains = 3, .n_mdevs = 1,
      .host = true, .whole = true, .guests = true }, 0.1 },
    { { "3x2, all at once, guests come and go",
      .n_adapters = 3, .n_domains = 2, .n_mdevs = 1,
      .host = true, .whole = true, .guests = true }, 0.1 },
    { { "3x3, guests come and go",
      .n_adapters = 3, .n_domains = 3, .n_mdevs = 1,
      .host = true, .guests = true }, 0.5 },
    { { "2x2, two mdevs, guests come and go",
      .n_adapters = 2, .n_domains = 2, .n_mdevs = 2,
      .host = true, .guests = true }, 0.5 },
    { { "2x2, two mdevs, all at once",
      .n_adapters = 2, .n_domains = 2, .n_mdevs = 2,
      .host = true, .whole = true }, 0.1 },
    { { "2x2, two mdevs, masks and a default driver",
      .n_adapters = 2, .n_domains = 2, .n_mdevs = 2, .masks = true }, 0.5 },
    { { "2x1, three mdevs, all at once, guests come and go",
      .n_adapters = 2, .n_domains = 1, .n_mdevs = 3,
      .host = true, .whole = true, .guests = true }, 0.5 },
};
// clang-format on

/* No queue in two guests, none unbound in one; guest and APCB are what the
 * present allows, all of it, by whatever way it came to be. */
TEST(under_state_nothing_is_wrong_anywhere)
{
    for (size_t i = 0; i < ROWS(under_state); i++) {
        struct world w = under_state[i].w;
        struct world_table *t;
        const char *wrong;
        size_t state;

        if (history_times() < under_state[i].from)
            continue;
        w.rule = "state";
        test_note("%s", w.name);
        t = world_explore(&w);
        CHECK(t != NULL);
        printf("    %-52s %7zu states %8zu transitions\n", w.name,
               world_size(t), world_transitions(t));
        wrong = world_check(t, &state);
        if (wrong)
            FAIL("%s:\n%s", wrong, world_history(t, state));
        CHECK_INT(world_count(t).several, 0);
        world_free(t);
    }
}

/* The shortest way to a guest with fewer queues than it could have. */
TEST(a_history_is_told_step_by_step)
{
    const struct world w = {
        .rule = "linux-7.2", .n_adapters = 2, .n_domains = 2, .n_mdevs = 1
    };
    struct world_table *t = world_explore(&w);
    size_t state;

    const char *wrong = world_check(t, &state);
    const char *text = world_history(t, state);

    CHECK_STR(wrong, "a guest has not what the state allows");
    CHECK(strstr(text, "unbind vfio_ap 00.0000\n"
                       "    host 0-1:0-1:; vfio_ap has 00.0001 01.0000 "
                       "01.0001\n"
                       "    m0: matrix 0:0-1: guest :0-1: apcb :0-1: open\n"
                       "unassign_domain m0 0\n"
                       "    host 0-1:0-1:; vfio_ap has 00.0001 01.0000 "
                       "01.0001\n"
                       "    m0: matrix 0:1: guest :1: apcb :1: open\n"));
    world_free(t);
}

/* Where history shows, and how: in one mdev's guest, the host being whole or
 * not; and in two. Worlds of 3 by 3 take longest. */
static const struct row {
    const char *rule;
    unsigned n_adapters;
    unsigned n_domains;
    unsigned n_mdevs;
    bool host;
    double from;
    struct world_figures due;
} rows[] = {
    { "state", 2, 2, 1, false, 0, { 256, 0, 0, 0, 0 } },
    { "linux-7.2", 2, 2, 1, false, 0, { 256, 104, 56, 0, 0 } },
    { "linux-6.12", 2, 2, 1, false, 0, { 256, 104, 56, 0, 0 } },
    { "fcfs", 2, 2, 1, false, 0, { 256, 240, 71, 0, 0 } },
    { "state", 2, 3, 1, false, 0, { 2048, 0, 0, 0, 0 } },
    { "linux-7.2", 2, 3, 1, false, 0, { 2048, 708, 516, 0, 0 } },
    { "linux-6.12", 2, 3, 1, false, 0, { 2048, 708, 516, 0, 0 } },
    { "fcfs", 2, 3, 1, false, 0.1, { 2048, 1984, 547, 0, 0 } },
    { "state", 3, 2, 1, false, 0, { 2048, 0, 0, 0, 0 } },
    { "linux-7.2", 3, 2, 1, false, 0, { 2048, 1040, 592, 0, 0 } },
    { "linux-6.12", 3, 2, 1, false, 0, { 2048, 1040, 592, 0, 0 } },
    { "fcfs", 3, 2, 1, false, 0.1, { 2048, 1984, 761, 0, 0 } },
    { "state", 3, 3, 1, false, 0.5, { 32768, 0, 0, 0, 0 } },
    { "linux-7.2", 3, 3, 1, false, 0.5, { 32768, 14744, 11160, 0, 0 } },
    { "linux-6.12", 3, 3, 1, false, 0.5, { 32768, 14744, 11160, 0, 0 } },
    { "fcfs", 3, 3, 1, false, 0.5, { 32768, 32256, 11881, 0, 0 } },
    { "state", 2, 2, 1, true, 0, { 752, 0, 0, 0, 0 } },
    { "linux-7.2", 2, 2, 1, true, 0, { 752, 288, 116, 0, 0 } },
    { "linux-6.12", 2, 2, 1, true, 0.1, { 752, 288, 116, 697, 0 } },
    { "fcfs", 2, 2, 1, true, 0.1, { 752, 616, 135, 0, 0 } },
    { "state", 2, 3, 1, true, 0.1, { 5984, 0, 0, 0, 0 } },
    { "linux-7.2", 2, 3, 1, true, 0.1, { 5984, 2170, 1266, 0, 0 } },
    { "linux-6.12", 2, 3, 1, true, 0.5, { 5984, 2170, 1266, 5499, 0 } },
    { "fcfs", 2, 3, 1, true, 0.5, { 5984, 5404, 1301, 0, 0 } },
    { "state", 3, 2, 1, true, 0.1, { 5984, 0, 0, 0, 0 } },
    { "linux-7.2", 3, 2, 1, true, 0.1, { 5984, 2880, 1340, 0, 0 } },
    { "linux-6.12", 3, 2, 1, true, 0.5, { 5984, 2880, 1340, 5573, 0 } },
    { "fcfs", 3, 2, 1, true, 0.5, { 5984, 5404, 1611, 0, 0 } },
    { "state", 3, 3, 1, true, 1, { 76352, 0, 0, 0, 0 } },
    { "linux-7.2", 3, 3, 1, true, 1, { 76352, 34702, 23046, 0, 0 } },
    { "linux-6.12", 3, 3, 1, true, 1, { 76352, 34702, 23046, 72223, 0 } },
    { "fcfs", 3, 3, 1, true, 1, { 76352, 73072, 23965, 0, 0 } },
    { "state", 1, 2, 2, true, 0, { 741, 0, 0, 0, 0 } },
    { "linux-7.2", 1, 2, 2, true, 0, { 741, 271, 90, 0, 0 } },
    { "linux-6.12", 1, 2, 2, true, 0.1, { 741, 271, 90, 739, 619 } },
    { "fcfs", 1, 2, 2, true, 0.1, { 741, 614, 100, 0, 0 } },
};

static bool
check_row(const struct row *row)
{
    const struct world w = {
        .rule = row->rule,
        .n_adapters = row->n_adapters,
        .n_domains = row->n_domains,
        .n_mdevs = row->n_mdevs,
        .host = row->host,
    };
    struct world_table *t = world_explore(&w);
    struct world_figures f = world_count(t);
    bool holds = memcmp(&f, &row->due, sizeof(f)) == 0;

    printf("    %-10s %ux%u %5u  %-7s %8zu %8zu %8zu %8zu %8zu%s\n", w.rule,
           w.n_adapters, w.n_domains, w.n_mdevs, w.host ? "changes" : "stays",
           f.inputs, f.several, f.too_few, f.stale, f.shared,
           holds ? "" : "  (not so)");
    world_free(t);
    return holds;
}

TEST(the_figures_of_every_rule_hold)
{
    unsigned wrong = 0;

    printf("    rule       world mdevs host  inputs  several  too few    "
           "stale   shared\n");
    for (size_t i = 0; i < ROWS(rows); i++)
        if (history_times() >= rows[i].from)
            wrong += !check_row(&rows[i]);
    CHECK_INT(wrong, 0);
}
