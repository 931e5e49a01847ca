/* SPDX-License-Identifier: MIT */
#include "planner/wanted.h"

#include "base/auto.h"
#include "planner/planner.h"
#include "test.h"

#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static char *
written(const struct wanted *wanted)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    CHECK(f != NULL);
    wanted_write(f, wanted);
    CHECK_INT(fclose(f), 0);
    return text;
}

static void
parse(const char *text, struct wanted *out)
{
    struct hostfile_error error;

    if (wanted_parse(text, strlen(text), out, &error))
        FAIL("line %lu: %s", error.line, error.text);
}

TEST(all_that_can_be_said_is_read_and_written_as_it_was)
{
    static const char text[] =
        "# What is wanted of a host; vap-wanted(5) says what each word "
        "means.\n"
        "apmask: -0x05,-0x0a\n"
        "aqmask: +0x00-0xff,-0x0047\n"
        "mdevs:\n"
        "  - name: web\n"
        "    guest: web.example\n"
        "    adapters: [0x05, 0x0a-0x0c]\n"
        "    domains: [0x0004, 0x0047]\n"
        "    control_domains: [0x0047]\n"
        "  - name: db\n"
        "removed:\n"
        "  - old\n"
        "others: keep\n";
    AUTO(wanted_done) struct wanted w = { 0 };
    AUTO(wanted_done) struct wanted again = { 0 };
    AUTO(free_done) char *first = NULL;
    AUTO(free_done) char *second = NULL;

    parse(text, &w);
    CHECK_INT(w.n_mdevs, 2);
    CHECK_STR(w.mdevs[0].guest, "web.example");
    CHECK(vap_mask_has(&w.mdevs[0].matrix.adapters, 0x0b));
    CHECK(!vap_mask_has(&w.apmask, 5) && vap_mask_has(&w.apmask, 6));
    CHECK_STR(w.removed[0], "old");
    CHECK(!w.others_go);
    first = written(&w);
    parse(first, &again);
    second = written(&again);
    CHECK_STR(first, second);
}

TEST(what_is_not_said_stays_as_it_is)
{
    AUTO(wanted_done) struct wanted w = { 0 };

    parse("{}", &w);
    CHECK(!w.has_apmask && !w.has_aqmask && !w.others_go);
    CHECK_INT(w.n_mdevs + w.n_removed, 0);
}

TEST(what_is_wrong_is_refused_with_its_line)
{
    static const struct {
        const char *text;
        unsigned long line;
        const char *says;
    } rows[] = {
        { "", 0, "nothing found, what is wanted of a host expected" },
        { "# not a word\n", 2,
          "nothing found, what is wanted of a host expected" },
        { "[]", 1, "what is wanted of a host: a list found, a mapping" },
        { "mdevs: []\ncards: []\n", 2,
          "key \"cards\" found; apmask, aqmask, mdevs, removed or others "
          "expected" },
        { "mdevs:\n  - name: a\n    adapter: [1]\n", 3,
          "key \"adapter\" found; name, guest, adapters, domains or "
          "control_domains expected" },
        { "mdevs:\n  - adapters: [1]\n", 2, "key \"name\" missing" },
        { "mdevs:\n  - name: a\n    adapters: [300]\n", 3,
          "adapter 300 found, 0 to 255 expected" },
        { "mdevs:\n  - name: a\n    domains: [0047]\n", 3,
          "domain 0047 found; 0x0047 or 47 expected" },
        { "mdevs:\n  - name: a\n  - name: a\n", 3,
          "mdev a found a second time" },
        { "mdevs:\n  - name: a\nremoved: [a]\n", 3,
          "mdev a found a second time" },
        { "removed: [a/b]\n", 1,
          "\"a/b\" found, the name of an mdev expected" },
        { "mdevs:\n  - {name: a, adapters: [1], domains: [2]}\n"
          "  - {name: b, adapters: [1], domains: [2]}\n",
          3, "queue 01.0002 of a found in b as well" },
        { "apmask: 0x03\n", 1, "apmask: \"0x03\" found; a list like" },
        { "others: stay\n", 1,
          "others: \"stay\" found, keep or remove expected" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(wanted_done) struct wanted w = { 0 };
        struct hostfile_error error;

        test_note("%s", rows[i].text);
        CHECK_INT(wanted_parse(rows[i].text, strlen(rows[i].text), &w, &error),
                  1);
        CHECK_INT(error.line, rows[i].line);
        if (!strstr(error.text, rows[i].says))
            FAIL("said: %s", error.text);
    }
}

TEST(what_a_host_is_like_is_wanted_and_nothing_is_to_be_done)
{
    static const char text[] =
        "cards: [{id: 3}, {id: 5}, {id: 0x0a}]\n"
        "domains: [4, 0x47]\n"
        "control_domains: [4, 0x47]\n"
        "apmask: -0-255,+3\n"
        "mdevs:\n"
        "  - {name: web, adapters: [5], domains: [4, 0x47], guest: vm0}\n"
        "  - {name: db, adapters: [10, 5], domains: [0x54]}\n";
    AUTO(host_done) struct host *host = NULL;
    AUTO(wanted_done) struct wanted w = { 0 };
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(free_done) struct plan_difference *differences = NULL;
    struct hostfile_error error;

    CHECK_INT(hostfile_parse(text, strlen(text), &host, &error), 0);
    CHECK_INT(wanted_of(host, &w), 0);
    CHECK_STR(w.mdevs[0].guest, "vm0");
    CHECK(w.others_go);
    CHECK_INT(plan_make(host, &w, NULL, &plan), 0);
    CHECK_INT(plan.n, 0);
    CHECK(plan.best);
    CHECK_INT(plan_differences(host, &w, &differences), 0);
}
