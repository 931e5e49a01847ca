/* SPDX-License-Identifier: MIT */
#include "test.h"

TEST(the_generator_is_splitmix64)
{
    struct test_rng rng = { 1234567 };

    CHECK(test_next(&rng) == UINT64_C(6457827717110365317));
    CHECK(test_next(&rng) == UINT64_C(3203168211198807973));
    CHECK(test_next(&rng) == UINT64_C(9817491932198370423));
}

TEST(below_stays_below_and_reaches_every_number)
{
    struct test_rng rng = { test_seed() };
    unsigned seen = 0;

    for (int i = 0; i < 1000; i++)
        seen |= 1U << test_below(&rng, 6);
    CHECK_INT(seen, 0x3f);
}

TEST(strings_are_compared_by_what_they_say)
{
    char a[] = "adapter";

    CHECK_STR(a, "adapter");
    CHECK_STR(NULL, NULL);
}
