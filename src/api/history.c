/* SPDX-License-Identifier: MIT */
/* GET /v1/hostfile, /v1/log: the host, now or as it was, and what happened. */
#include "api/call.h"

#include "base/auto.h"
#include "observe/hostfile.h"
#include "store/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Events in one answer: when nothing else is asked for, and at most. */
#define LOG_LIMIT 1000
#define LOG_MAX 10000

static enum MHD_Result
send_hostfile(struct call *call, const struct host *host)
{
    char *text = hostfile_written(host);

    return text ? call_text(call, "application/yaml", text) : MHD_NO;
}

static enum MHD_Result
send_past(struct call *call, int64_t number)
{
    AUTO(host_done) struct host *then = NULL;
    int64_t last = store_last(call->api->store);
    int r;

    if (number > last)
        return call_error(call, ENOENT,
                          "there is no event %" PRId64 ", the last is %" PRId64,
                          number, last);
    r = state_at(call->api->store, number, &then);
    if (r == 0)
        return call_error(call, ENOENT,
                          "nothing is kept any more of the state behind event "
                          "%" PRId64,
                          number);
    return r < 0 ? call_error(call, -r, "the store cannot be read")
                 : send_hostfile(call, then);
}

enum MHD_Result
answer_hostfile(struct call *call)
{
    enum MHD_Result answered = MHD_NO;
    int64_t at;
    int64_t us;

    if (!call_number(call, "at", -1, &at, &answered) ||
        !call_number(call, "at_us", -1, &us, &answered))
        return answered;
    if (us >= 0)
        at = store_at(call->api->store, us);
    if (us >= 0 && at == 0 && us < call->api->options.started_us)
        return call_error(call, ENOENT,
                          "nothing is known of that time, which is before the "
                          "first event; event 0 is how the host began");
    return at < 0 ? send_hostfile(call, call->api->owner->host)
                  : send_past(call, at);
}

/* --- the log ---------------------------------------------------------------
 */

static int
add_event(void *list, const struct store_event *event)
{
    return json_array_append_new(list, event_json(event)) ? -ENOMEM : 0;
}

static bool
read_query(struct call *call, struct store_query *q, enum MHD_Result *answered)
{

    q->mdev = call_query(call, "mdev");
    return call_number(call, "after", 0, &q->after, answered) &&
           call_number(call, "until", 0, &q->until, answered) &&
           call_number(call, "since_us", 0, &q->since_us, answered) &&
           call_number(call, "limit", LOG_LIMIT, &q->limit, answered) &&
           call_number(call, "first", 0, &q->first, answered);
}

enum MHD_Result
answer_log(struct call *call)
{
    struct store_query query = { 0 };
    enum MHD_Result answered = MHD_NO;
    json_t *list;
    int r;

    if (!read_query(call, &query, &answered))
        return answered;
    if (query.limit > LOG_MAX || query.first > LOG_MAX)
        return call_error(call, EINVAL, "at most %d events in one answer",
                          LOG_MAX);
    list = json_array();
    r = query.limit || query.first
            ? store_each(call->api->store, &query, add_event, list)
            : 0;
    if (r == 0)
        return call_json(call, MHD_HTTP_OK, json_pack("{s:o}", "events", list));
    json_decref(list);
    return call_error(call, -r, "the store cannot be read");
}
