/* SPDX-License-Identifier: MIT */
/* A change is decided, then recorded, then done, then told. Whatever fails,
 * the state is the one before it or the one after it. */
#include "daemon/daemon.h"

#include "base/auto.h"
#include "guest/guests.h"
#include "host/devices.h"
#include "host/effect_json.h"
#include "host/refusal_json.h"
#include "store/state.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Events after which the whole state is written down. */
#define CHECKPOINT_EVERY 1000

/* Time as events have it never runs backwards, whatever the clock does. */
int64_t
daemon_now_us(struct daemon *d)
{
    struct timespec t;
    int64_t us;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    d->last_us = us > d->last_us ? us : d->last_us;
    return d->last_us;
}

static char *
dump(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    return text;
}

static struct store_event
event_of(struct daemon *d, const struct origin *origin, const char *request)
{
    return (struct store_event){ .time_us = daemon_now_us(d),
                                 .uid = origin->uid,
                                 .pid = origin->pid,
                                 .command = origin->command,
                                 .door = origin->door,
                                 .request = request,
                                 .effect = "null" };
}

/* A state that cannot be written down now is written the next time. */
static void
checkpoint(struct daemon *d)
{
    if (store_since_checkpoint(d->store) >= CHECKPOINT_EVERY)
        (void)state_save(d->store, d->owner.host);
}

/* A refusal is worth a line in the log, not a failure of its own. */
static void
refuse(struct daemon *d, struct store_event *event, int error)
{
    event->verdict = strerrorname_np(error);
    d->owner.tally.refusals++;
    if (store_record(d->store, event) == 0) {
        checkpoint(d);
        daemon_publish(d, event);
    }
}

/* ... with the reason: tools that write to files do not tell it. */
static void
refuse_list(struct daemon *d, struct store_event *event,
            const struct host_request *list, const struct refusal *refusal)
{
    AUTO(free_done)
    char *effect = dump(json_pack("{s:o}", "refusal",
                                  refusal_json(d->owner.host, list, refusal)));

    event->effect = effect ? effect : event->effect;
    refuse(d, event, refusal->error);
}

static void
add_up(struct tally *tally, const struct vap_change *change)
{
    tally->changes++;
    for (uint32_t i = 0; i < change->n_effects; i++)
        tally->updates += change->effects[i].updates;
    for (size_t i = 0; i < change->n_resets; i++)
        tally->resets += (uint64_t)change->resets[i].times *
                         vap_mask_count(&change->resets[i].domains);
}

/* ... and why it was not answered with success all the same. */
static json_t *
effect_of(const struct daemon *d, int answer, const struct host_request *list,
          const struct refusal *refusal)
{
    json_t *effect = effect_json(d->owner.host);

    if (answer)
        (void)json_object_set_new(effect, "refusal",
                                  refusal_json(d->owner.host, list, refusal));
    return effect;
}

static int
proceed(struct daemon *d, struct store_event *event, int answer,
        const struct host_request *list, size_t n,
        const struct refusal *refusal)
{
    AUTO(free_done)
    char *effect = dump(effect_of(d, answer, list, refusal));
    int r;

    if (!effect)
        return -ENOMEM;
    event->verdict = answer ? strerrorname_np(abs(answer)) : "";
    event->effect = effect;
    event->changed = true;
    r = store_record(d->store, event);
    if (r < 0)
        return r;
    add_up(&d->owner.tally, d->owner.host->change);
    guests_take(d->guests);
    host_apply(d->owner.host);
    guests_give(d->guests);
    loop_rearm(d, list, n);
    checkpoint(d);
    daemon_publish(d, event);
    return answer;
}

/* Does it happen, whatever is answered? A held mdev is asked for, a reset
 * that failed was tried. */
static bool
happens(int answer, const struct refusal *refusal)
{
    return answer == 0 || answer == -EINPROGRESS ||
           (answer > 0 && refusal->why.verdict == VAP_RESET_FAILED);
}

int
daemon_change(struct owner *owner, const struct origin *origin,
              const struct host_request *list, size_t n,
              struct refusal *refusal)
{
    struct daemon *d = (struct daemon *)owner; /* its first member */
    AUTO(free_done) char *request = state_requests(owner->host, list, n);
    struct refusal ignored;
    struct store_event event;
    int r;

    refusal = refusal ? refusal : &ignored;
    *refusal = (struct refusal){ 0 };
    if (!request)
        return -ENOMEM;
    event = event_of(d, origin, request);
    r = devices_plan(owner->host, list, n, refusal);
    if (happens(r, refusal)) {
        r = proceed(d, &event, r, list, n, refusal);
        if (r == -EINPROGRESS)
            guests_ask(d->guests, origin, list[0].engine.mdev);
        return r;
    }
    if (r > 0)
        refuse_list(d, &event, list, refusal);
    return r;
}

/* --- texts that are no requests ------------------------------------------ */

/* What is kept of a text. */
#define TEXT_KEPT 256

/* Any bytes as text: what is no printable ASCII, as \xNN. */
static void
make_plain(const char *text, size_t length, char out[4 * TEXT_KEPT + 4])
{
    size_t kept = length < TEXT_KEPT ? length : TEXT_KEPT;
    char *at = out;

    for (size_t i = 0; i < kept; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte >= 0x20 && byte < 0x7f && byte != '\\')
            *at++ = (char)byte;
        else
            at += sprintf(at,
                          byte == '\n'   ? "\\n"
                          : byte == '\\' ? "\\\\"
                                         : "\\x%02x",
                          byte);
    }
    memcpy(at, kept < length ? "..." : "", kept < length ? 4 : 1);
}

void
daemon_refused(struct owner *owner, const struct origin *origin,
               const char *file, const char *text, size_t length, int error)
{
    struct daemon *d = (struct daemon *)owner;
    char plain[4 * TEXT_KEPT + 4];
    AUTO(free_done) char *request = NULL;

    make_plain(text, length, plain);
    request = dump(json_pack("[{s:s, s:s, s:s}]", "op", "write", "file", file,
                             "text", plain));
    if (!request)
        return;

    struct store_event event = event_of(d, origin, request);

    refuse(d, &event, error);
}

/* --- the bus, by itself -------------------------------------------------- */

void
daemon_scan(struct daemon *d)
{
    struct origin origin = { .uid = geteuid(),
                             .pid = getpid(),
                             .door = "scan" };
    struct host_request scan = { .engine.op = VAP_SCAN };

    if (devices_plan(d->owner.host, &scan, 1, NULL) == 0 &&
        devices_idle(d->owner.host))
        host_apply(d->owner.host);
    else
        (void)daemon_change(&d->owner, &origin, &scan, 1, NULL);
}
