/* SPDX-License-Identifier: MIT */
#include "lab/scenario.h"

#include "base/auto.h"
#include "test.h"

#define HOST                                                                   \
    "host\nadapters {0-3}\ndomains {0-3}\napmask 0x0\nmdev a\nguest a\nend\n"

static struct scenario *
parse(const char *text)
{
    struct scenario *s = NULL;
    struct scenario_error error;
    int r = scenario_parse(text, strlen(text), &s, &error);

    if (r)
        FAIL("line %lu: %s", error.line, error.text);
    return s;
}

TEST(a_step_has_its_operations_answers_and_expectations)
{
    AUTO(scenario_done)
    struct scenario *s = parse(HOST "note n\n"
                                    "write  a/assign_adapter {1-3} # three\n"
                                    "expect a guest empty\n");
    const struct scenario_step *step = &s->steps[1];

    CHECK_INT(s->n_steps, 2);
    CHECK_INT(s->steps[0].kind, SCENARIO_START);
    CHECK_INT(step->kind, SCENARIO_DO);
    CHECK_INT(step->line, 9);
    CHECK_INT(step->n_ops, 3);
    CHECK_STR(step->ops[0].words, "write a/assign_adapter 1");
    CHECK_STR(step->ops[0].written, "write a/assign_adapter {1-3}");
    CHECK_STR(step->ops[2].words, "write a/assign_adapter 3");
    CHECK(!step->ops[2].written);
    CHECK_STR(step->notes[0], "n");
    CHECK_STR(step->answers[0].answer, "ok");
    CHECK(step->answers[0].rules == scenario_all_rules());
    CHECK_STR(step->expects[0].value, "empty");
    CHECK(step->expects[0].rules == scenario_all_rules());
}

TEST(queues_in_braces_are_an_operation_each)
{
    AUTO(scenario_done)
    struct scenario *s = parse(HOST "unbind vfio_ap {1,2}x{0,3}\n");

    CHECK_INT(s->steps[1].n_ops, 4);
    CHECK_STR(s->steps[1].ops[3].words, "unbind vfio_ap 02.0003");
}

TEST(a_line_without_rules_is_for_those_that_have_no_line)
{
    AUTO(scenario_done)
    struct scenario *s = parse(HOST "scan -> ok [fcfs]\n"
                                    "-> any\n"
                                    "expect a guest empty\n"
                                    "expect a guest {0}x{0} [linux-*]\n"
                                    "expect a matrix empty\n");
    const struct scenario_step *step = &s->steps[1];
    uint32_t all = scenario_all_rules();

    CHECK(step->answers[1].rules == (all & ~step->answers[0].rules));
    CHECK(step->expects[0].rules == (all & ~step->expects[1].rules));
    CHECK_INT(__builtin_popcount(step->expects[1].rules), 2);
    CHECK(step->expects[2].rules == all);
}

static char *
print(const struct scenario *s)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        FAIL("no memory");
    scenario_print(out, s);
    (void)fclose(out);
    return text;
}

TEST(what_is_printed_reads_back_the_same)
{
    AUTO(scenario_done)
    struct scenario *s = parse(
        "title t\nsource one\nsource two\nrules state fcfs\nkernel 6.12\n"
        "note before\nhost\napxa 64 0x1f\nadapters {1-3}\ndomains {1,2}\n"
        "control 4\napmask 0xff\naqmask +1\nunbound 01.0001\nmdev a\n"
        "mdev b {2}x{2} control {4}\nguest b k\nend\n"
        "expect queues unbound 01.0001\nexpect apmask 0xff\n"
        "batch\nwrite a/assign_adapter {1,2}\nscan\nend -> EADDRINUSE "
        "\"x\\n\"\n"
        "note one\nnote two\nevery order of\nscan\nscan\nend -> any\n"
        "expect a ends in empty: 2\nexpect a ends in 1 guest matrix [fcfs]\n"
        "expect a text ap_config \"\\\\\\x01\"\n"
        "expect 01.0001 guests b a\nexpect 01.0001 status in use\n"
        "expect 01.0002 vfio_ap\nexpect resets none\nexpect a exists\n"
        "expect a apcb-control {1}\nexpect a updates 10\n"
        "expect a why 04. unbound holes\nexpect a why .0047 none\n");
    AUTO(free_done) char *once = print(s);
    AUTO(scenario_done) struct scenario *again = parse(once);
    AUTO(free_done) char *twice = print(again);

    CHECK_STR(twice, once);
}

TEST(what_is_wrong_is_said_with_its_line)
{
    static const struct {
        const char *text;
        unsigned long line;
        const char *says;
    } cases[] = {
        { "", 0, "the file's end found, a block \"host ... end\" expected" },
        { "scan\n", 1,
          "a step found, a block \"host ... end\" before it expected" },
        { "expect a guest empty\n", 1,
          "an expectation found, a block \"host ... end\" expected before it" },
        { "title\n", 1, "nothing found, a title expected" },
        { "title a\ntitle b\n", 2, "a second line of title found" },
        { "rules linux\n", 1,
          "\"linux\" found, a rule expected: state, linux-7.2, linux-6.12, "
          "linux-*, fcfs" },
        { "kernel 5\n", 1, "\"5\" found, 6.12 or 7.2 expected" },
        { "end\n", 1, "end found, and no block that it ends" },
        { "title \x01\n", 1, "a byte 0x01 found, text expected" },
        { "title \"\n", 1, "a quotation mark without its other found" },
        { "host\n", 1,
          "the file's end found, the end of \"host\" of line 1 expected" },
        { "host x\n", 1, "\"x\" found after host" },
        { "host\nhost\n", 2,
          "\"host\" found in the host, adapters, domains, control, apxa, "
          "apmask, aqmask, unbound, mdev, guest or end expected" },
        { "host\nadapters 256\n", 2,
          "\"256\" found, ids as {0-2,7}, 5 or none expected" },
        { "host\ndomains 1\ndomains 1\n", 3, "a second line of domains found" },
        { "host\napxa no\nadapters 64\nend\n", 4,
          "adapter 64 found, at most 63 on this host expected" },
        { "host\napxa 300 1\n", 2,
          "\"300\" found, an id from 0 to 255 expected" },
        { "host\napmask 0xx\n", 2,
          "\"0xx\" found, a mask as 0x41 or +1,+7 expected" },
        { "host\nunbound 05.47\n", 2,
          "\"05.47\" found, queues as {1-3}x{1,2}, 05.0047 or none expected" },
        { "host\nunbound 05.0047\nend\n", 3,
          "05.0047 found unbound, a queue of the host expected" },
        { "host\nmdev -\n", 2, "\"-\" found, the name of an mdev expected" },
        { "host\nmdev queues\n", 2, "\"queues\" found, a name expected" },
        { "host\nmdev a\nmdev a\n", 3, "a second mdev a found" },
        { "host\nguest a\n", 2,
          "\"a\" found, an mdev of a line above expected" },
        { "host\nmdev a 5x7\n", 2,
          "\"5x7\" found, a matrix as {1-3}x{1,2} or control {2} expected" },
        { "host\nmdev a {1}x{1}\nend\n", 2,
          "mdev a cannot have 01.0001: the masks keep it for the host" },
        { "host\napmask 0\nmdev a {1}x{1}\nmdev b {1}x{1}\nend\n", 4,
          "mdev b cannot have 01.0001: it is assigned to a" },
        { "host\nmdev a\nguest a k\nmdev b\nguest b k\nend\n", 4,
          "guest k has mdev a already" },
        { HOST "host\n", 8, "a second host found" },
        { HOST "title t\n", 8,
          "title found after the host, before it expected" },
        { HOST "batch x\n", 8, "\"x\" found after batch" },
        { HOST "batch\nend\n", 9,
          "end found, an operation before it expected" },
        { HOST "batch\nscan\n", 9,
          "the file's end found, the end of \"batch\" of line 8 expected" },
        { HOST "batch\nbatch\n", 9,
          "batch found in \"batch\" of line 8, an operation or end expected" },
        { HOST "every order of\nexpect a guest empty\n", 9,
          "expect found in \"every order of\" of line 8, an operation or end "
          "expected" },
        { HOST "every order\n", 8,
          "\"every order\" found, \"every order of\" expected" },
        { HOST "every order of\nwrite a/assign_adapter {0-8}\nend\n", 9,
          "9 operations in every order found, at most 8 expected" },
        { HOST "batch\nscan -> ok\n", 9,
          "an answer found inside a block, after its end expected" },
        { HOST "scan -> EWRONG\n", 8,
          "\"EWRONG\" found, ok, any or an error as EADDRINUSE expected" },
        { HOST "scan -> EBUSY x\n", 8,
          "\"x\" found, text between quotation marks expected" },
        { HOST "scan -> EBUSY \"\\q\"\n", 8,
          "a \\ found in a text, \\n, \\\", \\\\ or \\xNN expected" },
        { HOST "scan -> EBUSY \"\\xg1\"\n", 8,
          "a \\ found in a text, \\n, \\\", \\\\ or \\xNN expected" },
        { HOST "scan -> EBUSY \"\\x1g\"\n", 8,
          "a \\ found in a text, \\n, \\\", \\\\ or \\xNN expected" },
        { HOST "scan -> EBUSY \"\\x00\"\n", 8,
          "a \\ found in a text, \\n, \\\", \\\\ or \\xNN expected" },
        { HOST "-> ok\n", 8,
          "an answer found, an operation before it expected" },
        { HOST "scan -> ok\n-> any\n", 9,
          "a second line for the same rule found" },
        { HOST "scan -> ok [state]\n-> any [state]\n", 9,
          "a second line for the same rule found" },
        { HOST "scan -> ok [state fcfs linux-*]\n-> ok\n", 9,
          "a line for the other rules found, but each rule has its own" },
        { HOST "scan\nexpect a guest empty\nexpect a guest {1}x{1}\n", 10,
          "a second line for the same rule found" },
        { HOST "scan\nexpect a guest empty [x]\n", 9,
          "\"x\" found, a rule expected: state, linux-7.2, linux-6.12, "
          "linux-*, fcfs" },
        { HOST "scan\nexpect\n", 9,
          "nothing found, what is expected of what expected" },
        { HOST "expect a sees 1\n", 8,
          "\"sees\" found, what of mdev a expected: matrix, control, guest, "
          "guest-control, apcb, apcb-control, updates, text, why, ends, "
          "exists or gone" },
        { HOST "expect a why 4 none\n", 8,
          "\"4\" found, an adapter as 04., a domain as .0047 or a queue as "
          "04.0047 expected" },
        { HOST "expect a guest 1\n", 8,
          "\"1\" found, a matrix as {1-3}x{1,2}, or empty, expected" },
        { HOST "expect a updates many\n", 8,
          "\"many\" found, a number expected" },
        { HOST "expect a ends in empty: 1\n", 8,
          "\"ends\" found, a block \"every order of ... end\" before it "
          "expected" },
        { HOST "expect a text cap \"\"\n", 8,
          "\"cap\" found, matrix, guest_matrix, control_domains or ap_config "
          "expected" },
        { HOST "expect 01.0001 bound\n", 8,
          "\"bound\" found, vfio_ap, cex4queue, unbound, gone, guests or "
          "status expected" },
        { HOST "expect queues all none\n", 8,
          "\"all\" found, vfio_ap, cex4queue or unbound expected" },
        { HOST "note n\nexpect a guest empty\n", 9,
          "an expectation found after a note, a step expected" },
        { HOST "note n\n", 8,
          "the file's end found, a step after the note expected" },
        { HOST "write a/assign_adapter {1\n", 8,
          "\"{1\" found, once ids as {0-2,7} or queues as {1-3}x{1,2} "
          "expected" },
        { HOST "write a/assign_adapter {}\n", 8,
          "\"write a/assign_adapter {}\" found, which does nothing" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scenario *s = NULL;
        struct scenario_error error;

        test_note("%s", cases[i].text);
        CHECK_INT(
            scenario_parse(cases[i].text, strlen(cases[i].text), &s, &error),
            1);
        CHECK(!s);
        CHECK_STR(error.text, cases[i].says);
        CHECK_INT(error.line, cases[i].line);
    }
}

/* Words that are no operation are refused in the words of change_words.h. */
TEST(what_is_no_operation_is_refused)
{
    static const char *const cases[] = {
        "frobnicate",         "write",     "write a/assign",
        "bind vfio_ap",       "open a",    "write a/assign_adapter {1} {2}",
        "adapter 256 leaves", "end of it",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(free_done) char *text = NULL;
        struct scenario *s = NULL;
        struct scenario_error error;

        test_note("%s", cases[i]);
        if (asprintf(&text, HOST "%s\n", cases[i]) < 0)
            FAIL("no memory");
        CHECK_INT(scenario_parse(text, strlen(text), &s, &error), 1);
        CHECK_INT(error.line, 8);
        CHECK(*error.text);
    }
}

TEST(bytes_that_are_no_text_are_refused_at_once)
{
    static char text[SCENARIO_MAX + 10];
    struct scenario *s = NULL;
    struct scenario_error error;

    CHECK_INT(scenario_parse("title a\n\0", 9, &s, &error), 1);
    CHECK_INT(error.line, 2);
    CHECK_STR(error.text, "a NUL byte found, text expected");
    memset(text, '\n', sizeof(text));
    CHECK_INT(scenario_parse(text, sizeof(text), &s, &error), 1);
    CHECK_INT(error.line, 0);
    CHECK_STR(error.text, "more than 1048576 bytes found");
}

/* A text of many lines alike after the host is refused at the line. */
static void
check_too_many(const char *line, size_t n, unsigned long at)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct scenario *s = NULL;
    struct scenario_error error;

    if (!out)
        FAIL("no memory");
    (void)fputs(HOST, out);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(out, "%s\n", line);
    (void)fclose(out);
    test_note("%s", line);
    CHECK_INT(scenario_parse(text, length, &s, &error), 1);
    CHECK_INT(error.line, at);
    free(text);
}

TEST(there_may_be_too_much_of_all_things)
{
    check_too_many("note n", 300, 7 + SCENARIO_MAX_LINES + 1);
    check_too_many("expect a updates 1", 300, 7 + SCENARIO_MAX_LINES + 1);
    check_too_many("write a/assign_adapter {0-255}", 100,
                   7 + SCENARIO_MAX_OPS / 256 + 1);
}
