/* SPDX-License-Identifier: MIT */
/* A guest that does all it can with what it has been given: it harms nobody
 * but itself, and vapd not at all. */
#include "guest/house.h"

#include "base/auto.h"
#include "guest/lib.h"
#include "guest/message.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/un.h>

enum { REQUEST = 400 };

static const char *const two_guests[] = {
    "a/assign_adapter 3",
    "a/assign_domain 4",
    "a/assign_domain 0x47",
    "b/assign_adapter 5",
    "b/assign_domain 4",
    "a/assign_adapter 0x0a",
    NULL,
};

/* --- somebody well-behaved beside it ---------------------------------------
 */

/** A guest at work, whose answers are looked at. */
struct victim {
    struct vap_guest *guest;
    pthread_t thread;
    _Atomic bool over;
    _Atomic unsigned right;
    _Atomic unsigned wrong;
};

/* With exponent 1 the answer is the message. */
static void *
work(void *data)
{
    static const uint8_t header[16] = { 0, 0x50, 0x01, 0x90, 0, 0, 0, 0, 0, 1 };
    struct victim *v = data;
    uint8_t request[REQUEST] = { 0 };
    uint8_t reply[12288];

    memcpy(request, header, sizeof(header));
    request[16 + 127] = 1;
    memset(request + 16 + 128, 0xff, 128);
    while (!v->over) {
        int n;

        request[REQUEST - 1]++;
        n = house_ask(v->guest, 0x0504, request, REQUEST, reply, sizeof(reply));
        if (n == 0x90 && reply[n - 1] == request[REQUEST - 1])
            (void)atomic_fetch_add(&v->right, 1);
        else
            (void)atomic_fetch_add(&v->wrong, 1);
    }
    return NULL;
}

static void
victim_begin(struct victim *v, const struct house *house)
{
    *v = (struct victim){ .guest = house_guest(house, "b", 0) };
    CHECK_INT(pthread_create(&v->thread, NULL, work, v), 0);
}

/* It gets on, whatever is going on. */
static void
victim_gets_on(const struct victim *v)
{
    unsigned right = v->right;

    while (v->right < right + 20 && !v->wrong)
        (void)poll(NULL, 0, 1);
    CHECK_INT(v->wrong, 0);
}

static void
victim_end(struct victim *v)
{
    v->over = true;
    (void)pthread_join(v->thread, NULL);
    CHECK_INT(v->wrong, 0);
    CHECK(v->right > 0);
    vap_guest_close(v->guest);
}

/* --- memory ----------------------------------------------------------------
 */

/* While others use it: that is the point. */
__attribute__((no_sanitize("thread"))) static void
overwrite(struct test_rng *rng, void *at, size_t size, unsigned times)
{
    volatile uint8_t *bytes = at;

    for (unsigned i = 0; i < times; i++) {
        size_t where = test_below(rng, size);

        switch (test_below(rng, 3)) {
        case 0:
            bytes[where] = (uint8_t)test_next(rng);
            break;
        case 1:
            bytes[where] = (uint8_t)test_below(rng, 4);
            break;
        default:
            for (size_t k = where; k < size && k < where + 64; k++)
                bytes[k] = (uint8_t)test_next(rng);
        }
    }
}

/* What vapd looks at are the first pages; messages are only bytes. */
static void
scribble(struct test_rng *rng, struct lib_session *session, unsigned times)
{
    struct wire_slots *block = atomic_load(&session->block[0]);

    overwrite(rng, session->desk, 64, times / 8);
    overwrite(rng, session->desk, sizeof(*session->desk), times / 8);
    for (int i = 0; i < 4; i++) {
        overwrite(rng, &block->slots[i], 768, times);
        overwrite(rng, &block->slots[i], 4096 + 4096, times);
    }
}

TEST(whatever_a_guest_writes_into_its_memory_is_its_own_affair)
{
    struct test_rng rng = { test_seed() };
    struct house house;
    struct victim victim;
    struct vap_guest *guest;
    uint8_t reply[12288];

    house_up(&house);
    house_do_all(&house, two_guests);
    victim_begin(&victim, &house);
    guest = house_guest(&house, "a", 0);
    for (int i = 0; i < 300; i++) {
        struct vap_reply r = { .gr0 = VAP_DQAP_NEW | 0x0347 };

        scribble(&rng, guest->session, 64);
        (void)vap_nqap(guest, VAP_NQAP_LAST | 0x0347, 1, reply, 100);
        (void)vap_dqap(guest, &r, reply, sizeof(reply));
        (void)eventfd_write(guest->session->bell, 1);
        if (i % 16 == 0)
            (void)vap_zapq(guest, test_below(&rng, 2) ? 0x0347 : 0x0304);
        if (i % 50 == 0)
            victim_gets_on(&victim);
    }
    vap_guest_close(guest);
    guest = house_guest(&house, "a", 0); /* all is well again */
    CHECK(house_ask(guest, 0x0347, "", 1, reply, sizeof(reply)) > 0);
    victim_gets_on(&victim);
    vap_guest_close(guest);
    victim_end(&victim);
    house_down(&house);
}

TEST(a_guest_cannot_write_where_vapd_tells_it_nor_take_memory_away)
{
    struct house house;
    struct vap_guest *guest;
    struct wire_welcome welcome;
    int fds[3];
    int pair[2];
    AUTO(fd_done) int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    void *page;

    house_up(&house);
    house_do_all(&house, two_guests);
    guest = house_guest(&house, "b", 0); /* lends its hello */
    guest->hello.mdev[0] = 'a';
    guest->hello.name[0] = 'a';
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", house.socket);
    CHECK_INT(connect(s, (struct sockaddr *)&at, sizeof(at)), 0);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CHECK_INT(
        message_send(s, &guest->hello, sizeof(guest->hello), 0, &pair[1], 1),
        0);
    CHECK_INT(message_receive(s, &welcome, sizeof(welcome), 0, fds, 3),
              sizeof(welcome));
    CHECK_INT(welcome.error, 0);
    page = mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fds[0], 0);
    CHECK(page == MAP_FAILED && errno == EPERM);
    CHECK(pwrite(fds[0], "x", 1, 0) < 0 && errno == EPERM);
    CHECK(fallocate(fds[0], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                    4096) < 0 &&
          errno == EPERM);
    for (int i = 0; i < 2; i++) {
        CHECK(ftruncate(fds[i], 0) < 0 && errno == EPERM);
        CHECK(ftruncate(fds[i], 1 << 30) < 0 && errno == EPERM);
        CHECK(fcntl(fds[i], F_ADD_SEALS, F_SEAL_WRITE) < 0);
    }
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]);
    (void)close(pair[0]);
    (void)close(pair[1]);
    vap_guest_close(guest);
    house_down(&house);
}

/* --- the connection --------------------------------------------------------
 */

static int
reach(const struct house *house)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", house->socket);
    CHECK_INT(connect(s, (struct sockaddr *)&at, sizeof(at)), 0);
    return s;
}

/** What is said first. */
struct opening {
    size_t length;
    int n_fds;
    int fd; /* that many times */
    int error; /* 0: the connection is ended without a word */
};

static void
say(const struct house *house, const struct wire_hello *hello,
    const struct opening *opening)
{
    AUTO(fd_done) int s = reach(house);
    int fds[3] = { opening->fd, opening->fd, opening->fd };
    struct wire_welcome w = { .error = 0 };
    int none[3];
    ssize_t n;

    CHECK_INT(message_send(s, hello, opening->length, 0, fds, opening->n_fds),
              0);
    n = message_receive(s, &w, sizeof(w), 0, none, 3);
    CHECK_INT(n, opening->error ? (ssize_t)sizeof(w) : 0);
    CHECK_INT(w.error, opening->error);
    CHECK(none[0] < 0);
}

TEST(an_opening_that_is_none_is_refused)
{
    struct wire_hello hello = { .magic = WIRE_MAGIC,
                                .kind = WIRE_HELLO,
                                .version = WIRE_VERSION,
                                .mdev = "a",
                                .name = "one" };
    AUTO(fd_done) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    AUTO(fd_done) int udp = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    AUTO(fd_done) int good = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct opening openings[] = {
        { sizeof(hello), 0, -1, EPROTO },
        { sizeof(hello), 1, null, EPROTO },
        { sizeof(hello), 1, udp, EPROTO },
        { sizeof(hello), 3, good, EPROTO },
        { sizeof(hello) - 1, 1, good, EPROTO },
        { 1, 1, good, EPROTO },
    };
    struct house house;

    house_up(&house);
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
        say(&house, &hello, &openings[i]);
    hello.version++;
    say(&house, &hello, &(struct opening){ sizeof(hello), 1, good, EPROTO });
    hello.version--;
    memset(hello.mdev, 'x', sizeof(hello.mdev));
    say(&house, &hello, &(struct opening){ sizeof(hello), 1, good, EPROTO });
    house_down(&house);
}

TEST(many_who_say_nothing_keep_nobody_out)
{
    struct house house;
    struct vap_guest *guest;
    int silent[200];

    house_up(&house);
    for (int i = 0; i < 200; i++)
        silent[i] = reach(&house);
    guest = house_guest(&house, "a", 0);
    vap_guest_close(guest);
    for (int i = 0; i < 200; i++)
        (void)close(silent[i]);
    house_down(&house);
}

TEST(what_cannot_be_asked_ends_the_connection)
{
    static const char noise[200] = "noise";
    struct house house;
    struct vap_guest *guest;
    struct vap_event event;

    house_up(&house);
    guest = house_guest(&house, "a", 0);
    CHECK_INT(
        message_send(guest->session->socket, noise, sizeof(noise), 0, NULL, 0),
        0);
    do {
        (void)vap_guest_event(guest, &event);
    } while (event.kind != VAP_LOST);
    vap_guest_close(guest);
    guest = house_guest(&house, "a", 0);
    vap_guest_close(guest);
    house_down(&house);
}

/* It asks without end, rings without end, and never reads. */
TEST(a_guest_that_floods_and_never_reads_stalls_nobody)
{
    struct test_rng rng = { test_seed() };
    struct house house;
    struct victim victim;
    struct vap_guest *guest;
    char reply[12288];

    house_up(&house);
    house_do_all(&house, two_guests);
    victim_begin(&victim, &house);
    guest = house_guest(&house, "a", 0);
    while (send(guest->events[1], reply, sizeof(reply), MSG_DONTWAIT) > 0)
        ; /* no room for another event */
    CHECK_INT(vap_aqic(guest, 0x0347, 0x800000000000, 1).cc, 0);
    for (int i = 0; i < 20000; i++) {
        struct wire_ask ask = { .kind = WIRE_ASK,
                                .number = (uint32_t)test_next(&rng),
                                .apqn = (uint16_t)test_next(&rng),
                                .what = (uint16_t)test_below(&rng, 6) };

        ask.apqn = i % 2 ? 0x0347 : ask.apqn;
        (void)message_send(guest->session->socket, &ask, sizeof(ask),
                           MSG_DONTWAIT, NULL, 0);
        (void)eventfd_write(guest->session->bell, 1);
        (void)vap_nqap(guest, VAP_NQAP_LAST | 0x0347, 1, reply, 8);
        if (i % 2000 == 0)
            victim_gets_on(&victim);
    }
    victim_gets_on(&victim);
    CHECK_INT(house_do(&house, "a/unassign_domain 0x47"), 0);
    CHECK_INT(house_do(&house, "remove a"), -EINPROGRESS);
    vap_guest_close(guest);
    victim_end(&victim);
    house_down(&house);
}

static void
cut(struct vap_guest *guest)
{
    const struct lib_session *session = lib_enter(guest);

    if (session)
        (void)shutdown(session->socket, SHUT_RDWR);
    lib_leave(guest);
}

/* One who dies in the middle is as one who closed. */
TEST(guests_that_come_and_go_at_any_time_leave_nothing)
{
    struct test_rng rng = { test_seed() };
    struct house house;
    struct victim victim;
    char reply[12288];

    house_up(&house);
    house_do_all(&house, two_guests);
    victim_begin(&victim, &house);
    for (int i = 0; i < 50; i++) {
        struct vap_guest *guest = NULL;

        while (vap_guest_open(house.socket, "a", "a", 0, &guest) == -EBUSY)
            (void)poll(NULL, 0, 1);
        for (uint64_t k = test_below(&rng, 8); k > 0; k--)
            (void)vap_nqap(guest, VAP_NQAP_LAST | 0x0347, 1, reply, 8);
        if (test_below(&rng, 2))
            cut(guest);
        (void)house_do(&house, i % 2 ? "a/assign_domain 0x47"
                                     : "a/unassign_domain 0x47");
        vap_guest_close(guest);
    }
    victim_gets_on(&victim);
    victim_end(&victim);
    house_down(&house);
}
