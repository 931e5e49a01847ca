/* SPDX-License-Identifier: MIT */
#include "replay/record.h"

#include "base/auto.h"
#include "matrix/text.h"

#include "test.h"

/** A record, and the host that numbers its names. */
struct both {
    struct record record;
    struct host *host;
};

static void
both_done(struct both *b)
{
    record_done(&b->record);
    host_free(b->host);
}

static struct both
nothing_recorded(void)
{
    struct host_boot boot = { .rule = &vap_rule_state };
    struct both b = { 0 };

    CHECK_INT(host_new(&boot, &b.host), 0);
    return b;
}

static json_t *
json(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    CHECK(value);
    return value;
}

static void
record_text(struct both *b, const char *step)
{
    json_t *value = json(step);
    int r = record_step(&b->record, b->host, value);

    json_decref(value);
    CHECK_INT(r, 0);
}

static void
expect_set(const struct vap_mask *mask, const char *is)
{
    char text[VAP_SET_TEXT];

    (void)vap_set_text(mask, text, sizeof(text));
    CHECK_STR(text, is);
}

static bool
reads_blocks(const char *text, struct record_queues *out)
{
    json_t *value = json(text);
    bool good = record_blocks(value, out);

    json_decref(value);
    return good;
}

TEST(a_block_stands_for_its_product)
{
    struct record_queues q;

    CHECK(reads_blocks("[\"0-1:3\", \"5:0-255\", \"1:7\"]", &q));
    expect_set(&q.of[0], "3");
    expect_set(&q.of[1], "3,7");
    expect_set(&q.of[5], "0-255");
    expect_set(&q.of[2], "");
    CHECK(reads_blocks("[]", &q));
    expect_set(&q.of[0], "");
    CHECK(reads_blocks("[\":\"]", &q));
    CHECK(!reads_blocks("[\"0\"]", &q) && !reads_blocks("[0]", &q) &&
          !reads_blocks("\"0:0\"", &q) && !reads_blocks("[\"0:0:0\"]", &q) &&
          !reads_blocks("[\"0:256\"]", &q));
}

TEST(a_queue_is_in_one_state_at_a_time)
{
    AUTO(both_done) struct both b = nothing_recorded();

    record_text(&b, "{\"queues\":{\"vfio_ap\":[\"0-1:0-3\"]}}");
    record_text(&b, "{\"queues\":{\"default\":[\"0:2\"],\"none\":[\"0:3\"],"
                    "\"gone\":[\"1:0-2\"]}}");
    expect_set(&b.record.vfio.of[0], "0-1");
    expect_set(&b.record.vfio.of[1], "3");
    expect_set(&b.record.dflt.of[0], "2");
    expect_set(&b.record.unbound.of[0], "3");
}

TEST(what_a_step_does_not_name_stays)
{
    AUTO(both_done) struct both b = nothing_recorded();

    record_text(&b, "{\"host\":[\"1\",\"2\",\"3\"],\"apmask\":\"4\","
                    "\"aqmask\":\"5\"}");
    record_text(&b, "{\"aqmask\":\"6\"}");
    expect_set(&b.record.hardware.adapters, "1");
    expect_set(&b.record.hardware.domains, "2");
    expect_set(&b.record.hardware.control, "3");
    expect_set(&b.record.apmask, "4");
    expect_set(&b.record.aqmask, "6");
}

static const char m0_held[] =
    "{\"mdevs\":{\"m0\":{\"matrix\":[\"1\",\"2\"],\"cdoms\":\"3\",\"guest\":["
    "\"4\",\"5\"],\"guest_cdoms\":\"6\",\"kvm\":\"k\",\"apcb\":[\"7\",\"8\","
    "\"9\"]}}}";

TEST(an_mdev_is_told_whole)
{
    AUTO(both_done) struct both b = nothing_recorded();
    const struct record_mdev *m;

    record_text(&b, m0_held);
    m = &b.record.mdevs[host_slot(b.host, "m0")];
    CHECK(m->exists && m->vm == host_vm(b.host, "k"));
    expect_set(&m->matrix.adapters, "1");
    expect_set(&m->matrix.control, "3");
    expect_set(&m->guest.domains, "5");
    expect_set(&m->guest.control, "6");
    expect_set(&m->apcb.control, "9");

    record_text(&b,
                "{\"mdevs\":{\"m0\":{\"matrix\":[\"\",\"\"],\"cdoms\":\"\","
                "\"guest\":[\"\",\"\"],\"guest_cdoms\":\"\",\"kvm\":null}}}");
    CHECK(m->exists && !m->vm && vap_mask_empty(&m->apcb.adapters) &&
          vap_mask_empty(&m->matrix.adapters));
    record_text(&b, "{\"mdevs\":{\"m0\":null}}");
    CHECK(!m->exists);
}

TEST(pure_is_of_one_step)
{
    AUTO(both_done) struct both b = nothing_recorded();
    const struct record_mdev *m;

    record_text(&b, m0_held);
    record_text(&b, "{\"pure\":{\"m0\":{\"guest\":[\"1\",\"\"],"
                    "\"guest_cdoms\":\"2\"}}}");
    m = &b.record.mdevs[host_slot(b.host, "m0")];
    CHECK(m->has_pure && m->exists);
    expect_set(&m->pure.adapters, "1");
    expect_set(&m->pure.control, "2");
    record_text(&b, "{}");
    CHECK(!m->has_pure);
}

TEST(a_clear_record_has_nothing)
{
    AUTO(both_done) struct both b = nothing_recorded();

    record_text(&b, m0_held);
    record_text(&b, "{\"host\":[\"1\",\"2\",\"3\"],\"queues\":{\"none\":["
                    "\"0:0\"]}}");
    record_clear(&b.record);
    CHECK(!b.record.mdevs[host_slot(b.host, "m0")].exists);
    expect_set(&b.record.hardware.adapters, "");
    expect_set(&b.record.unbound.of[0], "");
    record_text(&b, m0_held);
    CHECK(b.record.mdevs[host_slot(b.host, "m0")].exists);
}

TEST(mdevs_beyond_the_first_few_have_room)
{
    AUTO(both_done) struct both b = nothing_recorded();
    char step[80];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(step, sizeof(step),
                       "{\"pure\":{\"m%d\":{\"guest\":[\"%d\",\"\"],"
                       "\"guest_cdoms\":\"\"}}}",
                       i, i);
        record_text(&b, step);
        CHECK(b.record.mdevs[i].has_pure);
    }
    expect_set(&b.record.mdevs[99].pure.adapters, "99");
    CHECK(b.record.n_mdevs >= 100);
}
