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
lab_live_begin(struct lab *lab, bool all_orders, uint64_t seed)
{
    int r = 0;

    lab->live.all_orders = all_orders;
    lab->live.seed = seed;
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

/* Of more than that so many are drawn: each needs a host of its own. */
#define SOME_ORDERS 24

/** The orders of a step, one by one. */
struct orders {
    struct lab *lab;
    size_t rule;
    const struct scenario_step *step;
    size_t order[SCENARIO_MAX_ORDER];
    uint32_t left; /* bit i: operation i is to be done yet */
};

/* "a/assign_adapter 1, a/assign_domain 2: WHAT" */
static char *
order_text(const struct orders *o, const char *what)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (size_t i = 0; f && i < o->step->n_ops; i++)
        (void)fprintf(f, "%s%s", i ? ", " : "in the order ",
                      o->step->ops[o->order[i]].words);
    if (f)
        (void)fprintf(f, ": %s", what);
    return f ? text_closed(f, &text) : NULL;
}

/* Takes both texts. */
static int
differ_in_order(const struct orders *o, unsigned long line, const char *what,
                char *engine, char *live)
{
    AUTO(free_done) char *text = order_text(o, what);

    if (!text) {
        free(engine);
        free(live);
        return -ENOMEM;
    }
    return differ(o->lab, o->rule, line, text, engine, live);
}

/* By the engine, on a host that nobody else has. */
static int
do_by_engine(struct play *engine, const struct scenario_op *op,
             enum vap_verdict *verdict)
{
    struct vap_request request;
    int r = play_read(engine, op, &request, verdict);

    if (r || *verdict != VAP_OK)
        return r;
    *verdict = host_do(engine->host, &request, NULL);
    return *verdict == VAP_NO_ROOM ? -ENOMEM : 0;
}

static int
do_next(const struct orders *o, const struct scenario_op *op,
        struct play *engine, struct live *live)
{
    AUTO(live_answer_done) struct live_answer answer = { 0 };
    enum vap_verdict verdict = VAP_OK;
    int r = do_by_engine(engine, op, &verdict);

    if (!r)
        r = live_ops(live, op, 1, &answer);
    o->lab->live.answers++;
    return r ? r
             : differ_in_order(o, op->line, op->words,
                               strdup(play_word(verdict)), strdup(answer.word));
}

static int
compare_ends(const struct orders *o, const struct play *engine,
             const struct live *live)
{
    const struct names *mdevs = &engine->host->mdevs;
    bool same = host_equal(engine->host, live_host(live));
    int r = 0;

    for (uint32_t m = 0; m < mdevs->n && !r; m++) {
        struct scenario_expect x = { .about = SCENARIO_GUEST,
                                     .subject = mdevs->name[m] };

        o->lab->live.sights++;
        r = differ_in_order(o, o->step->line, x.subject, play_see(engine, &x),
                            live_see(live, &x));
    }
    o->lab->live.sights++;
    return r ? r
             : differ_in_order(
                   o, o->step->line, "the host", strdup("as the engine has it"),
                   strdup(same ? "as the engine has it" : "another"));
}

static int
do_order(const struct orders *o)
{
    const struct play *play = o->lab->plays[o->rule];
    AUTO(host_done) struct host *host = NULL;
    AUTO(live_done) struct live *live = NULL;
    struct play engine = { .scenario = play->scenario, .rule = play->rule };
    int r = host_copy(play->host, &host);

    engine.host = host;
    if (!r)
        r = live_new(host, &live);
    for (size_t i = 0; i < o->step->n_ops && !r; i++)
        r = do_next(o, &o->step->ops[o->order[i]], &engine, live);
    o->lab->live.orders++;
    return r ? r : compare_ends(o, &engine, live);
}

static int
do_all(struct orders *o, size_t n)
{
    int r = 0;

    if (n == o->step->n_ops)
        return do_order(o);
    for (size_t i = 0; i < o->step->n_ops && !r; i++) {
        if (!(o->left & UINT32_C(1) << i))
            continue;
        o->order[n] = i;
        o->left &= ~(UINT32_C(1) << i);
        r = do_all(o, n + 1);
        o->left |= UINT32_C(1) << i;
    }
    return r;
}

/* Vigna's splitmix64, https://prng.di.unimi.it/splitmix64.c: a step, and what
 * comes of it. */
static uint64_t
draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The same under each rule. */
static int
do_some(struct orders *o)
{
    uint64_t state = o->lab->live.seed;
    size_t n = o->step->n_ops;
    int r = 0;

    for (size_t i = 0; i < n; i++)
        o->order[i] = i;
    for (int tried = 0; tried < SOME_ORDERS && !r; tried++) {
        for (size_t i = n; i > 1; i--) {
            size_t other = draw(&state) % i;
            size_t kept = o->order[i - 1];

            o->order[i - 1] = o->order[other];
            o->order[other] = kept;
        }
        r = do_order(o);
    }
    return r;
}

int
lab_live_orders(struct lab *lab, size_t i, const struct scenario_step *step)
{
    unsigned long n = lab->plays[i]->n_orders;
    struct orders o = { .lab = lab,
                        .rule = i,
                        .step = step,
                        .left = (UINT32_C(1) << step->n_ops) - 1 };

    if (!lab->lives[i])
        return 0;
    if (n <= SOME_ORDERS || lab->live.all_orders)
        return do_all(&o, 0);
    lab->live.orders_left += n - SOME_ORDERS;
    return do_some(&o);
}
