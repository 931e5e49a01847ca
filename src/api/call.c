/* SPDX-License-Identifier: MIT */
/* Answers are whole before they are sent, but for streams. */
#include "api/call.h"

#include "base/auto.h"
#include "base/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static enum MHD_Result
send_text(struct call *call, unsigned status, const char *type, char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), text, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result r;

    if (!response) {
        free(text);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    r = MHD_queue_response(call->connection, status, response);
    MHD_destroy_response(response);
    return r;
}

enum MHD_Result
call_text(struct call *call, const char *type, char *text)
{
    return text ? send_text(call, MHD_HTTP_OK, type, text) : MHD_NO;
}

enum MHD_Result
call_json(struct call *call, unsigned status, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    AUTO(free_done) char *line = NULL;

    json_decref(json);
    if (!text || asprintf(&line, "%s\n", text) < 0) {
        free(text);
        return MHD_NO;
    }
    free(text);
    return send_text(call, status, "application/json", TAKE(line));
}

/* What HTTP calls an errno number. */
static unsigned
status_of(int error)
{
    switch (error) {
    case EINVAL:
    case ERANGE:
        return MHD_HTTP_BAD_REQUEST;
    case EACCES:
        return MHD_HTTP_FORBIDDEN;
    case ENOENT:
        return MHD_HTTP_NOT_FOUND;
    case EMFILE:
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    case EOPNOTSUPP:
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    case EFBIG:
        return 413;
    case ENOSPC:
        return MHD_HTTP_INSUFFICIENT_STORAGE;
    case ENOMEM:
    case EIO:
    case EBADMSG:
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    default:
        return MHD_HTTP_CONFLICT;
    }
}

/* JSON is UTF-8, and what is quoted may be anything. */
static json_t *
message_json(char *message)
{
    json_t *json = json_string(message);

    if (json)
        return json;
    for (char *c = message; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(message);
}

enum MHD_Result
call_error(struct call *call, int error, const char *format, ...)
{
    char message[512];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    return call_json(call, status_of(error),
                     json_pack("{s:s, s:o}", "error", strerrorname_np(error),
                               "message", message_json(message)));
}

const char *
call_query(const struct call *call, const char *key)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND,
                                       key);
}

/** The first key that is none of the known. */
struct stranger {
    const char *const *keys;
    const char *key;
};

static enum MHD_Result
look_at_key(void *context, enum MHD_ValueKind kind, const char *key,
            const char *value)
{
    struct stranger *s = context;

    (void)kind;
    (void)value;
    for (const char *const *k = s->keys; *k; k++)
        if (strcmp(*k, key) == 0)
            return MHD_YES;
    s->key = key;
    return MHD_NO;
}

bool
call_only(struct call *call, const char *const *keys, enum MHD_Result *answered)
{
    struct stranger s = { keys, NULL };

    (void)MHD_get_connection_values(call->connection, MHD_GET_ARGUMENT_KIND,
                                    look_at_key, &s);
    if (s.key)
        *answered = call_error(call, EINVAL, "%.100s: no such key here", s.key);
    return !s.key;
}

bool
call_number(struct call *call, const char *key, int64_t otherwise, int64_t *out,
            enum MHD_Result *answered)
{
    const char *text = call_query(call, key);
    char *end = NULL;

    *out = otherwise;
    if (!text)
        return true;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno)
        return true;
    *answered =
        call_error(call, EINVAL, "%s: a number of 0 or more expected", key);
    return false;
}

static void
peer_of(struct MHD_Connection *connection, struct ucred *peer)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    peer_get(info ? info->connect_fd : -1, peer);
}

void
call_origin(const struct call *call, struct origin *out)
{
    struct ucred peer;

    peer_of(call->connection, &peer);
    *out = (struct origin){ .uid = peer.uid, .pid = peer.pid, .door = "api" };
    peer_command(peer.pid, out->command, sizeof(out->command));
}

bool
call_is_allowed(struct MHD_Connection *connection)
{
    struct ucred peer;

    peer_of(connection, &peer);
    return peer_is_allowed(&peer);
}
