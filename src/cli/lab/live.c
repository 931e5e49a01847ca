/* SPDX-License-Identifier: MIT */
/* A host of our own, and what vapd tells of it. */
#include "cli/lab/live_own.h"

#include "base/auto.h"
#include "base/say.h"
#include "host/json.h"
#include "observe/hostfile.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

void
live_path(const struct live *live, char path[PATH_MAX], const char *format, ...)
{
    int n = snprintf(path, PATH_MAX, "%s/", live->tree.path);
    va_list args;

    va_start(args, format);
    if (n > 0 && n < PATH_MAX)
        (void)vsnprintf(path + n, (size_t)(PATH_MAX - n), format, args);
    va_end(args);
}

/* -- names ---------------------------------------------------------------- */

static uint32_t
number_of(struct live *live, const char *name)
{
    uint32_t before = live->names.n;
    uint32_t number = names_add(&live->names, name);
    uint32_t *more;

    if (number == NAMES_NONE || live->names.n == before)
        return number;
    more = realloc(live->updates, live->names.n * sizeof(*more));
    if (!more)
        return NAMES_NONE;
    live->updates = more;
    more[number] = 0;
    return number;
}

int
live_uuid(struct live *live, const char *name, char uuid[LIVE_UUID])
{
    uint32_t number = number_of(live, name);

    if (number == NAMES_NONE)
        return -ENOMEM;
    (void)snprintf(uuid, LIVE_UUID, LIVE_UUID_FORMAT, number);
    return 0;
}

/* The scenario's name of a UUID, lent; NULL: it is none of ours. */
static const char *
name_of(const struct live *live, const char *uuid)
{
    uint32_t number = (uint32_t)strtoul(uuid, NULL, 16);
    char same[LIVE_UUID];

    (void)snprintf(same, sizeof(same), LIVE_UUID_FORMAT, number);
    return number < live->names.n && strncmp(same, uuid, LIVE_UUID - 1) == 0
               ? names_of(&live->names, number)
               : NULL;
}

/* Text with names where vapd has UUIDs. The caller's; NULL when memory is
 * short. */
static char *
named(const struct live *live, const char *text)
{
    char *out = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&out, &n);

    if (!f)
        return NULL;
    while (*text) {
        const char *name = name_of(live, text);

        if (name)
            (void)fputs(name, f);
        else
            (void)fputc(*text, f);
        text += name ? LIVE_UUID - 1 : 1;
    }
    return text_closed(f, &out);
}

/* -- what vapd tells ------------------------------------------------------ */

/* Back to the scenario's names. */
static int
give_names(const struct live *live, struct host *host)
{
    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        const char *name;
        int r;

        if (!host->engine->mdevs[i].exists)
            continue;
        name = name_of(live, host_mdev_name(host, i));
        r = name ? names_change(&host->mdevs, i, name) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static int
take_host(struct live *live)
{
    AUTO(free_done) char *text = NULL;
    AUTO(host_done) struct host *host = NULL;
    struct hostfile_error error;
    size_t length;
    int r;

    if (client_get_text(live->client, "/v1/hostfile", &text, &length))
        return -EIO;
    r = hostfile_parse(text, length, &host, &error);
    if (r > 0)
        say_error("what vapd says of its host is not understood, line %lu: %s",
                  error.line, error.text);
    if (!r)
        r = give_names(live, host);
    if (r)
        return r == -ENOMEM ? r : -EIO;
    host_free(live->host);
    live->host = TAKE(host);
    return 0;
}

static void
add_resets(struct live *live, const json_t *resets)
{
    for (size_t i = 0; i < json_array_size(resets); i++) {
        const json_t *reset = json_array_get(resets, i);
        AUTO(free_done) char *set = NULL;
        const char *at;
        struct vap_mask domains;
        json_int_t a = json_integer_value(json_object_get(reset, "adapter"));

        if (asprintf(&set, "{%s}",
                     json_string_value(json_object_get(reset, "domains"))) < 0)
            continue;
        at = set;
        if (a >= 0 && a < VAP_IDS && sets_read_ids(&at, &domains))
            live->resets.row[a] = vap_mask_or(live->resets.row[a], domains);
    }
}

static void
add_updates(struct live *live, const json_t *mdevs)
{
    for (size_t i = 0; i < json_array_size(mdevs); i++) {
        const json_t *mdev = json_array_get(mdevs, i);
        const char *name =
            name_of(live, json_string_value(json_object_get(mdev, "mdev")));

        if (name)
            live->updates[names_find(&live->names, name)] +=
                (uint32_t)json_integer_value(json_object_get(mdev, "updates"));
    }
}

static int
add_event(struct live *live, const json_t *event, char **reason)
{
    const json_t *effect = json_object_get(event, "effect");
    const json_t *refusal = json_object_get(effect, "refusal");

    live->event = json_integer_value(json_object_get(event, "number"));
    add_resets(live, json_object_get(effect, "resets"));
    add_updates(live, json_object_get(effect, "mdevs"));
    if (!refusal || !reason)
        return 0;
    free(*reason);
    *reason =
        named(live, json_string_value(json_object_get(refusal, "message")));
    return *reason ? 0 : -ENOMEM;
}

int
live_catch_up(struct live *live, char **reason)
{
    AUTO(json_done) json_t *log = NULL;
    const json_t *events;
    char path[64];
    int r = 0;

    (void)snprintf(path, sizeof(path), "/v1/log?after=%" JSON_INTEGER_FORMAT,
                   live->event);
    if (client_get(live->client, path, &log))
        return -EIO;
    events = json_object_get(log, "events");
    for (size_t i = 0; i < json_array_size(events) && !r; i++)
        r = add_event(live, json_array_get(events, i), reason);
    return r ? r : take_host(live);
}

const struct host *
live_host(const struct live *live)
{
    return live->host;
}

void
live_forget_updates(struct live *live, const char *mdev)
{
    uint32_t number = names_find(&live->names, mdev);

    if (number != NAMES_NONE)
        live->updates[number] = 0;
}

void
live_forget_resets(struct live *live)
{
    live->resets = (struct sets_queues){ 0 };
}

/* -- its start and end ---------------------------------------------------- */

/* The same host with UUIDs for names, as a host file. */
static int
write_host(struct live *live, const struct host *as, FILE *out)
{
    AUTO(host_done) struct host *host = NULL;
    int r = host_copy(as, &host);

    for (uint32_t i = 0; !r && i < as->engine->n_slots; i++) {
        char uuid[LIVE_UUID];

        if (!as->engine->mdevs[i].exists)
            continue;
        r = live_uuid(live, host_mdev_name(as, i), uuid);
        if (!r)
            r = names_change(&host->mdevs, i, uuid);
    }
    if (!r)
        r = hostfile_write(out, host);
    return r ? r : fflush(out) ? -ENOMEM : 0;
}

/* vapd reads it from memory of ours. */
static int
start(struct live *live, const struct host *as)
{
    AUTO(file_done) FILE *f = NULL;
    char path[48];
    int fd = memfd_create("host", MFD_CLOEXEC);
    int r;

    f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        return -ENOMEM;
    r = write_host(live, as, f);
    (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
    if (r)
        return r;
    r = tree_for(&(struct tree_wish){ .host = path, .no_scan = true },
                 &live->tree);
    return r || client_new(live->tree.name, &live->client) ? -EIO : 0;
}

int
live_new(const struct host *as, struct live **out)
{
    AUTO(live_done) struct live *live = calloc(1, sizeof(*live));
    int r;

    if (!live)
        return -ENOMEM;
    live->tree.alive = -1;
    r = start(live, as);
    if (!r)
        r = live_catch_up(live, NULL);
    if (!r)
        *out = TAKE(live);
    return r;
}

void
live_free(struct live *live)
{
    if (!live)
        return;
    client_free(live->client);
    tree_done(&live->tree);
    names_done(&live->names);
    host_free(live->host);
    free(live->updates);
    free(live);
}

void
live_done(struct live **live)
{
    live_free(*live);
}
