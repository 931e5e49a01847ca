/* SPDX-License-Identifier: MIT */
#include "cli/frame/nearest.h"

#include "test.h"

static const char *
nearest_of(const char *typed)
{
    static const char *const known[] = { "replay",  "lab",     "show",
                                         "explain", "what-if", "demo" };
    struct nearest nearest = { .word = typed };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        nearest_offer(&nearest, known[i]);
    return nearest.best;
}

TEST(a_slip_finds_the_word)
{
    static const struct {
        const char *typed, *meant;
    } rows[] = {
        { "shwo", "show" },
        { "sho", "show" },
        { "explian", "explain" },
        { "what", "what-if" },
        { "whatif", "what-if" },
        { "relpay", "replay" },
        { "lap", "lab" },
        { "demonstrate", NULL },
        { "", NULL },
        { "frobnicate", NULL },
        { "a-word-longer-than-any-word-that-could-be-a-command", NULL },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        test_note("%s", rows[i].typed);
        CHECK_STR(nearest_of(rows[i].typed), rows[i].meant);
    }
}
