/* SPDX-License-Identifier: MIT */
#include "host/refusal_json.h"

#include "base/auto.h"
#include "host/devices.h"
#include "host/refusal.h"
#include "matrix/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *
holder_of(const struct host *host, const struct vap_why *why)
{
    bool has_holder = why->verdict == VAP_SHARED ||
                      why->verdict == VAP_IN_USE ||
                      why->verdict == VAP_VM_TWICE;

    return has_holder && why->holder < host->engine->n_slots
               ? host_mdev_name(host, why->holder)
               : NULL;
}

/* "" when the reason is no queue. */
static void
queue_of(const struct vap_why *why, char out[VAP_APQN_TEXT + 1])
{
    *out = '\0';
    if (why->verdict == VAP_RESERVED || why->verdict == VAP_SHARED ||
        why->verdict == VAP_IN_USE)
        (void)vap_apqn_text(why->apqn, out, VAP_APQN_TEXT + 1);
}

/* The host as the refused request met it: what stands before it in the list
 * has been done there. NULL when memory is short. */
static struct host *
host_met(const struct host *host, const struct host_request *list, size_t n)
{
    AUTO(host_done) struct host *copy = NULL;

    if (host_copy(host, &copy) < 0 || devices_plan(copy, list, n, NULL) != 0)
        return NULL;
    host_apply(copy);
    return TAKE(copy);
}

/* The reasons behind the first one, a text each; NULL when there are none. */
static json_t *
more_reasons(const struct host *host, const struct vap_request *request,
             struct vap_why why)
{
    json_t *more = NULL;

    if (why.verdict != VAP_RESERVED && why.verdict != VAP_SHARED &&
        why.verdict != VAP_IN_USE)
        return NULL;
    for (size_t n = 0; n < REFUSAL_MORE &&
                       vap_why_next(host->engine, request, host->change, &why);
         n++) {
        AUTO(free_done) char *words = NULL;

        if (refusal_words(host, request, &why, &words) < 0)
            break;
        more = more ? more : json_array();
        (void)json_array_append_new(more, json_string(words));
    }
    return more;
}

/* Returns the words of the engine's refusal; *remedy and *more are filled as
 * well. */
static char *
words_of(const struct host *host, const struct host_request *list,
         const struct refusal *refusal, char **remedy, json_t **more)
{
    const struct vap_request *request = &list[refusal->request].engine;
    AUTO(host_done) struct host *met = NULL;
    char *words = NULL;

    if (refusal->request)
        met = host_met(host, list, refusal->request);
    host = met ? met : host;
    (void)refusal_words(host, request, &refusal->why, &words);
    (void)refusal_remedy(host, request, &refusal->why, remedy);
    *more = more_reasons(host, request, refusal->why);
    return words;
}

/* Of what is no request of the engine's: before and behind the card or queue
 * it is about, if there is something behind it. */
static const struct {
    enum host_setting setting;
    int error;
    bool on; /* only of what would turn it on */
    const char *before;
    const char *behind;
} reasons[] = {
    // clang-format off
    { HOST_CARD_FAULT,   ENODEV, false, "the host has no adapter ", "" },
    { HOST_QUEUE_FAULT,  ENODEV, false, "the host has no queue ", "" },
    { HOST_CARD_ONLINE,  ENODEV, true,  "card ", " has no driver, or is deconfigured or checkstopped" },
    { HOST_CARD_ONLINE,  ENODEV, false, "card ", " has no driver" },
    { HOST_QUEUE_ONLINE, ENODEV, true,  "", " is not bound to cex4queue, or it or its card is deconfigured or checkstopped" },
    { HOST_QUEUE_ONLINE, ENODEV, false, "", " is not bound to cex4queue" },
    { HOST_QUEUE_ONLINE, EINVAL, true,  "the card of ", " is offline" },
    { HOST_AP_DOMAIN,    EINVAL, false, "a domain that aqmask has expected, not above the highest", NULL },
    { HOST_CONFIG_TIME,  EINVAL, false, "5 to 120 seconds expected", NULL },
    { HOST_POLL_TIMEOUT, EINVAL, false, "0 to 120000000000 nanoseconds expected", NULL },
    // clang-format on
};

static bool
is_of_queue(enum host_setting setting)
{
    return setting == HOST_QUEUE_FAULT || setting == HOST_QUEUE_ONLINE;
}

/* NULL: the error says it. */
static char *
setting_words(const struct host_request *request, int error)
{
    char who[VAP_APQN_TEXT + 1];
    char *words = NULL;
    int n = 0;

    if (is_of_queue(request->setting))
        (void)vap_apqn_text(request->apqn, who, sizeof(who));
    else
        (void)snprintf(who, sizeof(who), "%02x", request->adapter & 255);
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]) && !words; i++)
        if (reasons[i].setting == request->setting &&
            reasons[i].error == error &&
            (!reasons[i].on || request->value == 1))
            n = asprintf(&words, "%s%s%s", reasons[i].before,
                         reasons[i].behind ? who : "",
                         reasons[i].behind ? reasons[i].behind : "");
    return n < 0 ? NULL : words;
}

json_t *
refusal_json(const struct host *host, const struct host_request *list,
             const struct refusal *refusal)
{
    AUTO(free_done) char *words = NULL;
    AUTO(free_done) char *remedy = NULL;
    json_t *more = NULL;
    char queue[VAP_APQN_TEXT + 1];

    if (refusal->why.verdict != VAP_OK)
        words = words_of(host, list, refusal, &remedy, &more);
    else
        words = setting_words(&list[refusal->request], refusal->error);
    queue_of(&refusal->why, queue);
    return json_pack(
        "{s:s, s:s, s:I, s:s*, s:s*, s:s*, s:o*}", "error",
        strerrorname_np(refusal->error), "message",
        words ? words : strerror(refusal->error), "request",
        (json_int_t)refusal->request, "queue", *queue ? queue : NULL, "holder",
        holder_of(host, &refusal->why), "remedy", remedy, "more", more);
}
