/* SPDX-License-Identifier: MIT */
/* A change is decided, then recorded, then done, then told. Whatever fails,
 * the state is the one before it or the one after it. */
#include "daemon/daemon.h"

#include "base/auto.h"
#include "observe/devices.h"
#include "observe/effect_json.h"
#include "observe/request_json.h"
#include "store/state.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Changes after which the whole state is written down. */
#define CHECKPOINT_EVERY 1000

static int64_t
now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
json_text_done(char **text)
{
    free(*text);
}

static char *
dump(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    return text;
}

static char *
requests_text(const struct host *host, const struct host_request *list,
              size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, request_to_json(host, &list[i]))) {
            json_decref(array);
            return NULL;
        }
    return dump(array);
}

static void
carry_out(struct daemon *d)
{
    host_apply(d->owner.host);
    if (store_since_checkpoint(d->store) >= CHECKPOINT_EVERY)
        (void)state_save(d->store, d->owner.host); /* or the next time */
}

/* A refusal is worth a line in the log, not a failure of its own. */
static int
refuse(struct daemon *d, struct store_event *event, int error)
{
    event->verdict = strerrorname_np(error);
    event->effect = "null";
    event->changed = false;
    (void)store_record(d->store, event);
    daemon_publish(d, event);
    return error;
}

static int
proceed(struct daemon *d, struct store_event *event, int answer)
{
    AUTO(json_text_done) char *effect = dump(effect_json(d->owner.host));
    int r;

    if (!effect)
        return -ENOMEM;
    event->verdict = answer ? strerrorname_np(abs(answer)) : "";
    event->effect = effect;
    event->changed = true;
    r = store_record(d->store, event);
    if (r < 0)
        return r;
    carry_out(d);
    daemon_publish(d, event);
    return answer;
}

int
daemon_change(struct owner *owner, const struct origin *origin,
              const struct host_request *list, size_t n,
              struct refusal *refusal)
{
    struct daemon *d = (struct daemon *)owner; /* its first member */
    AUTO(json_text_done) char *request = requests_text(owner->host, list, n);
    struct refusal ignored;
    int r;

    refusal = refusal ? refusal : &ignored;
    *refusal = (struct refusal){ 0 };
    if (!request)
        return -ENOMEM;

    struct store_event event = { .time_us = now_us(),
                                 .uid = origin->uid,
                                 .pid = origin->pid,
                                 .command = origin->command,
                                 .door = origin->door,
                                 .request = request };
    r = devices_plan(owner->host, list, n, refusal);
    if (r < 0 && r != -EINPROGRESS)
        return r;
    return r > 0 && refusal->why.verdict != VAP_RESET_FAILED
               ? refuse(d, &event, r)
               : proceed(d, &event, r);
}
