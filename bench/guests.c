/* SPDX-License-Identifier: MIT */
/* Guests of a vapd that is a process of its own, without tree and store; what
 * is timed is libvap's. The cards answer at once: they refuse an empty
 * message. Beside it as many who say a byte over a socket and get it back. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/say.h"
#include "guest/guests.h"
#include "host/devices.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <vap/vap.h>

enum { GUESTS = 64, BATCH = 16384 };

/** The process, its guests, and what the neighbours use. */
struct party {
    pid_t pid;
    char dir[32];
    char socket[48];
    unsigned n;
    struct vap_guest *guest[GUESTS];
    int pair[GUESTS][2];
    pthread_t echo[GUESTS];
    _Atomic bool wrong;
};

/** One of them, at its share of a batch. */
struct share {
    struct party *party;
    unsigned number;
    unsigned requests;
};

/* --- the process -----------------------------------------------------------
 */

static struct guests *guests;

static int
change(struct owner *owner, const struct origin *origin,
       const struct host_request *list, size_t n, struct refusal *refusal)
{
    struct refusal ignored;
    int r = devices_plan(owner->host, list, n, refusal ? refusal : &ignored);

    (void)origin;
    if (r == 0) {
        guests_take(guests);
        host_apply(owner->host);
        guests_give(guests);
    }
    return r;
}

/* mdev N has queue 00.N. */
static void
make_mdev(struct host *host, unsigned number)
{
    static const enum vap_op ops[] = { VAP_CREATE, VAP_ASSIGN_ADAPTER,
                                       VAP_ASSIGN_DOMAIN };
    char name[16];

    (void)snprintf(name, sizeof(name), "%u", number);
    for (int i = 0; i < 3; i++) {
        struct vap_request r = { .op = ops[i],
                                 .mdev = host_slot(host, name),
                                 .id = i == 2 ? number : 0 };

        (void)host_do(host, &r, NULL);
    }
}

static _Noreturn void
serve(const struct party *party)
{
    char held[64];
    struct guests_options options = { .socket = party->socket, .held = held };
    struct host_boot boot = { .rule = &vap_rule_state,
                              .kernel = VAP_LINUX_7_2,
                              .config = { .apxa = true,
                                          .last_domain = GUESTS - 1 } };
    struct owner owner = { .change = change };
    uv_loop_t loop;

    (void)snprintf(held, sizeof(held), "%s/held", party->dir);
    boot.config.ids.adapters = vap_mask_one(0);
    boot.config.ids.domains.word[0] = ~UINT64_C(0);
    if (uv_loop_init(&loop) || host_new(&boot, &owner.host) ||
        !host_set_card_type(owner.host, 0, "CEX8A"))
        _exit(1);
    for (unsigned i = 0; i < GUESTS; i++)
        make_mdev(owner.host, i);
    if (guests_new(&owner, &loop, &options, &guests))
        _exit(1);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    _exit(0);
}

static void
party_done(struct party *p)
{
    char held[64];

    for (unsigned i = 0; i < p->n; i++)
        vap_guest_close(p->guest[i]);
    if (p->pid > 0) {
        (void)kill(p->pid, SIGKILL);
        (void)waitpid(p->pid, NULL, 0);
    }
    (void)snprintf(held, sizeof(held), "%s/held", p->dir);
    (void)unlink(held);
    (void)unlink(p->socket);
    (void)rmdir(p->dir);
}

static int
join(struct party *p)
{
    char mdev[16];
    int r;

    (void)snprintf(mdev, sizeof(mdev), "%u", p->n);
    do {
        r = vap_guest_open(p->socket, mdev, mdev, 0, &p->guest[p->n]);
        if (r == -ENOENT || r == -ECONNREFUSED)
            (void)poll(NULL, 0, 1);
    } while ((r == -ENOENT || r == -ECONNREFUSED) &&
             waitpid(p->pid, NULL, WNOHANG) == 0);
    if (r < 0)
        say_error("%s", vap_guest_why());
    else
        p->n++;
    return r;
}

static int
party_init(struct party *p, unsigned n, bool interrupts)
{
    int r = 0;

    *p = (struct party){ .dir = "/tmp/vap-bench-XXXXXX" };
    r = bench_folder(p->dir);
    if (r < 0)
        return r;
    (void)snprintf(p->socket, sizeof(p->socket), "%s/guest", p->dir);
    (void)fflush(NULL);
    p->pid = fork();
    if (p->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(p);
    }
    while (p->n < n && r == 0)
        r = p->pid < 0 ? -EAGAIN : join(p);
    for (unsigned i = 0; i < n && r == 0 && interrupts; i++)
        (void)vap_aqic(p->guest[i], i, 0x800000000000, 1);
    return r;
}

/* --- requests --------------------------------------------------------------
 */

static bool
post(const struct share *s)
{
    return vap_nqap(s->party->guest[s->number], VAP_NQAP_LAST | s->number, 0,
                    NULL, 0)
               .cc == 0;
}

static bool
take(const struct share *s)
{
    uint8_t buffer[12288];
    struct vap_reply reply = { .gr0 = VAP_DQAP_NEW | s->number };

    if (vap_dqap(s->party->guest[s->number], &reply, buffer, sizeof(buffer))
            .cc != 0)
        return false;
    if (reply.stored != 8 || buffer[1] != 0x82)
        s->party->wrong = true;
    return true;
}

static void
wait_for_interrupt(const struct share *s)
{
    struct vap_guest *guest = s->party->guest[s->number];
    struct pollfd fd = { vap_guest_fd(guest), POLLIN, 0 };
    struct vap_event event;

    if (!vap_guest_event(guest, &event))
        (void)poll(&fd, 1, 1000);
}

static void *
ask_all(void *self)
{
    const struct share *s = self;
    unsigned posted = 0;
    unsigned taken = 0;

    while (taken < s->requests) {
        unsigned before = taken;

        while (take(s))
            taken++;
        while (posted < s->requests && post(s))
            posted++;
        if (taken == before && taken < s->requests)
            wait_for_interrupt(s);
    }
    return NULL;
}

/* --- beside it -------------------------------------------------------------
 */

static void *
echo(void *socket)
{
    char byte;

    while (read(*(int *)socket, &byte, 1) == 1)
        (void)!write(*(int *)socket, &byte, 1);
    return NULL;
}

static void *
say_all(void *self)
{
    const struct share *s = self;
    int socket = s->party->pair[s->number][0];
    char byte = 0;

    for (unsigned i = 0; i < s->requests; i++) {
        (void)!write(socket, &byte, 1);
        (void)!read(socket, &byte, 1);
    }
    return NULL;
}

static int
echoes_init(struct party *p)
{
    for (unsigned i = 0; i < p->n; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->pair[i]) ||
            pthread_create(&p->echo[i], NULL, echo, &p->pair[i][1]))
            return -EAGAIN; /* the process ends soon, and they with it */
    return 0;
}

static void
echoes_done(struct party *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        (void)close(p->pair[i][0]);
        (void)pthread_join(p->echo[i], NULL);
        (void)close(p->pair[i][1]);
    }
}

/* --- the rows --------------------------------------------------------------
 */

static void
in_threads(struct party *p, void *(*run)(void *share))
{
    pthread_t threads[GUESTS];
    struct share shares[GUESTS];

    for (unsigned i = 0; i < p->n; i++) {
        shares[i] = (struct share){ p, i, BATCH / p->n };
        if (pthread_create(&threads[i], NULL, run, &shares[i]))
            abort();
    }
    for (unsigned i = 0; i < p->n; i++)
        (void)pthread_join(threads[i], NULL);
}

static void
batch(void *self)
{
    in_threads(self, ask_all);
}

static void
batch_of_echoes(void *self)
{
    in_threads(self, say_all);
}

static void
one(void *self)
{
    const struct share s = { .party = self };

    (void)post(&s);
    while (!take(&s))
        ;
}

static void
one_echo(void *self)
{
    struct share s = { .party = self, .requests = 1 };

    (void)say_all(&s);
}

static int
measure_party(unsigned n, const struct measure_limits *limits,
              void (*own)(void *party), void (*beside)(void *party),
              struct bench_result *result)
{
    AUTO(party_done) struct party p;
    int r = party_init(&p, n, own == batch);

    if (r == 0)
        r = echoes_init(&p);
    if (r < 0)
        return r;
    measure(&(struct measure_work){ .work = beside, .self = &p }, limits,
            &result->beside);
    measure(&(struct measure_work){ .work = own, .self = &p }, limits,
            &result->own);
    echoes_done(&p);
    return p.wrong;
}

int
bench_roundtrip(const struct bench *bench, const struct measure_limits *limits,
                struct bench_result *result)
{
    int r = measure_party(1, limits, one, one_echo, result);

    (void)bench;
    result->own = measured_scaled(result->own, 1e-3);
    result->beside = measured_scaled(result->beside, 1e-3);
    return r;
}

int
bench_guests(const struct bench *bench, const struct measure_limits *limits,
             struct bench_result *result)
{
    const unsigned *n = bench->argument;
    int r = measure_party(*n, limits, batch, batch_of_echoes, result);

    result->own = measured_rate(result->own, BATCH);
    result->beside = measured_rate(result->beside, BATCH);
    return r;
}
