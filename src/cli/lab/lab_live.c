/* SPDX-License-Identifier: MIT */
/* A living host beside the engine's, under each rule: after every operation
 * both have answered the same, and after every step the same is to be seen of
 * both. So what a file expects of the engine holds for a tree as well. */
#include "cli/lab/lab.h"

#include "base/auto.h"
#include "cli/lab/live.h"

#include <errno.h>

/* Queues whose status is looked at after each step. */
#define LOOKS_AT_QUEUES 256

int
lab_live_begin(struct lab *lab)
{
    int r = 0;

    for (size_t i = 0; i < lab->n && !r; i++)
        r = live_new(lab->plays[i]->host, &lab->lives[i]);
    return r;
}

/* Takes both texts. */
static int
differ(struct lab *lab, size_t i, unsigned long line, const char *what,
       char *engine, char *live)
{
    AUTO(free_done) char *e = engine;
    AUTO(free_done) char *l = live;
    char *expected;
    char *found;

    if (!e || !l)
        return -ENOMEM;
    if (strcmp(e, l) == 0)
        return 0;
    if (asprintf(&expected, "live: %s %s", what, e) < 0)
        return -ENOMEM;
    found = TAKE(l);
    return lab_find(lab, line, lab->bits[i], expected, found, false);
}

/* -- answers -------------------------------------------------------------- */

/* vapd gives one reason, the first. */
static int
compare_answers(struct lab *lab, size_t i, const struct play_answer *engine,
                const struct live_answer *live)
{
    const char *said = engine->n_reasons && live->reason ? live->reason : "";
    const char *reason = *said ? engine->reasons[0] : "";
    char *e;
    char *l;

    lab->live.answers++;
    if (asprintf(&e, "-> %s %s", play_word(engine->verdict), reason) < 0)
        return -ENOMEM;
    if (asprintf(&l, "-> %s %s", live->word, said) < 0)
        l = NULL;
    return differ(lab, i, engine->op->line, engine->op->words, e, l);
}

int
lab_live_ops(struct lab *lab, size_t i, const struct scenario_op *ops, size_t n)
{
    AUTO(live_answer_done) struct live_answer answer = { 0 };
    int r;

    if (!lab->lives[i])
        return 0;
    r = live_ops(lab->lives[i], ops, n, &answer);
    return r ? r : compare_answers(lab, i, &lab->outcomes[i].answer, &answer);
}

/* -- what is to be seen --------------------------------------------------- */

static int
look(struct lab *lab, size_t i, unsigned long line,
     const struct scenario_expect *what)
{
    static char none[] = "";
    struct scenario_expect shown = *what;
    AUTO(free_done) char *label = NULL;

    shown.value = none;
    label = lab_expect_text(&shown);
    lab->live.sights++;
    return label ? differ(lab, i, line, label, play_see(lab->plays[i], what),
                          live_see(lab->lives[i], what))
                 : -ENOMEM;
}

static int
look_at_mdevs(struct lab *lab, size_t i, unsigned long line)
{
    static const enum scenario_about abouts[] = {
        SCENARIO_EXISTS,       SCENARIO_MATRIX,  SCENARIO_CONTROL,
        SCENARIO_GUEST,        SCENARIO_APCB,    SCENARIO_GUEST_CONTROL,
        SCENARIO_APCB_CONTROL, SCENARIO_UPDATES,
    };
    const struct names *mdevs = &lab->plays[i]->host->mdevs;
    int r = 0;

    for (uint32_t m = 0; m < mdevs->n; m++)
        for (size_t a = 0; a < sizeof(abouts) / sizeof(abouts[0]) && !r; a++)
            r = look(lab, i, line,
                     &(struct scenario_expect){ .about = abouts[a],
                                                .subject = mdevs->name[m] });
    return r;
}

/* What the files say, byte for byte. */
static int
look_at_files(struct lab *lab, size_t i, unsigned long line)
{
    static const char *const files[] = { "matrix", "guest_matrix",
                                         "control_domains", "ap_config" };
    const struct names *mdevs = &lab->plays[i]->host->mdevs;
    int r = 0;

    for (uint32_t m = 0; m < mdevs->n; m++)
        for (size_t f = 0; f < sizeof(files) / sizeof(files[0]) && !r; f++)
            r = look(lab, i, line,
                     &(struct scenario_expect){ .about = SCENARIO_TEXT,
                                                .subject = mdevs->name[m],
                                                .file = (char *)files[f] });
    return r;
}

static int
look_at_queues(struct lab *lab, size_t i, unsigned long line)
{
    const struct vap_host *engine = lab->plays[i]->host->engine;
    unsigned looked = 0;
    int r = 0;

    for (unsigned a = 0; a < VAP_IDS; a++)
        VAP_EACH (d, &engine->row[a].present) {
            char queue[8];

            if (r || looked++ >= LOOKS_AT_QUEUES)
                return r;
            (void)snprintf(queue, sizeof(queue), "%02x.%04x", a, d);
            r = look(lab, i, line,
                     &(struct scenario_expect){ .about = SCENARIO_STATUS,
                                                .subject = queue });
        }
    return r;
}

static int
look_at_host(struct lab *lab, size_t i, unsigned long line)
{
    static const struct {
        enum scenario_about about;
        char subject[10];
    } abouts[] = {
        { SCENARIO_APMASK, "" },        { SCENARIO_AQMASK, "" },
        { SCENARIO_QUEUES, "vfio_ap" }, { SCENARIO_QUEUES, "cex4queue" },
        { SCENARIO_QUEUES, "unbound" }, { SCENARIO_RESETS, "" },
    };
    int r = 0;

    for (size_t a = 0; a < sizeof(abouts) / sizeof(abouts[0]) && !r; a++)
        r = look(
            lab, i, line,
            &(struct scenario_expect){ .about = abouts[a].about,
                                       .subject = (char *)abouts[a].subject });
    return r;
}

/* ... and all that no scenario has a word for. */
static int
compare_hosts(struct lab *lab, size_t i, unsigned long line)
{
    bool same = host_equal(lab->plays[i]->host, live_host(lab->lives[i]));

    lab->live.sights++;
    return differ(lab, i, line, "the host", strdup("as the engine has it"),
                  strdup(same ? "as the engine has it" : "another"));
}

/* Ends of orders are looked at where they are. */
static int
look_at_expected(struct lab *lab, size_t i, const struct scenario_step *step)
{
    int r = 0;

    for (size_t x = 0; x < step->n_expects && !r; x++)
        if (step->expects[x].about != SCENARIO_ENDS &&
            step->expects[x].about != SCENARIO_N_ENDS)
            r = look(lab, i, step->expects[x].line, &step->expects[x]);
    return r;
}

static int
look_at_all(struct lab *lab, size_t i, const struct scenario_step *step)
{
    int r = look_at_expected(lab, i, step);

    if (!r)
        r = look_at_mdevs(lab, i, step->line);
    if (!r)
        r = look_at_files(lab, i, step->line);
    if (!r)
        r = look_at_queues(lab, i, step->line);
    if (!r)
        r = look_at_host(lab, i, step->line);
    return r ? r : compare_hosts(lab, i, step->line);
}

/* What play_looked() forgets. */
static void
forget(struct live *live, const struct scenario_step *step)
{
    for (size_t x = 0; x < step->n_expects; x++) {
        if (step->expects[x].about == SCENARIO_RESETS)
            live_forget_resets(live);
        if (step->expects[x].about == SCENARIO_UPDATES)
            live_forget_updates(live, step->expects[x].subject);
    }
}

int
lab_live_look(struct lab *lab, const struct scenario_step *step)
{
    for (size_t i = 0; i < lab->n; i++) {
        int r = lab->lives[i] ? look_at_all(lab, i, step) : 0;

        if (r)
            return r;
        if (lab->lives[i])
            forget(lab->lives[i], step);
    }
    return 0;
}

/* -- orders --------------------------------------------------------------- */

/* Each order needs a host of its own: 4! are done, 7! are not. */
#define LIVE_ORDERS 24

/** Every order of a step, one by one. */
struct orders {
    struct lab *lab;
    size_t rule;
    const struct scenario_step *step;
    struct play_ends *ends; /* as those of the play */
    size_t order[SCENARIO_MAX_ORDER];
    uint32_t left; /* bit i: operation i is to be done yet */
};

static int
check_word(const struct orders *o, const struct scenario_op *op,
           const struct live_answer *answer)
{
    struct lab *lab = o->lab;
    uint32_t answers = lab->outcomes[o->rule].answers;

    lab->live.answers++;
    for (unsigned v = 0; v < VAP_VERDICTS; v++)
        if (answers & UINT32_C(1) << v &&
            strcmp(play_word((enum vap_verdict)v), answer->word) == 0)
            return 0;
    return differ(lab, o->rule, op->line, op->words,
                  strdup("-> as in some order"), strdup(answer->word));
}

static int
count_ends(const struct orders *o, const struct live *live)
{
    const struct play *play = o->lab->plays[o->rule];
    int r = 0;

    for (size_t i = 0; i < play->n_ends && !r; i++) {
        struct scenario_expect x = {
            .about = SCENARIO_GUEST,
            .subject = play->host->mdevs.name[play->ends[i].mdev]
        };
        char *matrix = live_see(live, &x);

        r = matrix ? play_count_end(&o->ends[i], matrix) : -ENOMEM;
    }
    return r;
}

static int
do_order(const struct orders *o)
{
    AUTO(live_done) struct live *live = NULL;
    int r = live_new(o->lab->plays[o->rule]->host, &live);

    for (size_t i = 0; i < o->step->n_ops && !r; i++) {
        const struct scenario_op *op = &o->step->ops[o->order[i]];
        AUTO(live_answer_done) struct live_answer answer = { 0 };

        r = live_ops(live, op, 1, &answer);
        if (!r)
            r = check_word(o, op, &answer);
    }
    return r ? r : count_ends(o, live);
}

static int
do_orders(struct orders *o, size_t n)
{
    int r = 0;

    if (n == o->step->n_ops)
        return do_order(o);
    for (size_t i = 0; i < o->step->n_ops && !r; i++) {
        if (!(o->left & UINT32_C(1) << i))
            continue;
        o->order[n] = i;
        o->left &= ~(UINT32_C(1) << i);
        r = do_orders(o, n + 1);
        o->left |= UINT32_C(1) << i;
    }
    return r;
}

static int
compare_ends(const struct orders *o)
{
    const struct play *play = o->lab->plays[o->rule];
    int r = 0;

    for (size_t i = 0; i < play->n_ends && !r; i++) {
        struct play_ends *engine = &play->ends[i];

        o->lab->live.sights++;
        r = differ(o->lab, o->rule, o->step->line, "orders end in",
                   scenario_ends_text(engine->ends, engine->n),
                   scenario_ends_text(o->ends[i].ends, o->ends[i].n));
    }
    return r;
}

int
lab_live_orders(struct lab *lab, size_t i, const struct scenario_step *step)
{
    const struct play *play = lab->plays[i];
    struct orders o = { .lab = lab,
                        .rule = i,
                        .step = step,
                        .left = (UINT32_C(1) << step->n_ops) - 1 };
    int r;

    if (!lab->lives[i])
        return 0;
    if (play->n_orders > LIVE_ORDERS) {
        lab->live.orders_left += play->n_orders;
        return 0;
    }
    o.ends = calloc(play->n_ends + 1, sizeof(*o.ends));
    r = o.ends ? do_orders(&o, 0) : -ENOMEM;
    if (!r)
        r = compare_ends(&o);
    play_ends_done(o.ends, play->n_ends);
    return r;
}
