/* SPDX-License-Identifier: MIT */
/* The log, carried out again, gives every answer that was given; and what was
 * read was so at some moment between the reader's start and end. */
#include "daemon/load.h"

#include "base/auto.h"
#include "host/devices.h"
#include "host/effect_json.h"
#include "observe/hostfile.h"
#include "store/state.h"
#include "sysfs/node.h"
#include "test.h"

#include <errno.h>

void
past_done(struct past *past)
{
    for (size_t f = 0; f < LOAD_FILES; f++) {
        for (size_t i = 0; i < past->files[f].n; i++)
            free(past->files[f].list[i].text);
        free(past->files[f].list);
    }
    free(past->events);
    host_free(past->host);
}

/* errno, or 0 with *out */
static int
show(struct host *host, const char *file, char **out)
{
    const struct tree tree = { .host = host };
    struct text text = { 0 };
    struct node node;
    int r;

    if (!node_at(&tree, file, &node))
        return ENOENT;
    r = node_row(node)->show(host, node, &text);
    *out = r ? NULL : strndup(text.bytes, text.length);
    return r;
}

static void
look(struct past *past)
{
    for (size_t f = 0; f < LOAD_FILES; f++) {
        struct sights *s = &past->files[f];
        struct sight *last = s->n ? &s->list[s->n - 1] : NULL;
        struct sight next = { .since = past->n_events };

        if (f == HOST_FILE)
            next.text = hostfile_written(past->host);
        else
            next.error = show(past->host, load_files[f], &next.text);
        if (last && last->error == next.error &&
            (next.error || strcmp(last->text, next.text) == 0)) {
            free(next.text);
            continue;
        }
        s->list = sure(realloc(s->list, (s->n + 1) * sizeof(*s->list)));
        s->list[s->n++] = next;
    }
}

/* But for whom a removal waits for. */
static void
check_effect(const struct host *host, const struct store_event *event)
{
    json_t *recorded = json_loads(event->effect, 0, NULL);
    json_t *effect = effect_json(host);
    AUTO(free_done) char *is = NULL;
    AUTO(free_done) char *should = NULL;

    (void)json_object_del(recorded, "refusal");
    is = json_dumps(recorded, JSON_COMPACT);
    should = json_dumps(effect, JSON_COMPACT);
    json_decref(recorded);
    json_decref(effect);
    CHECK_STR(is, should);
}

/* The engine answers as vapd did, and makes of it what vapd did. */
static void
carry_out(struct past *past, const struct store_event *event)
{
    AUTO(free_done) struct host_request *list = NULL;
    struct refusal refusal = { 0 };
    size_t n;
    int r;

    CHECK_INT(state_read_requests(past->host, event->request, &list, &n), 0);
    r = devices_plan(past->host, list, n, &refusal);
    CHECK_STR(event->verdict, r ? strerrorname_np(abs(r)) : "");
    if (event->changed) {
        check_effect(past->host, event);
        host_apply(past->host);
    } else
        CHECK(r > 0);
}

static int
take_event(void *context, const struct store_event *event)
{
    struct past *past = context;
    struct told *told;

    past->events = sure(realloc(past->events, ((size_t)event->number + 1) *
                                                  sizeof(*past->events)));
    CHECK_INT(event->number, ++past->n_events);
    told = &past->events[event->number];
    told->pid = event->pid;
    (void)snprintf(told->verdict, sizeof(told->verdict), "%s", event->verdict);
    test_note("event %d: %s", (int)event->number, event->request);
    if (strstr(event->request, "\"op\":\"write\""))
        CHECK(!event->changed && *event->verdict);
    else
        carry_out(past, event);
    past->changed += event->changed;
    past->refused += !event->changed;
    look(past);
    return 0;
}

void
past_read(const struct vhost *host, struct past *past)
{
    const struct store_query all = { 0 };
    AUTO(store_done) struct store *store = NULL;

    CHECK_INT(store_open(host->place.store, 0, &store), 0);
    CHECK_INT(state_at(store, 0, &past->host), 1);
    look(past);
    CHECK_INT(store_each(store, &all, take_event, past), 0);
}

/* --- what was answered and read ------------------------------------------ */

/* Was it to be seen so, at some event from before to after? */
static bool
was_so(const struct sights *s, const struct deed *deed, int error,
       const char *text)
{
    for (size_t i = 0; i < s->n && s->list[i].since <= deed->after; i++) {
        const struct sight *x = &s->list[i];

        if (i + 1 < s->n && s->list[i + 1].since <= deed->before)
            continue;
        if (x->error == error && (error || strcmp(x->text, text) == 0))
            return true;
    }
    return false;
}

/* A file that goes between open(2) and read(2) says ENODEV. */
static void
check_read(const struct past *past, const struct deed *deed, const char *text)
{
    const struct sights *s = &past->files[deed->file];

    test_note("%s between %d and %d: %d %s", load_files[deed->file],
              (int)deed->before, (int)deed->after, deed->error,
              text ? text : "");
    CHECK(was_so(s, deed, deed->error, text) ||
          (deed->error == ENODEV && was_so(s, deed, ENOENT, NULL)));
}

/* The one event of a process meanwhile; 0: there was none. */
static json_int_t
event_of(const struct past *past, const struct deed *deed)
{
    json_int_t found = 0;

    for (json_int_t i = deed->before + 1; i <= deed->after; i++)
        if (past->events[i].pid == deed->pid) {
            CHECK_INT(found, 0);
            found = i;
        }
    return found;
}

/* Only what does not get to anybody leaves no trace: a file that is not there,
 * or no more, and words that are none. */
static void
check_written(const struct past *past, const struct deed *deed,
              const char *text)
{
    json_int_t event = event_of(past, deed);
    const char *verdict = event ? past->events[event].verdict : "";
    const char *answer = deed->error < 0   ? text
                         : deed->error > 0 ? strerrorname_np(deed->error)
                                           : "";

    test_note("pid %d between %d and %d, event %d: %s", (int)deed->pid,
              (int)deed->before, (int)deed->after, (int)event, answer);
    if (deed->event) {
        CHECK_INT(deed->event, event);
        CHECK(!*verdict || strcmp(verdict, "EINPROGRESS") == 0);
    } else if (event)
        CHECK_STR(answer, verdict);
    else
        CHECK(deed->error == ENOENT || deed->error == ENODEV ||
              deed->error < 0);
}

size_t
past_check_worker(const struct vhost *host, const struct past *past,
                  unsigned worker)
{
    char path[96];
    AUTO(file_done) FILE *in = NULL;
    struct deed deed;
    size_t n = 0;

    load_path(host, worker, path);
    in = fopen(path, "re");
    CHECK(in);
    for (; fread(&deed, sizeof(deed), 1, in) == 1; n++) {
        AUTO(free_done) char *text = malloc(deed.length + 1);

        CHECK(text);
        CHECK_INT(fread(text, 1, deed.length, in), deed.length);
        text[deed.length] = '\0';
        deed.after = deed.after < 0 ? past->n_events : deed.after;
        if (deed.file < 0)
            check_written(past, &deed, text);
        else
            check_read(past, &deed, text);
    }
    CHECK(n > 0);
    return n;
}
