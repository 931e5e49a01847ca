/* SPDX-License-Identifier: MIT */
/* vap guest soak: as many requests as the cards answer, on every queue, and
 * every answer is checked, whatever comes and goes meanwhile. A guest is a
 * thread that sleeps until an interrupt. */
#include "cli/guest/guest.h"

#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/out.h"
#include "cli/guest/guest_requests.h"
#include "matrix/host.h"
#include "matrix/text.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    APQNS = 65536,
    POOL = 16, /* requests of a kind, made before the first is asked */
    IN_FLIGHT = 8 /* on a queue, as deep as those of a CEX are */
};

static struct request pool[REQUEST_KINDS][POOL];

/** What has happened. */
struct counts {
    _Atomic uint64_t right;
    _Atomic uint64_t wrong;
    _Atomic uint64_t refused; /* by the card, with a reply code */
    _Atomic uint64_t gone; /* asked, and the queue left or was reset */
    _Atomic uint64_t changes;
};

/** A queue in use. */
struct used {
    bool has; /* the guest has it */
    bool interrupts; /* it has asked for them */
    char mode;
    unsigned asked; /* not answered yet */
    unsigned next; /* of the requests that are for it */
};

/** A guest at work. */
struct worker {
    const struct guest_wish *wish;
    const struct guest_one *one;
    struct counts *counts;
    pthread_t thread;
    struct vap_matrix matrix;
    struct used *used; /* by APQN, APQNS of them */
};

/* --- a queue ---------------------------------------------------------------
 */

/* psmid: kind and number of the request, so that the answer is known. */
static const struct request *
next_request(struct used *used, uint64_t *psmid)
{
    for (unsigned tried = 0; tried < REQUEST_KINDS; tried++) {
        unsigned kind = used->next++ % REQUEST_KINDS;
        unsigned number = used->next / REQUEST_KINDS % POOL;

        if (request_is_for(kind, used->mode)) {
            *psmid = (uint64_t)kind << 32 | number;
            return &pool[kind][number];
        }
    }
    return NULL;
}

/* Returns whether anything was asked. */
static bool
fill(const struct worker *w, unsigned apqn, struct used *used)
{
    bool any = false;

    while (used->asked < IN_FLIGHT) {
        uint64_t psmid = 0;
        const struct request *request = next_request(used, &psmid);

        if (!request ||
            request_ask(request, w->one->guest, apqn, psmid).cc != 0)
            return any;
        used->asked++;
        any = true;
    }
    return any;
}

static void
say_wrong(const struct worker *w, unsigned apqn, const struct request *r)
{
    char text[VAP_APQN_TEXT + 1];

    (void)vap_apqn_text(apqn, text, sizeof(text));
    say_error("%s: %s: a wrong answer to %s", w->one->mdev, text,
              r ? request_name(r->kind) : "what nobody asked");
}

static const struct request *
request_of(uint64_t psmid)
{
    uint64_t kind = psmid >> 32;
    uint64_t number = psmid & UINT32_MAX;

    return kind < REQUEST_KINDS && number < POOL ? &pool[kind][number] : NULL;
}

static void
check(const struct worker *w, unsigned apqn, uint64_t psmid,
      const uint8_t *reply, size_t length)
{
    const struct request *request = request_of(psmid);
    uint8_t code;

    switch (request ? request_check(request, reply, length, &code)
                    : REPLY_WRONG) {
    case REPLY_RIGHT:
        (void)atomic_fetch_add(&w->counts->right, 1);
        break;
    case REPLY_REFUSED:
        (void)atomic_fetch_add(&w->counts->refused, 1);
        break;
    case REPLY_WRONG:
        (void)atomic_fetch_add(&w->counts->wrong, 1);
        say_wrong(w, apqn, request);
        break;
    }
}

/* Returns whether anything was answered. */
static bool
empty(const struct worker *w, unsigned apqn, struct used *used)
{
    uint8_t buffer[12288];
    bool any = false;

    for (;;) {
        struct vap_reply reply = { .gr0 = VAP_DQAP_NEW | apqn };
        struct vap_answer a =
            vap_dqap(w->one->guest, &reply, buffer, sizeof(buffer));

        if (a.cc != 0) {
            /* The queue has forgotten what was in it. */
            if (used->asked && (a.status & VAP_STATUS_EMPTY)) {
                (void)atomic_fetch_add(&w->counts->gone, used->asked);
                used->asked = 0;
            }
            return any;
        }
        check(w, apqn, reply.psmid, buffer, reply.stored);
        used->asked -= used->asked > 0;
        any = true;
    }
}

/* --- a guest ---------------------------------------------------------------
 */

/* What has left has taken its requests along. */
static void
look(struct worker *w)
{
    struct vap_matrix m = guest_matrix_of(w->one->guest);

    for (unsigned apqn = 0; apqn < APQNS; apqn++) {
        struct used *used = &w->used[apqn];
        bool has = vap_mask_has(&m.adapters, VAP_ADAPTER_OF(apqn)) &&
                   vap_mask_has(&m.domains, VAP_DOMAIN_OF(apqn));

        if (used->has && !has) {
            (void)atomic_fetch_add(&w->counts->gone, used->asked);
            *used = (struct used){ .has = false };
        }
        if (has && !used->mode) {
            struct guest_queue q = guest_queue_of(w->one->guest, apqn);
            size_t n = strlen(q.card);

            used->mode = n ? q.card[n - 1] : '\0';
        }
        used->has = has;
    }
    w->matrix = m;
}

static bool
work(struct worker *w)
{
    bool any = false;

    VAP_EACH (a, &w->matrix.adapters)
        VAP_EACH (d, &w->matrix.domains) {
            unsigned apqn = a << 8 | d;
            struct used *used = &w->used[apqn];

            if (!used->interrupts)
                used->interrupts =
                    vap_aqic(w->one->guest, apqn, 0x800000000000, 1).cc == 0;
            any |= empty(w, apqn, used);
            any |= fill(w, apqn, used);
        }
    return any;
}

/* False: it is to let go. */
static bool
attend(struct worker *w)
{
    struct vap_event event;
    bool changed = false;

    while (vap_guest_event(w->one->guest, &event)) {
        changed |= event.kind == VAP_CHANGED || event.kind == VAP_BACK;
        if (event.kind == VAP_REQUESTED)
            return false;
        if (event.kind == VAP_CHANGED)
            (void)atomic_fetch_add(&w->counts->changes, 1);
        if (event.kind == VAP_BACK) /* all queues come reset */
            memset(w->used, 0, APQNS * sizeof(*w->used));
    }
    if (changed)
        look(w);
    return true;
}

static void *
live(void *data)
{
    struct worker *w = data;
    struct pollfd fd = { vap_guest_fd(w->one->guest), POLLIN, 0 };

    look(w);
    while (!guest_is_over() && attend(w))
        if (!work(w))
            (void)poll(&fd, 1, 100); /* interrupts may be not enabled yet */
    return NULL;
}

/* --- all of them -----------------------------------------------------------
 */

static int
make_pool(void)
{
    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        for (unsigned i = 0; i < POOL; i++)
            if (request_make(kind, &pool[kind][i]) < 0)
                return CLI_FAILED;
    return CLI_DONE;
}

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
put_counts(const struct guest_wish *wish, struct counts *c, double seconds)
{
    unsigned long long right = atomic_load(&c->right);
    unsigned long long wrong = atomic_load(&c->wrong);
    unsigned long long refused = atomic_load(&c->refused);
    unsigned long long gone = atomic_load(&c->gone);
    unsigned long long changes = atomic_load(&c->changes);
    json_t *json;

    if (!wish->json) {
        (void)printf("%u guest%s, %.1f seconds: %llu right (%.0f a second), "
                     "%llu wrong, %llu refused, %llu gone with their queues, "
                     "%llu changes\n",
                     wish->guests, wish->guests == 1 ? "" : "s", seconds, right,
                     (double)right / seconds, wrong, refused, gone, changes);
        return;
    }
    json = json_pack("{s:i, s:f, s:I, s:I, s:I, s:I, s:I}", "guests",
                     (int)wish->guests, "seconds", seconds, "right",
                     (json_int_t)right, "wrong", (json_int_t)wrong, "refused",
                     (json_int_t)refused, "gone", (json_int_t)gone, "changes",
                     (json_int_t)changes);
    (void)out_json(json);
}

/* Signals are for the thread that waits for the others. */
static bool
start(struct worker *w)
{
    sigset_t all;
    sigset_t was;
    bool started;

    w->used = calloc(APQNS, sizeof(*w->used));
    if (!w->used)
        return false;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &was);
    started = pthread_create(&w->thread, NULL, live, w) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &was, NULL);
    return started;
}

static int
soak(const struct guest_wish *wish, const struct guest_all *all)
{
    struct worker *workers = calloc(all->n, sizeof(*workers));
    struct counts counts = { 0 };
    double begin = now();
    unsigned n = 0;

    guest_catch_signals();
    (void)alarm(wish->seconds ? wish->seconds : 10);
    for (; workers && n < all->n; n++) {
        workers[n] = (struct worker){ .wish = wish,
                                      .one = &all->one[n],
                                      .counts = &counts };
        if (!start(&workers[n]))
            break;
    }
    for (unsigned i = 0; i < n; i++)
        (void)pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < n; i++)
        free(workers[i].used);
    free(workers);
    put_counts(wish, &counts, now() - begin);
    if (n < all->n)
        return CLI_FAILED;
    return atomic_load(&counts.wrong) ? CLI_REFUSED : CLI_DONE;
}

int
guest_soak(const struct guest_wish *wish)
{
    struct guest_all all;
    int status = make_pool();

    if (status == CLI_DONE)
        status = guest_take(wish, &all);
    if (status != CLI_DONE)
        return status;
    status = soak(wish, &all);
    guest_let_go(&all);
    return status;
}
