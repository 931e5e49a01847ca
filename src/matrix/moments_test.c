/* SPDX-License-Identifier: MIT */
/* The order of what happens: the kernel's under its rules, guests first and
 * last where a change is one to all; and it adds up to the whole change. */
#include "engine.h"

static struct engine e;
static struct vap_moment moments[1024];
static char text[1024];

static void
two_guests(const char *rule)
{
    engine_two_guests(&e, rule);
    vap_change_moments(&e.change, moments, ROWS(moments));
}

/* ---- as text: "m0=0:5:5" a guest has it, "m0~0:5:5" guest_matrix shows it,
 * "00.5-6!" reset, "00.5!>vfio" reset and turned */

static const char *
to_word(const struct vap_moment *m)
{
    static const char *const words[] = { "none", "host", "vfio", "other" };

    return m->gone ? "gone" : words[m->to];
}

static size_t
put_queues(char *at, const struct vap_moment *m)
{
    char set[VAP_SET_TEXT];

    (void)vap_set_text(&m->queues.domains, set, sizeof(set));

    int n = sprintf(at, "%02x.%s", m->queues.adapter, set);

    for (uint32_t i = 0; i < m->queues.times; i++)
        n += sprintf(at + n, "!");
    if (m->queues.rc)
        n += sprintf(at + n, "%u", m->queues.rc);
    if (m->kind == VAP_MOMENT_TURN)
        n += sprintf(at + n, ">%s", to_word(m));
    return (size_t)n;
}

static const char *
in_order(void)
{
    char *at = text;

    *at = '\0';
    for (size_t i = 0; i < e.change.n_moments; i++) {
        const struct vap_moment *m = &moments[i];

        if (i)
            *at++ = ' ';
        if (m->kind == VAP_MOMENT_GUEST)
            at += sprintf(at, "m%u%c%s", m->mdev, m->apcb ? '=' : '~',
                          engine_text(&m->matrix));
        else
            at += put_queues(at, m);
    }
    return text;
}

/* ---- each rule has its order */

static const struct {
    const char *rule;
    const char *ask;
    const char *order;
} cases[] = {
    /* an APCB is set, then what left it is reset, then it is let go */
    { "linux-7.2", "unbind vfio_ap 00.0005", "m0=:5-6:5 00.5-6! 00.5>none" },
    { "state", "unbind vfio_ap 00.0005", "m0=::5 00.5-6! 00.5>none" },
    /* ... alone with its reset where no guest has it */
    { "linux-7.2", "unbind vfio_ap 01.0005", "01.5!>none" },
    { "fcfs", "unbind vfio_ap 01.0005", "01.5! 01.5>none" },
    /* a queue is there before its guest has it */
    { "linux-7.2", "bind vfio_ap 01.0006", "01.6>vfio m0=0-1:5-6:5" },
    { "state", "bind vfio_ap 01.0006", "01.6>vfio m0=0-1:5-6:5" },
    /* guests are told before the scan looks at a queue */
    { "linux-7.2", "host apm-2", "m1~:5-6:5 02.5-7>gone" },
    { "linux-7.2", "host apm-0", "m0=:5-6:5 00.5-7>gone" },
    { "linux-6.12", "host apm-0", "m0~:5-6:5 00.5-7>gone" },
    { "state", "host apm-0", "m0=::5 00.5-7>gone" },
    /* queue by queue, from one driver to the other */
    { "linux-7.2", "apmask -3", "03.7>vfio" },
    { "linux-6.12", "apmask +0-2", "00.7!>host 01.7!>host 02.7!>host" },
    { "state", "apmask +0-2", "" },
    { "linux-7.2", "aqmask +4", "" },
    /* in three steps, of each of which the guest hears; or once */
    { "linux-7.2", "ap_config m0 1:6:6", "m0=:5-6:5 00.5-6! m0=:6:5 m0=:6:" },
    { "state", "ap_config m0 1:6:6", "m0=:: 00.5-6!" },
    { "state", "ap_config m0 0:5:", "m0=0:5: 00.6!" },
    { "linux-7.2", "ap_config m1 0:7:", "m1~:5-6:5 02.5-6! m1~::5 m1~0:7:" },
    { "linux-7.2", "unassign_domain m0 6", "m0=0:5:5 00.6!" },
    /* a guest that goes: its APCB first */
    { "linux-7.2", "close m0", "m0=:: 00.5-6! 01.5!" },
    { "state", "close m0", "m0=:: 00.5-6! 01.5!" },
    { "linux-7.2", "open m1 k2", "m1=2:5-6:5" },
    { "state", "open m1 k2", "m1=2:5-6:5" },
    { "linux-7.2", "remove m0", "m0=::" },
    { "linux-6.12", "remove m0", "" },
    { "linux-7.2", "remove m1", "02.5-6!" },
    { "linux-7.2", "assign_adapter m0 0", "" },
};

TEST(what_happens_is_told_in_the_order_of_the_rule)
{
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct vap_request r = engine_request(cases[i].ask);

        two_guests(cases[i].rule);
        test_note("%s: %s", cases[i].rule, cases[i].ask);
        (void)vap_plan(&e.host, &r, 1, &e.change, &e.why);
        CHECK_STR(in_order(), cases[i].order);
    }
}

/* Domain 5 came back, so its queue is the bus's younger one. */
TEST(queues_turn_in_the_order_of_the_bus)
{
    static const struct engine_step steps[] = {
        { "host aqm-5", VAP_OK, NULL },
        { "host aqm+5", VAP_OK, NULL },
    };
    struct vap_request r = engine_request("aqmask +5-6");

    two_guests("linux-6.12");
    PLAY(&e, steps);
    (void)vap_plan(&e.host, &r, 1, &e.change, &e.why);
    CHECK_STR(in_order(), "03.6!>host 03.5!>host");
    r = engine_request("host apm-3");
    (void)vap_plan(&e.host, &r, 1, &e.change, &e.why);
    CHECK_STR(in_order(), "03.6-7>gone 03.5>gone");
}

/* A list is one change under every rule: who loses comes first, and who gains
 * the same queue comes last. */
TEST(a_queue_that_moves_is_lost_reset_and_then_gained)
{
    const struct vap_request list[] = {
        engine_request("unassign_adapter m0 0"),
        engine_request("open m1 k2"),
        engine_request("assign_adapter m1 0"),
    };

    for (size_t rule = 0; rule < vap_n_rules; rule++) {
        two_guests(vap_rules[rule]->name);
        test_note("%s", vap_rules[rule]->name);
        CHECK_INT(vap_plan(&e.host, list, ROWS(list), &e.change, &e.why),
                  VAP_OK);
        CHECK(strstr(in_order(), " 00.5-6! "));
        CHECK(memcmp(text, "m0=", 3) == 0);
        CHECK(strstr(text, " m1=0,2:5-6:5"));
    }
}

TEST(who_does_not_ask_for_moments_has_none)
{
    two_guests("linux-7.2");
    vap_change_moments(&e.change, NULL, 0);
    CHECK_INT(engine_ask(&e, "unbind vfio_ap 00.0005"), VAP_OK);
    CHECK_INT(e.change.n_moments, 0);
}

TEST(moments_that_do_not_fit_are_no_room)
{
    struct vap_request r = engine_request("unbind vfio_ap 00.0005");

    for (size_t rule = 0; rule < vap_n_rules; rule++) {
        two_guests(vap_rules[rule]->name);
        vap_change_moments(&e.change, moments, 1);
        CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, &e.why), VAP_NO_ROOM);
        vap_change_moments(&e.change, moments, 3);
        CHECK_INT(vap_plan(&e.host, &r, 1, &e.change, &e.why), VAP_OK);
    }
}

/* ---- it adds up */

/** What a host has been told, moment by moment. */
struct sum {
    struct vap_matrix apcb[ENGINE_MDEVS];
    struct vap_row row[VAP_IDS];
    uint32_t n_told;
    uint32_t n_zapqs;
};

static void
turn(struct vap_row *row, const struct vap_moment *m)
{
    const struct vap_mask *domains = &m->queues.domains;

    row->dflt = vap_mask_less(row->dflt, *domains);
    row->vfio = vap_mask_less(row->vfio, *domains);
    if (m->to == VAP_DEFAULT)
        row->dflt = vap_mask_or(row->dflt, *domains);
    if (m->to == VAP_VFIO_AP)
        row->vfio = vap_mask_or(row->vfio, *domains);
    row->present = m->gone ? vap_mask_less(row->present, *domains)
                           : vap_mask_or(row->present, *domains);
}

static void
add_up(struct sum *sum)
{
    for (size_t i = 0; i < e.change.n_moments; i++) {
        const struct vap_moment *m = &moments[i];

        sum->n_zapqs += m->queues.times * vap_mask_count(&m->queues.domains);
        if (m->kind == VAP_MOMENT_GUEST && m->apcb) {
            sum->apcb[m->mdev] = m->matrix;
            sum->n_told++;
        } else if (m->kind == VAP_MOMENT_TURN) {
            turn(&sum->row[m->queues.adapter], m);
        }
    }
}

static void
begin(struct sum *sum)
{
    *sum = (struct sum){ 0 };
    memcpy(sum->row, e.host.row, sizeof(sum->row));
    for (uint32_t i = 0; i < ENGINE_MDEVS; i++)
        sum->apcb[i] = e.mdevs[i].apcb;
}

static void
check_sum(const struct sum *sum, bool each)
{
    for (uint32_t i = 0; i < ENGINE_MDEVS; i++)
        CHECK(vap_matrix_equal(&sum->apcb[i], &e.mdevs[i].apcb));
    for (unsigned a = 0; a < VAP_IDS; a++) {
        CHECK(vap_mask_equal(&sum->row[a].dflt, &e.host.row[a].dflt));
        CHECK(vap_mask_equal(&sum->row[a].vfio, &e.host.row[a].vfio));
        CHECK(vap_mask_equal(&sum->row[a].present, &e.host.row[a].present));
    }
    CHECK_INT(sum->n_zapqs, e.n_zapqs);
    if (each)
        CHECK_INT(sum->n_told, e.n_updates + e.n_clears);
}

static const char *const forms[] = {
    "assign_adapter m%u %u",
    "unassign_adapter m%u %u",
    "assign_domain m%u %u",
    "unassign_domain m%u %u",
    "assign_control_domain m%u %u",
    "ap_config m%u 0-%u:5-6:5",
    "ap_config m%u %u:5-7:6",
    "open m%u k%u",
    "create m%u",
    "close m%u",
    "remove m%u",
    "vfio_reset m%u",
    "apmask -%u,+%u",
    "aqmask -%u,+%u",
    "bind vfio_ap 0%u.000%u",
    "unbind vfio_ap 0%u.000%u",
    "bind cex4queue 0%u.000%u",
    "unbind cex4queue 0%u.000%u",
    "probe 0%u.000%u",
    "host apm=%u,%u aqm=5-7 adm=5-6",
    "host apm=0-3 aqm=%u-7",
    "host apm=0-3 aqm=5-7 adm=5",
    "fail_zapq 0%u.000%u 2 2",
    "fail_zapq 0%u.000%u 1 1",
    "look_again",
};

static void
draw(struct test_rng *rng, char *words, size_t size)
{
    const char *form = forms[test_below(rng, ROWS(forms))];
    bool queue = strstr(form, "000%u") || strstr(form, "qm");
    unsigned a = (unsigned)test_below(rng, 4);
    unsigned b =
        (unsigned)test_below(rng, queue || strstr(form, "domain") ? 3 : 4);

    if (queue || strstr(form, "domain"))
        b += 5;
    if (strstr(form, "aqm"))
        a += 4;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(words, size, form, a, b);
#pragma GCC diagnostic pop
}

TEST(moments_add_up_to_the_change)
{
    struct test_rng rng = { test_seed() };
    struct sum sum;

    for (int i = 0; i < 20000; i++) {
        const struct vap_rule *rule;
        struct vap_request list[2];
        char words[2][64];
        size_t n = 1 + test_below(&rng, 2);

        if (i % 200 == 0)
            two_guests(vap_rules[test_below(&rng, vap_n_rules)]->name);
        rule = e.host.rule;
        for (size_t k = 0; k < n; k++) {
            draw(&rng, words[k], sizeof(words[k]));
            list[k] = engine_request(words[k]);
        }
        test_note("%s: %s, %s", rule->name, words[0], n > 1 ? words[1] : "");
        (void)vap_plan(&e.host, list, n, &e.change, &e.why);
        begin(&sum);
        add_up(&sum);
        engine_note(&e);
        vap_apply(&e.host, &e.change);
        check_sum(&sum, rule->counts_each && n == 1);
    }
}
