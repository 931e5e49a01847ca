/* SPDX-License-Identifier: MIT */
#include "cli/frame/turns.h"

#include "base/auto.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static struct vap_mask
ids(unsigned first, unsigned last)
{
    struct vap_mask mask = vap_mask_none();

    for (unsigned id = first; id <= last; id++)
        vap_mask_add(&mask, id);
    return mask;
}

/* 3 and 5 alike, 4 not, nothing of 6, all of 7 and half of it once more. */
static void
check_said(bool in_order, const char *expected)
{
    AUTO(free_done) char *said = NULL;
    size_t size;
    struct turns turns = { .out = open_memstream(&said, &size),
                           .left = "queues",
                           .in_order = in_order };

    turns_add(&turns, 3, ids(4, 5), " gone");
    turns_add(&turns, 4, ids(4, 5), " unbound");
    turns_add(&turns, 5, ids(4, 5), " gone");
    turns_add(&turns, 6, vap_mask_none(), " gone");
    turns_add(&turns, 7, ids(0, 255), " gone");
    turns_add(&turns, 8, ids(0, 255), " gone");
    turns_add(&turns, 8, ids(0, 255), " gone");
    turns_end(&turns);
    CHECK(fclose(turns.out) == 0);
    CHECK_STR(said, expected);
}

TEST(adapters_whose_domains_share_a_fate_are_one_line)
{
    check_said(false, "queues       03,05 x 0004,0005 gone\n"
                      "             04.0004,0005 unbound\n"
                      "             07,08 x all gone\n"
                      "             08.all gone\n");
}

TEST(what_has_an_order_keeps_it)
{
    check_said(true, "queues       03.0004,0005 gone\n"
                     "             04.0004,0005 unbound\n"
                     "             05.0004,0005 gone\n"
                     "             07,08 x all gone\n"
                     "             08.all gone\n");
}

TEST(however_much_there_is_to_say_it_is_said)
{
    AUTO(free_done) char *said = NULL;
    size_t size;
    struct turns turns = { .out = open_memstream(&said, &size), .left = "" };
    unsigned lines = 0;

    for (unsigned a = 0; a < 256; a++)
        turns_add(&turns, a, ids(a, a), "");
    turns_end(&turns);
    CHECK(fclose(turns.out) == 0);
    for (const char *at = said; (at = strchr(at, '\n')); at++)
        lines++;
    CHECK_INT(lines, 256);
}

TEST(a_reset_tells_what_is_not_as_always)
{
    char to[TURNS_TO];

    turns_reset(1, 0, to);
    CHECK_STR(to, "");
    turns_reset(2, 0, to);
    CHECK_STR(to, ", 2 times");
    turns_reset(1, 3, to);
    CHECK_STR(to, ": response code 03");
    turns_reset(2, 7, to);
    CHECK_STR(to, ", 2 times: response code 07");
}
