/* SPDX-License-Identifier: MIT */
/* A history is told in words that are read again, and made as short as its
 * failure allows: seen on one that really fails, Linux as a function of
 * state. */
#include "model/history.h"

#include <string.h>

#include "engine.h"

static struct engine e;
static struct history h;

static const struct history_kind without_faults = {
    .n_steps = 120,
    .no_faults = true,
    .no_override = true,
};

static bool
same_request(const struct vap_request *a, const struct vap_request *b)
{
    char in_words[2][HISTORY_WORDS];

    (void)history_words(a, in_words[0], sizeof(in_words[0]));
    (void)history_words(b, in_words[1], sizeof(in_words[1]));
    return strcmp(in_words[0], in_words[1]) == 0;
}

TEST(a_request_in_words_is_read_as_the_same)
{
    const struct history_kind all = { .n_steps = HISTORY_STEPS };
    struct test_rng rng = { test_seed() };
    char words[HISTORY_WORDS];

    for (size_t i = history_count(20); i > 0; i--) {
        history_draw(&h, test_next(&rng), &vap_rule_state, &all);
        for (size_t k = 0; k < h.n; k++) {
            struct vap_request r;

            (void)history_words(&h.asked[k], words, sizeof(words));
            test_note("%s", words);
            r = engine_request(words);
            CHECK(same_request(&r, &h.asked[k]));
        }
    }
}

TEST(the_words_are_those_of_recorded_traces)
{
    static const char *const words[] = {
        "assign_adapter m0 3",
        "ap_config m1 0-1:5-6:",
        "ap_config m1 ::",
        "open m0 k1",
        "open m0",
        "apmask -5,+6-9",
        "aqmask =0-255",
        "aqmask =",
        "bind vfio_ap 01.0006",
        "driver_override 01.0006",
        "driver_override ff.00fe cex4queue",
        "host apm=0-3 aqm-5 adm+6",
        "fail_zapq 01.0006 2 1",
        "scan",
    };

    for (size_t i = 0; i < ROWS(words); i++) {
        struct vap_request r = engine_request(words[i]);
        char text[HISTORY_WORDS];

        CHECK_INT(history_words(&r, text, sizeof(text)), strlen(words[i]));
        CHECK_STR(text, words[i]);
    }
}

static void
drop_one_sided(struct vap_matrix *m)
{
    if (vap_mask_empty(&m->adapters) || vap_mask_empty(&m->domains))
        m->adapters = m->domains = vap_mask_none();
}

/* "Fails" when a guest has not the queues that the present state gives it. */
static bool
departs_from_state(const struct history *history, size_t *step, char *how,
                   size_t size)
{
    vap_host_init(&e.host, history->rule, history->kernel, &history->config,
                  &history->apmask, &history->aqmask, e.mdevs, ENGINE_MDEVS);
    vap_change_init(&e.change, e.where, ENGINE_MDEVS, e.effects, ENGINE_MDEVS,
                    e.resets, ENGINE_RESETS);
    for (*step = 0; *step < history->n; ++*step) {
        (void)engine_ask_all(&e, &history->asked[*step], 1);
        for (uint32_t i = 0; i < ENGINE_MDEVS; i++) {
            struct vap_matrix is = e.mdevs[i].guest;
            struct vap_matrix due;

            vap_guest_matrix(&e.host, &e.mdevs[i].matrix, &due);
            drop_one_sided(&due);
            drop_one_sided(&is);
            if (vap_matrix_equal(&due, &is))
                continue;
            (void)snprintf(how, size, "m%u: %s, not %s", i, engine_text(&is),
                           engine_text(&due));
            return true;
        }
    }
    return false;
}

static bool
fails(const struct history *history)
{
    size_t step;
    char how[512];

    return departs_from_state(history, &step, how, sizeof(how));
}

/* Not one request of it, nor one id of its host, can go. */
static void
check_minimal(const struct history *least)
{
    static struct history less;

    CHECK(fails(least));
    for (size_t i = 0; i < least->n; i++) {
        less = *least;
        memmove(&less.asked[i], &less.asked[i + 1],
                (less.n - i - 1) * sizeof(less.asked[0]));
        less.n--;
        CHECK(!fails(&less));
    }
    VAP_EACH (a, &least->config.ids.adapters) {
        less = *least;
        vap_mask_drop(&less.config.ids.adapters, a);
        CHECK(!fails(&less));
    }
    VAP_EACH (d, &least->aqmask) {
        less = *least;
        vap_mask_drop(&less.aqmask, d);
        CHECK(!fails(&less));
    }
}

/* create, a matrix, a hole, the domain with the hole taken away: no more is
 * needed, and seldom done. */
TEST(a_failing_history_is_made_as_short_as_it_can_be)
{
    struct test_rng rng = { test_seed() };

    for (size_t left = history_count(10); left > 0;) {
        history_draw(&h, test_next(&rng), &vap_rule_linux_7_2, &without_faults);
        if (!fails(&h))
            continue;
        history_shrink(&h, departs_from_state);
        check_minimal(&h);
        CHECK(h.n <= 16);
        left--;
    }
}

TEST(a_history_that_does_not_fail_is_none_to_shrink)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 5; i++) {
        history_draw(&h, test_next(&rng), &vap_rule_state, &without_faults);
        history_check(&h, departs_from_state);
    }
}
