/* SPDX-License-Identifier: MIT */
#include "matrix/text.h"

#include <stdio.h>
#include <string.h>

#include "matrix/grammar.h"
#include "test.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define MATRIX_TEXT ((size_t)VAP_IDS * VAP_IDS * 8)

/* The ids of a relative list: "+0-2,+7". */
static struct vap_mask
ids(const char *list)
{
    struct vap_edit edit = { vap_mask_none(), vap_mask_none() };

    if (*list)
        CHECK_INT(vap_read_mask(list, strlen(list), VAP_LINUX_7_2, &edit),
                  VAP_OK);
    return edit.set;
}

/* Sparse or dense, or empty */
static struct vap_mask
random_mask(struct test_rng *rng)
{
    struct vap_mask m = vap_mask_none();
    uint64_t n = test_below(rng, 4) ? test_below(rng, 300) : 0;

    while (n--)
        vap_mask_add(&m, (unsigned)test_below(rng, VAP_IDS));
    return m;
}

TEST(a_mask_is_0x_and_64_digits_with_id_0_leftmost)
{
    static const struct {
        const char *list;
        const char *text;
    } rows[] = {
        { "", "0x00000000000000000000000000000000"
              "00000000000000000000000000000000" },
        { "+0", "0x80000000000000000000000000000000"
                "00000000000000000000000000000000" },
        { "+1,+7,+255", "0x41000000000000000000000000000000"
                        "00000000000000000000000000000001" },
        { "+60-67,+127,+128", "0x000000000000000ff000000000000001"
                              "80000000000000000000000000000000" },
        { "+0-255,-4,-6", "0xf5ffffffffffffffffffffffffffffff"
                          "ffffffffffffffffffffffffffffffff" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vap_mask m = ids(rows[i].list);
        char text[VAP_MASK_TEXT + 1];

        CHECK_INT(vap_mask_text(&m, text, sizeof(text)), VAP_MASK_TEXT);
        CHECK_STR(text, rows[i].text);
    }
}

TEST(a_config_is_three_masks_and_a_newline)
{
    struct vap_matrix m = { ids("+0"), ids("+1"), ids("+255") };
    char text[VAP_CONFIG_TEXT + 1];

    CHECK_INT(vap_config_text(&m, text, sizeof(text)), VAP_CONFIG_TEXT);
    CHECK_STR(text, "0x80000000000000000000000000000000"
                    "00000000000000000000000000000000,"
                    "0x40000000000000000000000000000000"
                    "00000000000000000000000000000000,"
                    "0x00000000000000000000000000000000"
                    "00000000000000000000000000000001\n");
}

TEST(a_matrix_is_a_line_for_each_queue)
{
    static const struct {
        const char *adapters;
        const char *domains;
        const char *text;
    } rows[] = {
        { "", "", "" },
        { "+5,+10", "+4,+0xab", "05.0004\n05.00ab\n0a.0004\n0a.00ab\n" },
        { "+5,+255", "", "05.\nff.\n" },
        { "", "+4,+171", ".0004\n.00ab\n" },
        { "+0", "+0", "00.0000\n" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vap_matrix m = { ids(rows[i].adapters), ids(rows[i].domains),
                                ids("+9") };
        char text[64];

        CHECK_INT(vap_matrix_text(&m, text, sizeof(text)),
                  strlen(rows[i].text));
        CHECK_STR(text, rows[i].text);
    }
}

TEST(the_largest_matrix_is_512_kib)
{
    struct vap_matrix m = { vap_mask_all(), vap_mask_all(), vap_mask_none() };
    static char text[MATRIX_TEXT + 1];

    CHECK_INT(vap_matrix_text(&m, NULL, 0), MATRIX_TEXT);
    CHECK_INT(vap_matrix_text(&m, text, sizeof(text)), MATRIX_TEXT);
    CHECK_STR(text + MATRIX_TEXT - 8, "ff.00ff\n");
}

/* The slow way: the kernel's printf formats, over all ids. */
static void
slow_matrix_text(const struct vap_matrix *m, char *text)
{
    *text = '\0';
    for (unsigned a = 0; a < VAP_IDS; a++)
        for (unsigned d = 0; d < VAP_IDS; d++)
            if (vap_mask_has(&m->adapters, a) && vap_mask_has(&m->domains, d))
                text += snprintf(text, 9, "%02x.%04x\n", a, d);
    for (unsigned a = 0; a < VAP_IDS; a++)
        if (vap_mask_has(&m->adapters, a) && vap_mask_empty(&m->domains))
            text += snprintf(text, 9, "%02x.\n", a);
    for (unsigned d = 0; d < VAP_IDS; d++)
        if (vap_mask_has(&m->domains, d) && vap_mask_empty(&m->adapters))
            text += snprintf(text, 9, ".%04x\n", d);
}

TEST(a_random_matrix_is_as_printf_has_it)
{
    static char text[MATRIX_TEXT + 1];
    static char slow[MATRIX_TEXT + 1];
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 30; i++) {
        struct vap_matrix m = { random_mask(&rng), random_mask(&rng),
                                random_mask(&rng) };

        slow_matrix_text(&m, slow);
        CHECK_INT(vap_matrix_text(&m, text, sizeof(text)), strlen(slow));
        CHECK_STR(text, slow);
    }
}

TEST(control_domains_are_a_line_each)
{
    struct vap_matrix m = { ids("+1"), ids("+2"), ids("+4,+0xab,+255") };
    char text[32];

    CHECK_INT(vap_control_text(&m, text, sizeof(text)), 15);
    CHECK_STR(text, "0004\n00ab\n00ff\n");
    m.control = vap_mask_none();
    CHECK_INT(vap_control_text(&m, text, sizeof(text)), 0);
    CHECK_STR(text, "");
}

TEST(a_set_is_numbers_and_ranges)
{
    static const struct {
        const char *list;
        const char *text;
    } rows[] = {
        { "", "" },
        { "+0", "0" },
        { "+0,+1", "0-1" },
        { "+0-2,+7", "0-2,7" },
        { "+9,+10,+99,+100,+101", "9-10,99-101" },
        { "+109,+200", "109,200" },
        { "+63,+64,+254,+255", "63-64,254-255" },
        { "+255", "255" },
        { "+0-255", "0-255" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vap_mask m = ids(rows[i].list);
        char text[VAP_SET_TEXT];

        CHECK_INT(vap_set_text(&m, text, sizeof(text)), strlen(rows[i].text));
        CHECK_STR(text, rows[i].text);
    }
}

/* A set with a plus before each item is a relative list. */
TEST(a_set_printed_is_the_set_read)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 2000; i++) {
        struct vap_mask m = random_mask(&rng);
        char text[VAP_SET_TEXT], list[2 * VAP_SET_TEXT] = "+";
        size_t n = 1;

        CHECK(vap_set_text(&m, text, sizeof(text)) < sizeof(text));
        test_note("%s", text);
        for (const char *c = text; *c; c++) {
            list[n++] = *c;
            if (*c == ',')
                list[n++] = '+';
        }
        list[n] = '\0';
        struct vap_mask read = ids(*text ? list : "");
        CHECK(vap_mask_equal(&read, &m));
    }
}

TEST(the_longest_set_fits)
{
    struct vap_mask m = vap_mask_all();
    char text[VAP_SET_TEXT];

    for (unsigned id = 0; id < VAP_IDS; id += 3)
        vap_mask_drop(&m, id); /* 85 pairs */
    CHECK(vap_set_text(&m, text, sizeof(text)) < sizeof(text));
}

TEST(a_queue_is_two_and_four_digits)
{
    char text[VAP_APQN_TEXT + 1];

    CHECK_INT(vap_apqn_text(0x0547, text, sizeof(text)), VAP_APQN_TEXT);
    CHECK_STR(text, "05.0047");
    (void)vap_apqn_text(0xfff0, text, sizeof(text));
    CHECK_STR(text, "ff.00f0");
}

/* All of text.h behind one type */
static size_t
mask_text(const struct vap_matrix *m, char *buffer, size_t size)
{
    return vap_mask_text(&m->adapters, buffer, size);
}

static size_t
set_text(const struct vap_matrix *m, char *buffer, size_t size)
{
    return vap_set_text(&m->adapters, buffer, size);
}

static size_t
apqn_text(const struct vap_matrix *m, char *buffer, size_t size)
{
    return vap_apqn_text(vap_mask_count(&m->domains), buffer, size);
}

TEST(a_text_is_cut_at_the_buffers_end_but_its_length_is_told)
{
    static size_t (*const functions[])(const struct vap_matrix *, char *,
                                       size_t) = {
        mask_text,        vap_config_text, vap_matrix_text,
        vap_control_text, set_text,        apqn_text,
    };
    struct vap_matrix m = { ids("+1-20,+133"), ids("+4-9"), ids("+7") };
    char whole[4096], cut[4096];

    for (size_t i = 0; i < ROWS(functions); i++) {
        size_t length = functions[i](&m, whole, sizeof(whole));

        CHECK_INT(strlen(whole), length);
        CHECK_INT(functions[i](&m, NULL, 0), length);
        for (size_t size = 1; size < length + 3; size++) {
            size_t n = size > length ? length : size - 1;

            test_note("function %zu, %zu bytes", i, size);
            memset(cut, '#', sizeof(cut));
            CHECK_INT(functions[i](&m, cut, size), length);
            CHECK(memcmp(cut, whole, n) == 0);
            CHECK_INT(cut[n], '\0');
            CHECK_INT(cut[n + 1], '#');
        }
    }
}
