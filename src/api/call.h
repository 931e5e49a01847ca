/* SPDX-License-Identifier: MIT */
/* One request to the API and its answer: what the files of api/ share. */
#ifndef VAP_API_CALL_H
#define VAP_API_CALL_H

#include <jansson.h>
#include <microhttpd.h>

#include "api/api.h"

/* The largest body. */
#define API_BODY_MAX ((size_t)8 << 20)

/* A reader of a stream who takes nothing for so long is one no more. */
#define API_STREAM_SECONDS 60U

/* Connections, and how many of them may be streams: those that nobody ends
 * leave room for whoever has only a question. */
#define API_CONNECTIONS 200U
#define API_STREAMS 150U

struct stream;

struct api {
    struct owner *owner;
    struct store *store;
    struct api_options options;
    struct MHD_Daemon *http;
    uv_loop_t *loop;
    uv_poll_t *poll;
    uv_timer_t *timer;
    uv_timer_t *beat; /* of streams that have nothing to say */
    struct stream *streams;
    uint64_t calls; /* answered so far */
};

struct call {
    struct api *api;
    struct MHD_Connection *connection;
    char *body;
    size_t length;
    size_t room;
    bool too_long;
};

typedef enum MHD_Result answer(struct call *call);

/** A row of the table of what can be asked. A GET can be a HEAD. */
struct route {
    const char *method;
    const char *path;
    const char *keys[8]; /* that can stand behind '?', ended by NULL */
    answer *answer;
};

extern const struct route api_routes[]; /* ended by a NULL method */

/* Answers. json is taken over; NULL is answered as a lack of memory. */
enum MHD_Result call_json(struct call *call, unsigned status, json_t *json);
enum MHD_Result call_text(struct call *call, const char *type, char *text);

/* {"error": "EINVAL", "message": ...}; the errno decides the status. */
enum MHD_Result call_error(struct call *call, int error, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));

/* What stands behind '?'; NULL when it is not there. */
const char *call_query(const struct call *call, const char *key);

/* Refuses what stands there and is not among keys, which a NULL ends; false:
 * that has been answered. */
bool call_only(struct call *call, const char *const *keys,
               enum MHD_Result *answered);

/* The value of a key as a number of 0 or more; false when it is none, and
 * that has been answered. */
bool call_number(struct call *call, const char *key, int64_t otherwise,
                 int64_t *out, enum MHD_Result *answered);

/* Who is at the other end. */
void call_origin(const struct call *call, struct origin *out);

/* May they ask? Root and the owner of this process may. */
bool call_is_allowed(struct MHD_Connection *connection);

/* The routes. */
answer answer_about, answer_state, answer_hostfile, answer_change, answer_log,
    answer_metrics, answer_events;

/* events.c */
json_t *event_json(const struct store_event *event);
void streams_tell(struct api *api, const struct store_event *event);
void streams_tell_uevent(struct api *api, const struct uevent *uevent);
void streams_beat(struct api *api);
unsigned streams_count(const struct api *api);
void streams_end(struct api *api);

#endif
