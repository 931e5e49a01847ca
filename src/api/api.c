/* SPDX-License-Identifier: MIT */
/* The HTTP library lives inside the loop: its one descriptor is polled, and
 * it is run when something has come. */
#include "api/call.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* A connection that nothing has happened on for so long is closed: who begins
 * and does not go on keeps others out no longer. A stream that has nothing to
 * say says so, more often than its own API_STREAM_SECONDS, and finds out
 * whether anybody is still there. */
#define IDLE_SECONDS 10U
#define BEAT_MS 15000

static void run(struct api *api);

static void
come(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void
due(uv_timer_t *timer)
{
    run(timer->data);
}

/* It may have said that it wants to go on without waiting for anything. */
static void
run(struct api *api)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    (void)MHD_run(api->http);
    if (MHD_get_timeout(api->http, &wait_ms) == MHD_YES)
        (void)uv_timer_start(api->timer, due, wait_ms, 0);
    else
        (void)uv_timer_stop(api->timer);
}

/* --- a call -------------------------------------------------------------- */

static struct call *
call_new(struct api *api, struct MHD_Connection *connection)
{
    struct call *call = calloc(1, sizeof(*call));

    if (call) {
        call->api = api;
        call->connection = connection;
    }
    return call;
}

static void
call_end(void *context, struct MHD_Connection *connection, void **state,
         enum MHD_RequestTerminationCode why)
{
    struct call *call = *state;

    (void)context;
    (void)connection;
    (void)why;
    if (call)
        free(call->body);
    free(call);
    *state = NULL;
}

/* More of the body. */
static bool
take_body(struct call *call, const char *data, size_t size)
{
    if (call->length + size > API_BODY_MAX) {
        call->too_long = true;
        return true;
    }
    if (call->length + size > call->room) {
        size_t room = 2 * (call->length + size);
        char *grown = realloc(call->body, room);

        if (!grown)
            return false;
        call->body = grown;
        call->room = room;
    }
    memcpy(call->body + call->length, data, size);
    call->length += size;
    return true;
}

static bool
is_method(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(route->method, MHD_HTTP_METHOD_GET) == 0 &&
            strcmp(method, MHD_HTTP_METHOD_HEAD) == 0);
}

static enum MHD_Result
answer_call(struct call *call, const char *method, const char *path)
{
    enum MHD_Result answered = MHD_NO;
    const char *other = NULL;

    call->api->calls++;
    if (call->too_long)
        return call_error(call, EFBIG, "a body of more than 8 MiB found");
    for (const struct route *r = api_routes; r->method; r++) {
        if (strcmp(r->path, path) != 0)
            continue;
        if (is_method(r, method))
            return call_only(call, r->keys, &answered) ? r->answer(call)
                                                       : answered;
        other = r->method;
    }
    if (other)
        return call_error(call, EOPNOTSUPP, "%.100s takes %s, not %.20s", path,
                          other, method);
    return call_error(call, ENOENT, "there is no %.100s here", path);
}

static enum MHD_Result
begin_call(struct api *api, struct MHD_Connection *connection, void **state)
{
    struct call *call = call_new(api, connection);

    *state = call;
    if (!call)
        return MHD_NO;
    if (call_is_allowed(connection))
        return MHD_YES;
    return call_error(call, EACCES,
                      "only root and the owner of this host may ask");
}

static enum MHD_Result
handle(void *context, struct MHD_Connection *connection, const char *path,
       const char *method, const char *version, const char *data, size_t *size,
       void **state)
{
    struct call *call = *state;

    (void)version;
    if (!call)
        return begin_call(context, connection, state);
    if (*size == 0)
        return answer_call(call, method, path);

    bool taken = take_body(call, data, *size);

    *size = 0;
    return taken ? MHD_YES : MHD_NO;
}

/* --- starting and ending ------------------------------------------------- */

static int
listen_at(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    AUTO(fd_done)
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (strlen(path) >= sizeof(at.sun_path))
        return -ENAMETOOLONG;
    memcpy(at.sun_path, path, strlen(path) + 1);

    mode_t mask = umask(0177);
    int r = bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;

    (void)umask(mask);
    if (r == 0 && listen(fd, 64) < 0)
        r = -errno;
    return r < 0 ? r : fd_take(&fd);
}

static int
start_http(struct api *api)
{
    AUTO(fd_done) int fd = listen_at(api->options.socket);

    if (fd < 0)
        return fd;
    api->http = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, api,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        API_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
        MHD_OPTION_NOTIFY_COMPLETED, call_end, NULL, MHD_OPTION_END);
    if (!api->http)
        return -ENOMEM;
    (void)fd_take(&fd);
    return 0;
}

static uv_timer_t *
new_timer(struct api *api)
{
    uv_timer_t *timer = calloc(1, sizeof(*timer));

    if (timer && uv_timer_init(api->loop, timer) < 0) {
        free(timer);
        return NULL;
    }
    if (timer)
        timer->data = api;
    return timer;
}

static int
new_poll(struct api *api, int fd)
{
    int r;

    api->poll = calloc(1, sizeof(*api->poll));
    if (!api->poll)
        return -ENOMEM;
    r = uv_poll_init(api->loop, api->poll, fd);
    if (r < 0) {
        free(api->poll);
        api->poll = NULL;
        return r;
    }
    api->poll->data = api;
    return uv_poll_start(api->poll, UV_READABLE, come);
}

static void
beat(uv_timer_t *timer)
{
    struct api *api = timer->data;

    streams_beat(api);
    run(api);
}

static int
join_loop(struct api *api)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(api->http, MHD_DAEMON_INFO_EPOLL_FD);

    api->timer = new_timer(api);
    api->beat = new_timer(api);
    if (!info || !api->timer || !api->beat)
        return -ENOMEM;
    (void)uv_timer_start(api->beat, beat, BEAT_MS, BEAT_MS);
    return new_poll(api, info->epoll_fd);
}

int
api_new(struct owner *owner, struct store *store, uv_loop_t *loop,
        const struct api_options *options, struct api **out)
{
    struct api *api = calloc(1, sizeof(*api));
    int r;

    if (!api)
        return -ENOMEM;
    *api = (struct api){
        .owner = owner, .store = store, .options = *options, .loop = loop
    };
    r = start_http(api);
    if (r == 0)
        r = join_loop(api);
    if (r < 0) {
        api_free(api);
        return r;
    }
    *out = api;
    return 0;
}

bool
api_is_followed(const struct api *api)
{
    return api->streams != NULL;
}

/* What streams have to say now goes out when the loop comes round. */
static void
run_soon(struct api *api)
{
    if (api->streams)
        (void)uv_timer_start(api->timer, due, 0, 0);
}

void
api_event(struct api *api, const struct store_event *event)
{
    streams_tell(api, event);
    run_soon(api);
}

void
api_uevent(struct api *api, const struct uevent *uevent)
{
    streams_tell_uevent(api, uevent);
    run_soon(api);
}

/* Handles are the loop's until it has closed them. */
static void
closed(uv_handle_t *handle)
{
    free(handle);
}

static void
close_handle(void *handle)
{
    if (handle)
        uv_close(handle, closed);
}

void
api_free(struct api *api)
{
    if (!api)
        return;
    close_handle(api->poll);
    close_handle(api->timer);
    close_handle(api->beat);
    streams_end(api);
    if (api->http)
        MHD_stop_daemon(api->http);
    free(api);
}
