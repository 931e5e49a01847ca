/* SPDX-License-Identifier: MIT */
/* POST /v1/change: requests as one change, or only as a plan. */
#include "api/call.h"

#include "api/asked.h"
#include "base/auto.h"
#include "host/devices.h"
#include "host/effect_json.h"
#include "host/refusal_json.h"

#include <errno.h>
#include <string.h>

static enum MHD_Result
send_refusal(struct call *call, const struct asked *asked,
             const struct refusal *refusal)
{
    return call_json(
        call, MHD_HTTP_CONFLICT,
        refusal_json(call->api->owner->host, asked->list, refusal));
}

static enum MHD_Result
plan_only(struct call *call, const struct asked *asked)
{
    struct host *host = call->api->owner->host;
    struct refusal refusal = { 0 };
    int r = devices_plan(host, asked->list, asked->n, &refusal);

    if (r > 0)
        return send_refusal(call, asked, &refusal);
    if (r < 0 && r != -EINPROGRESS)
        return call_error(call, -r, "no plan: %s", strerror(-r));
    return call_json(
        call, MHD_HTTP_OK,
        json_pack("{s:b, s:o}", "waits", r != 0, "effect", effect_json(host)));
}

static int
take_effect(void *context, const struct store_event *event)
{
    json_t **effect = context;

    json_decref(*effect);
    *effect = json_loads(event->effect, JSON_DECODE_ANY, NULL);
    return *effect ? 0 : -ENOMEM;
}

/* The event that was the change is the last one: nobody else has had a turn. */
static enum MHD_Result
send_done(struct call *call, bool waits)
{
    struct store_query last = { .limit = 1 };
    json_t *effect = NULL;
    int64_t first;
    int64_t number;

    store_range(call->api->store, &first, &number);
    if (store_each(call->api->store, &last, take_effect, &effect) < 0)
        effect = json_null(); /* it is done all the same */
    return call_json(call, waits ? MHD_HTTP_ACCEPTED : MHD_HTTP_OK,
                     json_pack("{s:I, s:b, s:o}", "event", (json_int_t)number,
                               "waits", waits, "effect", effect));
}

static enum MHD_Result
do_change(struct call *call, const struct asked *asked)
{
    struct owner *owner = call->api->owner;
    struct refusal refusal = { 0 };
    struct origin origin;
    int r;

    call_origin(call, &origin);
    r = owner->change(owner, &origin, asked->list, asked->n, &refusal);
    if (r > 0)
        return send_refusal(call, asked, &refusal);
    if (r < 0 && r != -EINPROGRESS)
        return call_error(call, -r, "not done, nothing has changed: %s",
                          strerror(-r));
    return send_done(call, r != 0);
}

/* Words that a file would refuse were meant to be written to it. */
static enum MHD_Result
send_fault(struct call *call, const struct asked_fault *fault, int error)
{
    struct owner *owner = call->api->owner;

    if (fault->words && owner->refused) {
        struct origin origin;

        call_origin(call, &origin);
        owner->refused(owner, &origin, "", fault->words, strlen(fault->words),
                       error);
    }
    return call_error(call, error, "%s", fault->message);
}

enum MHD_Result
answer_change(struct call *call)
{
    AUTO(asked_done) struct asked asked = { 0 };
    AUTO(asked_fault_done) struct asked_fault fault = { 0 };
    int r;

    r = asked_read(call->api->owner->host, call->body, call->length, &asked,
                   &fault);
    if (r < 0)
        return call_error(call, -r, "%s", strerror(-r));
    if (r > 0)
        return send_fault(call, &fault, r);
    return asked.plan ? plan_only(call, &asked) : do_change(call, &asked);
}
