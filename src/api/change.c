/* SPDX-License-Identifier: MIT */
/* POST /v1/change: requests as objects or in words, as one change or only as
 * a plan. */
#include "api/call.h"

#include "base/auto.h"
#include "matrix/text.h"
#include "observe/change_words.h"
#include "observe/devices.h"
#include "observe/effect_json.h"
#include "observe/refusal.h"
#include "observe/request_json.h"
#include "observe/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
json_done(json_t **json)
{
    json_decref(*json);
}

/* One request, as an object or a string; what is wrong goes into error. */
static int
read_request(struct host *host, const json_t *json, struct host_request *out,
             char error[CHANGE_WORDS_ERROR])
{
    const char *what = NULL;
    int r;

    if (json_is_string(json)) {
        *out = (struct host_request){ 0 };
        return change_words_read(host, json_string_value(json), &out->engine,
                                 error);
    }
    r = request_from_json(host, json, out, &what);
    if (r == -EBADMSG)
        (void)snprintf(error, CHANGE_WORDS_ERROR, "%s", what);
    return r;
}

static enum MHD_Result
send_refusal(struct call *call, const struct host_request *list,
             const struct refusal *refusal, int error)
{
    const struct host *host = call->api->owner->host;
    const struct vap_why *why = &refusal->why;
    AUTO(free_done) char *words = NULL;
    AUTO(free_done) char *remedy = NULL;
    char queue[VAP_APQN_TEXT + 1] = "";
    bool named = why->verdict == VAP_RESERVED || why->verdict == VAP_SHARED ||
                 why->verdict == VAP_IN_USE;

    if (why->verdict != VAP_OK) {
        (void)refusal_words(host, &list[why->request].engine, why, &words);
        (void)refusal_remedy(host, &list[why->request].engine, why, &remedy);
    }
    if (named)
        (void)vap_apqn_text(why->apqn, queue, sizeof(queue));
    return call_json(call, MHD_HTTP_CONFLICT,
                     json_pack("{s:s, s:s, s:I, s:s?, s:s?, s:s?}", "error",
                               strerrorname_np(error), "message",
                               words ? words : strerror(error), "request",
                               (json_int_t)why->request, "queue",
                               named ? queue : NULL, "holder",
                               why->holder < host->engine->n_slots
                                   ? host_mdev_name(host, why->holder)
                                   : NULL,
                               "remedy", remedy));
}

static enum MHD_Result
plan_only(struct call *call, const struct host_request *list, size_t n)
{
    struct host *host = call->api->owner->host;
    struct refusal refusal = { 0 };
    int r = devices_plan(host, list, n, &refusal);

    if (r > 0)
        return send_refusal(call, list, &refusal, r);
    if (r < 0 && r != -EINPROGRESS)
        return call_error(call, -r, "no plan: %s", strerror(-r));
    return call_json(call, MHD_HTTP_OK, effect_json(host));
}

static enum MHD_Result
do_change(struct call *call, const struct host_request *list, size_t n)
{
    struct owner *owner = call->api->owner;
    struct refusal refusal = { 0 };
    struct origin origin;
    int64_t first;
    int64_t last;
    int r;

    call_origin(call, &origin);
    r = owner->change(owner, &origin, list, n, &refusal);
    if (r > 0)
        return send_refusal(call, list, &refusal, r);
    if (r < 0 && r != -EINPROGRESS)
        return call_error(call, -r, "not done, nothing has changed: %s",
                          strerror(-r));
    store_range(call->api->store, &first, &last);
    return call_json(
        call, r ? MHD_HTTP_ACCEPTED : MHD_HTTP_OK,
        json_pack("{s:I, s:b}", "event", (json_int_t)last, "waits", r != 0));
}

static enum MHD_Result
read_and_do(struct call *call, const json_t *array, bool plan)
{
    size_t n = json_array_size(array);
    AUTO(free_done)
    struct host_request *list = calloc(n ? n : 1, sizeof(*list));
    char error[CHANGE_WORDS_ERROR] = "";

    if (!list)
        return MHD_NO;
    for (size_t i = 0; i < n; i++) {
        int r = read_request(call->api->owner->host, json_array_get(array, i),
                             &list[i], error);

        if (r == -ENOMEM)
            return MHD_NO;
        if (r)
            return call_error(call,
                              r > 0 ? words_error((enum vap_verdict)r) : EINVAL,
                              "request %zu: %s", i, error);
    }
    return plan ? plan_only(call, list, n) : do_change(call, list, n);
}

enum MHD_Result
answer_change(struct call *call)
{
    json_error_t fault;
    AUTO(json_done)
    json_t *json = json_loadb(call->body ? call->body : "", call->length,
                              JSON_REJECT_DUPLICATES, &fault);
    const json_t *list = json_object_get(json, "requests");
    const json_t *plan = json_object_get(json, "plan");

    if (!json)
        return call_error(call, EINVAL, "line %d: %s", fault.line, fault.text);
    if (!json_is_array(list) || json_array_size(list) == 0)
        return call_error(call, EINVAL,
                          "\"requests\": a list of requests expected");
    if (plan && !json_is_boolean(plan))
        return call_error(call, EINVAL, "\"plan\": true or false expected");
    return read_and_do(call, list, json_is_true(plan));
}
