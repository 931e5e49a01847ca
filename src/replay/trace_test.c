/* SPDX-License-Identifier: MIT */
#include "replay/trace.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "test.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct trace_file *
file_of(const char *text, size_t length)
{
    AUTO(fd_done) int fd = memfd_create("trace", MFD_CLOEXEC);
    struct trace_file *file = NULL;
    char path[40];

    CHECK(fd >= 0 && write(fd, text, length) == (ssize_t)length);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    CHECK_INT(trace_open(path, &file), 0);
    return file;
}

/* The next trace has this id and stands on this line. */
static void
expect_id(struct trace_file *file, const char *id, unsigned long line)
{
    struct trace_error error;
    json_t *trace = NULL;

    CHECK_INT(trace_next(file, &trace, &error), 1);
    CHECK_STR(json_string_value(json_object_get(trace, "id")), id);
    CHECK_INT(trace_line(file), line);
    json_decref(trace);
}

static void
expect_end(struct trace_file *file)
{
    struct trace_error error;
    json_t *trace = NULL;

    CHECK_INT(trace_next(file, &trace, &error), 0);
    CHECK_INT(trace_next(file, &trace, &error), 0); /* and stays there */
    CHECK(!trace);
}

TEST(each_line_is_a_trace_and_blank_ones_are_none)
{
    static const char text[] = "\n{\"id\":\"a\"}\n \t\r\n\t {\"id\":\"b\"} \r\n"
                               "\n{\"id\":\"c\"}";
    AUTO(trace_done) struct trace_file *file = file_of(text, sizeof(text) - 1);

    expect_id(file, "a", 2);
    expect_id(file, "b", 4);
    expect_id(file, "c", 6);
    expect_end(file);
}

TEST(nothing_has_no_trace)
{
    AUTO(trace_done) struct trace_file *empty = file_of("", 0);
    AUTO(trace_done) struct trace_file *blank = file_of("\n \n\n", 4);

    expect_end(empty);
    expect_end(blank);
    trace_close(NULL);
}

TEST(lines_are_as_long_as_they_are)
{
    static char text[3 << 20];
    size_t n = 0;

    /* The third line is longer than what is read at once, the last ends with
     * the storage it is in. */
    n += (size_t)sprintf(text + n, "{\"id\":\"a\"}\n{\"id\":\"b\",\"x\":\"");
    memset(text + n, 'y', 1000000);
    n += 1000000;
    n += (size_t)sprintf(text + n, "\"}\n{\"id\":\"c\"}\n");

    AUTO(trace_done) struct trace_file *file = file_of(text, n);

    expect_id(file, "a", 1);
    expect_id(file, "b", 2);
    expect_id(file, "c", 3);
    expect_end(file);
}

TEST(a_line_that_is_no_trace_is_said_with_its_number)
{
    static const struct {
        const char *line;
        const char *says;
    } rows[] = {
        { "x", "\"x\" found, a trace expected: a JSON object on a line of its "
               "own" },
        { "[]", "\"[]\" found, a trace expected: a JSON object on a line of "
                "its own" },
        { "\x01\xff", "\"\\x01\\xff\" found, a trace expected: a JSON object "
                      "on a line of its own" },
        { "{", "no JSON at column 1: string or '}' expected near end of file" },
        { "{} {}", "no JSON at column 4: end of file expected near '{'" },
        { "{\"a\":1,\"a\":2}",
          "no JSON at column 10: duplicate object key near '\"a\"'" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(free_done) char *text = NULL;
        int n = asprintf(&text, "{\"id\":\"a\"}\n\n%s\n{}", rows[i].line);
        AUTO(trace_done) struct trace_file *file = file_of(text, (size_t)n);
        struct trace_error error;
        json_t *trace = NULL;

        expect_id(file, "a", 1);
        CHECK_INT(trace_next(file, &trace, &error), -EBADMSG);
        CHECK_INT(error.line, 3);
        CHECK_STR(error.text, rows[i].says);
    }
}

/* 64 KiB is read at once; what begins like no trace is not read to its
 * end. */
TEST(a_file_of_one_endless_line_is_refused_at_its_beginning)
{
    AUTO(trace_done) struct trace_file *file = NULL;
    struct trace_error error;
    json_t *trace = NULL;

    CHECK_INT(trace_open("/dev/zero", &file), 0);
    CHECK_INT(trace_next(file, &trace, &error), -EBADMSG);
    CHECK_INT(error.line, 1);
    CHECK(strncmp(error.text, "\"\\x00\\x00", 9) == 0);
}

TEST(a_line_is_not_longer_than_it_may_be)
{
    size_t n = TRACE_LINE_MAX + 1;
    AUTO(free_done) char *text = malloc(n + 1);
    struct trace_error error;
    json_t *trace = NULL;

    if (!text)
        FAIL("no memory");
    memset(text, ' ', n);
    text[0] = '{';
    text[TRACE_LINE_MAX - 1] = '}';
    CHECK_INT(trace_parse(text, TRACE_LINE_MAX, &trace, &error), 1);
    json_decref(trace);
    CHECK_INT(trace_parse(text, n, &trace, &error), -EBADMSG);
    CHECK_STR(error.text, "a line of more than 8 MiB found, a trace expected");
}

/* A trace that has every key; FROM becomes TO in it. */
static json_t *
changed(const char *from, const char *to)
{
    static const char whole[] =
        "{\"id\":\"t\",\"tags\":[],\"boot\":{\"apxa\":1,\"na\":255,\"nd\":0},"
        "\"steps\":[{\"op\":\"boot\",\"rc\":\"EIO\",\"host\":[\"0\",\"\","
        "\"1-2\"],\"apmask\":\"\",\"aqmask\":\"0-255\",\"queues\":{\"none\":"
        "[\"0:1\"],\"gone\":[]},\"mdevs\":{\"a\":null,\"b\":{\"matrix\":[\"1\","
        "\"2\"],\"cdoms\":\"3\",\"guest\":[\"1\",\"2\"],\"guest_cdoms\":\"\","
        "\"kvm\":\"k\",\"apcb\":[\"4\",\"5\",\"6\"]}},\"kvm_calls\":{\"k\":[1,"
        "2]},\"reset\":[\"7:8\"],\"reset_again\":[],\"reset_rc\":[[\"07.0008\","
        "3]],\"pure\":{\"b\":{\"guest\":[\"1\",\"2\"],\"guest_cdoms\":\"9\"}}}]"
        ",\"final\":{\"host\":[\"\",\"\",\"\"],\"apmask\":\"\",\"aqmask\":\"\","
        "\"queues\":{},\"mdevs\":{},\"last_reset_rc\":[],\"text\":{\"b\":"
        "{\"matrix\":null,\"guest_matrix\":\"\",\"control_domains\":\"\","
        "\"ap_config\":\"\"}}}}";
    const char *at = strstr(whole, from);
    AUTO(free_done) char *text = NULL;
    struct trace_error error;
    json_t *trace = NULL;
    int n;

    test_note("%s -> %s", from, to);
    CHECK(at);
    n = asprintf(&text, "%.*s%s%s", (int)(at - whole), whole, to,
                 at + strlen(from));
    CHECK_INT(trace_parse(text, (size_t)n, &trace, &error), 1);
    return trace;
}

TEST(a_trace_is_looked_at_whole)
{
    static const struct {
        const char *from;
        const char *to;
        const char *says; /* NULL: it is a trace still */
    } rows[] = {
        { "", "", NULL },
        { "\"id\":", "\"new\":[{}],\"id\":", NULL },
        { "\"rc\":\"EIO\"", "\"rc\":0,\"more\":1", NULL },
        { "\"tags\":[],", "", NULL },
        { "\"t\"", "null", "id: null found, a string expected" },
        { "\"na\":255", "\"na\":256",
          "boot.na: 256 found, a number from 0 to 255 expected" },
        { "\"EIO\"", "-5",
          "steps[0].rc: -5 found, 0 or the name of an error expected" },
        { "\"kvm\":\"k\",", "",
          "steps[0].mdevs.b.kvm: nothing found, a name of letters, digits and "
          "- _ . : or null expected" },
        { "[\"4\",\"5\",\"6\"]", "[\"4\",\"5\",\"600\"]",
          "steps[0].mdevs.b.apcb: [\"4\",\"5\",\"600\"] found, three sets of "
          "ids, as [\"0-2,7\", \"5\", \"\"], expected" },
        { "[1,2]", "[1,2,3]",
          "steps[0].kvm_calls.k: [1,2,3] found, two numbers expected" },
        { "[[\"07.0008\",3]]", "[[\"07.0008\",3,3]]",
          "steps[0].reset_rc: [[\"07.0008\",3,3]] found, queues and answers, "
          "as [[\"05.0047\", 3]], expected" },
        { "\"matrix\":null",
          "\"matrix\":{\"long\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}",
          "final.text.b.matrix: "
          "{\"long\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,... "
          "found, "
          "a string or null expected" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        json_t *trace = changed(rows[i].from, rows[i].to);
        struct trace_error error = { .line = 7 };

        CHECK_INT(trace_check(trace, &error), rows[i].says ? -EBADMSG : 0);
        json_decref(trace);
        CHECK_STR(error.text, rows[i].says ? rows[i].says : "");
        CHECK_INT(error.line, 7);
    }
}
