/* SPDX-License-Identifier: MIT */
/* What a guest finds in its slots comes from what is kept here, never the
 * other way round: of shared memory, only a state that says REQUEST, a length
 * and the request's bytes are read, once each. One lock, the bell's, guards
 * all queues of a guest; nobody else's. */
#include "cards/queue.h"

#include "base/auto.h"
#include "cards/work.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <sys/timerfd.h>

struct queue {
    struct bell *bell;
    struct queue *next; /* in the bell's ring */
    struct queue *previous;
    struct queue_setup setup; /* setup.slots NULL: freed */
    struct rsa_keys *keys;
    uint64_t seen_ns[SLOTS_DEPTH]; /* since when a request waits that is to
                                    * wait; 0: not seen */
    uint64_t reset_ns; /* when the reset began, while there is one */
    uint64_t requests;
    uint32_t epoch; /* 24 bits of it are used */
    uint32_t order; /* of the next reply */
    uint16_t taken; /* slots a worker has, a bit each */
    uint16_t touched; /* slots whose message is worth wiping */
    bool resetting;
    bool interrupts;
    unsigned works; /* of workers, that point here */
};

static uint16_t
apqn_of(const struct queue *q)
{
    return VAP_APQN(q->setup.card.adapter, q->setup.domain);
}

static unsigned
bit(unsigned slot)
{
    return 1u << slot;
}

/* --- what the guest sees
 * ------------------------------------------------------ */

static uint8_t
answer_of(const struct queue *q)
{
    if (q->setup.rc)
        return q->setup.rc;
    return q->resetting ? VAP_RC_RESETTING : VAP_RC_NORMAL;
}

static void
show(struct queue *q)
{
    struct slots *s = q->setup.slots;
    unsigned fault = q->setup.faults.depth;
    unsigned depth = fault ? fault : q->setup.depth;

    atomic_store(&s->depth, depth);
    atomic_store(&s->info, card_info(&q->setup.card, q->setup.depth));
    atomic_store(&s->interrupts, q->interrupts);
    atomic_store(&s->answer, SLOT_STATE(q->epoch, answer_of(q)));
}

/* Nothing begun before is finished after it. */
static void
flush(struct queue *q)
{
    struct slots *s = q->setup.slots;

    q->epoch = (q->epoch + 1) & 0xffffff;
    q->taken = 0;
    atomic_store(&s->answer, SLOT_STATE(q->epoch, VAP_RC_RESETTING));
    for (unsigned i = 0; i < SLOTS_DEPTH; i++) {
        if ((q->touched & bit(i)) || (atomic_load(&s->state[i]) & 0xff))
            OPENSSL_cleanse(s->message[i], SLOTS_MESSAGE);
        atomic_store(&s->length[i], 0);
        atomic_store(&s->psmid[i], 0);
        atomic_store(&s->state[i], SLOT_STATE(q->epoch, SLOT_FREE));
        q->seen_ns[i] = 0;
    }
    q->touched = 0;
    rsa_keys_forget(q->keys);
}

/* --- later
 * ---------------------------------------------------------------------- */

/* The bell's timer ends no later than this. */
static void
wake_at(struct bell *bell, uint64_t ns)
{
    struct itimerspec at = {
        .it_value = { .tv_sec = (time_t)(ns / 1000000000u),
                      .tv_nsec = (long)(ns % 1000000000u) },
    };

    if (bell->due_ns && bell->due_ns <= ns)
        return;
    bell->due_ns = ns;
    (void)timerfd_settime(bell->fd[BELL_TIMER], TFD_TIMER_ABSTIME, &at, NULL);
}

/* Is it time, so long after it began? If not, somebody will look again. */
static bool
is_due(struct bell *bell, uint64_t began_ns, uint32_t delay_ms, uint64_t now)
{
    uint64_t due = began_ns + (uint64_t)delay_ms * 1000000u;

    if (now >= due)
        return true;
    wake_at(bell, due);
    return false;
}

static void
end_reset(struct queue *q, uint64_t now)
{
    if (!q->resetting || q->setup.faults.reset_hang ||
        !is_due(q->bell, q->reset_ns, q->setup.faults.reset_ms, now))
        return;
    q->resetting = false;
    show(q);
}

/* --- its life
 * -------------------------------------------------------------------- */

static void
lock(struct bell *bell)
{
    (void)pthread_mutex_lock(&bell->lock);
}

static void
unlock(struct bell *bell)
{
    (void)pthread_mutex_unlock(&bell->lock);
}

static void
destroy(struct queue *q)
{
    rsa_keys_free(q->keys);
    free(q);
}

static void
link_in(struct bell *bell, struct queue *q)
{
    struct queue *first = bell->queues ? bell->queues : q;

    if (!bell->queues)
        first->previous = first->next = first;
    q->next = first;
    q->previous = first->previous;
    first->previous->next = q;
    first->previous = q;
    bell->queues = first;
}

static void
link_out(struct bell *bell, struct queue *q)
{
    q->previous->next = q->next;
    q->next->previous = q->previous;
    if (bell->queues == q)
        bell->queues = q->next == q ? NULL : q->next;
}

int
queue_new(struct bell *bell, const struct queue_setup *setup,
          struct queue **out)
{
    struct queue *q = calloc(1, sizeof(*q));

    if (!q)
        return -ENOMEM;
    q->keys = rsa_keys_new();
    if (!q->keys) {
        free(q);
        return -ENOMEM;
    }
    q->bell = bell;
    q->setup = *setup;
    flush(q);
    show(q);
    lock(bell);
    link_in(bell, q);
    unlock(bell);
    *out = q;
    return 0;
}

void
queue_free(struct queue *q)
{
    struct bell *bell = q ? q->bell : NULL;
    bool last;

    if (!q)
        return;
    lock(bell);
    q->setup.rc = VAP_RC_NOT_AVAILABLE;
    flush(q);
    show(q);
    q->setup.slots = NULL;
    link_out(bell, q);
    last = q->works == 0;
    unlock(bell);
    if (last)
        destroy(q);
}

/* --- what its owner asks
 * ----------------------------------------------------------- */

static uint32_t
status(struct queue *q, uint8_t rc)
{
    uint64_t info;

    return (slots_tapq(q->setup.slots, &info) & ~AP_STATUS(0xff)) |
           AP_STATUS(rc);
}

uint32_t
queue_reset(struct queue *q, bool zeroize)
{
    uint32_t word;
    uint8_t rc;

    lock(q->bell);
    rc = answer_of(q);
    if (rc == 0) {
        flush(q);
        q->interrupts = q->interrupts && !zeroize;
        q->resetting = true;
        q->reset_ns = work_now();
        end_reset(q, q->reset_ns);
        show(q);
    }
    word = status(q, rc);
    unlock(q->bell);
    return word;
}

uint32_t
queue_interrupts(struct queue *q, bool on)
{
    uint32_t word;
    uint8_t rc;

    lock(q->bell);
    rc = answer_of(q);
    if (rc == 0 && q->interrupts == on)
        rc = AP_RC_SAME;
    if (rc == 0) {
        q->interrupts = on;
        show(q);
    }
    word = status(q, rc);
    unlock(q->bell);
    return word;
}

/* One that is busy keeps its messages. */
static bool
is_gone(uint8_t rc)
{
    return rc != VAP_RC_NORMAL && rc != VAP_RC_BUSY;
}

static void
set_rc(struct queue *q, uint8_t rc)
{
    if (rc != q->setup.rc && (is_gone(rc) || is_gone(q->setup.rc))) {
        flush(q);
        q->resetting = false;
    }
    q->setup.rc = rc;
    show(q);
}

void
queue_set_rc(struct queue *q, uint8_t rc)
{
    lock(q->bell);
    set_rc(q, rc);
    unlock(q->bell);
    bell_ring(q->bell);
}

void
queue_set_faults(struct queue *q, const struct queue_faults *faults)
{
    lock(q->bell);
    q->setup.faults = *faults;
    end_reset(q, work_now());
    show(q);
    unlock(q->bell);
    bell_ring(q->bell);
}

void
queue_count(struct queue *q, struct queue_counts *out)
{
    struct slots *s = q->setup.slots;

    *out = (struct queue_counts){ 0 };
    lock(q->bell);
    for (unsigned i = 0; i < SLOTS_DEPTH; i++) {
        uint32_t state = atomic_load(&s->state[i]);

        if (q->taken & bit(i))
            out->working++;
        else if (state == SLOT_STATE(q->epoch, SLOT_REQUEST))
            out->waiting++;
        else if (state == SLOT_STATE(q->epoch, SLOT_REPLY))
            out->replies++;
    }
    out->requests = q->requests;
    unlock(q->bell);
}

/* --- what workers ask
 * -------------------------------------------------------------- */

static bool
is_request(const struct queue *q, unsigned i)
{
    return !(q->taken & bit(i)) && atomic_load(&q->setup.slots->state[i]) ==
                                       SLOT_STATE(q->epoch, SLOT_REQUEST);
}

/* May it be worked now? */
static bool
is_ready(struct queue *q, unsigned i, uint64_t now)
{
    const struct queue_faults *f = &q->setup.faults;

    if (f->hang || !is_request(q, i))
        return false;
    if (!f->slow_ms)
        return true;
    if (!q->seen_ns[i])
        q->seen_ns[i] = now;
    return is_due(q->bell, q->seen_ns[i], f->slow_ms, now);
}

/* The request posted first of those that are ready, or SLOTS_DEPTH. */
static unsigned
next_of(struct queue *q, uint64_t now)
{
    unsigned found = SLOTS_DEPTH;
    uint32_t its_order = 0;

    if (answer_of(q))
        return found;
    for (unsigned i = 0; i < SLOTS_DEPTH; i++) {
        uint32_t order;

        if (!is_ready(q, i, now))
            continue;
        order = atomic_load(&q->setup.slots->order[i]);
        if (found == SLOTS_DEPTH || (int32_t)(order - its_order) < 0) {
            found = i;
            its_order = order;
        }
    }
    return found;
}

static void
take(struct queue *q, unsigned i, struct work *work)
{
    uint32_t length = atomic_load(&q->setup.slots->length[i]);

    work->queue = q;
    work->slot = i;
    work->epoch = q->epoch;
    work->card = q->setup.card;
    work->domain = q->setup.domain;
    work->length = length < SLOTS_MESSAGE ? length : SLOTS_MESSAGE;
    memcpy(work->request, q->setup.slots->message[i], work->length);
    q->taken |= bit(i);
    q->touched |= bit(i);
    q->seen_ns[i] = 0;
    q->works++;
}

static void
drop(struct queue *q, unsigned i)
{
    q->touched |= bit(i);
    q->seen_ns[i] = 0;
    atomic_store(&q->setup.slots->state[i], SLOT_STATE(q->epoch, SLOT_FREE));
}

/* From the bell's next queue on, once around; *work NULL: only asks. */
static bool
search(struct bell *bell, uint64_t now, struct work *work)
{
    struct queue *first = bell->queues;
    struct queue *q = first;

    do {
        unsigned i = q ? next_of(q, now) : SLOTS_DEPTH;

        while (i < SLOTS_DEPTH && q->setup.faults.drop) {
            drop(q, i);
            i = next_of(q, now);
        }
        if (i < SLOTS_DEPTH && work) {
            take(q, i, work);
            bell->queues = q->next;
        }
        if (i < SLOTS_DEPTH)
            return true;
        q = q ? q->next : NULL;
    } while (q != first);
    return false;
}

/* A timer that has ended; what is not due sets it again. */
static void
end_due(struct bell *bell, uint64_t now)
{
    struct queue *q = bell->queues;

    if (!bell->due_ns || now < bell->due_ns)
        return;
    bell->due_ns = 0;
    if (!q)
        return;
    do {
        end_reset(q, now);
        q = q->next;
    } while (q != bell->queues);
}

bool
work_take(struct bell *bell, struct work *work)
{
    uint64_t now = work_now();
    bool more = false;
    bool found;

    lock(bell);
    end_due(bell, now);
    found = search(bell, now, work);
    if (found && bell->asleep) {
        atomic_store(bell->asleep, 1);
        more = search(bell, now, NULL);
    }
    atomic_store(&bell->more, more);
    unlock(bell);
    return found;
}

void
work_do(struct work *work)
{
    work->answered = card_answer(&work->card, work->domain, work->queue->keys,
                                 work->request, work->length, work->reply);
}

static void
reply(struct queue *q, struct work *work)
{
    struct slots *s = q->setup.slots;
    unsigned i = work->slot;

    if (q->setup.faults.wrong)
        work->reply[work->answered - 1] ^= 1;
    q->taken &= ~bit(i);
    q->requests++;
    memcpy(s->message[i], work->reply, work->answered);
    if (work->length > work->answered)
        OPENSSL_cleanse(s->message[i] + work->answered,
                        work->length - work->answered);
    atomic_store(&s->length[i], (uint32_t)work->answered);
    atomic_store(&s->order[i], q->order++);
    atomic_store(&s->state[i], SLOT_STATE(q->epoch, SLOT_REPLY));
    if (q->interrupts && q->setup.events.replied)
        q->setup.events.replied(q->setup.events.self, apqn_of(q));
}

/* The queue is stopped here, its card by whoever hears of it. */
static void
checkstop(struct queue *q)
{
    q->setup.faults.checkstop = false;
    set_rc(q, VAP_RC_CHECKSTOPPED);
    if (q->setup.events.checkstopped)
        q->setup.events.checkstopped(q->setup.events.self, apqn_of(q));
}

void
work_done(struct bell *bell, struct work *work)
{
    struct queue *q = work->queue;
    bool last;

    lock(bell);
    q->works--;
    last = !q->setup.slots && q->works == 0;
    if (q->setup.slots && q->epoch == work->epoch) {
        if (q->setup.faults.checkstop)
            checkstop(q);
        else
            reply(q, work);
    } else {
        rsa_keys_forget(q->keys); /* it may have brought its key back */
    }
    unlock(bell);
    if (last)
        destroy(q);
    OPENSSL_cleanse(work->request, work->length);
    OPENSSL_cleanse(work->reply, work->answered);
}
