/* SPDX-License-Identifier: MIT */
/* GET /v1/events: server-sent events. A stream's connection sleeps until
 * there is something to say. What was recorded is read from the store at the
 * reader's own speed, so a slow one costs nothing and misses nothing; uevents
 * are nowhere stored, and wait in memory up to a bound. */
#include "api/call.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What may wait for a reader, in bytes. */
#define WAITING_MAX ((size_t)4 << 20)
/* Events that are read from the store at once. */
#define BATCH 64

struct stream {
    struct api *api;
    struct MHD_Connection *connection;
    char *text; /* yet to be sent */
    size_t start;
    size_t length; /* behind start */
    size_t room;
    int64_t told; /* the last event in text, or sent */
    uint64_t missed; /* uevents */
    bool changes; /* what it wants to hear of */
    bool uevents;
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

/* --- what waits to be sent ------------------------------------------------ */

static int
make_room(struct stream *s, size_t length)
{
    char *grown;

    if (s->start + s->length + length <= s->room)
        return 0;
    if (s->start) {
        memmove(s->text, s->text + s->start, s->length);
        s->start = 0;
    }
    if (s->length + length <= s->room)
        return 0;
    grown = realloc(s->text, 2 * (s->length + length));
    if (!grown)
        return -ENOMEM;
    s->text = grown;
    s->room = 2 * (s->length + length);
    return 0;
}

static int
append(struct stream *s, const char *text, size_t length)
{
    int r = make_room(s, length);

    if (r < 0)
        return r;
    memcpy(s->text + s->start + s->length, text, length);
    s->length += length;
    return 0;
}

/* "event: uevent" and its data, with a number where it has one. NULL when
 * memory is short. */
static char *
event_text(const char *kind, int64_t number, json_t *json)
{
    AUTO(free_done) char *data = json ? json_dumps(json, JSON_COMPACT) : NULL;
    char id[32] = "";
    char *text;

    json_decref(json);
    if (number)
        (void)snprintf(id, sizeof(id), "id: %lld\n", (long long)number);
    if (!data ||
        asprintf(&text, "%sevent: %s\ndata: %s\n\n", id, kind, data) < 0)
        return NULL;
    return text;
}

static int
append_event(struct stream *s, const char *kind, int64_t number, json_t *json)
{
    AUTO(free_done) char *text = event_text(kind, number, json);

    return text ? append(s, text, strlen(text)) : -ENOMEM;
}

static int
tell_event(void *context, const struct store_event *event)
{
    struct stream *s = context;

    s->told = event->number;
    return append_event(s, "change", event->number, event_json(event));
}

/* How many uevents it has not been sent, before anything that comes later. */
static int
tell_missed(struct stream *s)
{
    json_t *json;

    if (!s->missed)
        return 0;
    json = json_pack("{s:I}", "uevents", (json_int_t)s->missed);
    s->missed = 0;
    return append_event(s, "missed", 0, json);
}

/* --- telling -------------------------------------------------------------- */

static void
wake(struct stream *s)
{
    if (s->sleeps) {
        s->sleeps = false;
        MHD_resume_connection(s->connection);
    }
}

/* Has it been told all there was before this event, and does it read? */
static bool
keeps_up(const struct stream *s, int64_t number)
{
    return s->told == number - 1 && s->length < WAITING_MAX;
}

void
streams_tell(struct api *api, const struct store_event *event)
{
    for (struct stream *s = api->streams; s; s = s->next) {
        if (!s->changes)
            s->told = event->number;
        else if (keeps_up(s, event->number))
            s->ends |= tell_missed(s) < 0 || tell_event(s, event) < 0;
        wake(s);
    }
}

static json_t *
uevent_json(const struct uevent *uevent)
{
    json_t *json = json_object();

    for (const char *v = uevent_next(uevent, NULL); v && json;
         v = uevent_next(uevent, v)) {
        const char *equals = strchr(v, '=');
        AUTO(free_done)
        char *key = equals ? strndup(v, (size_t)(equals - v)) : NULL;

        if (key)
            (void)json_object_set_new(json, key, json_string(equals + 1));
    }
    return json;
}

static void
tell_uevent(struct stream *s, const char *text)
{
    if (!keeps_up(s, store_last(s->api->store) + 1))
        s->missed++;
    else if (tell_missed(s) < 0 || append(s, text, strlen(text)) < 0)
        s->ends = true;
    wake(s);
}

void
streams_tell_uevent(struct api *api, const struct uevent *uevent)
{
    AUTO(free_done)
    char *text = event_text("uevent", 0, uevent_json(uevent));

    for (struct stream *s = api->streams; s && text; s = s->next)
        if (s->uevents)
            tell_uevent(s, text);
}

/* A comment, as the standard wants it for connections that must not die. */
void
streams_beat(struct api *api)
{
    for (struct stream *s = api->streams; s; s = s->next)
        if (s->sleeps) {
            s->ends |= append(s, ":\n\n", 3) < 0;
            wake(s);
        }
}

unsigned
streams_count(const struct api *api)
{
    unsigned n = 0;

    for (const struct stream *s = api->streams; s; s = s->next)
        n++;
    return n;
}

void
streams_end(struct api *api)
{
    for (struct stream *s = api->streams; s; s = s->next) {
        s->ends = true;
        wake(s);
    }
}

/* --- sending -------------------------------------------------------------- */

/* What it has not been told of is in the store. */
static int
catch_up(struct stream *s)
{
    struct store_query next = { .after = s->told, .first = BATCH };

    if (s->told >= store_last(s->api->store))
        return tell_missed(s);
    return store_each(s->api->store, &next, tell_event, s);
}

static ssize_t
read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
    struct stream *s = context;
    size_t n;

    (void)position;
    if (s->length == 0 && !s->ends)
        s->ends = catch_up(s) < 0;
    if (s->ends)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (s->length == 0) {
        s->sleeps = true;
        MHD_suspend_connection(s->connection);
        return 0;
    }
    n = s->length < size ? s->length : size;
    memcpy(buffer, s->text + s->start, n);
    s->start += n;
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

static enum MHD_Result
send_stream(struct call *call, struct stream *s)
{
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, 16384, read_stream, s, stream_free);
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

static struct stream *
stream_new(struct call *call, int64_t after, const char *only)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    *s = (struct stream){ .api = call->api,
                          .connection = call->connection,
                          .told = after,
                          .changes = !only || strcmp(only, "change") == 0,
                          .uevents = !only || strcmp(only, "uevent") == 0,
                          .next = call->api->streams };
    call->api->streams = s;
    return s;
}

/* The last event the reader has seen, as a browser says that comes back. */
static int64_t
seen_before(struct call *call, int64_t otherwise)
{
    const char *id = MHD_lookup_connection_value(
        call->connection, MHD_HEADER_KIND, "Last-Event-ID");
    long long seen = id ? strtoll(id, NULL, 10) : -1;

    return seen >= 0 ? seen : otherwise;
}

enum MHD_Result
answer_events(struct call *call)
{
    static const char hello[] = "event: ready\ndata: {}\n\n";
    const char *only = call_query(call, "only");
    enum MHD_Result answered = MHD_NO;
    struct stream *s;
    int64_t last = store_last(call->api->store);
    int64_t after;

    if (!call_number(call, "after", seen_before(call, last), &after, &answered))
        return answered;
    if (only && strcmp(only, "change") != 0 && strcmp(only, "uevent") != 0)
        return call_error(call, EINVAL, "only: change or uevent expected");
    if (streams_count(call->api) >= API_STREAMS)
        return call_error(call, EMFILE, "%u streams are open already",
                          API_STREAMS);
    s = stream_new(call, after < last ? after : last, only);
    if (!s)
        return MHD_NO;
    if (!s->changes)
        s->told = last;
    (void)MHD_set_connection_option(
        call->connection, MHD_CONNECTION_OPTION_TIMEOUT, API_STREAM_SECONDS);
    if (append(s, hello, sizeof(hello) - 1) == 0)
        return send_stream(call, s);
    stream_free(s);
    return MHD_NO;
}
