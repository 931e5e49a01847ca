/* SPDX-License-Identifier: MIT */
/* GET /v1/events: server-sent events. A stream's connection sleeps until
 * there is something to say; one that falls behind is ended, and its reader
 * goes on with ?after=N. */
#include "api/call.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BACKLOG_MAX ((size_t)16 << 20)

struct stream {
    struct api *api;
    struct MHD_Connection *connection;
    char *text; /* yet to be sent */
    size_t length;
    size_t room;
    bool sleeps;
    bool ends;
    struct stream *next;
};

json_t *
event_json(const struct store_event *e)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:b, s:o, s:o}",
                     "number", (json_int_t)e->number, "time_us",
                     (json_int_t)e->time_us, "uid", (json_int_t)e->uid, "pid",
                     (json_int_t)e->pid, "command", e->command, "door", e->door,
                     "verdict", e->verdict, "changed", e->changed, "request",
                     json_loads(e->request, JSON_DECODE_ANY, NULL), "effect",
                     json_loads(e->effect, JSON_DECODE_ANY, NULL));
}

static int
append(struct stream *s, const char *text, size_t length)
{
    if (s->length + length > BACKLOG_MAX)
        return -ENOBUFS;
    if (s->length + length > s->room) {
        size_t room = 2 * (s->length + length);
        char *grown = realloc(s->text, room);

        if (!grown)
            return -ENOMEM;
        s->text = grown;
        s->room = room;
    }
    memcpy(s->text + s->length, text, length);
    s->length += length;
    return 0;
}

static int
tell(void *context, const struct store_event *event)
{
    struct stream *s = context;
    json_t *json = event_json(event);
    AUTO(free_done) char *data = json ? json_dumps(json, JSON_COMPACT) : NULL;
    AUTO(free_done) char *text = NULL;
    int n;

    json_decref(json);
    if (!data)
        return -ENOMEM;
    n = asprintf(&text, "id: %lld\nevent: change\ndata: %s\n\n",
                 (long long)event->number, data);
    return n < 0 ? -ENOMEM : append(s, text, (size_t)n);
}

static void
wake(struct stream *s)
{
    if (s->sleeps) {
        s->sleeps = false;
        MHD_resume_connection(s->connection);
    }
}

void
streams_tell(struct api *api, const struct store_event *event)
{
    for (struct stream *s = api->streams; s; s = s->next) {
        s->ends = s->ends || tell(s, event) < 0;
        wake(s);
    }
}

void
streams_end(struct api *api)
{
    for (struct stream *s = api->streams; s; s = s->next) {
        s->ends = true;
        wake(s);
    }
}

static ssize_t
read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
    struct stream *s = context;
    size_t n = s->length < size ? s->length : size;

    (void)position;
    if (s->ends)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0) {
        s->sleeps = true;
        MHD_suspend_connection(s->connection);
        return 0;
    }
    memcpy(buffer, s->text, n);
    memmove(s->text, s->text + n, s->length - n);
    s->length -= n;
    return (ssize_t)n;
}

static void
stream_free(void *context)
{
    struct stream *s = context;
    struct stream **at = &s->api->streams;

    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
    free(s->text);
    free(s);
}

/* What has been missed comes first. */
static int
fill(struct stream *s, int64_t after)
{
    struct store_query query = { .after = after };
    static const char hello[] = ": vap\n\n";
    int r = append(s, hello, sizeof(hello) - 1);

    if (r == 0 && after >= 0)
        r = store_each(s->api->store, &query, tell, s);
    return r;
}

static enum MHD_Result
send_stream(struct call *call, struct stream *s)
{
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, 4096, read_stream, s, stream_free);
    enum MHD_Result r;

    if (!response) {
        stream_free(s);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                  "text/event-stream");
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                                  "no-cache");
    r = MHD_queue_response(call->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return r;
}

enum MHD_Result
answer_events(struct call *call)
{
    enum MHD_Result answered = MHD_NO;
    struct stream *s;
    int64_t after;

    if (!call_number(call, "after", -1, &after, &answered))
        return answered;
    s = calloc(1, sizeof(*s));
    if (!s)
        return MHD_NO;
    s->api = call->api;
    s->connection = call->connection;
    if (fill(s, after) < 0) {
        stream_free(s);
        return call_error(call, EIO, "the store cannot be read");
    }
    s->next = call->api->streams;
    call->api->streams = s;
    return send_stream(call, s);
}
