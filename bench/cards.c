/* SPDX-License-Identifier: MIT */
/* A card in this process, as a guest has it: slots in memory, a bell. Beside
 * it the same work without a card. */
#include "bench/bench.h"

#include "base/auto.h"
#include "cards/queue.h"
#include "cards/wire.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <sys/eventfd.h>

enum { MAX_QUEUES = 16, HANDFUL = 8 };

/** A guest. */
struct guest {
    struct pool *pool;
    _Atomic uint32_t asleep;
    struct bell *bell;
    unsigned n_queues;
    struct queue *queue[MAX_QUEUES];
    struct slots *slots[MAX_QUEUES];
    int replies; /* eventfd: there is a handful of them */
    unsigned told;
    uint8_t request[2048];
    size_t length;
    uint8_t expected; /* type of the reply */
    bool wrong; /* one was not as expected */
};

static void
guest_done(struct guest *g)
{
    for (unsigned i = 0; i < g->n_queues; i++) {
        queue_free(g->queue[i]);
        free(g->slots[i]);
    }
    bell_free(g->bell);
    pool_free(g->pool);
    fd_done(&g->replies);
}

static void
interrupt(void *self, uint16_t apqn)
{
    struct guest *g = self;
    const uint64_t one = 1;

    (void)apqn;
    if (++g->told % HANDFUL == 0)
        (void)!write(g->replies, &one, sizeof(one));
}

static int
add_queue(struct guest *g, bool interrupts)
{
    struct queue_setup setup = {
        .card = card_of_type("CEX8A", 0, true),
        .domain = (uint8_t)g->n_queues,
        .depth = QUEUE_DEPTH,
        .events = { .self = g, .replied = interrupt },
        .slots = aligned_alloc(4096, sizeof(struct slots)),
    };
    struct queue **queue = &g->queue[g->n_queues];

    if (!setup.slots)
        return -ENOMEM;
    memset(setup.slots, 0, sizeof(*setup.slots));
    if (queue_new(g->bell, &setup, queue) < 0) {
        free(setup.slots);
        return -ENOMEM;
    }
    g->slots[g->n_queues++] = setup.slots;
    if (interrupts)
        (void)queue_interrupts(*queue, true);
    return 0;
}

static int
guest_init(struct guest *g, unsigned n_queues, bool interrupts)
{
    int r;

    *g = (struct guest){ .replies = eventfd(0, EFD_CLOEXEC) };
    if (g->replies < 0)
        return -errno;
    r = pool_new(0, &g->pool);
    if (r == 0)
        r = bell_new(g->pool, &g->asleep, &g->bell);
    while (r == 0 && g->n_queues < n_queues)
        r = add_queue(g, interrupts);
    return r;
}

static bool
post(struct guest *g, unsigned queue)
{
    const uint64_t one = 1;

    if (AP_RC(slots_nqap(g->slots[queue], 0, g->request, g->length)))
        return false;
    if (slots_must_ring(&g->asleep))
        (void)!write(bell_fd(g->bell), &one, sizeof(one));
    return true;
}

static bool
take(struct guest *g, unsigned queue)
{
    uint8_t reply[CARD_REPLY];
    struct slots_taken taken;

    if (AP_RC(slots_dqap(g->slots[queue], true, reply, sizeof(reply), &taken)))
        return false;
    g->wrong = g->wrong || reply[1] != g->expected;
    return true;
}

/* --- RSA on all cores -------------------------------------------------------
 */

enum { BATCH = 256, TURNS = 7, QUEUES = 4, MAX_THREADS = 256 };

/** Signing without a card: each thread its own share of a batch. */
struct plain {
    EVP_PKEY *key;
    unsigned n_threads;
    _Atomic int left;
    _Atomic bool wrong;
};

static void
put_number(const EVP_PKEY *key, const char *name, uint8_t *at, int size)
{
    BIGNUM *n = NULL;

    if (EVP_PKEY_get_bn_param(key, name, &n) > 0)
        (void)BN_bn2binpad(n, at, size);
    BN_clear_free(n);
}

/* CRB2: p, q, dp, dq, u, and 2 as the message. */
static void
request_of(const EVP_PKEY *key, struct guest *g)
{
    static const char *const names[] = { OSSL_PKEY_PARAM_RSA_FACTOR1,
                                         OSSL_PKEY_PARAM_RSA_FACTOR2,
                                         OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                         OSSL_PKEY_PARAM_RSA_EXPONENT2,
                                         OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };

    g->expected = 0x80;
    g->length = 912;
    g->request[1] = 0x50;
    wire_put16(g->request + 2, g->length);
    wire_put16(g->request + 8, 0x0012);
    for (size_t i = 0; i < 5; i++)
        put_number(key, names[i], g->request + 16 + i * 128, 128);
    g->request[g->length - 1] = 2;
}

static void
on_card(void *self)
{
    struct guest *g = self;
    int posted = 0;
    int taken = 0;
    uint64_t count;

    while (taken < BATCH) {
        int before = taken;

        for (unsigned q = 0; q < g->n_queues; q++) {
            while (take(g, q))
                taken++;
            while (posted < BATCH && post(g, q))
                posted++;
        }
        if (taken == before && taken < BATCH)
            (void)!read(g->replies, &count, sizeof(count));
    }
}

static void *
sign(void *self)
{
    struct plain *p = self;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, p->key, NULL);
    uint8_t digest[36] = { 0 };
    uint8_t signature[256];

    if (!ctx || EVP_PKEY_sign_init(ctx) <= 0)
        p->wrong = true;
    while (!p->wrong && atomic_fetch_sub(&p->left, 1) > 0) {
        size_t size = sizeof(signature);

        if (EVP_PKEY_sign(ctx, signature, &size, digest, sizeof(digest)) <= 0)
            p->wrong = true;
    }
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static void
in_threads(void *self)
{
    struct plain *p = self;
    pthread_t thread[MAX_THREADS];

    atomic_store(&p->left, BATCH);
    for (unsigned i = 0; i < p->n_threads; i++)
        if (pthread_create(&thread[i], NULL, sign, p))
            p->wrong = true;
    for (unsigned i = 0; i < p->n_threads; i++)
        (void)pthread_join(thread[i], NULL);
}

static unsigned
processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

static int
by_ratio(const void *a, const void *b)
{
    const struct bench_result *x = a;
    const struct bench_result *y = b;
    double left = x->own.median * y->beside.median;
    double right = y->own.median * x->beside.median;

    return (left > right) - (left < right);
}

/* In turns, so that whatever else runs meets both; of those the middle one. */
static void
measure_in_turns(struct guest *g, struct plain *plain,
                 const struct measure_limits *limits,
                 struct bench_result *result)
{
    struct bench_result turn[TURNS];
    struct measure_limits each = { limits->seconds / TURNS,
                                   limits->max_samples };
    size_t n = limits->max_samples == 1 ? 1 : TURNS;

    for (size_t i = 0; i < n; i++) {
        measure(&(struct measure_work){ .work = in_threads, .self = plain },
                &each, &turn[i].beside);
        measure(&(struct measure_work){ .work = on_card, .self = g }, &each,
                &turn[i].own);
        turn[i].beside = measured_rate(turn[i].beside, BATCH);
        turn[i].own = measured_rate(turn[i].own, BATCH);
    }
    qsort(turn, n, sizeof(turn[0]), by_ratio);
    *result = turn[n / 2];
}

int
bench_rsa(const struct bench *bench, const struct measure_limits *limits,
          struct bench_result *result)
{
    AUTO(guest_done) struct guest g = { .replies = -1 };
    struct plain plain = { EVP_RSA_gen(2048), processors(), 0, false };
    int r = plain.key ? guest_init(&g, QUEUES, true) : -ENOMEM;

    (void)bench;
    if (r == 0) {
        request_of(plain.key, &g);
        measure_in_turns(&g, &plain, limits, result);
    }
    EVP_PKEY_free(plain.key);
    return r < 0 ? r : g.wrong || plain.wrong;
}
