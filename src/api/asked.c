/* SPDX-License-Identifier: MIT */
/* Nothing is taken that is not understood: a misspelt "plan" must not carry
 * out what was only to be looked at. */
#include "api/asked.h"

#include "host/change_words.h"
#include "host/request_json.h"
#include "host/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
asked_done(struct asked *asked)
{
    free(asked->list);
    asked->list = NULL;
}

void
asked_fault_done(struct asked_fault *fault)
{
    json_decref(fault->json);
    fault->json = NULL;
}

__attribute__((format(printf, 3, 4))) static int
wrong(struct asked_fault *fault, int error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(fault->message, sizeof(fault->message), format, values);
    va_end(values);
    return error;
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

/* What an mdev is called in sysfs, there it has to be. */
static bool
is_creatable(const struct host *host, const struct host_request *request)
{
    return request->setting != HOST_ENGINE ||
           request->engine.op != VAP_CREATE ||
           host_is_uuid(host_mdev_name(host, request->engine.mdev));
}

static int
read_one(struct host *host, struct asked_fault *fault, const json_t *json,
         size_t i, struct host_request *out)
{
    char error[CHANGE_WORDS_ERROR] = "";
    int r = read_request(host, json, out, error);

    if (r == -ENOMEM)
        return r;
    if (r > 0) {
        fault->words = json_string_value(json);
        return wrong(fault, words_error((enum vap_verdict)r), "request %zu: %s",
                     i, error);
    }
    if (r < 0)
        return wrong(fault, EINVAL, "request %zu: %s", i, error);
    if (!is_creatable(host, out))
        return wrong(fault, EINVAL,
                     "request %zu: %s found, a UUID in lower case expected", i,
                     host_mdev_name(host, out->engine.mdev));
    return 0;
}

static int
read_list(struct host *host, const json_t *array, struct asked *asked,
          struct asked_fault *fault)
{
    size_t n = json_array_size(array);
    int r = 0;

    if (!json_is_array(array) || n == 0)
        return wrong(fault, EINVAL,
                     "\"requests\": a list of at least one request expected");
    if (n > ASKED_MAX)
        return wrong(fault, EINVAL, "%zu requests found, at most %d expected",
                     n, ASKED_MAX);
    asked->list = calloc(n, sizeof(*asked->list));
    asked->n = n;
    if (!asked->list)
        return -ENOMEM;
    for (size_t i = 0; i < n && r == 0; i++)
        r = read_one(host, fault, json_array_get(array, i), i, &asked->list[i]);
    return r;
}

static int
read_plan(const json_t *json, struct asked *asked, struct asked_fault *fault)
{
    const json_t *plan = json_object_get(json, "plan");
    size_t known = 1 + (plan != NULL);

    if (plan && !json_is_boolean(plan))
        return wrong(fault, EINVAL, "\"plan\": true or false expected");
    if (json_object_get(json, "requests") && json_object_size(json) != known)
        return wrong(fault, EINVAL,
                     "\"requests\" and \"plan\" expected, and no other key");
    asked->plan = json_is_true(plan);
    return 0;
}

int
asked_read(struct host *host, const char *body, size_t length,
           struct asked *out, struct asked_fault *fault)
{
    json_error_t error;
    int r;

    *out = (struct asked){ 0 };
    fault->json =
        json_loadb(length ? body : "", length, JSON_REJECT_DUPLICATES, &error);
    if (!fault->json)
        return wrong(fault, EINVAL, "line %d: %s", error.line, error.text);
    if (!json_is_object(fault->json))
        return wrong(fault, EINVAL, "an object expected");
    r = read_plan(fault->json, out, fault);
    if (r == 0)
        r = read_list(host, json_object_get(fault->json, "requests"), out,
                      fault);
    if (r)
        asked_done(out);
    return r;
}
