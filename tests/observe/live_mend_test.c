/* SPDX-License-Identifier: MIT */
/* What mends a host that lives does what was said of it: looking again, and
 * remedies. */
#include "shaken.h"

#include "matrix/explain.h"
#include "matrix/remedy.h"

/* ---- looking again */

static bool
is_stale(const struct host *host, uint32_t slot)
{
    struct vap_mdev_facts f;

    vap_explain_mdev(host->engine, slot, &f);
    return !vap_mask_empty(&f.stale);
}

/* A driver_override can have the kernel refuse a matrix that is there. */
static bool
can_look_again(struct host *host, uint32_t slot)
{
    struct vap_request r = { .op = VAP_AP_CONFIG,
                             .mdev = slot,
                             .matrix = host->slots[slot].matrix };

    return host_plan(host, &r, 1, NULL) == VAP_OK;
}

/* ap_config written back as it is, into every mdev that lacks what is due.
 * Returns how many. */
static int
look_again(const struct vhost *live, struct host *host)
{
    int n = 0;

    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        AUTO(change_write_done) struct change_write w = { 0 };
        struct vap_request r = { .op = VAP_AP_CONFIG,
                                 .mdev = i,
                                 .matrix = host->slots[i].matrix };

        if (!host->slots[i].exists || !is_stale(host, i) ||
            !can_look_again(host, i))
            continue;
        CHECK_INT(change_words_write(host, &r, &w), 0);
        CHECK_INT(vhost_write(live, w.file, w.text), 0);
        n++;
    }
    return n;
}

static void
check_healed(const struct host *before, struct host *after)
{
    for (uint32_t i = 0; i < before->engine->n_slots; i++) {
        uint32_t slot;

        if (!before->slots[i].exists)
            continue;
        slot = host_mdev(after, host_mdev_name(before, i));
        CHECK(slot != NAMES_NONE);
        CHECK(!is_stale(after, slot) || !can_look_again(after, slot));
        CHECK(vap_mask_within(&before->slots[i].guest.adapters,
                              &after->slots[slot].guest.adapters));
        CHECK(vap_mask_within(&before->slots[i].guest.domains,
                              &after->slots[slot].guest.domains));
    }
}

TEST(looking_again_gives_what_is_due_and_takes_nothing)
{
    struct test_rng rng = { test_seed() };
    int healed = 0;

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost live = vhost_new();

    start(&live, "linux-7.2");
    for (int i = 0; i < 1000 && healed < 5; i++) {
        AUTO(host_done) struct host *before = NULL;
        AUTO(host_done) struct host *after = NULL;

        shake(&live, &rng);
        before = seen(&live);
        healed += look_again(&live, before);
        after = seen(&live);
        check_healed(before, after);
    }
    CHECK(healed > 0);
}

/* ---- remedies */

enum { REMEDIES = 16, RESETS = 4096, MOST = 1024 };

/** A search, and all that it takes. */
struct cure {
    struct vap_remedies search;
    struct vap_remedy found[REMEDIES];
    struct vap_change change;
    uint32_t where[MOST];
    struct vap_effect effects[MOST];
    struct vap_reset resets[RESETS];
};

static void
search(struct cure *c, const struct host *host, uint32_t mdev)
{
    const struct vap_goal goal = { VAP_WANT_MDEV, mdev, 0, 0 };

    CHECK(host->engine->n_slots <= MOST);
    vap_change_init(&c->change, c->where, host->engine->n_slots, c->effects,
                    host->engine->n_slots, c->resets, RESETS);
    c->search.found = c->found;
    c->search.room = REMEDIES;
    c->search.budget = 2000;
    vap_remedies(host->engine, &goal, &c->change, &c->search);
}

/* Types in what the remedy takes, on the living host and on the read one. */
static void
type_in(const struct vhost *live, struct host *host,
        const struct vap_request *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        AUTO(change_write_done) struct change_write w = { 0 };
        AUTO(free_done) char *line = NULL;

        CHECK_INT(change_words_write(host, &list[i], &w), 0);
        CHECK(asprintf(&line, "%s\n", w.text) > 0);
        test_note("%s > %s", w.text, w.file);
        CHECK_INT(vhost_write(live, w.file, line), 0);
        CHECK_INT(host_do(host, &list[i], NULL), VAP_OK);
    }
}

static bool
can_type(const struct vap_request *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].op == VAP_HOST || list[i].op == VAP_RESET_MDEV)
            return false;
    return true;
}

static unsigned
count_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

/* One that was found for the mdev, done. False: there is none to be done. */
static bool
cure(struct cure *c, const struct vhost *live, const char *rule,
     struct test_rng *rng, unsigned i)
{
    AUTO(host_done) struct host *before = NULL;
    AUTO(host_done) struct host *after = NULL;
    struct vap_request *list = c->search.requests;
    const struct vap_remedy *remedy;
    char mdev[40];
    uint32_t slot;
    unsigned had;
    size_t n;

    show_masks(live);
    before = seen(live);
    draw_mdev(i, mdev);
    predict(before, rule);
    slot = host_mdev(before, mdev);
    if (slot == NAMES_NONE)
        return false;
    search(c, before, slot);
    if (c->search.met || !c->search.n)
        return false;
    remedy = &c->found[test_below(rng, c->search.n)];
    n = vap_remedy_requests(before->engine, remedy, list);
    if (!can_type(list, n))
        return false;
    had = count_queues(&before->slots[slot].guest);
    type_in(live, before, list, n);
    after = seen(live);
    predict(after, rule);
    check_guests(before, after);
    slot = host_mdev(after, mdev);
    CHECK_INT(count_queues(&after->slots[slot].guest),
              had + remedy->gained - remedy->lost);
    search(c, after, slot);
    CHECK(c->search.met);
    return true;
}

TEST(a_remedy_does_what_was_said)
{
    AUTO(free_done) struct cure *c = calloc(1, sizeof(*c));
    struct test_rng rng = { test_seed() };

    if (!c)
        FAIL("out of memory");
    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        AUTO(vhost_done) struct vhost live = vhost_new();
        int cured = 0;

        start(&live, rules[i]);
        for (unsigned k = 0; k < 200 && cured < 8; k++) {
            if (k % DRAW_MDEVS == 0)
                shake(&live, &rng);
            cured += cure(c, &live, rules[i], &rng, k % DRAW_MDEVS);
        }
        CHECK(cured > 0);
    }
}
