/* SPDX-License-Identifier: MIT */
/* Guests that say and write anything, while their host changes. Each input is
 * a list of steps, a byte for what and bytes for it. Whatever they were, when
 * all have hung up no guest is left, no mdev is held, and one who behaves has
 * its queues. */
#include "base/auto.h"
#include "guest/inside.h"
#include "guest/message.h"
#include "host/devices.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/un.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS = 3 };

/** Somebody who has connected, and what was given to them. */
struct caller {
    int socket; /* -1: nobody */
    int events[2];
    int bell;
    struct wire_desk *desk;
    struct slots *slots; /* the first of a block */
};

/** The rest of an input. */
struct input {
    const uint8_t *at;
    size_t left;
};

static struct owner owner;
static struct guests *guests;
static uv_loop_t loop;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static struct caller callers[CONNECTIONS];

static unsigned
next(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static size_t
next_bytes(struct input *in, void *out, size_t most)
{
    size_t n = in->left < most ? in->left : most;

    memcpy(out, in->at, n);
    in->at += n;
    in->left -= n;
    return n;
}

/* --- the host ---------------------------------------------------------------
 */

static int
change(struct owner *o, const struct origin *origin,
       const struct host_request *list, size_t n, struct refusal *refusal)
{
    struct refusal ignored;
    int r = devices_plan(o->host, list, n, refusal ? refusal : &ignored);

    (void)origin;
    if (r == 0) {
        guests_take(guests);
        host_apply(o->host);
        guests_give(guests);
    }
    return r;
}

static void
request(enum vap_op op, const char *mdev, unsigned id)
{
    struct host_request r = { .engine = { .op = op, .id = id } };

    r.engine.mdev = host_slot(owner.host, mdev);
    r.engine.apqn = VAP_APQN(5, id);
    r.engine.driver = VAP_VFIO_AP;
    r.engine.rc = id % 5 == 3 ? VAP_RC_DECONFIGURED : VAP_RC_NORMAL;
    (void)change(&owner, NULL, &r, 1, NULL);
}

static void
change_something(struct input *in)
{
    static const enum vap_op ops[] = {
        VAP_ASSIGN_ADAPTER, VAP_UNASSIGN_ADAPTER,
        VAP_ASSIGN_DOMAIN,  VAP_UNASSIGN_DOMAIN,
        VAP_CLOSE_MDEV,     VAP_RESET_MDEV,
        VAP_BIND,           VAP_UNBIND,
        VAP_CARD_STATE,
    };
    unsigned op = next(in) % (sizeof(ops) / sizeof(ops[0]));
    unsigned which = next(in);

    request(ops[op], which & 1 ? "a" : "b", which >> 1 & 7);
}

static int
make_guests(void)
{
    static char dir[] = "/tmp/vap-fuzz-XXXXXX";
    static char held[64];
    struct guests_options options = { .socket = address.sun_path,
                                      .held = held,
                                      .threads = 1 };

    if (!mkdtemp(dir) || uv_loop_init(&loop))
        return -1;
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/guest", dir);
    (void)snprintf(held, sizeof(held), "%s/held", dir);
    return guests_new(&owner, &loop, &options, &guests);
}

static void
clean_up(void)
{
    char path[sizeof(address.sun_path) + 8];

    (void)unlink(address.sun_path);
    *strrchr(address.sun_path, '/') = '\0';
    (void)snprintf(path, sizeof(path), "%s/held", address.sun_path);
    (void)unlink(path);
    (void)rmdir(address.sun_path);
}

static void
set_up(void)
{
    struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .apxa = true, .last_adapter = 7, .last_domain = 7 }
    };
    int r;

    boot.config.ids.adapters.word[0] = boot.config.ids.domains.word[0] =
        UINT64_C(0xff) << 56;
    owner.change = change;
    r = host_new(&boot, &owner.host);
    assert(r == 0);
    r = make_guests();
    assert(r == 0);
    (void)atexit(clean_up);
    for (int i = 0; i < CONNECTIONS; i++)
        callers[i].socket = -1;
    request(VAP_CREATE, "a", 0);
    request(VAP_CREATE, "b", 0);
}

/* --- callers ----------------------------------------------------------------
 */

static void
turn(void)
{
    for (int i = 0; i < 4; i++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
}

static void
hang_up(struct caller *c)
{
    if (c->socket < 0)
        return;
    if (c->desk)
        (void)munmap(c->desk, sizeof(*c->desk));
    if (c->slots)
        (void)munmap(c->slots, sizeof(*c->slots));
    fd_done(&c->bell);
    fd_done(&c->events[0]);
    fd_done(&c->events[1]);
    fd_done(&c->socket);
    *c = (struct caller){ .socket = -1 };
}

static void
call(struct caller *c)
{
    hang_up(c);
    *c = (struct caller){ .bell = -1 };
    c->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, c->events) < 0)
        abort();
    if (connect(c->socket, (struct sockaddr *)&address, sizeof(address)) < 0)
        abort();
}

/* As it should be, but for what the input turns over. */
static void
say_hello(struct caller *c, struct input *in)
{
    struct wire_hello hello = { .magic = WIRE_MAGIC,
                                .kind = WIRE_HELLO,
                                .version = WIRE_VERSION };
    unsigned how = next(in);
    uint8_t *bytes = (uint8_t *)&hello;

    hello.mdev[0] = how & 1 ? 'a' : 'b';
    hello.name[0] = (char)('a' + c - callers);
    if (how & 2)
        bytes[(next(in) << 8 | next(in)) % sizeof(hello)] ^= next(in);
    (void)message_send(c->socket, &hello, sizeof(hello) - (how >> 7),
                       MSG_DONTWAIT, c->events + (how & 4 ? 0 : 1),
                       how & 8 ? 0 : 1);
}

static void
ask(struct caller *c, struct input *in)
{
    struct wire_ask message = { .kind = WIRE_ASK };

    (void)next_bytes(in, (uint8_t *)&message + 4, sizeof(message) - 4);
    if (next(in) & 1)
        message.apqn &= 0x0707;
    (void)message_send(c->socket, &message, sizeof(message), MSG_DONTWAIT, NULL,
                       0);
}

static void
say_anything(struct caller *c, struct input *in)
{
    uint8_t noise[600];
    size_t n = next_bytes(in, noise, next(in));

    (void)message_send(c->socket, noise, n, MSG_DONTWAIT, c->events,
                       (int)(n % 3));
}

static void *
map(int fd, size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}

static void
listen_to(struct caller *c)
{
    struct wire_welcome w = { .kind = 0 };
    int fds[3];
    ssize_t n = message_receive(c->socket, &w, sizeof(w), MSG_DONTWAIT, fds, 3);

    if (n == sizeof(w) && w.error == 0 && !c->desk) {
        c->desk = map(fds[1], sizeof(*c->desk));
        c->bell = fcntl(fds[2], F_DUPFD_CLOEXEC, 0);
    }
    if (n == sizeof(struct wire_block) && !c->slots)
        c->slots = map(fds[0], sizeof(*c->slots));
    for (int i = 0; i < 3; i++)
        fd_done(&fds[i]);
}

/* Most of what vapd looks at is in the first bytes. */
static void
scribble(const struct caller *c, struct input *in)
{
    unsigned where = next(in) << 8 | next(in);
    uint8_t *desk = (uint8_t *)c->desk;
    uint8_t *slots = (uint8_t *)c->slots;

    if (c->desk && where & 1)
        (void)next_bytes(in, desk + where % 320, 8);
    else if (c->slots)
        (void)next_bytes(in, slots + where % 640, 16);
    if (c->bell >= 0)
        (void)eventfd_write(c->bell, 1);
}

static void
post(const struct caller *c, struct input *in)
{
    uint8_t message[64];
    uint8_t reply[64];
    struct slots_taken taken;
    size_t n = next_bytes(in, message, sizeof(message));

    if (!c->slots)
        return;
    (void)slots_nqap(c->slots, 1, message, n);
    if (c->bell >= 0)
        (void)eventfd_write(c->bell, 1);
    (void)slots_dqap(c->slots, n & 1, reply, n, &taken);
}

static void
step(struct input *in)
{
    unsigned what = next(in);
    struct caller *c = &callers[(what >> 4) % CONNECTIONS];

    if (c->socket < 0)
        call(c);
    switch (what % 9) {
    case 0:
        call(c);
        break;
    case 1:
    case 2:
        say_hello(c, in);
        break;
    case 3:
        ask(c, in);
        break;
    case 4:
        say_anything(c, in);
        break;
    case 5:
        scribble(c, in);
        break;
    case 6:
        post(c, in);
        break;
    case 7:
        change_something(in);
        break;
    default:
        hang_up(c);
        break;
    }
    turn();
    if (c->socket >= 0)
        listen_to(c);
}

/* --- afterwards -------------------------------------------------------------
 */

static void
all_hang_up(void)
{
    for (int i = 0; i < CONNECTIONS; i++)
        hang_up(&callers[i]);
    for (int i = 0; i < 100 && guests->first; i++)
        turn();
    assert(!guests->first);
    for (uint32_t i = 0; i < owner.host->engine->n_slots; i++)
        assert(!owner.host->engine->mdevs[i].vm);
}

static void
one_who_behaves_has_its_queue(void)
{
    struct input as_it_should = { (const uint8_t *)"\1", 1 };
    struct caller *c = &callers[0];
    uint64_t info;

    request(VAP_CARD_STATE, "a", 1);
    request(VAP_ASSIGN_ADAPTER, "a", 1);
    request(VAP_ASSIGN_DOMAIN, "a", 0);
    call(c);
    say_hello(c, &as_it_should);
    turn();
    listen_to(c);
    listen_to(c);
    assert(c->desk);
    assert(!c->slots || AP_RC(slots_tapq(c->slots, &info)) == 0 ||
           AP_RC(slots_tapq(c->slots, &info)) == VAP_RC_DECONFIGURED);
    all_hang_up();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size < 4096 ? size : 4096 };

    if (!guests)
        set_up();
    while (in.left)
        step(&in);
    all_hang_up();
    one_who_behaves_has_its_queue();
    return 0;
}
