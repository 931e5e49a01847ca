/* SPDX-License-Identifier: MIT */
#include "cli/show/grid.h"

#include "base/auto.h"
#include "cli/frame/cells.h"

#include "parsed.h"
#include "test.h"

#include <string.h>

static char *
drawn(const struct host *host, const struct grid_look *look)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    CHECK(f != NULL);
    CHECK_INT(grid_draw(f, host, look), 0);
    CHECK_INT(fclose(f), 0);
    return text;
}

static void
check_drawn(const char *file, struct grid_look look, const char *expected)
{
    AUTO(host_done) struct host *host = parsed(file);
    AUTO(free_done) char *text = drawn(host, &look);

    CHECK_STR(text, expected);
}

#define TWO_BY_TWO                                                             \
    "cards: [{id: 0-1, type: CEX8A}]\ndomains: [0-1]\napmask: -0-255\n"

TEST(each_crossing_says_whose_it_is)
{
    check_drawn(TWO_BY_TWO, (struct grid_look){ 0 },
                "    0000  0001\n"
                "00  free  free  CEX8A\n"
                "01  free  free  CEX8A\n");
    check_drawn(TWO_BY_TWO
                "queues: [{adapters: [0], domains: [1], driver: unbound}]\n"
                "mdevs: [{name: a, adapters: [0-2], domains: [0-1]}]\n",
                (struct grid_look){ .indent = 2, .legend = true },
                "      0000  0001\n"
                "  00  (a)    a!   CEX8A\n"
                "  01   a     a    CEX8A\n"
                "  02   a?    a?   not in the host\n"
                "\n"
                "  (a)    sound, but its adapter has a hole: not in the guest\n"
                "  a!     a hole: vfio_ap does not have it\n"
                "  a?     assigned, but not in the host's configuration\n");
}

TEST(a_card_without_domains_is_in_its_own_state)
{
    check_drawn("cards:\n"
                "  - {id: 0}\n"
                "  - {id: 1, state: checkstopped}\n"
                "  - {id: 2, state: deconfigured}\n",
                (struct grid_look){ 0 },
                "00  CEX8C\n"
                "01  CEX8C, checkstopped\n"
                "02  CEX8C, deconfigured\n");
}

TEST(long_names_become_letters)
{
    check_drawn(TWO_BY_TWO
                "mdevs:\n"
                "  - {name: long, adapters: [0], domains: [0], guest: k}\n"
                "  - {name: b, adapters: [1], domains: [0]}\n",
                (struct grid_look){ .names = true },
                "    0000  0001\n"
                "00   A    free  CEX8A\n"
                "01   B    free  CEX8A\n"
                "\n"
                "A      long, guest k\n"
                "B      b\n");
}

TEST(letters_go_on_after_Z)
{
    static const struct {
        uint32_t slot;
        const char *label;
    } cases[] = { { 0, "A" },    { 25, "Z" },    { 26, "AA" },     { 51, "AZ" },
                  { 701, "ZZ" }, { 702, "AAA" }, { 65535, "CRXP" } };
    AUTO(host_done) struct host *host = parsed("mdevs: [{name: long}]\n");
    struct labels labels = labels_of(host);
    char text[LABEL];

    CHECK(!labels.names);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        label(&labels, cases[i].slot, text);
        CHECK_STR(text, cases[i].label);
    }
}

TEST(what_differs_from_another_host_is_marked)
{
    AUTO(host_done)
    struct host *before =
        parsed(TWO_BY_TWO "mdevs: [{name: a, adapters: [0], domains: [0]}]\n");
    struct grid_look look = { .against = before, .legend = true };

    check_drawn(TWO_BY_TWO "mdevs: [{name: a, adapters: [1], domains: [0]}]\n",
                look,
                "    0000   0001\n"
                "00  free*  free  CEX8A\n"
                "01   a*    free  CEX8A\n"
                "\n"
                "free   bound to vfio_ap, in no mdev\n"
                "*      differs\n");
}

TEST(a_row_that_only_the_other_host_has_is_shown)
{
    AUTO(host_done)
    struct host *before = parsed(
        "cards: [{id: 0-2, type: CEX8A}]\ndomains: [0-1]\napmask: -0-255\n");

    check_drawn(TWO_BY_TWO, (struct grid_look){ .against = before },
                "    0000  0001\n"
                "00  free  free  CEX8A\n"
                "01  free  free  CEX8A\n"
                "02   .*    .*   not in the host\n");
}

TEST(two_guests_with_one_queue_are_seen)
{
    check_drawn("rule: linux-6.12\n" TWO_BY_TWO "mdevs:\n"
                "  - name: a\n    guest: k\n    adapters: [1]\n"
                "    domains: [0]\n    apcb: {adapters: [0-1], domains: [0]}\n"
                "  - {name: b, adapters: [0], domains: [0], guest: l}\n",
                (struct grid_look){ .legend = true },
                "    0000  0001\n"
                "00  b+a   free  CEX8A\n"
                "01   a    free  CEX8A\n"
                "\n"
                "free   bound to vfio_ap, in no mdev\n"
                "+a     and the guest of that mdev has it, too\n");
}

TEST(a_guest_that_was_asked_to_let_go_is_seen)
{
    check_drawn("rule: linux-7.2\n" TWO_BY_TWO
                "mdevs: [{name: a, guest: k, adapters: [0], domains: [0], "
                "apcb: {}}]\n",
                (struct grid_look){ .legend = true },
                "    0000  0001\n"
                "00   a/   free  CEX8A\n"
                "01  free  free  CEX8A\n"
                "\n"
                "free   bound to vfio_ap, in no mdev\n"
                "/      in guest_matrix, but not in the running guest\n");
}

TEST(columns_that_do_not_fit_are_folded_or_go_on_below)
{
    static const char file[] = "cards: [{id: 0-1, type: CEX8A}]\n"
                               "domains: [0-3, 5]\napmask: -0-255\n"
                               "queues: [{adapters: [1], domains: [5], "
                               "driver: unbound}]\n";

    check_drawn(file, (struct grid_look){ .width = 31 },
                "    0000-0003  0005\n"
                "00    free     free  CEX8A\n"
                "01    free      -    CEX8A\n");
    check_drawn(file, (struct grid_look){ .width = 21 },
                "    0000-0003\n"
                "00    free\n"
                "01    free\n"
                "\n"
                "    0005\n"
                "00  free  CEX8A\n"
                "01   -    CEX8A\n");
}

TEST(rows_are_folded_where_the_screen_is_low)
{
    static const char file[] = "cards: [{id: 0-3, type: CEX8A}, "
                               "{id: 4-9, type: CEX8P}]\n"
                               "domains: [0]\napmask: -0-255\n";
    AUTO(host_done) struct host *host = parsed(file);
    AUTO(free_done)
    char *text = drawn(host, &(struct grid_look){ .height = 50 });

    CHECK_INT(strlen(text),
              strlen("    0000\n") + 10 * strlen("00  free  CEX8A\n"));
    check_drawn(file, (struct grid_look){ .height = 10 },
                "       0000\n"
                "00-03  free  CEX8A\n"
                "04-09  free  CEX8P\n");
}

TEST(colour_changes_no_letter)
{
    AUTO(host_done)
    struct host *host = parsed(
        TWO_BY_TWO "mdevs: [{name: a, adapters: [0], domains: [0-2]}]\n");
    AUTO(free_done) char *plain = drawn(host, &(struct grid_look){ 0 });
    AUTO(free_done)
    char *colour = drawn(host, &(struct grid_look){ .colour = true });
    char *to = colour;

    CHECK(strchr(colour, '\033') != NULL);
    for (const char *from = colour; *from; from++) {
        if (*from == '\033')
            from = strchr(from, 'm');
        else
            *to++ = *from;
    }
    *to = '\0';
    CHECK_STR(colour, plain);
}

/* Every kind there is, on one host. */
TEST(each_crossing_is_of_a_kind)
{
    static const struct {
        unsigned adapter, domain;
        const char *word;
    } cases[] = {
        { 0, 0, "host" },     { 1, 9, "free" },   { 2, 9, "unbound" },
        { 9, 9, "absent" },   { 1, 1, "guest" },  { 2, 1, "lost" },
        { 2, 2, "hole" },     { 3, 1, "failed" }, { 4, 1, "missing" },
        { 5, 1, "withheld" }, { 6, 2, "kept" },
    };
    AUTO(host_done)
    struct host *host =
        parsed("rule: linux-7.2\n"
               "cards: [{id: 0-3}, {id: 5-6}]\ndomains: [0-2, 9]\n"
               "apmask: -1-255\naqmask: -1-255\n"
               "queues:\n"
               "  - {adapters: [2, 6], domains: [2, 9], driver: unbound}\n"
               "  - {adapters: [3], domains: [1], last_reset: 2}\n"
               "mdevs:\n"
               "  - name: a\n"
               "    adapters: [1-6]\n"
               "    domains: [1-2]\n"
               "    guest_matrix: {adapters: [1, 6], domains: [1, 2]}\n");
    AUTO(free_done) struct cells *cells = NULL;

    CHECK_INT(cells_new(host, &cells), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_note("%02x.%04x", cases[i].adapter, cases[i].domain);
        CHECK_STR(cell_word(cells->at[cases[i].adapter][cases[i].domain].kind),
                  cases[i].word);
    }
}
