/* SPDX-License-Identifier: MIT */
/* A host that lives tells of its queues, by uevents, in the order that was
 * planned. */
#include "shaken.h"

#include <sys/socket.h>
#include <sys/time.h>

/** Queues as the uevents tell of them, and what they are to tell. */
struct story {
    struct vap_mask present[VAP_IDS];
    struct vap_mask bound[VAP_IDS];
    char *expected;
    size_t size;
    FILE *out;
};

static void
begin_story(struct story *story, const struct host *host)
{
    *story = (struct story){ 0 };
    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &host->engine->row[a];

        story->present[a] = row->present;
        story->bound[a] = vap_mask_or(row->dflt, row->vfio);
    }
    story->out = open_memstream(&story->expected, &story->size);
    CHECK(story->out);
}

static void
tell(struct story *story, const char *action, unsigned a, unsigned d)
{
    (void)fprintf(story->out, "%s %02x.%04x\n", action, a, d);
}

/* A queue becomes somebody else's. */
static void
tell_turn(struct story *story, const struct vap_moment *m, unsigned d)
{
    unsigned a = m->queues.adapter;

    if (vap_mask_has(&story->bound[a], d))
        tell(story, "unbind", a, d);
    if (!vap_mask_has(&story->present[a], d))
        tell(story, "add", a, d);
    vap_mask_add(&story->present[a], d);
    vap_mask_drop(&story->bound[a], d);
    if (m->gone) {
        tell(story, "remove", a, d);
        vap_mask_drop(&story->present[a], d);
    } else if (m->to != VAP_NO_DRIVER) {
        tell(story, "bind", a, d);
        vap_mask_add(&story->bound[a], d);
    }
}

static void
tell_change(struct story *story, const struct vap_change *change)
{
    for (size_t i = 0; i < change->n_moments; i++) {
        const struct vap_moment *m = &change->moments[i];

        if (m->kind == VAP_MOMENT_TURN)
            VAP_EACH (d, &m->queues.domains)
                tell_turn(story, m, d);
    }
}

/* Writes, and what happens to the host; planned, then done. */
static void
go_on(struct story *story, const struct vhost *live, const char *rule,
      struct test_rng *rng)
{
    static const char *const events[] = {
        "adapter 10 leaves", "adapter 10 comes",   "domain 71 leaves",
        "domain 71 comes",   "adapters 3,5 leave", "adapters 3,5 come",
    };
    AUTO(host_done) struct host *host = told(live);
    AUTO(free_done) char *list = NULL;
    struct vap_request r;
    char words[200];

    draw_write(rng, words, sizeof(words));
    if (test_below(rng, 4) == 0)
        (void)snprintf(
            words, sizeof(words), "%s",
            events[test_below(rng, sizeof(events) / sizeof(*events))]);
    test_note("%s under %s", words, rule);
    r = request_of(host, words);
    if (host_plan(host, &r, 1, NULL) == VAP_OK)
        tell_change(story, host->change);
    CHECK(asprintf(&list, "[\"%s\"]", words) > 0);
    if (r.op == VAP_HOST)
        CHECK_INT(vhost_change(live, list), 200);
    else
        (void)write_words(live, host, words);
}

/* What the stream of events says of queues, as long as there is anything left
 * to be said. */
static void
check_stream(FILE *stream, const char *expected)
{
    char line[512];
    char action[16];
    char queue[16];
    char found[40];

    while (*expected) {
        CHECK(fgets(line, sizeof(line), stream));
        if (sscanf(line,
                   "data: {\"ACTION\":\"%15[a-z]\",\"DEVPATH\":"
                   "\"/devices/ap/card%*2x/%15[0-9a-f.]\"",
                   action, queue) != 2)
            continue;
        (void)snprintf(found, sizeof(found), "%s %s\n", action, queue);
        if (strcmp(action, "change") == 0)
            continue;
        if (strncmp(found, expected, strlen(found)) != 0)
            FAIL("%.*s was found, and expected %.60s", (int)strlen(found) - 1,
                 found, expected);
        expected += strlen(found);
    }
}

static FILE *
follow(const struct vhost *live)
{
    static const char ask[] = "GET /v1/events?only=uevent HTTP/1.0\r\n\r\n";
    const struct timeval patience = { .tv_sec = 60 };
    int fd = vhost_connect(live);
    FILE *stream = fdopen(fd, "r");
    char line[512];

    CHECK(stream);
    CHECK(send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) == sizeof(ask) - 1);
    CHECK_INT(
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
        0);
    do
        CHECK(fgets(line, sizeof(line), stream));
    while (strcmp(line, "event: ready\n") != 0);
    return stream;
}

TEST(queues_turn_in_the_order_that_was_planned)
{
    struct test_rng rng = { test_seed() };

    VHOST_OR_SKIP();
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        AUTO(vhost_done) struct vhost live = vhost_new();
        AUTO(host_done) struct host *host = NULL;
        struct story story;
        FILE *stream;

        start(&live, rules[i]);
        shake(&live, &rng);
        host = told(&live);
        begin_story(&story, host);
        stream = follow(&live);
        for (int n = 0; n < 2 * WRITES; n++)
            go_on(&story, &live, rules[i], &rng);
        CHECK_INT(fclose(story.out), 0);
        CHECK(story.size > 0);
        check_stream(stream, story.expected);
        CHECK_INT(fclose(stream), 0);
        free(story.expected);
    }
}
