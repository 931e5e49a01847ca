/* SPDX-License-Identifier: MIT */
#include "lab/sets.h"

#include "base/auto.h"
#include "test.h"

TEST(ids_are_written_in_one_way)
{
    static const struct {
        const char *read;
        const char *written;
        const char *rest;
    } cases[] = {
        { "{0-2,7}", "{0-2,7}", "" },
        { "{7,1,0,2}", "{0-2,7}", "" },
        { "{0x47}", "{0x47}", "" },
        { "{71}", "{0x47}", "" },
        { "{0-255}", "{0-0xff}", "" },
        { "{254-255}", "{0xfe-0xff}", "" },
        { "{}", "none", "" },
        { "none", "none", "" },
        { "5", "{5}", "" },
        { "9-10 and on", "{9-0xa}", " and on" },
        { "{1}x{2}", "{1}", "x{2}" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = cases[i].read;
        struct vap_mask ids;

        test_note("%s", cases[i].read);
        CHECK(sets_read_ids(&at, &ids));
        CHECK_STR(at, cases[i].rest);

        AUTO(free_done) char *text = sets_ids_text(&ids);
        CHECK_STR(text, cases[i].written);
    }
}

TEST(what_is_no_set_is_refused)
{
    static const char *const cases[] = {
        "",      "{",      "{1",    "{1-}", "{2-1}", "{256}", "{1,}",
        "{ 1 }", "{1}}-x", "nones", "-1",   "{a}",   "{1;2}", "x",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = cases[i];
        struct vap_mask ids;

        test_note("%s", cases[i]);
        CHECK(!sets_read_ids(&at, &ids) || *at);
    }
}

TEST(products_are_written_in_one_way)
{
    static const char *const cases[][2] = {
        { "{1-3}x{1,2}", "{1-3}x{1-2}" },
        { "{}x{5}", "{}x{5}" },
        { "{5}x{}", "{5}x{}" },
        { "{}x{}", "empty" },
        { "empty", "empty" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = cases[i][0];
        struct vap_matrix m = { 0 };

        test_note("%s", cases[i][0]);
        CHECK(sets_read_product(&at, &m) && !*at);

        AUTO(free_done) char *text = sets_product_text(&m);
        CHECK_STR(text, cases[i][1]);
    }
}

TEST(adapters_with_the_same_domains_are_one_block)
{
    static const char *const cases[][2] = {
        { "{0,1}x{3} 05.0047", "{0-1}x{3} {5}x{0x47}" },
        { "00.0003 01.0003 00.0004", "{0}x{3-4} {1}x{3}" },
        { "{7}x{1} {2}x{1}", "{2,7}x{1}" },
        { "{0-255}x{0-255}", "{0-0xff}x{0-0xff}" },
        { "none", "none" },
        { "{}x{3}", "none" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = cases[i][0];
        struct sets_queues queues;

        test_note("%s", cases[i][0]);
        CHECK(sets_read_queues(&at, &queues) && !*at);

        AUTO(free_done) char *text = sets_queues_text(&queues);
        CHECK_STR(text, cases[i][1]);
    }
}
