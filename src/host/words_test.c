/* SPDX-License-Identifier: MIT */
#include "host/words.h"

#include "matrix/text.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

TEST(a_file_of_an_mdev_is_an_operation)
{
    static const struct {
        const char *attribute;
        const char *text;
        enum vap_verdict verdict;
        enum vap_op op;
        uint64_t id;
    } rows[] = {
        { "assign_adapter", "5\n", VAP_OK, VAP_ASSIGN_ADAPTER, 5 },
        { "unassign_adapter", "0x10", VAP_OK, VAP_UNASSIGN_ADAPTER, 16 },
        { "assign_domain", "010\n", VAP_OK, VAP_ASSIGN_DOMAIN, 8 },
        { "unassign_domain", "300\n", VAP_OK, VAP_UNASSIGN_DOMAIN, 300 },
        { "assign_control_domain", "0", VAP_OK, VAP_ASSIGN_CONTROL, 0 },
        { "unassign_control_domain", "1", VAP_OK, VAP_UNASSIGN_CONTROL, 1 },
        { "assign_adapter", "", VAP_INVALID, VAP_ASSIGN_ADAPTER, 0 },
        { "assign_adapter", "x\n", VAP_INVALID, VAP_ASSIGN_ADAPTER, 0 },
        { "assign_adapter", "-1\n", VAP_INVALID, VAP_ASSIGN_ADAPTER, 0 },
        { "ap_config", "0x1\n", VAP_INVALID, VAP_AP_CONFIG, 0 },
        { "assign", "5", VAP_NO_ATTRIBUTE, 0, 0 },
        { "matrix", "5", VAP_NO_ATTRIBUTE, 0, 0 },
        { "", "5", VAP_NO_ATTRIBUTE, 0, 0 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vap_request r = { 0 };

        test_note("%s <- \"%s\"", rows[i].attribute, rows[i].text);
        CHECK_INT(words_mdev(rows[i].attribute, rows[i].text,
                             strlen(rows[i].text), &r),
                  rows[i].verdict);
        if (rows[i].verdict == VAP_OK)
            CHECK(r.op == rows[i].op && r.id == rows[i].id);
    }
}

TEST(ap_config_is_three_masks)
{
    struct vap_request r = { 0 };
    struct vap_mask five = vap_mask_one(5);
    static const char text[] = "0x04,0x0,0x04\n";

    CHECK_INT(words_mdev("ap_config", text, sizeof(text) - 1, &r), VAP_OK);
    CHECK_INT(r.op, VAP_AP_CONFIG);
    CHECK(vap_mask_equal(&r.matrix.adapters, &five));
    CHECK(vap_mask_empty(&r.matrix.domains));
    CHECK(vap_mask_equal(&r.matrix.control, &five));
}

TEST(a_file_of_the_bus_edits_its_own_mask)
{
    struct vap_request r = { 0 };

    CHECK_INT(words_bus("apmask", "+5,-6\n", 6, VAP_LINUX_7_2, &r), VAP_OK);
    CHECK(r.op == VAP_APMASK && vap_mask_has(&r.edit.adapters.set, 5) &&
          vap_mask_has(&r.edit.adapters.clear, 6));
    CHECK(vap_mask_empty(&r.edit.domains.set));
    CHECK_INT(words_bus("aqmask", "-0x10\n", 6, VAP_LINUX_7_2, &r), VAP_OK);
    CHECK(r.op == VAP_AQMASK && vap_mask_has(&r.edit.domains.clear, 16));
    CHECK_INT(words_bus("aqmask", "+256\n", 5, VAP_LINUX_7_2, &r), VAP_INVALID);
    CHECK_INT(words_bus("bqmask", "+1\n", 3, VAP_LINUX_7_2, &r),
              VAP_NO_ATTRIBUTE);
}

TEST(drivers_have_the_kernels_names)
{
    CHECK_INT(words_driver("vfio_ap"), VAP_VFIO_AP);
    CHECK_INT(words_driver("cex4queue"), VAP_DEFAULT);
    CHECK_INT(words_driver(""), VAP_NO_DRIVER);
    CHECK_INT(words_driver("vfio_a"), VAP_OTHER_DRIVER);
    for (int d = VAP_NO_DRIVER; d <= VAP_VFIO_AP; d++)
        CHECK_INT(words_driver(words_driver_name((enum vap_driver)d)), d);
}

TEST(any_bytes_become_a_name_and_bytes_again)
{
    char bytes[255];
    char back[4 * sizeof(bytes)];
    char *name;

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(255 - i);
    name = words_escape(bytes, sizeof(bytes));
    for (const char *c = name; *c; c++)
        CHECK(*c > ' ' && *c < 0x7f);
    CHECK_INT(words_unescape(name, back), sizeof(bytes));
    CHECK(memcmp(back, bytes, sizeof(bytes)) == 0);
    free(name);
    name = words_escape("my \\x20", 7);
    CHECK_STR(name, "my\\x20\\x5cx20");
    free(name);
    CHECK_INT(words_unescape("\\x4\\xg0\\", back), 8);
    CHECK(memcmp(back, "\\x4\\xg0\\", 8) == 0);
}

TEST(a_set_is_numbers_and_ranges)
{
    static const struct {
        const char *text;
        const char *is; /* as it is written; NULL: it is none */
    } rows[] = {
        { "", "" },
        { "0", "0" },
        { "255", "255" },
        { "0-2,7", "0-2,7" },
        { "7,0-2", "0-2,7" },
        { "1,1,0-1", "0-1" },
        { "0x47", "71" },
        { "0X0a-0x0C", "10-12" },
        { "007", "7" },
        { "0-255", "0-255" },
        { "256", NULL },
        { "0-256", NULL },
        { "2-1", NULL },
        { ",", NULL },
        { "1,", NULL },
        { ",1", NULL },
        { "1,,2", NULL },
        { "-1", NULL },
        { "1-", NULL },
        { "1-2-3", NULL },
        { "0x", NULL },
        { "a", NULL },
        { "1 ", NULL },
        { " 1", NULL },
        { "1\n", NULL },
        { "+1", NULL },
        { "18446744073709551616", NULL },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vap_mask mask = vap_mask_one(9);
        struct vap_mask before = mask;
        char text[VAP_SET_TEXT];

        test_note("\"%s\"", rows[i].text);
        CHECK_INT(words_set(rows[i].text, &mask),
                  rows[i].is ? VAP_OK : VAP_INVALID);
        if (!rows[i].is) {
            CHECK(vap_mask_equal(&mask, &before));
            continue;
        }
        (void)vap_set_text(&mask, text, sizeof(text));
        CHECK_STR(text, rows[i].is);
    }
}

TEST(every_set_is_read_as_it_was_written)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 2000; i++) {
        struct vap_mask mask;
        struct vap_mask back;
        char text[VAP_SET_TEXT];

        for (int w = 0; w < 4; w++)
            mask.word[w] = test_next(&rng) &
                           (test_below(&rng, 2) ? test_next(&rng) : UINT64_MAX);
        CHECK(vap_set_text(&mask, text, sizeof(text)) < sizeof(text));
        CHECK_INT(words_set(text, &back), VAP_OK);
        CHECK(vap_mask_equal(&mask, &back));
    }
}

TEST(a_name_is_short_and_plain)
{
    char long_one[67];

    memset(long_one, 'm', sizeof(long_one));
    long_one[65] = '\0';
    CHECK(!words_is_name(long_one));
    long_one[64] = '\0';
    CHECK(words_is_name(long_one));
    CHECK(words_is_name("62177883-f1bb-47f0-914d-32a22e3a8804"));
    CHECK(words_is_name("m0") && words_is_name("a.b:c_d"));
    CHECK(!words_is_name("") && !words_is_name("-a") && !words_is_name("a b"));
    CHECK(!words_is_name("a/b") && !words_is_name("05.0047"));
    CHECK(!words_is_name(".") && !words_is_name("..") && words_is_name("..."));
}

TEST(every_verdict_has_an_error)
{
    for (int v = VAP_OK; v < VAP_VERDICTS; v++) {
        const char *name = words_errno((enum vap_verdict)v);

        test_note("verdict %d", v);
        CHECK(name && *name);
        CHECK((words_error((enum vap_verdict)v) == 0) == (v == VAP_OK));
    }
    CHECK_STR(words_errno(VAP_SHARED), "EADDRINUSE");
    CHECK_STR(words_errno(VAP_OK), "0");
    CHECK_STR(words_errno(VAP_HELD), "BLOCKED");
}
