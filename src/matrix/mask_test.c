/* SPDX-License-Identifier: MIT */
#include "matrix/mask.h"

#include <string.h>

#include "test.h"

/* The same masks the slow way. */
static void
spread(const struct vap_mask *m, bool has[VAP_IDS])
{
    for (unsigned id = 0; id < VAP_IDS; id++)
        has[id] = (m->word[id / 64] >> (63 - id % 64) & 1) != 0;
}

static struct vap_mask
random_mask(struct test_rng *rng)
{
    struct vap_mask m = vap_mask_none();
    uint64_t n = test_below(rng, 3) ? test_below(rng, 6) : test_below(rng, 600);

    while (n--)
        vap_mask_add(&m, (unsigned)test_below(rng, VAP_IDS));
    return m;
}

TEST(id_0_is_the_leftmost_bit)
{
    static const struct {
        unsigned id;
        int word;
        uint64_t value;
    } rows[] = {
        { 0, 0, UINT64_C(0x8000000000000000) },
        { 1, 0, UINT64_C(0x4000000000000000) },
        { 63, 0, 1 },
        { 64, 1, UINT64_C(0x8000000000000000) },
        { 127, 1, 1 },
        { 128, 2, UINT64_C(0x8000000000000000) },
        { 200, 3, UINT64_C(0x0080000000000000) },
        { 255, 3, 1 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vap_mask m = vap_mask_one(rows[i].id);

        test_note("id %u", rows[i].id);
        for (int w = 0; w < 4; w++)
            CHECK(m.word[w] == (w == rows[i].word ? rows[i].value : 0));
        CHECK(vap_mask_has(&m, rows[i].id));
        CHECK_INT(vap_mask_next(&m, 0), rows[i].id);
        CHECK_INT(vap_mask_next(&m, rows[i].id), rows[i].id);
        CHECK_INT(vap_mask_next(&m, rows[i].id + 1), VAP_IDS);
        vap_mask_drop(&m, rows[i].id);
        CHECK(vap_mask_empty(&m));
    }
}

TEST(up_to_an_id_are_that_many_and_one)
{
    for (unsigned last = 0; last < VAP_IDS; last++) {
        struct vap_mask m = vap_mask_up_to(last);
        struct vap_mask all = vap_mask_all();

        CHECK_INT(vap_mask_count(&m), last + 1);
        CHECK(vap_mask_has(&m, last));
        CHECK(last == 255 || !vap_mask_has(&m, last + 1));
        CHECK(vap_mask_within(&m, &all));
        CHECK_INT(vap_mask_equal(&m, &all), last == 255);
    }
}

static void
check_two(struct vap_mask a, struct vap_mask b)
{
    bool in_a[VAP_IDS];
    bool in_b[VAP_IDS];
    bool meets = false;
    bool within = true;
    bool equal = true;
    struct vap_mask both = vap_mask_and(a, b);
    struct vap_mask either = vap_mask_or(a, b);
    struct vap_mask less = vap_mask_less(a, b);

    spread(&a, in_a);
    spread(&b, in_b);
    for (unsigned id = 0; id < VAP_IDS; id++) {
        meets |= in_a[id] && in_b[id];
        within &= !in_a[id] || in_b[id];
        equal &= in_a[id] == in_b[id];
        CHECK_INT(vap_mask_has(&both, id), in_a[id] && in_b[id]);
        CHECK_INT(vap_mask_has(&either, id), in_a[id] || in_b[id]);
        CHECK_INT(vap_mask_has(&less, id), in_a[id] && !in_b[id]);
    }
    CHECK_INT(vap_mask_meets(&a, &b), meets);
    CHECK_INT(vap_mask_within(&a, &b), within);
    CHECK_INT(vap_mask_equal(&a, &b), equal);
}

TEST(masks_of_two_are_as_those_of_each_id)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 300; i++) {
        struct vap_mask a = random_mask(&rng);
        struct vap_mask b = random_mask(&rng);

        check_two(a, b);
        check_two(a, a);
        check_two(vap_mask_and(a, b), a);
        check_two(a, vap_mask_or(a, b));
    }
}

TEST(each_id_comes_once_and_in_order)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 300; i++) {
        struct vap_mask m = random_mask(&rng);
        bool has[VAP_IDS];
        unsigned next = 0;
        unsigned n = 0;

        spread(&m, has);
        VAP_EACH (id, &m) {
            for (; next < id; next++)
                CHECK(!has[next]);
            CHECK(has[next++]);
            n++;
        }
        while (next < VAP_IDS)
            CHECK(!has[next++]);
        CHECK_INT(vap_mask_count(&m), n);
    }
}

TEST(an_edit_clears_then_sets)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 300; i++) {
        struct vap_mask old = random_mask(&rng);
        struct vap_edit edit = { random_mask(&rng), random_mask(&rng) };
        struct vap_mask new = vap_mask_edited(old, &edit);

        for (unsigned id = 0; id < VAP_IDS; id++)
            CHECK_INT(
                vap_mask_has(&new, id),
                vap_mask_has(&edit.set, id) ||
                    (vap_mask_has(&old, id) && !vap_mask_has(&edit.clear, id)));
        edit = vap_edit_to(old);
        new = vap_mask_edited(new, &edit);
        CHECK(vap_mask_equal(&new, &old));
    }
}
