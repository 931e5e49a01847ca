/* SPDX-License-Identifier: MIT */
/* Nobody waits while a worker is free: a worker that leaves a bell, to compute
 * or to sleep, first makes guests ring again, and then looks once more.
 *
 * The kernel's list of what epoll has found is the queue of bells: edge
 * triggered, so one ring wakes one worker, and a bell that rings while it is
 * there stays in its place. */
#include "cards/pool.h"

#include "base/auto.h"
#include "cards/work.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>

/* So long a worker stays where there was work. */
#define STAY_NS 50000

/* After so many stays in vain only every 64th is tried: requests are too far
 * apart, or whoever posts them waits for the worker's processor. */
#define VAIN 3

/* So often it looks whether another bell has rung. */
#define LOOK_NS 20000

/* Between two looks at the queues it stays with, about 100 ns. */
#define PAUSES 4

struct pool {
    int epoll;
    int stop; /* eventfd, level triggered: everyone sees it */
    bool spins; /* there is a processor for whoever posts meanwhile */
    unsigned n_workers;
    struct worker *workers;
    _Atomic unsigned asleep; /* workers */
    pthread_mutex_t lock; /* the list of bells */
    struct bell **bells; /* by place; NULL: free */
    uint32_t *serial; /* of a place: counts its bells */
    uint32_t n_places;
};

/** A thread's own. */
struct worker {
    struct pool *pool;
    pthread_t thread;
    uint64_t looked_ns;
    uint64_t worked_ns; /* the end of the last request of this bell */
    bool stopping;
    struct work work;
};

uint64_t
work_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void
relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void
bell_ring(struct bell *bell)
{
    const uint64_t one = 1;

    if (!atomic_exchange(&bell->rung, true))
        (void)!write(bell->fd[BELL_OWN], &one, sizeof(one));
}

static void
bell_unref(struct bell *bell)
{
    if (!bell || atomic_fetch_sub(&bell->refs, 1) != 1)
        return;
    for (int i = 0; i < BELL_FDS; i++)
        fd_done(&bell->fd[i]);
    (void)pthread_mutex_destroy(&bell->lock);
    free(bell);
}

static void
bell_done(struct bell **bell)
{
    bell_unref(*bell);
}

/* --- a worker ----------------------------------------------------------------
 */

/* What epoll says, as long as it is there. */
static struct bell *
bell_of(struct pool *pool, uint64_t data)
{
    uint32_t place = (uint32_t)data;
    struct bell *bell = NULL;

    (void)pthread_mutex_lock(&pool->lock);
    if (place < pool->n_places && pool->serial[place] == data >> 32)
        bell = pool->bells[place];
    if (bell)
        atomic_fetch_add(&bell->refs, 1);
    (void)pthread_mutex_unlock(&pool->lock);
    return bell;
}

/* The next bell that rings, or has; NULL: none within the time. */
static struct bell *
listen(struct worker *w, int wait_ms)
{
    struct epoll_event event;
    struct bell *bell;

    if (epoll_wait(w->pool->epoll, &event, 1, wait_ms) != 1)
        return NULL;
    w->looked_ns = work_now();
    w->stopping = event.data.u64 == UINT64_MAX;
    bell = w->stopping ? NULL : bell_of(w->pool, event.data.u64);
    if (bell)
        atomic_store(&bell->rung, false);
    return bell;
}

/* Now and then: has another bell rung? */
static struct bell *
another(struct worker *w)
{
    uint64_t now = work_now();

    if (now - w->looked_ns < LOOK_NS)
        return NULL;
    w->looked_ns = now;
    return listen(w, 0);
}

/* A free worker is woken for what is left. When there is none, whoever is
 * about to sleep looks for it: each first says so, and then looks whether the
 * other has. */
static bool
take(struct worker *w, struct bell *bell)
{
    if (!work_take(bell, &w->work))
        return false;
    if (atomic_load(&bell->more) && atomic_load(&w->pool->asleep))
        bell_ring(bell);
    return true;
}

/* A bell with more to do than those who are there have taken. */
static struct bell *
with_more(struct pool *pool)
{
    struct bell *found = NULL;

    (void)pthread_mutex_lock(&pool->lock);
    for (uint32_t i = 0; i < pool->n_places && !found; i++)
        if (pool->bells[i] && atomic_load(&pool->bells[i]->more))
            found = pool->bells[i];
    if (found)
        atomic_fetch_add(&found->refs, 1);
    (void)pthread_mutex_unlock(&pool->lock);
    return found;
}

static void
finish(struct worker *w, struct bell *bell)
{
    work_do(&w->work);
    work_done(bell, &w->work);
    w->worked_ns = work_now();
}

static void
set_asleep(struct bell *bell, uint32_t value)
{
    (void)pthread_mutex_lock(&bell->lock);
    if (bell->asleep)
        atomic_store(bell->asleep, value);
    (void)pthread_mutex_unlock(&bell->lock);
}

static bool
is_worth(struct bell *bell)
{
    unsigned vain = atomic_load(&bell->vain);

    if (vain >= VAIN)
        atomic_fetch_add(&bell->vain, 1);
    return vain < VAIN || vain % 64 == 0;
}

/* Stays a while where there was work; nobody needs to ring meanwhile. Ends
 * with the next request, with another bell that rings, or in vain. */
static bool
watch(struct worker *w, struct bell *bell, struct bell **next)
{
    bool found = false;

    if (!w->pool->spins || !w->worked_ns || !is_worth(bell) ||
        atomic_exchange(&bell->watched, true))
        return false;
    set_asleep(bell, 0);
    while (!found && !*next && !w->stopping &&
           work_now() - w->worked_ns < STAY_NS) {
        for (int i = 0; i < PAUSES; i++)
            relax();
        found = take(w, bell);
        *next = found ? NULL : another(w);
    }
    if (found)
        atomic_store(&bell->vain, 0);
    else
        set_asleep(bell, 1);
    if (!found && !*next && atomic_load(&bell->vain) < VAIN)
        atomic_fetch_add(&bell->vain, 1);
    atomic_store(&bell->watched, false);
    return found || take(w, bell);
}

/* Returns the bell to go on with; NULL: listen. */
static struct bell *
serve(struct worker *w, struct bell *bell)
{
    struct bell *next = NULL;
    bool any;

    w->worked_ns = 0;
    set_asleep(bell, 1);
    do {
        any = take(w, bell) || watch(w, bell, &next);
        if (any)
            finish(w, bell);
        if (any && !next)
            next = another(w);
    } while (any && !next && !w->stopping);
    if (any)
        bell_ring(bell); /* to the end of the line */
    return next;
}

/* Until there is something to do. */
static struct bell *
sleep_well(struct worker *w)
{
    struct bell *bell;

    atomic_fetch_add(&w->pool->asleep, 1);
    bell = with_more(w->pool);
    if (!bell)
        bell = listen(w, -1);
    atomic_fetch_sub(&w->pool->asleep, 1);
    return bell;
}

static void *
run(void *worker)
{
    struct worker *w = worker;

    while (!w->stopping) {
        struct bell *bell = sleep_well(w);

        while (bell) {
            AUTO(bell_done) struct bell *now = bell;

            bell = serve(w, now);
        }
    }
    return NULL;
}

/* --- bells
 * --------------------------------------------------------------------- */

static int
add_to(int epoll, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = { .events = events, .data.u64 = data };

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int
grow(struct pool *pool)
{
    uint32_t n = pool->n_places ? 2 * pool->n_places : 8;
    struct bell **bells = reallocarray(pool->bells, n, sizeof(struct bell *));
    uint32_t *serial;

    if (!bells)
        return -ENOMEM;
    pool->bells = bells;
    serial = reallocarray(pool->serial, n, sizeof(*serial));
    if (!serial)
        return -ENOMEM;
    pool->serial = serial;
    for (uint32_t i = pool->n_places; i < n; i++) {
        bells[i] = NULL;
        serial[i] = 0;
    }
    pool->n_places = n;
    return 0;
}

/* With the pool's lock. */
static int
place(struct pool *pool, struct bell *bell)
{
    uint32_t i = 0;
    uint64_t data;
    int r;

    while (i < pool->n_places && pool->bells[i])
        i++;
    r = i == pool->n_places ? grow(pool) : 0;
    if (r < 0)
        return r;
    pool->serial[i] = (pool->serial[i] + 1) % (UINT32_MAX - 1);
    data = (uint64_t)pool->serial[i] << 32 | i;
    for (int fd = 0; fd < BELL_FDS && r == 0; fd++)
        r = add_to(pool->epoll, bell->fd[fd], EPOLLIN | EPOLLET, data);
    if (r < 0)
        return r;
    bell->place = i;
    pool->bells[i] = bell;
    return 0;
}

static int
open_fds(struct bell *bell)
{
    bell->fd[BELL_GUEST] = bell->fd[BELL_OWN] = bell->fd[BELL_TIMER] = -1;
    bell->fd[BELL_GUEST] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell->fd[BELL_GUEST] < 0)
        return -errno;
    bell->fd[BELL_OWN] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell->fd[BELL_OWN] < 0)
        return -errno;
    bell->fd[BELL_TIMER] =
        timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (bell->fd[BELL_TIMER] < 0)
        return -errno;
    return 0;
}

int
bell_new(struct pool *pool, _Atomic uint32_t *asleep, struct bell **out)
{
    AUTO(bell_done) struct bell *bell = calloc(1, sizeof(*bell));
    int r;

    if (!bell)
        return -ENOMEM;
    atomic_init(&bell->refs, 1);
    (void)pthread_mutex_init(&bell->lock, NULL);
    bell->pool = pool;
    bell->asleep = asleep;
    r = open_fds(bell);
    if (r < 0)
        return r;
    atomic_store(asleep, 1);
    (void)pthread_mutex_lock(&pool->lock);
    r = place(pool, bell);
    (void)pthread_mutex_unlock(&pool->lock);
    if (r < 0)
        return r;
    *out = TAKE(bell);
    return 0;
}

int
bell_fd(const struct bell *bell)
{
    return bell->fd[BELL_GUEST];
}

void
bell_free(struct bell *bell)
{
    struct pool *pool = bell ? bell->pool : NULL;

    if (!bell)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->bells[bell->place] = NULL;
    (void)pthread_mutex_unlock(&pool->lock);
    /* The guest may have its copy still. */
    for (int i = 0; i < BELL_FDS; i++)
        (void)epoll_ctl(pool->epoll, EPOLL_CTL_DEL, bell->fd[i], NULL);
    (void)pthread_mutex_lock(&bell->lock);
    bell->asleep = NULL;
    (void)pthread_mutex_unlock(&bell->lock);
    bell_unref(bell);
}

/* --- the pool
 * -------------------------------------------------------------------- */

static unsigned
processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (unsigned)n : 1;
}

static int
start(struct pool *pool, unsigned n)
{
    pool->workers = calloc(n, sizeof(*pool->workers));
    if (!pool->workers)
        return -ENOMEM;
    for (; pool->n_workers < n; pool->n_workers++) {
        struct worker *w = &pool->workers[pool->n_workers];
        int r;

        w->pool = pool;
        r = pthread_create(&w->thread, NULL, run, w);
        if (r)
            return -r;
    }
    return 0;
}

static void
pool_done(struct pool **pool)
{
    pool_free(*pool);
}

int
pool_new(unsigned threads, struct pool **out)
{
    AUTO(pool_done) struct pool *pool = calloc(1, sizeof(*pool));
    int r;

    if (!pool)
        return -ENOMEM;
    (void)pthread_mutex_init(&pool->lock, NULL);
    pool->stop = -1;
    pool->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (pool->epoll < 0)
        return -errno;
    pool->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->stop < 0)
        return -errno;
    pool->spins = processors() > 1;
    r = add_to(pool->epoll, pool->stop, EPOLLIN, UINT64_MAX);
    if (r == 0)
        r = start(pool, threads ? threads : processors());
    if (r < 0)
        return r;
    *out = TAKE(pool);
    return 0;
}

void
pool_free(struct pool *pool)
{
    const uint64_t one = 1;

    if (!pool)
        return;
    if (pool->stop >= 0)
        (void)!write(pool->stop, &one, sizeof(one));
    for (unsigned i = 0; i < pool->n_workers; i++)
        (void)pthread_join(pool->workers[i].thread, NULL);
    if (pool->stop >= 0)
        (void)close(pool->stop);
    if (pool->epoll >= 0)
        (void)close(pool->epoll);
    (void)pthread_mutex_destroy(&pool->lock);
    free((void *)pool->bells);
    free(pool->serial);
    free(pool->workers);
    free(pool);
}
