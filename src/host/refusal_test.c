/* SPDX-License-Identifier: MIT */
/* What is advised helps, and says what it costs: hosts and requests are drawn
 * at random, and each remedy is read and done, the request after it. */
#include "host/refusal.h"

#include "base/auto.h"
#include "host/change_words.h"

#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "test.h"

static unsigned helped[VAP_VERDICTS];
static unsigned refused[VAP_VERDICTS];

/* Adapters and domains that draw.h draws; some are kept for the host. */
static struct host *
draw_host(struct test_rng *rng)
{
    static const char *const rules[] = { "state", "linux-7.2", "linux-6.12" };
    struct host_boot boot = {
        .rule = vap_rule_named(rules[test_below(rng, 3)]),
        .kernel = test_below(rng, 2) ? VAP_LINUX_7_2 : VAP_LINUX_6_12,
        .config = { .apxa = true, .last_adapter = 15, .last_domain = 85 },
        .apmask = vap_mask_all(),
        .aqmask = vap_mask_all(),
    };
    struct host *host = NULL;

    for (unsigned id = 3; id <= 11; id++)
        vap_mask_add(&boot.config.ids.adapters, id);
    vap_mask_add(&boot.config.ids.domains, 4);
    vap_mask_add(&boot.config.ids.domains, 71);
    vap_mask_add(&boot.config.ids.domains, 84);
    boot.config.ids.control = boot.config.ids.domains;
    if (test_below(rng, 3))
        for (unsigned id = 3; id <= 11; id++)
            if (test_below(rng, 3))
                vap_mask_drop(&boot.apmask, id);
    CHECK_INT(host_new(&boot, &host), 0);
    return host;
}

/* All mdevs that draw.h draws, each with as much as it can have of the ids of
 * one or two tries, most of them open. */
static void
draw_mdevs(struct test_rng *rng, struct host *host)
{
    static const char *const forms[] = {
        "create %m",           "%m/assign_adapter %a", "%m/assign_adapter %a",
        "%m/assign_domain %d", "%m/assign_domain %d",  "open %m %v",
    };

    for (size_t i = 0; i < 6 * sizeof(forms) / sizeof(forms[0]); i++) {
        char error[CHANGE_WORDS_ERROR];
        struct vap_request r;
        char words[200];

        draw_form(rng, forms[i / 6], words, sizeof(words));
        CHECK_INT(change_words_read(host, words, &r, error), 0);
        (void)host_do(host, &r, NULL);
    }
}

static void
do_words(struct host *host, const char *words)
{
    char error[CHANGE_WORDS_ERROR];
    struct vap_request r;

    test_note("  %s", words);
    if (change_words_read(host, words, &r, error) ||
        host_do(host, &r, NULL) != VAP_OK)
        FAIL("\"%s\" is advised and refused", words);
}

/* Queues of guests that are there no more, and the host's. */
static unsigned
count_lost(const struct host *was, const struct host *is)
{
    unsigned n = 0;

    for (unsigned a = 0; a < VAP_IDS; a++)
        for (unsigned d = 0; d < VAP_IDS; d++) {
            n += vap_mask_has(&was->engine->row[a].dflt, d) &&
                 !vap_mask_has(&is->engine->row[a].dflt, d);
            for (uint32_t i = 0; i < was->engine->n_slots; i++) {
                const struct vap_mdev *m = &was->slots[i];
                const struct vap_matrix *had = m->vm ? &m->apcb : &m->guest;
                const struct vap_matrix *has =
                    m->vm ? &is->slots[i].apcb : &is->slots[i].guest;

                n += vap_mask_has(&had->adapters, a) &&
                     vap_mask_has(&had->domains, d) &&
                     !(vap_mask_has(&has->adapters, a) &&
                       vap_mask_has(&has->domains, d));
            }
        }
    return n;
}

/* "it loses 2 queues, the host loses 1 queue" */
static unsigned
count_told(char *cost)
{
    unsigned n = 0;

    for (const char *part; cost && (part = strsep(&cost, ","));) {
        const char *loses = strstr(part, " lose");

        if (loses)
            n += (unsigned)strtoul(loses + strcspn(loses, "123456789"), NULL,
                                   10);
    }
    return n;
}

/* One way, cut up. */
static void
follow(const struct host *host, char *way, const struct vap_request *request)
{
    AUTO(host_done) struct host *copy = NULL;
    char *cost = strstr(way, " (");

    if (cost)
        *cost = '\0', cost += 2;
    CHECK_INT(host_copy(host, &copy), 0);
    for (char *next; way; way = next) {
        next = strstr(way, " and ");
        if (next)
            *next = '\0', next += strlen(" and ");
        do_words(copy, way);
    }
    CHECK_INT(host_do(copy, request, NULL), VAP_OK);
    CHECK_INT(count_told(cost), count_lost(host, copy));
}

static void
follow_all(const struct host *host, const struct vap_request *request,
           const struct vap_why *why)
{
    AUTO(free_done) char *remedy = NULL;

    CHECK_INT(refusal_remedy(host, request, why, &remedy), 0);
    refused[why->verdict]++;
    helped[why->verdict] += remedy != NULL;
    test_note("do first: %s", remedy ? remedy : "-");
    for (char *way = remedy, *next; way; way = next) {
        next = strstr(way, ", or ");
        if (next)
            *next = '\0', next += strlen(", or ");
        follow(host, way, request);
    }
}

TEST(a_remedy_lets_the_request_through_at_the_cost_that_is_told)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 90; i++) {
        AUTO(host_done) struct host *host = draw_host(&rng);

        draw_mdevs(&rng, host);
        for (int k = 0; k < 60; k++) {
            struct host_request r = draw_request(&rng, host, NULL);
            struct vap_why why;

            if (!r.setting && host_do(host, &r.engine, &why) != VAP_OK)
                follow_all(host, &r.engine, &why);
        }
    }
    for (int v = 0; v < VAP_VERDICTS; v++)
        if (refused[v])
            (void)printf("%3d: %4u of %4u refusals have a remedy\n", v,
                         helped[v], refused[v]);
    CHECK(helped[VAP_RESERVED] && helped[VAP_SHARED] && helped[VAP_IN_USE]);
    CHECK(helped[VAP_OVERRIDDEN] && helped[VAP_BOUND]);
    CHECK(helped[VAP_VM_TWICE] && helped[VAP_HELD] && helped[VAP_NO_MDEV]);
    CHECK(helped[VAP_MASKED] < refused[VAP_MASKED]);
}
