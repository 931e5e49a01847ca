/* SPDX-License-Identifier: MIT */
/* Whoever means the API ill or just does not care: connections left half way,
 * streams that nobody reads. */
#include "base/auto.h"
#include "daemon/host.h"
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static void
send_and_leave(const struct vhost *host, const char *text)
{
    AUTO(fd_done) int fd = vhost_connect(host);

    CHECK(fd >= 0);
    CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

TEST(a_client_that_leaves_in_the_middle_leaves_nothing)
{
    static const char *const beginnings[] = {
        "G",
        "GET /v1 HTTP/1.1\r\n",
        "GARBAGE\r\n\r\n",
        "\x16\x03\x01\x02\x00",
        "POST /v1/change HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\n",
        "POST /v1/change HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\n"
        "{\"requests\": [",
        "POST /v1/change HTTP/1.1\r\nHost: h\r\n"
        "Content-Length: 99999999999999999999\r\n\r\n{",
        "POST /v1/change HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
        "\r\n\r\n5\r\n{\"req",
        "GET /v1/events HTTP/1.1\r\nHost: h\r\n\r\n",
    };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < ROWS(beginnings); i++) {
            test_note("%s", beginnings[i]);
            send_and_leave(&host, beginnings[i]);
        }
    CHECK_INT(vhost_number(&host, "last_event"), 0);
    CHECK_INT(vhost_change(&host, "scan"), 200);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
}

/* As many as vapd has connections for: half of them say nothing, half begin a
 * request. They are closed when they do not go on, and others come in. */
TEST(who_begins_and_does_not_go_on_keeps_nobody_out_for_long)
{
    enum { CONNECTIONS = 240 };
    static const char half[] = "POST /v1/change HTTP/1.1\r\nHost: h\r\nConte";
    int fds[CONNECTIONS];
    int open_ones = 0;

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    for (int i = 0; i < CONNECTIONS; i++) {
        fds[i] = vhost_connect(&host);
        CHECK(fds[i] >= 0);
        if (i % 2)
            CHECK(send(fds[i], half, sizeof(half) - 1, MSG_NOSIGNAL) > 0);
    }
    CHECK_INT(vhost_change(&host, "scan"), 200);
    for (int i = 0; i < CONNECTIONS; i++) {
        char c;

        open_ones += recv(fds[i], &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
        (void)close(fds[i]);
    }
    CHECK(open_ones < CONNECTIONS);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
}

/* Streams without chunks, as of old. */
static int
follow(const struct vhost *host, const char *query)
{
    AUTO(free_done) char *text = NULL;
    int fd = vhost_connect(host);

    CHECK(fd >= 0);
    CHECK(asprintf(&text, "GET /v1/events%s HTTP/1.0\r\n\r\n", query) > 0);
    CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
    return fd;
}

/** What a reader has seen. */
struct reader {
    int fd;
    char text[1 << 16];
    size_t length;
    json_int_t last; /* event */
    json_int_t uevents;
    json_int_t missed;
};

/* The number behind a beginning; false when the line begins otherwise. */
static bool
number_after(const char *line, const char *begin, json_int_t *out)
{
    if (strncmp(line, begin, strlen(begin)) != 0)
        return false;
    *out = strtoll(line + strlen(begin), NULL, 10);
    return true;
}

static void
read_line(struct reader *r, const char *line)
{
    json_int_t n;

    if (number_after(line, "id: ", &n)) {
        CHECK_INT(n, r->last + 1);
        r->last = n;
    }
    r->uevents += strcmp(line, "event: uevent") == 0;
    if (number_after(line, "data: {\"uevents\":", &n))
        r->missed += n;
}

/* false when the other end has closed. */
static bool
read_some(struct reader *r)
{
    ssize_t n =
        recv(r->fd, r->text + r->length, sizeof(r->text) - 1 - r->length, 0);
    char *begin = r->text;
    char *end;

    if (n <= 0)
        return false;
    r->length += (size_t)n;
    r->text[r->length] = '\0';
    while ((end = strchr(begin, '\n'))) {
        *end = '\0';
        read_line(r, begin);
        begin = end + 1;
    }
    r->length -= (size_t)(begin - r->text);
    memmove(r->text, begin, r->length);
    return true;
}

TEST(a_reader_who_is_slow_misses_no_event_and_stops_nobody)
{
    enum { EVENTS = 3000 };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    static struct reader slow;
    static struct reader late;

    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", NULL }), 0);
    slow = (struct reader){ .fd = follow(&host, "?only=change") };
    (void)vhost_number(
        &host, "last_event"); /* the stream is there before what follows */
    for (int i = 0; i < EVENTS; i++)
        CHECK_INT(vhost_change(&host, i % 2 ? "adapter 11 leaves"
                                            : "adapter 11 comes"),
                  200);
    while (slow.last < EVENTS)
        CHECK(read_some(&slow));
    late = (struct reader){ .fd = follow(&host, "?after=1000"), .last = 1000 };
    while (late.last < EVENTS)
        CHECK(read_some(&late));
    CHECK_INT(vhost_change(&host, "scan"), 200);
    while (slow.last < EVENTS + 1 || late.last < EVENTS + 1)
        CHECK(read_some(slow.last < EVENTS + 1 ? &slow : &late));

    /* an end is an end for them too */
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    while (read_some(&slow) || read_some(&late))
        continue;
    (void)close(slow.fd);
    (void)close(late.fd);
}

TEST(uevents_that_a_slow_reader_misses_are_counted)
{
    enum { EVENTS = 200 };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    static struct reader r;

    CHECK_INT(
        vhost_start(&host, (const char *[]){ "--large", "--no-scan", NULL }),
        0);
    r = (struct reader){ .fd = follow(&host, "") };
    (void)vhost_number(&host, "last_event");
    for (int i = 0; i < EVENTS; i++)
        CHECK_INT(vhost_change(&host, i % 2 ? "adapter 11 comes"
                                            : "adapter 11 leaves"),
                  200);
    CHECK_INT(vhost_change(&host, "scan"), 200);

    /* 256 queues and a card: unbind and remove, or add and bind; and that all
     * are bound */
    while (r.last <= EVENTS ||
           r.uevents + r.missed < INT64_C(1029) * (EVENTS / 2))
        CHECK(read_some(&r));
    CHECK(r.missed > 0);
    CHECK_INT(r.uevents + r.missed, INT64_C(1029) * (EVENTS / 2));
    (void)close(r.fd);
}

TEST(a_stream_that_nobody_reads_any_more_is_forgotten)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(free_done) char *metrics = NULL;

    CHECK_INT(vhost_start(&host, NULL), 0);
    for (int i = 0; i < 50; i++)
        (void)close(follow(&host, ""));
    do {
        free(metrics);
        CHECK_INT(vhost_change(&host, "scan"), 200);
        metrics = vhost_text(&host, "/metrics");
    } while (!strstr(metrics, "\nvap_api_streams 0\n"));
}

TEST(streams_that_nobody_ends_leave_room_for_questions)
{
    enum { STREAMS = 150, MORE = 20 };

    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(free_done) char *metrics = NULL;
    int fds[STREAMS + MORE];
    char first[32] = "";

    CHECK_INT(vhost_start(&host, NULL), 0);
    for (int i = 0; i < STREAMS + MORE; i++) {
        fds[i] = follow(&host, "");
        CHECK(recv(fds[i], first, sizeof(first) - 1, MSG_WAITALL) > 12);
        test_note("stream %d: %s", i, first);
        CHECK(strncmp(first + 9, i < STREAMS ? "200" : "503", 3) == 0);
    }
    CHECK_INT(vhost_change(&host, "scan"), 200);
    metrics = vhost_text(&host, "/metrics");
    CHECK(strstr(metrics, "\nvap_api_streams 150\n"));
    for (int i = 0; i < STREAMS + MORE; i++)
        (void)close(fds[i]);
}
