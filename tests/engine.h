/* SPDX-License-Identifier: MIT */
/* The engine with all the storage it needs, and requests in words, so that a
 * test is a table of what is asked and what comes of it. The words are those
 * of recorded traces (docs/traces.md), with sets where the kernel reads hex:
 *
 *     assign_adapter m0 3      unassign_domain m0 0x47      create m1
 *     ap_config m0 0-1:5-6:    open m0 k1                   vfio_reset m0
 *     apmask -5,+6-9           aqmask =0-255                scan
 *     bind vfio_ap 01.0006     unbind cex4queue 01.0006     probe 01.0006
 *     driver_override 01.0006 vfio_ap                       look_again
 *     host apm=0-3 aqm-5 adm+6     sethw apm=               card 1 3
 *     hwstate 01.0006 4        fail_zapq 01.0006 2 1        fail_tapq ...
 *
 * Nothing but the engine and a C library. */
#ifndef VAP_TESTS_ENGINE_H
#define VAP_TESTS_ENGINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/change.h"
#include "matrix/rule.h"
#include "matrix/text.h"
#include "test.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define ENGINE_MDEVS 16
#define ENGINE_RESETS 4096

struct engine {
    struct vap_host host;
    struct vap_mdev mdevs[ENGINE_MDEVS];
    struct vap_change change;
    struct vap_why why; /* of the last plan */
    uint32_t where[ENGINE_MDEVS];
    struct vap_effect effects[ENGINE_MDEVS];
    struct vap_reset resets[ENGINE_RESETS];
    uint32_t n_updates; /* of all guests by the last change */
    uint32_t n_clears;
    uint32_t n_zapqs; /* resets, each as often as it was done */
    char reset[256]; /* what the last change reset: "01.0005 01.0006 x2" */
};

/* Sets as text. Left out: the rule `state` on 7.2; no id at all; the highest
 * ids are 255 and no queue is kept for the host. */
struct engine_boot {
    const char *rule;
    bool on_6_12;
    const char *adapters;
    const char *domains;
    const char *control;
    const char *apmask;
    const char *aqmask;
    unsigned last_adapter;
    unsigned last_domain;
    bool no_apxa;
};

/* Adapters 0-15 and domains 0-84 at most; 00.0005 to 01.0006 are vfio_ap's;
 * aqmask keeps all other domains for the host, so apmask is all ones. */
static const struct engine_boot engine_worked = {
    .adapters = "0-1",
    .domains = "5-6",
    .control = "5-6",
    .apmask = "0-255",
    .aqmask = "0-4,7-255",
    .last_adapter = 15,
    .last_domain = 84,
};

static inline unsigned
engine_number(const char **text)
{
    char *end = NULL;
    unsigned long n = strtoul(*text, &end, 0);

    if (end == *text)
        FAIL("a number was expected: \"%s\"", *text);
    *text = end;
    return (unsigned)n;
}

/* One of a list: "5" or "5-7", and the comma after it. */
static inline void
engine_span(const char **text, struct vap_mask *m, bool in)
{
    unsigned from = engine_number(text);
    unsigned to = from;

    if (**text == '-') {
        (*text)++;
        to = engine_number(text);
    }
    for (; from <= to; from++)
        if (in)
            vap_mask_add(m, from);
        else
            vap_mask_drop(m, from);
    if (**text == ',')
        (*text)++;
}

static inline bool
engine_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "0-2,7", up to what is no set any more. */
static inline struct vap_mask
engine_set(const char **text)
{
    struct vap_mask m = vap_mask_none();

    while (engine_digit(**text))
        engine_span(text, &m, true);
    return m;
}

static inline struct vap_mask
engine_ids(const char *text)
{
    return text ? engine_set(&text) : vap_mask_none();
}

/* "=0-2,7", or "-5,+6-9". */
static inline struct vap_edit
engine_edit(const char **text)
{
    struct vap_edit edit = { vap_mask_none(), vap_mask_none() };

    if (**text == '=') {
        (*text)++;
        return vap_edit_to(engine_set(text));
    }
    while (**text == '+' || **text == '-') {
        bool in = *(*text)++ == '+';
        const char *again = *text;

        if (!in)
            engine_span(&again, &edit.clear, true);
        engine_span(text, &edit.set, in);
    }
    return edit;
}

/* Is this the next word? Then it is read. */
static inline bool
engine_word(const char **text, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(*text, word, n) != 0 || ((*text)[n] && (*text)[n] != ' '))
        return false;
    *text += n + ((*text)[n] == ' ');
    return true;
}

static inline enum vap_driver
engine_driver(const char **text)
{
    if (!**text)
        return VAP_NO_DRIVER;
    if (engine_word(text, "vfio_ap"))
        return VAP_VFIO_AP;
    if (engine_word(text, "cex4queue"))
        return VAP_DEFAULT;
    *text += strcspn(*text, " ");
    return VAP_OTHER_DRIVER;
}

static inline uint16_t
engine_apqn(const char **text)
{
    unsigned adapter;
    unsigned domain;
    int n = 0;

    // NOLINTNEXTLINE(cert-err34-c): the tables' own numbers, all in range
    if (sscanf(*text, "%2x.%4x%n", &adapter, &domain, &n) != 2)
        FAIL("a queue was expected: \"%s\"", *text);
    *text += n + ((*text)[n] == ' ');
    return VAP_APQN(adapter, domain);
}

static inline uint32_t
engine_named(const char **text, char letter)
{
    if (*(*text)++ != letter)
        FAIL("a name with '%c' was expected: \"%s\"", letter, *text - 1);

    uint32_t n = engine_number(text);

    *text += **text == ' ';
    return n;
}

/* What an op reads: m an mdev, k a vm, i a number, q a queue, d a driver,
 * r rc, n times, c three sets, A and D an edit, H edits by name. */
struct engine_op {
    const char *word;
    const char *reads;
};

static const struct engine_op engine_ops[VAP_OPS] = {
    [VAP_ASSIGN_ADAPTER] = { "assign_adapter", "mi" },
    [VAP_UNASSIGN_ADAPTER] = { "unassign_adapter", "mi" },
    [VAP_ASSIGN_DOMAIN] = { "assign_domain", "mi" },
    [VAP_UNASSIGN_DOMAIN] = { "unassign_domain", "mi" },
    [VAP_ASSIGN_CONTROL] = { "assign_control_domain", "mi" },
    [VAP_UNASSIGN_CONTROL] = { "unassign_control_domain", "mi" },
    [VAP_AP_CONFIG] = { "ap_config", "mc" },
    [VAP_CREATE] = { "create", "m" },
    [VAP_REMOVE] = { "remove", "m" },
    [VAP_OPEN_MDEV] = { "open", "mk" },
    [VAP_CLOSE_MDEV] = { "close", "m" },
    [VAP_RESET_MDEV] = { "vfio_reset", "m" },
    [VAP_APMASK] = { "apmask", "A" },
    [VAP_AQMASK] = { "aqmask", "D" },
    [VAP_BIND] = { "bind", "dq" },
    [VAP_UNBIND] = { "unbind", "dq" },
    [VAP_PROBE] = { "probe", "q" },
    [VAP_OVERRIDE] = { "driver_override", "qd" },
    [VAP_HARDWARE] = { "sethw", "H" },
    [VAP_SCAN] = { "scan", "" },
    [VAP_HOST] = { "host", "H" },
    [VAP_CARD_STATE] = { "card", "ir" },
    [VAP_QUEUE_STATE] = { "hwstate", "qr" },
    [VAP_FAIL_RESET] = { "fail_zapq", "qrn" },
    [VAP_FAIL_TEST] = { "fail_tapq", "qrn" },
    [VAP_LOOK_AGAIN] = { "look_again", "" },
    [VAP_AUTOPROBE] = { "autoprobe", "i" },
};

static inline unsigned
engine_count(const char **text)
{
    unsigned n = engine_number(text);

    *text += **text == ' ';
    return n;
}

static inline void
engine_read_edits(const char **text, struct vap_request *r)
{
    for (; **text; *text += **text == ' ') {
        const char *key = *text;

        *text += 3;
        if (strncmp(key, "apm", 3) == 0)
            r->edit.adapters = engine_edit(text);
        else if (strncmp(key, "aqm", 3) == 0)
            r->edit.domains = engine_edit(text);
        else if (strncmp(key, "adm", 3) == 0)
            r->edit.control = engine_edit(text);
        else
            FAIL("apm, aqm or adm was expected: \"%s\"", key);
    }
}

static inline void
engine_read_config(const char **text, struct vap_request *r)
{
    r->matrix.adapters = engine_set(text);
    *text += **text == ':';
    r->matrix.domains = engine_set(text);
    *text += **text == ':';
    r->matrix.control = engine_set(text);
}

static inline void
engine_read_part(const char **text, char part, struct vap_request *r)
{
    switch (part) {
    case 'm':
        r->mdev = engine_named(text, 'm');
        break;
    case 'k':
        r->vm = **text ? engine_named(text, 'k') : 0;
        break;
    case 'i':
        r->id = engine_count(text);
        break;
    case 'q':
        r->apqn = engine_apqn(text);
        break;
    case 'd':
        r->driver = (uint8_t)engine_driver(text);
        break;
    case 'r':
        r->rc = (uint8_t)engine_count(text);
        break;
    case 'n':
        r->times = (uint8_t)engine_count(text);
        break;
    case 'c':
        engine_read_config(text, r);
        break;
    case 'A':
        r->edit.adapters = engine_edit(text);
        break;
    case 'D':
        r->edit.domains = engine_edit(text);
        break;
    default:
        engine_read_edits(text, r);
    }
}

static inline struct vap_request
engine_request(const char *words)
{
    struct vap_request r = { .op = VAP_ASSIGN_ADAPTER };
    const char *text = words;

    while (r.op < VAP_OPS && !engine_word(&text, engine_ops[r.op].word))
        r.op++;
    if (r.op == VAP_OPS)
        FAIL("no such request: \"%s\"", words);
    for (const char *part = engine_ops[r.op].reads; *part; part++)
        engine_read_part(&text, *part, &r);
    if (*text)
        FAIL("\"%s\" was not expected in \"%s\"", text, words);
    return r;
}

static inline void
engine_start(struct engine *e, const struct engine_boot *boot)
{
    struct vap_config config = {
        .ids = { engine_ids(boot->adapters), engine_ids(boot->domains),
                 engine_ids(boot->control) },
        .apxa = !boot->no_apxa,
        .last_adapter =
            (uint8_t)(boot->last_adapter ? boot->last_adapter : 255),
        .last_domain = (uint8_t)(boot->last_domain ? boot->last_domain : 255),
    };
    struct vap_mask apmask = engine_ids(boot->apmask);
    struct vap_mask aqmask = engine_ids(boot->aqmask);
    const struct vap_rule *rule =
        vap_rule_named(boot->rule ? boot->rule : "state");

    CHECK(rule != NULL);
    vap_host_init(&e->host, rule,
                  boot->on_6_12 ? VAP_LINUX_6_12 : VAP_LINUX_7_2, &config,
                  &apmask, &aqmask, e->mdevs, ENGINE_MDEVS);
    vap_change_init(&e->change, e->where, ENGINE_MDEVS, e->effects,
                    ENGINE_MDEVS, e->resets, ENGINE_RESETS);
}

/* What a change costs, while it is still a plan. */
static inline void
engine_note(struct engine *e)
{
    size_t at = 0;

    e->n_updates = e->n_clears = e->n_zapqs = 0;
    for (uint32_t i = 0; i < e->change.n_effects; i++) {
        e->n_updates += e->effects[i].updates;
        e->n_clears += e->effects[i].clears;
    }
    e->reset[0] = '\0';
    for (size_t i = 0; i < e->change.n_resets; i++)
        VAP_EACH (d, &e->resets[i].domains) {
            const struct vap_reset *r = &e->resets[i];

            e->n_zapqs += r->times;
            if (at + 16 > sizeof(e->reset))
                continue;
            at += (size_t)sprintf(e->reset + at, "%s%02x.%04x", at ? " " : "",
                                  r->adapter, d);
            if (r->times > 1)
                at += (size_t)sprintf(e->reset + at, " x%u", r->times);
        }
}

/* Plans it as one change, and makes that true if it is one. */
static inline enum vap_verdict
engine_ask_all(struct engine *e, const struct vap_request *list, size_t n)
{
    enum vap_verdict v = vap_plan(&e->host, list, n, &e->change, &e->why);

    engine_note(e);
    vap_apply(&e->host, &e->change);
    return v;
}

static inline enum vap_verdict
engine_ask(struct engine *e, const char *words)
{
    struct vap_request r = engine_request(words);

    return engine_ask_all(e, &r, 1);
}

/* The mdev as the plan leaves it. */
static inline const struct vap_mdev *
engine_planned(const struct engine *e, uint32_t mdev)
{
    for (uint32_t i = 0; i < e->change.n_effects; i++)
        if (e->effects[i].mdev == mdev)
            return &e->effects[i].now;
    return &e->mdevs[mdev];
}

/* "0-1:5-6:2"; four at a time. */
static inline const char *
engine_text(const struct vap_matrix *m)
{
    static char texts[4][3 * VAP_SET_TEXT];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    size_t at = vap_set_text(&m->adapters, text, VAP_SET_TEXT);

    text[at++] = ':';
    at += vap_set_text(&m->domains, text + at, VAP_SET_TEXT);
    text[at++] = ':';
    (void)vap_set_text(&m->control, text + at, VAP_SET_TEXT);
    return text;
}

/* A story: what is asked, the answer, and mdev 0's guest matrix then (NULL:
 * not looked at). */
struct engine_step {
    const char *ask;
    enum vap_verdict verdict;
    const char *guest;
};

static inline void
engine_play(struct engine *e, const struct engine_step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        test_note("step %zu, %s", i + 1, steps[i].ask);
        CHECK_INT(engine_ask(e, steps[i].ask), steps[i].verdict);
        if (steps[i].guest)
            CHECK_STR(engine_text(&e->mdevs[0].guest), steps[i].guest);
    }
}

#define PLAY(e, steps) engine_play((e), (steps), ROWS(steps))

/* A hole, 01.0006, keeps adapter 1 from the first, who is attached; adapter 3
 * and domain 7 are the host's. */
static inline void
engine_two_guests(struct engine *e, const char *rule)
{
    static const struct engine_step steps[] = {
        { "create m0", VAP_OK, NULL },
        { "create m1", VAP_OK, NULL },
        { "ap_config m0 0-1:5-6:5", VAP_OK, NULL },
        { "ap_config m1 2:5-6:5", VAP_OK, NULL },
        { "open m0 k1", VAP_OK, NULL },
        { "unbind vfio_ap 01.0006", VAP_OK, NULL },
    };

    engine_start(e, &(struct engine_boot){ .rule = rule,
                                           .adapters = "0-3",
                                           .domains = "5-7",
                                           .control = "5",
                                           .apmask = "3",
                                           .aqmask = "7",
                                           .last_adapter = 15,
                                           .last_domain = 84 });
    PLAY(e, steps);
}

#endif
