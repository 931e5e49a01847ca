/* SPDX-License-Identifier: MIT */
#include "matrix/grammar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "matrix/text.h"
#include "test.h"

/* A text with its length: it may have a NUL in it. */
#define TEXT(bytes) bytes, sizeof(bytes) - 1
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define DIGITS_63                                                              \
    "00000000000000000000000000000000000000000000000000"                       \
    "0000000000000"

struct text_row {
    const char *text;
    size_t length;
};

static const char *
set_text(const struct vap_mask *mask)
{
    static char texts[3][VAP_SET_TEXT]; /* three at a time */
    static unsigned turn;
    char *text = texts[turn++ % 3];

    (void)vap_set_text(mask, text, VAP_SET_TEXT);
    return text;
}

static struct vap_mask
random_mask(struct test_rng *rng)
{
    struct vap_mask m;

    for (int i = 0; i < 4; i++)
        m.word[i] = test_next(rng);
    return m;
}

TEST(a_number_is_decimal_octal_or_hex)
{
    static const struct {
        const char *text;
        size_t length;
        uint64_t value;
    } rows[] = {
        { TEXT("0"), 0 },
        { TEXT("0\n"), 0 },
        { TEXT("00"), 0 },
        { TEXT("10\n"), 10 },
        { TEXT("010\n"), 8 },
        { TEXT("0x10\n"), 16 },
        { TEXT("0XaF"), 0xaf },
        { TEXT("+5\n"), 5 },
        { TEXT("+0x5"), 5 },
        { TEXT("+017"), 15 },
        { TEXT("5\0x"), 5 },
        { TEXT("5\n\0\n"), 5 },
        { TEXT("00000000000000000000000000000000000011"), 9 },
        { TEXT("18446744073709551615\n"), UINT64_MAX },
        { TEXT("0xffffffffffffffff"), UINT64_MAX },
        { TEXT("01777777777777777777777"), UINT64_MAX },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t n = 99;

        test_note("\"%s\"", rows[i].text);
        CHECK_INT(vap_read_number(rows[i].text, rows[i].length, &n), VAP_OK);
        CHECK(n == rows[i].value);
    }
}

TEST(what_is_no_number_is_invalid)
{
    static const struct text_row rows[] = {
        { TEXT("") },        { TEXT("\n") },  { TEXT("+") },
        { TEXT("+\n") },     { TEXT("-1") },  { TEXT("++1") },
        { TEXT("+-1") },     { TEXT(" 1") },  { TEXT("1 ") },
        { TEXT("+ 1") },     { TEXT("\n1") }, { TEXT("5\n\n") },
        { TEXT("5\r\n") },   { TEXT("08") },  { TEXT("0x") },
        { TEXT("0x\n") },    { TEXT("0xg") }, { TEXT("0x-1") },
        { TEXT("x1") },      { TEXT("1x") },  { TEXT("0b1") },
        { TEXT("1a") },      { TEXT("1,2") }, { TEXT("\0001") },
        { TEXT("0x1\xff") },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t n = 99;

        test_note("row %zu, \"%s\"", i, rows[i].text);
        CHECK_INT(vap_read_number(rows[i].text, rows[i].length, &n),
                  VAP_INVALID);
        CHECK_INT(n, 99);
    }
}

TEST(a_number_of_2_to_the_64_is_out_of_range_whatever_follows)
{
    static const struct text_row rows[] = {
        { TEXT("18446744073709551616\n") },
        { TEXT("+18446744073709551616") },
        { TEXT("36893488147419103232") }, /* 2^65 */
        { TEXT("0x10000000000000000") },
        { TEXT("02000000000000000000000") },
        { TEXT("99999999999999999999999999 and more") },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t n = 99;

        test_note("\"%s\"", rows[i].text);
        CHECK_INT(vap_read_number(rows[i].text, rows[i].length, &n), VAP_RANGE);
        CHECK_INT(n, 99);
    }
}

TEST(a_number_printed_is_the_number_read)
{
    static const char *const formats[] = { "%ju", "0x%jx", "0X%jX\n", "0%jo",
                                           "+%ju\n" };
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 2000; i++) {
        uint64_t n = test_next(&rng) >> test_below(&rng, 64);
        uint64_t read = ~n;
        char text[32];

        (void)snprintf(text, sizeof(text), formats[i % 5], (uintmax_t)n);
        test_note("\"%s\"", text);
        CHECK_INT(vap_read_number(text, strlen(text), &read), VAP_OK);
        CHECK(read == n);
    }
}

/* A row is read by both kernels alike. */
struct mask_row {
    const char *text;
    size_t length;
    const char *clear;
    const char *set;
};

static void
check_mask_rows(const struct mask_row *rows, size_t n)
{
    for (size_t i = 0; i < n * VAP_KERNELS; i++) {
        const struct mask_row *row = &rows[i / VAP_KERNELS];
        struct vap_edit edit;

        test_note("\"%s\", kernel %zu", row->text, i % VAP_KERNELS);
        CHECK_INT(vap_read_mask(row->text, row->length, i % VAP_KERNELS, &edit),
                  VAP_OK);
        CHECK_STR(set_text(&edit.clear), row->clear);
        CHECK_STR(set_text(&edit.set), row->set);
    }
}

static void
check_mask_refused(const struct text_row *rows, size_t n)
{
    for (size_t i = 0; i < n * VAP_KERNELS; i++) {
        const struct text_row *row = &rows[i / VAP_KERNELS];
        struct vap_edit was = { { { 1, 2, 3, 4 } }, { { 5, 6, 7, 8 } } };
        struct vap_edit edit = was;

        test_note("row %zu, \"%s\", kernel %zu", i / VAP_KERNELS, row->text,
                  i % VAP_KERNELS);
        CHECK_INT(vap_read_mask(row->text, row->length, i % VAP_KERNELS, &edit),
                  VAP_INVALID);
        CHECK(memcmp(&edit, &was, sizeof(was)) == 0);
    }
}

TEST(a_short_absolute_mask_is_left_justified)
{
    static const struct mask_row rows[] = {
        { TEXT("0x41\n"), "0-255", "1,7" },
        { TEXT("0x8"), "0-255", "0" },
        { TEXT("0x1"), "0-255", "3" },
        { TEXT("0x08"), "0-255", "4" },
        { TEXT("x8"), "0-255", "0" },
        { TEXT("8\n"), "0-255", "0" },
        { TEXT("010"), "0-255", "7" },
        { TEXT("fF0aA"), "0-255", "0-7,12,14,16,18" },
        { TEXT("8\0zz"), "0-255", "0" },
        { TEXT("0x" DIGITS_63 "1\n"), "0-255", "255" },
        { TEXT(DIGITS_63 "f"), "0-255", "252-255" },
    };

    check_mask_rows(rows, ROWS(rows));
}

TEST(an_absolute_mask_without_digits_is_zero)
{
    static const struct mask_row rows[] = {
        { TEXT(""), "0-255", "" },     { TEXT("\n"), "0-255", "" },
        { TEXT("0x\n"), "0-255", "" }, { TEXT("x"), "0-255", "" },
        { TEXT("x\n"), "0-255", "" },  { TEXT("0\n"), "0-255", "" },
        { TEXT("\0+1"), "0-255", "" },
    };

    check_mask_rows(rows, ROWS(rows));
}

TEST(what_is_no_absolute_mask_is_invalid)
{
    static const struct text_row rows[] = {
        { TEXT("0X41") },
        { TEXT("X41") },
        { TEXT("0xx") },
        { TEXT("xx") },
        { TEXT("x0x1") },
        { TEXT("00x1") },
        { TEXT(" 0x1") },
        { TEXT("0x 1") },
        { TEXT("0x1 \n") },
        { TEXT("\n\n") },
        { TEXT("0x1\n\n") },
        { TEXT("0x1\n1") },
        { TEXT("0x1,0x1\n") },
        { TEXT("1,") },
        { TEXT(",") },
        { TEXT("1-2") },
        { TEXT("0x+1") },
        { TEXT("\n+1") },
        { TEXT(",+1") },
        { TEXT(" +1") },
        { TEXT("0xfg") },
        { TEXT("0x1\xff") },
        { TEXT("0x1\r\n") },
        { TEXT(DIGITS_63 "00") },
        { TEXT("0x" DIGITS_63 "10\n") },
    };

    check_mask_refused(rows, ROWS(rows));
}

TEST(a_relative_list_ends_as_the_last_term_on_each_id_says)
{
    static const struct mask_row rows[] = {
        { TEXT("+0\n"), "", "0" },
        { TEXT("-255"), "255", "" },
        { TEXT("+5-5"), "", "5" },
        { TEXT("+0-255"), "", "0-255" },
        { TEXT("+1,-1\n"), "1", "" },
        { TEXT("-1,+1\n"), "", "1" },
        { TEXT("-0-255,+1-16,+0x80\n"), "0,17-127,129-255", "1-16,128" },
        { TEXT("+0-0x0f,-010"), "8", "0-7,9-15" },
        { TEXT("+0X1f,+0xFF"), "", "31,255" },
        { TEXT("+00000000000000000000000000001"), "", "1" },
        { TEXT("+1\0junk"), "", "1" },
    };

    check_mask_rows(rows, ROWS(rows));
}

TEST(terms_need_no_comma_and_bear_many)
{
    static const struct mask_row rows[] = {
        { TEXT("+1+2"), "", "1-2" },
        { TEXT("+1-2-3"), "3", "1-2" },
        { TEXT("+1-2-3-4+0x5"), "3-4", "1-2,5" },
        { TEXT("+1,,\n+2"), "", "1-2" },
        { TEXT("-1\n-3\n\n,\n"), "1,3", "" },
    };

    check_mask_rows(rows, ROWS(rows));
}

TEST(what_is_no_relative_list_is_invalid)
{
    static const struct text_row rows[] = {
        { TEXT("+") },
        { TEXT("-") },
        { TEXT("+\n") },
        { TEXT("+-1") },
        { TEXT("++1") },
        { TEXT("--1") },
        { TEXT("+ 1") },
        { TEXT("+1 ") },
        { TEXT("+1 +2") },
        { TEXT("+256") },
        { TEXT("-0x100") },
        { TEXT("+0-256") },
        { TEXT("+2-1") },
        { TEXT("+1-") },
        { TEXT("+1-\n") },
        { TEXT("+1-,2") },
        { TEXT("+1--2") },
        { TEXT("+1-+2") },
        { TEXT("+1,2") },
        { TEXT("+1,0x3") },
        { TEXT("+08") },
        { TEXT("+0-08") },
        { TEXT("+0x") },
        { TEXT("+0x,+1") },
        { TEXT("+0-0x") },
        { TEXT("+0xg") },
        { TEXT("+x1") },
        { TEXT("+1;+2") },
        { TEXT("+1,\r\n") },
        { TEXT("+1\xff") },
        { TEXT("+1,+\0002") },
        { TEXT("+18446744073709551615") },
        { TEXT("+18446744073709551872") }, /* 2^64 + 256 */
    };

    check_mask_refused(rows, ROWS(rows));
}

TEST(a_number_of_2_to_the_64_in_a_list_wraps_in_6_12_alone)
{
    static const struct mask_row rows[] = {
        { TEXT("+18446744073709551616\n"), "", "0" },
        { TEXT("-18446744073709551617"), "1", "" },
        { TEXT("+1,-0x10000000000000005-0x2000000000000000A"), "5-10", "1" },
        { TEXT("+1-02000000000000000000003"), "", "1-3" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct mask_row *row = &rows[i];
        struct vap_edit was = { { { 1, 2, 3, 4 } }, { { 5, 6, 7, 8 } } };
        struct vap_edit edit = was;

        test_note("\"%s\"", row->text);
        CHECK_INT(vap_read_mask(row->text, row->length, VAP_LINUX_7_2, &edit),
                  VAP_INVALID);
        CHECK(memcmp(&edit, &was, sizeof(was)) == 0);
        CHECK_INT(vap_read_mask(row->text, row->length, VAP_LINUX_6_12, &edit),
                  VAP_OK);
        CHECK_STR(set_text(&edit.clear), row->clear);
        CHECK_STR(set_text(&edit.set), row->set);
    }
}

TEST(a_mask_printed_is_the_mask_read)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 1000; i++) {
        struct vap_mask m = random_mask(&rng);
        char text[VAP_MASK_TEXT + 2];
        struct vap_edit edit;

        (void)vap_mask_text(&m, text, sizeof(text));
        test_note("%s", text);
        text[VAP_MASK_TEXT] = '\n';
        CHECK_INT(vap_read_mask(text, VAP_MASK_TEXT + (i & 1),
                                (i >> 1) % VAP_KERNELS, &edit),
                  VAP_OK);
        CHECK(vap_mask_equal(&edit.set, &m));
        CHECK_INT(vap_mask_count(&edit.clear), VAP_IDS);
    }
}

/* The slow way: the terms one by one, on a mask of bytes. */
TEST(a_random_list_does_what_its_terms_do_in_turn)
{
    static const char *const formats[] = { "%s%u-%u,", "%s0x%x-0X%X\n",
                                           "%s0%o-0%o" };
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 500; i++) {
        struct vap_mask m = random_mask(&rng);
        struct vap_edit edit;
        char text[512] = "";
        bool slow[VAP_IDS];

        for (unsigned id = 0; id < VAP_IDS; id++)
            slow[id] = vap_mask_has(&m, id);
        for (uint64_t n = 1 + test_below(&rng, 20); n > 0; n--) {
            unsigned first = (unsigned)test_below(&rng, VAP_IDS);
            unsigned last = first + (unsigned)test_below(&rng, VAP_IDS - first);
            bool sets = test_below(&rng, 2);
            size_t at = strlen(text);

            (void)snprintf(text + at, sizeof(text) - at,
                           formats[test_below(&rng, 3)], sets ? "+" : "-",
                           first, last);
            memset(slow + first, sets, last - first + 1);
        }
        test_note("%s", text);
        CHECK_INT(vap_read_mask(text, strlen(text), i % VAP_KERNELS, &edit),
                  VAP_OK);
        m = vap_mask_edited(m, &edit);
        for (unsigned id = 0; id < VAP_IDS; id++)
            CHECK_INT(vap_mask_has(&m, id), slow[id]);
    }
}

TEST(a_config_is_three_masks_by_comma_or_newline)
{
    static const struct {
        const char *text;
        size_t length;
        const char *adapters, *domains, *control;
    } rows[] = {
        { TEXT("8,4,2\n"), "0", "1", "2" },
        { TEXT("8\n4\n2"), "0", "1", "2" },
        { TEXT("0x08,x04,02"), "4", "5", "6" },
        { TEXT("0x1,0x2\n"), "3", "2", "" }, /* the third is empty */
        { TEXT("8,4,"), "0", "1", "" },
        { TEXT(",,"), "", "", "" },
        { TEXT(",,\n"), "", "", "" },
        { TEXT("\n\n"), "", "", "" },
        { TEXT("0x,x,8"), "", "", "0" },
        { TEXT("8,4,2,zz +1"), "0", "1", "2" },
        { TEXT("8,4,2\n\n \n"), "0", "1", "2" },
        { TEXT("8,4,2\0zz"), "0", "1", "2" },
        { TEXT("0x" DIGITS_63 "1,0x" DIGITS_63 "2,0x" DIGITS_63 "4\nmore"),
          "255", "254", "253" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vap_matrix m;

        test_note("\"%s\"", rows[i].text);
        CHECK_INT(vap_read_config(rows[i].text, rows[i].length, &m), VAP_OK);
        CHECK_STR(set_text(&m.adapters), rows[i].adapters);
        CHECK_STR(set_text(&m.domains), rows[i].domains);
        CHECK_STR(set_text(&m.control), rows[i].control);
    }
}

TEST(what_is_no_config_is_invalid)
{
    static const struct text_row rows[] = {
        { TEXT("") },
        { TEXT("\n") },
        { TEXT(",") },
        { TEXT("0x1\n") },
        { TEXT("8,8") },
        { TEXT("+1,,") },
        { TEXT("8,-1,8") },
        { TEXT("8,8,+8") },
        { TEXT("0X1,,") },
        { TEXT(" 8,8,8") },
        { TEXT("8 ,8,8") },
        { TEXT("8,8,8 \n") },
        { TEXT("zz,0,0") },
        { TEXT("8,8;8") },
        { TEXT("8,8,8;8") },
        { TEXT("8,\0,8") },
        { TEXT("8\0,8,8") },
        { TEXT(DIGITS_63 "00,,") },
        { TEXT(",0x" DIGITS_63 "00,") },
        { TEXT(",,0x" DIGITS_63 "00") },
        { TEXT("0x" DIGITS_63 "1,0x" DIGITS_63 "2,0x" DIGITS_63 "44\n") },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vap_matrix was = { { { 1, 2, 3, 4 } },
                                  { { 5, 6, 7, 8 } },
                                  { { 9, 10, 11, 12 } } };
        struct vap_matrix m = was;

        test_note("row %zu, \"%s\"", i, rows[i].text);
        CHECK_INT(vap_read_config(rows[i].text, rows[i].length, &m),
                  VAP_INVALID);
        CHECK(vap_matrix_equal(&m, &was));
    }
}

TEST(a_config_printed_is_the_config_read)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 1000; i++) {
        struct vap_matrix m = { random_mask(&rng), random_mask(&rng),
                                random_mask(&rng) };
        char text[VAP_CONFIG_TEXT + 1];
        struct vap_matrix read;

        CHECK_INT(vap_config_text(&m, text, sizeof(text)), VAP_CONFIG_TEXT);
        test_note("%s", text);
        CHECK_INT(vap_read_config(text, VAP_CONFIG_TEXT, &read), VAP_OK);
        CHECK(vap_matrix_equal(&read, &m));
    }
}

/* Nothing in grammar.c cuts; this is why it need not. */
TEST(a_config_is_decided_by_its_first_201_bytes)
{
    struct test_rng rng = { test_seed() };
    int accepted = 0;

    for (int i = 0; i < 5000; i++) {
        struct vap_matrix whole = { 0 }, cut = { 0 };
        char text[400];
        size_t n = 0;

        for (int token = 0; token < 5; token++)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%0*x%c",
                                  test_below(&rng, 4) ? "0x" : "",
                                  60 + (int)test_below(&rng, 6),
                                  (unsigned)test_below(&rng, 256),
                                  test_below(&rng, 2) ? ',' : '\n');
        test_note("\"%s\"", text);
        CHECK_INT(vap_read_config(text, n, &whole),
                  vap_read_config(text, VAP_CONFIG_TEXT, &cut));
        CHECK(vap_matrix_equal(&whole, &cut));
        accepted += !vap_mask_empty(&whole.adapters);
    }
    CHECK(accepted > 1000);
}

TEST(every_queue_printed_is_the_queue_read)
{
    for (unsigned apqn = 0; apqn < VAP_IDS * VAP_IDS; apqn++) {
        char text[VAP_APQN_TEXT + 2];
        uint16_t read = (uint16_t)~apqn;

        (void)vap_apqn_text(apqn, text, sizeof(text));
        text[VAP_APQN_TEXT] = '\n';
        CHECK_INT(vap_read_apqn(text, VAP_APQN_TEXT + (apqn & 1), &read),
                  VAP_OK);
        CHECK_INT(read, apqn);
    }
}

TEST(what_is_no_queue_is_invalid)
{
    static const struct text_row rows[] = {
        { TEXT("") },          { TEXT("\n") },
        { TEXT("05") },        { TEXT("05.") },
        { TEXT("5.0047") },    { TEXT("005.0047") },
        { TEXT("05.47") },     { TEXT("05.047") },
        { TEXT("05.00047") },  { TEXT("05.004") },
        { TEXT("05,0047") },   { TEXT("05.0100") },
        { TEXT("05.1000") },   { TEXT("0A.0047") },
        { TEXT("05.004F") },   { TEXT("05.0047 ") },
        { TEXT(" 05.0047") },  { TEXT("05.0047\n\n") },
        { TEXT("0x05.0047") }, { TEXT("+5.0047") },
        { TEXT("05\0.0047") }, { TEXT("05.004\0007") },
        { TEXT("card05") },    { TEXT("05.0047x") },
        { TEXT("0g.0047") },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint16_t apqn = 0x1234;

        test_note("row %zu, \"%s\"", i, rows[i].text);
        CHECK_INT(vap_read_apqn(rows[i].text, rows[i].length, &apqn),
                  VAP_INVALID);
        CHECK_INT(apqn, 0x1234);
    }
}

TEST(a_nul_ends_the_name_of_a_queue)
{
    uint16_t apqn = 0;

    CHECK_INT(vap_read_apqn(TEXT("05.0047\0zz"), &apqn), VAP_OK);
    CHECK_INT(apqn, 0x0547);
}

TEST(a_text_of_no_bytes_may_be_null)
{
    struct vap_matrix m;
    struct vap_edit edit;
    uint64_t n;
    uint16_t apqn;

    CHECK_INT(vap_read_number(NULL, 0, &n), VAP_INVALID);
    CHECK_INT(vap_read_mask(NULL, 0, VAP_LINUX_7_2, &edit), VAP_OK);
    CHECK_INT(vap_read_config(NULL, 0, &m), VAP_INVALID);
    CHECK_INT(vap_read_apqn(NULL, 0, &apqn), VAP_INVALID);
}
