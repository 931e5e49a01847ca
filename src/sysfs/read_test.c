/* SPDX-License-Identifier: MIT */
/* Texts as the kernel's store functions read them. */
#include "test.h"

#include "sysfs/read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define TEXT(literal) (literal), sizeof(literal) - 1

struct number {
    const char *text;
    size_t length;
    int error;
    int value;
};

static void
check(const struct number *rows, size_t n,
      int (*read)(const char *text, size_t length, int *out))
{
    for (size_t i = 0; i < n; i++) {
        int value = -77;

        test_note("\"%s\"", rows[i].text);
        CHECK_INT(read(rows[i].text, rows[i].length, &value), rows[i].error);
        CHECK_INT(value, rows[i].error ? -77 : rows[i].value);
    }
}

TEST(a_decimal_number_is_read_as_sscanf_reads_percent_d)
{
    static const struct number rows[] = {
        { TEXT("1\n"), 0, 1 },
        { TEXT("1"), 0, 1 },
        { TEXT("1xyz"), 0, 1 },
        { TEXT(" \t\n\v\f\r1"), 0, 1 },
        { TEXT("-5\n"), 0, -5 },
        { TEXT("+5\n"), EINVAL, 0 },
        { TEXT("- 5\n"), EINVAL, 0 },
        { TEXT("--5\n"), EINVAL, 0 },
        { TEXT(""), EINVAL, 0 },
        { TEXT("\n"), EINVAL, 0 },
        { TEXT("x"), EINVAL, 0 },
        { TEXT("0x10"), 0, 0 },
        { TEXT("010"), 0, 10 },
        { TEXT("12\0003"), 0, 12 },
        { TEXT("\0001"), EINVAL, 0 },
        { TEXT("4294967297"), 0, 1 },
        { TEXT("2147483648"), 0, INT32_MIN },
        { TEXT("-2147483649"), 0, INT32_MAX },
        { TEXT("18446744073709551617"), 0, 1 },
        { TEXT("\xa0"
               "7"),
          0, 7 },
    };

    check(rows, ROWS(rows), read_decimal);
}

TEST(any_base_is_read_as_sscanf_reads_percent_i)
{
    static const struct number rows[] = {
        { TEXT("0x10"), 0, 16 },   { TEXT("0X1f\n"), 0, 31 },
        { TEXT("010"), 0, 8 },     { TEXT("08"), 0, 0 },
        { TEXT("0x"), 0, 0 },      { TEXT("0xg"), 0, 0 },
        { TEXT("-0x10"), 0, -16 }, { TEXT("71"), 0, 71 },
        { TEXT("a"), EINVAL, 0 },  { TEXT("0"), 0, 0 },
    };

    check(rows, ROWS(rows), read_integer);
}

TEST(a_bool_is_its_first_letter)
{
    static const char *const yes[] = { "y",  "Y",  "t",   "T",   "1", "on",
                                       "ON", "oN", "1\n", "yes", "10" };
    static const char *const no[] = { "n", "N",  "f",   "F",
                                      "0", "of", "OFF", "0\n" };
    static const char *const none[] = { "", "\n", "2", "o", "ox", " 1", "-1" };
    bool value;

    for (size_t i = 0; i < ROWS(yes); i++) {
        test_note("%s", yes[i]);
        value = false;
        CHECK_INT(read_bool(yes[i], strlen(yes[i]), &value), 0);
        CHECK(value);
    }
    for (size_t i = 0; i < ROWS(no); i++) {
        test_note("%s", no[i]);
        value = true;
        CHECK_INT(read_bool(no[i], strlen(no[i]), &value), 0);
        CHECK(!value);
    }
    for (size_t i = 0; i < ROWS(none); i++) {
        test_note("%s", none[i]);
        CHECK_INT(read_bool(none[i], strlen(none[i]), &value), EINVAL);
    }
}

TEST(a_name_loses_one_newline_and_nothing_else)
{
    static const struct {
        const char *text;
        size_t length;
        const char *name; /* NULL: too long */
    } rows[] = {
        { TEXT("card03"), "card03" },
        { TEXT("card03\n"), "card03" },
        { TEXT("card03\n\n"), "card03\n" },
        { TEXT(" card03"), " card03" },
        { TEXT(""), "" },
        { TEXT("\n"), "" },
        { TEXT("a\0b\n"), "a" },
        { TEXT("1234567"), "1234567" },
        { TEXT("12345678"), NULL },
        { TEXT("1234567\n"), "1234567" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char name[8];

        test_note("%s", rows[i].text);
        CHECK_INT(read_name(rows[i].text, rows[i].length, name, sizeof(name)),
                  rows[i].name != NULL);
        if (rows[i].name)
            CHECK_STR(name, rows[i].name);
    }
}

TEST(a_uuid_has_36_characters_and_anything_behind)
{
#define UUID "62177883-f1bb-47f0-914d-32a22e3a8804"
    static const struct {
        const char *text;
        size_t length;
        const char *uuid; /* NULL: EINVAL */
    } rows[] = {
        { TEXT(UUID), UUID },
        { TEXT(UUID "\n"), UUID },
        { TEXT(UUID "x"), UUID },
        { TEXT(UUID "\0"), UUID },
        { TEXT("62177883-F1BB-47F0-914D-32A22E3A8804"), UUID },
        { TEXT(UUID "\n\n"), NULL },
        { TEXT(" 62177883-f1bb-47f0-914d-32a22e3a880"), NULL },
        { TEXT("62177883-f1bb-47f0-914d-32a22e3a880"), NULL },
        { TEXT("62177883-f1bb-47f0-914d-32a22e3a880g"), NULL },
        { TEXT("62177883xf1bb-47f0-914d-32a22e3a8804"), NULL },
        { TEXT("62177883--1bb-47f0-914d-32a22e3a8804"), NULL },
        { TEXT("6217788\0-f1bb-47f0-914d-32a22e3a8804"), NULL },
        { TEXT(""), NULL },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char uuid[READ_UUID + 1];

        test_note("%s", rows[i].text);
        CHECK_INT(read_uuid(rows[i].text, rows[i].length, uuid),
                  rows[i].uuid ? 0 : EINVAL);
        if (rows[i].uuid)
            CHECK_STR(uuid, rows[i].uuid);
    }
}

/* Against the C library, where both mean the same: up to nine digits. */
TEST(numbers_are_what_the_c_library_makes_of_them)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 200000; i++) {
        static const char letters[] = "0123456789 -xaF\n";
        char text[10] = "";
        size_t n = test_below(&rng, sizeof(text));
        int a = -77;
        int b = -77;

        for (size_t k = 0; k < n; k++)
            text[k] = letters[test_below(&rng, sizeof(letters) - 1)];
        test_note("\"%s\"", text);
        // NOLINTNEXTLINE(cert-err34-c): it is what is compared
        CHECK_INT(read_decimal(text, n, &a) == 0, sscanf(text, "%d", &b) == 1);
        CHECK_INT(a, b);
        a = b = -77;
        if (strstr(text, "0x")) /* there libraries differ: "0xg" */
            continue;
        // NOLINTNEXTLINE(cert-err34-c)
        CHECK_INT(read_integer(text, n, &a) == 0, sscanf(text, "%i", &b) == 1);
        CHECK_INT(a, b);
    }
}
