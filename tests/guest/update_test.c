/* SPDX-License-Identifier: MIT */
/* Each update of a guest would stop its processors: it gets as many as were
 * planned, and is told of each. S5, S23: docs/design.md, scenarios of these
 * numbers. */
#include "guest/house.h"

#include "host/host_rule.h"
#include "matrix/host.h"
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

static uint64_t
updates_of(struct vap_guest *guest)
{
    struct vap_apcb apcb;

    vap_guest_apcb(guest, &apcb);
    return apcb.updates;
}

static bool
is_told(struct vap_guest *guest)
{
    struct vap_event event;
    bool told = false;

    while (vap_guest_event(guest, &event))
        told |= event.kind == VAP_CHANGED;
    return told;
}

/* A guest that has just taken its mdev, and been told. */
static struct vap_guest *
settled(const struct house *house, const char *mdev)
{
    struct vap_guest *guest = house_guest(house, mdev, 0);

    CHECK(is_told(guest));
    return guest;
}

/* S5 */
TEST(adapters_without_a_domain_cost_no_update)
{
    struct house house;
    struct vap_guest *guest;
    char words[32];

    house_up(&house);
    guest = settled(&house, "a");
    CHECK_INT(updates_of(guest), 0);
    for (unsigned a = 0; a <= 0x0a; a++) {
        (void)snprintf(words, sizeof(words), "a/assign_adapter %u", a);
        CHECK_INT(house_do(&house, words), 0);
        CHECK_INT(updates_of(guest), 0);
        CHECK(!is_told(guest));
    }
    CHECK_INT(house_do(&house, "a/assign_domain 0x47"), 0);
    CHECK_INT(updates_of(guest), 1);
    CHECK(is_told(guest));
    vap_guest_close(guest);
    house_down(&house);
}

/* S23 */
TEST(what_a_host_gains_at_once_costs_one_update)
{
    struct house house;
    struct vap_guest *guest;
    char words[32];

    house_up(&house);
    for (unsigned i = 0; i < 8; i++) {
        (void)snprintf(words, sizeof(words), "a/assign_domain %u", 0x10 + i);
        CHECK_INT(house_do(&house, words), 0);
    }
    house_do_all(&house, (const char *const[]){ "a/assign_adapter 6",
                                                "a/assign_adapter 7", NULL });
    guest = settled(&house, "a");
    CHECK_INT(house_do(&house, "adapters 6-7 domains 0x10-0x17 come"), 0);
    CHECK_INT(updates_of(guest), 1);
    CHECK(is_told(guest));
    for (unsigned i = 0; i < 8; i++) {
        CHECK_INT(vap_tapq(guest, 0x0610 + i, NULL).cc, 0);
        CHECK_INT(vap_tapq(guest, 0x0710 + i, NULL).cc, 0);
    }
    vap_guest_close(guest);
    house_down(&house);
}

static void
use_rule(struct house *house, void *rule)
{
    CHECK_INT(host_use_rule(house->owner.host, *(const struct vap_rule **)rule,
                            VAP_LINUX_7_2),
              0);
}

static void
check_mask(const struct vap_ids *ids, const struct vap_mask *mask)
{
    for (unsigned id = 0; id < VAP_IDS; id++)
        CHECK_INT(vap_ids_has(ids, id), vap_mask_has(mask, id));
}

/** What the host's books say. */
struct books {
    uint64_t updates;
    struct vap_matrix a; /* the APCB of its guest */
    struct vap_matrix b;
};

static void
read_books(struct house *house, void *data)
{
    struct host *host = house->owner.host;
    struct books *books = data;

    books->updates = house->owner.tally.updates;
    books->a = host->engine->mdevs[host_mdev(host, "a")].apcb;
    books->b = host->engine->mdevs[host_mdev(host, "b")].apcb;
}

/* The guest sees what KVM was told last. */
static void
check_apcb(struct vap_guest *guest, const struct vap_matrix *m)
{
    struct vap_apcb apcb;

    vap_guest_apcb(guest, &apcb);
    check_mask(&apcb.adapters, &m->adapters);
    check_mask(&apcb.domains, &m->domains);
    check_mask(&apcb.control, &m->control);
}

static void
check_rule(const struct vap_rule *rule, struct test_rng *rng)
{
    static const char *const words[] = {
        "a/assign_adapter 3",
        "a/assign_domain 4",
        "a/assign_domain 0x47",
        "a/assign_control_domain 4",
        "b/assign_adapter 5",
        "b/assign_domain 4",
        "a/unassign_adapter 3",
        "a/assign_adapter 3",
        "unbind vfio_ap 03.0047",
        "bind vfio_ap 03.0047",
        "adapter 3 leaves",
        "adapter 3 comes",
        "domain 4 leaves",
        "domain 4 comes",
        "a/ap_config 0x10,0x8,0x8",
        "b/unassign_domain 4",
        "card 3 checkstop",
        "card 3 recover",
        "reset a",
        "aqmask +4",
    };
    struct books books;
    struct house house;
    struct vap_guest *a;
    struct vap_guest *b;

    house_up(&house);
    house_call(&house, use_rule, &rule);
    a = house_guest(&house, "a", 0);
    b = house_guest(&house, "b", 0);
    for (int i = 0; i < 300; i++) {
        const char *what =
            words[test_below(rng, sizeof(words) / sizeof(words[0]))];

        (void)house_do(&house, what);
        test_note("%s: %s", rule->name, what);
        house_call(&house, read_books, &books);
        CHECK_INT(updates_of(a) + updates_of(b), books.updates);
        check_apcb(a, &books.a);
        check_apcb(b, &books.b);
    }
    vap_guest_close(a);
    vap_guest_close(b);
    house_down(&house);
}

/* As many as the host's books say, whatever happens. */
TEST(updates_are_those_that_were_planned_under_every_rule)
{
    struct test_rng rng = { test_seed() };

    for (size_t i = 0; i < vap_n_rules; i++)
        check_rule(vap_rules[i], &rng);
}

/** A kernel and its rule. */
struct kernel {
    const struct vap_rule *rule;
    enum vap_kernel kernel;
};

static void
use_kernel(struct house *house, void *data)
{
    const struct kernel *k = data;

    CHECK_INT(host_use_rule(house->owner.host, k->rule, k->kernel), 0);
}

/* A house under this kernel, with 03.0047 for a. */
static void
up_under(struct house *house, struct kernel kernel)
{
    house_up(house);
    house_call(house, use_kernel, &kernel);
    house_do_all(house, (const char *const[]){ "a/assign_adapter 3",
                                               "a/assign_domain 0x47", NULL });
}

static bool
has_queues(struct vap_guest *guest)
{
    struct vap_apcb apcb;

    vap_guest_apcb(guest, &apcb);
    return vap_ids_has(&apcb.adapters, 3);
}

/* CFG_CHG is of 6.15; until then a guest sees what it has when it looks. */
TEST(a_kernel_of_2024_tells_its_guests_nothing)
{
    struct kernel old = { &vap_rule_linux_6_12, VAP_LINUX_6_12 };
    struct house house;
    struct vap_guest *guest;
    struct vap_event event;
    struct pollfd fd = { .events = POLLIN };

    house_up(&house);
    house_call(&house, use_kernel, &old);
    CHECK_INT(house_do(&house, "a/assign_adapter 3"), 0);
    guest = house_guest(&house, "a", 0);
    CHECK(!vap_guest_event(guest, &event));
    CHECK_INT(house_do(&house, "a/assign_domain 0x47"), 0);
    fd.fd = vap_guest_fd(guest);
    CHECK_INT(poll(&fd, 1, 60000), 1);
    CHECK(!vap_guest_event(guest, &event));
    CHECK(has_queues(guest));
    CHECK_INT(house_do(&house, "remove a"), -EINPROGRESS);
    CHECK(vap_guest_event(guest, &event));
    CHECK_INT(event.kind, VAP_REQUESTED);
    CHECK(has_queues(guest));
    vap_guest_close(guest);
    house_down(&house);
}

/* The guest of an mdev that it could not have is left without AQIC. */
TEST(a_kernel_of_2024_loses_the_hook_of_whom_it_refuses)
{
    static const struct kernel rows[] = {
        { &vap_rule_linux_7_2, VAP_LINUX_7_2 },
        { &vap_rule_linux_6_12, VAP_LINUX_6_12 },
    };

    for (int i = 0; i < 2; i++) {
        struct vap_guest *twice = NULL;
        struct vap_guest *guest;
        struct house house;

        up_under(&house, rows[i]);
        guest = house_guest(&house, "a", 0);
        CHECK_INT(vap_guest_open(house.socket, "b", "a", 0, &twice), -EPERM);
        CHECK_INT(VAP_STATUS_RC(vap_aqic(guest, VAP_PQAP_AQIC | 0x0347,
                                         0x800000000000, 0x1000)
                                    .status),
                  i ? VAP_RESPONSE_NOT_AVAILABLE : 0);
        vap_guest_close(guest);
        house_down(&house);
    }
}

/* What an assignment gives back is taken at the next of the requests that
 * are repeated; under the rule state nothing is. */
TEST(a_removal_that_waits_takes_the_queues_again_and_again)
{
    static const struct kernel rows[] = {
        { &vap_rule_state, VAP_LINUX_7_2 },
        { &vap_rule_linux_7_2, VAP_LINUX_7_2 },
    };

    for (int i = 0; i < 2; i++) {
        struct vap_guest *guest;
        struct house house;

        up_under(&house, rows[i]);
        guest = settled(&house, "a");
        CHECK_INT(house_do(&house, "remove a"), -EINPROGRESS);
        CHECK_INT(has_queues(guest), i == 0);
        CHECK_INT(house_do(&house, "a/assign_domain 4"), 0);
        for (int n = 0; n < 3; n++)
            house_await(guest, VAP_REQUESTED);
        CHECK_INT(has_queues(guest), i == 0);
        if (i == 1)
            house_await(guest,
                        VAP_CHANGED); /* also where nothing is left to take */
        vap_guest_close(guest);
        house_down(&house);
    }
}

/** One who looks at its APCB all the time. */
struct looker {
    struct vap_guest *guest;
    _Atomic bool over;
    _Atomic unsigned whole;
    _Atomic unsigned torn;
};

static void *
look(void *data)
{
    struct looker *looker = data;
    struct vap_apcb apcb;

    while (!looker->over) {
        vap_guest_apcb(looker->guest, &apcb);
        if ((apcb.adapters.byte[0] == 0x10 && apcb.control.byte[0] == 8) ||
            (apcb.adapters.byte[0] == 0x04 && apcb.control.byte[0] == 0))
            (void)atomic_fetch_add(&looker->whole, 1);
        else
            (void)atomic_fetch_add(&looker->torn, 1);
    }
    return NULL;
}

TEST(an_apcb_is_never_seen_half_written)
{
    static const char *const words[] = { "a/ap_config 0x10,0x08,0x08",
                                         "a/ap_config 0x04,0x08,0x00" };
    struct looker looker = { .over = false };
    struct house house;
    pthread_t thread;

    house_up(&house);
    CHECK_INT(house_do(&house, words[0]), 0);
    looker.guest = house_guest(&house, "a", 0);
    CHECK_INT(pthread_create(&thread, NULL, look, &looker), 0);
    for (int i = 0; i < 2000; i++)
        CHECK_INT(house_do(&house, words[i % 2]), 0);
    while (!looker.whole && !looker.torn)
        (void)poll(NULL, 0, 1);
    looker.over = true;
    (void)pthread_join(thread, NULL);
    CHECK_INT(looker.torn, 0);
    vap_guest_close(looker.guest);
    house_down(&house);
}

TEST(queues_answer_as_their_cards_do)
{
    static const struct {
        const char *words;
        unsigned rc;
    } rows[] = {
        { "card 3 checkstop", 4 },          { "card 3 recover", 0 },
        { "card 3 deconfigure", 3 },        { "card 3 configure", 0 },
        { "03.0047 checkstop", 4 },         { "03.0047 recover", 0 },
        { "hardware adapter 3 leaves", 1 }, { "hardware adapter 3 comes", 0 },
        { "adapter 3 leaves", 1 },          { "adapter 3 comes", 0 },
    };
    struct house house;
    struct vap_guest *guest;
    char reply[12288];

    house_up(&house);
    house_do_all(&house, (const char *const[]){ "a/assign_adapter 3",
                                                "a/assign_domain 0x47", NULL });
    guest = house_guest(&house, "a", 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int r;

        test_note("%s", rows[i].words);
        CHECK_INT(house_do(&house, rows[i].words), 0);
        CHECK_INT(VAP_STATUS_RC(vap_tapq(guest, 0x0347, NULL).status),
                  rows[i].rc);
        r = house_ask(guest, 0x0347, "", 1, reply, sizeof(reply));
        CHECK_INT(r > 0 ? 0 : -r, rows[i].rc);
    }
    vap_guest_close(guest);
    house_down(&house);
}
