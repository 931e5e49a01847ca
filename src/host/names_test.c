/* SPDX-License-Identifier: MIT */
#include "host/names.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>

#include "test.h"

TEST(an_empty_set_knows_nobody)
{
    AUTO(names_done) struct names names = { 0 };

    CHECK_INT(names_find(&names, "a"), NAMES_NONE);
    CHECK_STR(names_of(&names, 0), "?");
    names_done(&names); /* and can be undone as often as one likes */
}

TEST(a_name_keeps_its_number)
{
    AUTO(names_done) struct names names = { 0 };

    CHECK_INT(names_add(&names, "b"), 0);
    CHECK_INT(names_add(&names, "a"), 1);
    CHECK_INT(names_add(&names, ""), 2);
    CHECK_INT(names_add(&names, "b"), 0);
    CHECK_INT(names.n, 3);
    CHECK_INT(names_find(&names, "a"), 1);
    CHECK_INT(names_find(&names, "A"), NAMES_NONE);
    CHECK_STR(names_of(&names, 0), "b");
    CHECK_STR(names_of(&names, 3), "?");
}

TEST(a_number_takes_another_name)
{
    AUTO(names_done) struct names names = { 0 };

    (void)names_add(&names, "a");
    (void)names_add(&names, "b");
    CHECK_INT(names_change(&names, 0, "c"), 0);
    CHECK_STR(names_of(&names, 0), "c");
    CHECK_INT(names_find(&names, "c"), 0);
    CHECK_INT(names_find(&names, "a"), NAMES_NONE);
    CHECK_INT(names_find(&names, "b"), 1);
    CHECK_INT(names_add(&names, "a"), 2);
}

TEST(no_two_numbers_have_one_name)
{
    AUTO(names_done) struct names names = { 0 };

    (void)names_add(&names, "a");
    (void)names_add(&names, "b");
    CHECK_INT(names_change(&names, 0, "b"), -EEXIST);
    CHECK_INT(names_change(&names, 0, "a"), 0);
    CHECK_INT(names_find(&names, "a"), 0);
    CHECK_INT(names_find(&names, "b"), 1);
}

static const char *
number_text(uint64_t n, char text[32])
{
    (void)snprintf(text, 32, "%llx", (unsigned long long)n);
    return text;
}

TEST(many_names_are_found_again)
{
    AUTO(names_done) struct names names = { 0 };
    struct test_rng rng = { test_seed() };
    struct test_rng again = rng;
    char text[32];

    for (uint32_t i = 0; i < 20000; i++)
        CHECK_INT(names_add(&names, number_text(test_next(&rng), text)), i);
    for (uint32_t i = 0; i < 20000; i++) {
        (void)number_text(test_next(&again), text);
        CHECK_INT(names_find(&names, text), i);
        CHECK_STR(names_of(&names, i), text);
    }
}
