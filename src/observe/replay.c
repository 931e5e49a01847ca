/* SPDX-License-Identifier: MIT */
/* What the engine makes of each operation is held against the record; the
 * engine is never told what was recorded. */
#include "observe/replay.h"

#include "base/auto.h"
#include "matrix/grammar.h"
#include "matrix/text.h"
#include "observe/record.h"
#include "observe/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A trace under way. */
struct replay {
    const struct vap_rule *rule;
    bool exact; /* the rule is a kernel's: everything counts */
    bool pure;  /* guest matrices as the present state gives them */
    bool guests; /* guest matrices count */
    struct host *host;
    struct record record;
    struct replay_result *result;
    struct trace_error *error;
    size_t step;
    const char *op;
    bool agrees;       /* the present step, so far */
    uint32_t *updates; /* by vm, of the present step */
    uint32_t *clears;
    uint32_t n_vms;
};

void
replay_done(struct replay_result *result)
{
    free(result->first.recorded);
    free(result->first.found);
    result->first.recorded = result->first.found = NULL;
}

static void
replay_end(struct replay *r)
{
    host_free(r->host);
    record_done(&r->record);
    free(r->updates);
    free(r->clears);
}

static int
unreadable(struct replay *r, const char *what)
{
    (void)snprintf(r->error->text, sizeof(r->error->text),
                   "step %zu (%.80s): %.60s is missing or not understood",
                   r->step, r->op ? r->op : "?", what);
    return -EBADMSG;
}

/* Notes a difference: the first in full. */
__attribute__((format(printf, 4, 5))) static void
differ(struct replay *r, const char *recorded, const char *found,
       const char *what, ...)
{
    struct replay_difference *first = &r->result->first;
    va_list values;

    r->agrees = false;
    if (!r->result->agrees)
        return;
    r->result->agrees = false;
    first->step = r->step;
    (void)snprintf(first->op, sizeof(first->op), "%s", r->op);
    va_start(values, what);
    (void)vsnprintf(first->what, sizeof(first->what), what, values);
    va_end(values);
    first->recorded = strdup(recorded);
    first->found = strdup(found);
}

static void
expect_mask(struct replay *r, const struct vap_mask *recorded,
            const struct vap_mask *found, const char *what)
{
    char a[VAP_SET_TEXT];
    char b[VAP_SET_TEXT];

    if (vap_mask_equal(recorded, found))
        return;
    (void)vap_set_text(recorded, a, sizeof(a));
    (void)vap_set_text(found, b, sizeof(b));
    differ(r, a, b, "%s", what);
}

/* "{0-2}x{5} control {6}" */
static void
matrix_words(const struct vap_matrix *m, char text[4 * VAP_SET_TEXT])
{
    char a[VAP_SET_TEXT];
    char d[VAP_SET_TEXT];
    char c[VAP_SET_TEXT];

    (void)vap_set_text(&m->adapters, a, sizeof(a));
    (void)vap_set_text(&m->domains, d, sizeof(d));
    (void)vap_set_text(&m->control, c, sizeof(c));
    (void)snprintf(text, (size_t)4 * VAP_SET_TEXT, "{%s}x{%s} control {%s}", a,
                   d, c);
}

static void
expect_matrix(struct replay *r, const struct vap_matrix *recorded,
              const struct vap_matrix *found, const char *what,
              uint32_t mdev)
{
    char a[4 * VAP_SET_TEXT];
    char b[4 * VAP_SET_TEXT];

    if (vap_matrix_equal(recorded, found))
        return;
    matrix_words(recorded, a);
    matrix_words(found, b);
    differ(r, a, b, "%s of %s", what, host_mdev_name(r->host, mdev));
}

static void
expect_text(struct replay *r, const char *recorded, const char *found,
            const char *what)
{
    if (strcmp(recorded, found) != 0)
        differ(r, recorded, found, "%s", what);
}

/* --- what the kernel says of itself ------------------------------------ */

static void
expect_queues(struct replay *r)
{
    const struct record *record = &r->record;
    struct vap_mask unbound;
    char what[64];

    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &r->host->engine->row[a];

        unbound = vap_mask_less(vap_mask_less(row->present, row->vfio),
                                row->dflt);
        (void)snprintf(what, sizeof(what), "queues of adapter %u that vfio_ap "
                                           "has", a);
        expect_mask(r, &record->vfio.of[a], &row->vfio, what);
        (void)snprintf(what, sizeof(what), "queues of adapter %u that the "
                                           "default driver has", a);
        expect_mask(r, &record->dflt.of[a], &row->dflt, what);
        (void)snprintf(what, sizeof(what), "queues of adapter %u without a "
                                           "driver", a);
        expect_mask(r, &record->unbound.of[a], &unbound, what);
    }
}

static struct vap_matrix
one_sided_is_empty(struct vap_matrix m)
{
    if (vap_mask_empty(&m.adapters) || vap_mask_empty(&m.domains))
        m.adapters = m.domains = vap_mask_none();
    return m;
}

/* The guest matrix that the rule is held against. */
static struct vap_matrix
recorded_guest(const struct replay *r, const struct record_mdev *m)
{
    if (!r->pure)
        return m->guest;
    return one_sided_is_empty(m->has_pure ? m->pure : m->guest);
}

static void
expect_guest(struct replay *r, uint32_t i, const struct record_mdev *rec,
             const struct vap_mdev *m)
{
    struct vap_matrix guest = recorded_guest(r, rec);

    expect_matrix(r, &guest, &m->guest, "guest matrix", i);
    if (r->exact)
        expect_matrix(r, &rec->apcb, &m->apcb, "APCB", i);
    else if (m->vm)
        expect_matrix(r, &m->guest, &m->apcb, "APCB beside guest matrix", i);
}

static void
expect_mdevs(struct replay *r)
{
    static const struct record_mdev none;

    for (uint32_t i = 0; i < r->host->engine->n_slots; i++) {
        const struct vap_mdev *m = &r->host->engine->mdevs[i];
        const struct record_mdev *rec =
            i < r->record.n_mdevs ? &r->record.mdevs[i] : &none;

        if (rec->exists != m->exists)
            differ(r, rec->exists ? "there" : "not there",
                   m->exists ? "there" : "not there", "mdev %s",
                   host_mdev_name(r->host, i));
        if (!rec->exists || !m->exists)
            continue;
        expect_matrix(r, &rec->matrix, &m->matrix, "matrix", i);
        if (rec->vm != m->vm)
            differ(r, rec->vm ? host_vm_name(r->host, rec->vm) : "nobody",
                   m->vm ? host_vm_name(r->host, m->vm) : "nobody",
                   "who has %s open", host_mdev_name(r->host, i));
        if (r->guests)
            expect_guest(r, i, rec, m);
    }
}

static void
expect_state(struct replay *r)
{
    const struct vap_bus *bus = &r->host->engine->bus;
    const struct vap_matrix *hw = &bus->hardware.ids;

    expect_mask(r, &r->record.hardware.adapters, &hw->adapters,
                "the host's adapters");
    expect_mask(r, &r->record.hardware.domains, &hw->domains,
                "the host's domains");
    expect_mask(r, &r->record.hardware.control, &hw->control,
                "the host's control domains");
    expect_mask(r, &r->record.apmask, &bus->apmask, "apmask");
    expect_mask(r, &r->record.aqmask, &bus->aqmask, "aqmask");
    expect_queues(r);
    expect_mdevs(r);
}

/* --- what happened on the way ------------------------------------------ */

static int
more_vms(struct replay *r)
{
    uint32_t n = r->host->vms.n + 1;
    uint32_t *updates = realloc(r->updates, n * sizeof(*updates));

    if (!updates)
        return -ENOMEM;
    r->updates = updates;

    uint32_t *clears = realloc(r->clears, n * sizeof(*clears));

    if (!clears)
        return -ENOMEM;
    r->clears = clears;
    r->n_vms = n;
    memset(updates, 0, n * sizeof(*updates));
    memset(clears, 0, n * sizeof(*clears));
    return 0;
}

static int
count_updates(struct replay *r)
{
    const struct vap_change *c = r->host->change;

    if (more_vms(r))
        return -ENOMEM;
    for (uint32_t i = 0; i < c->n_effects; i++) {
        const struct vap_effect *e = &c->effects[i];
        uint32_t was = r->host->engine->mdevs[e->mdev].vm;
        uint32_t vm = e->now.vm ? e->now.vm : was;

        r->updates[vm] += e->updates;
        r->clears[vm] += e->clears;
    }
    return 0;
}

static int
expect_updates(struct replay *r, const json_t *step)
{
    const json_t *calls = json_object_get(step, "kvm_calls");
    char recorded[64];
    char found[64];

    for (uint32_t vm = 1; vm < r->n_vms; vm++) {
        const char *name = host_vm_name(r->host, vm);
        const json_t *pair = json_object_get(calls, name);
        json_int_t n = json_integer_value(json_array_get(pair, 0));
        json_int_t m = json_integer_value(json_array_get(pair, 1));

        if (pair && json_array_size(pair) != 2)
            return unreadable(r, "kvm_calls");
        if (n == r->updates[vm] && m == r->clears[vm])
            continue;
        (void)snprintf(recorded, sizeof(recorded), "%lld set, %lld cleared",
                       (long long)n, (long long)m);
        (void)snprintf(found, sizeof(found), "%u set, %u cleared",
                       r->updates[vm], r->clears[vm]);
        differ(r, recorded, found, "masks of %s", name);
    }
    return 0;
}

/* What was reset, and what more than once. */
static void
sum_resets(const struct vap_change *c, struct record_queues *once,
           struct record_queues *again)
{
    memset(once, 0, sizeof(*once));
    memset(again, 0, sizeof(*again));
    for (size_t i = 0; i < c->n_resets; i++) {
        const struct vap_reset *reset = &c->resets[i];
        struct vap_mask *a = &once->of[reset->adapter];
        struct vap_mask twice = reset->times > 1
                                    ? reset->domains
                                    : vap_mask_and(*a, reset->domains);

        again->of[reset->adapter] =
            vap_mask_or(again->of[reset->adapter], twice);
        *a = vap_mask_or(*a, reset->domains);
    }
}

static int
expect_blocks(struct replay *r, const json_t *step, const char *key,
              const struct record_queues *found)
{
    struct record_queues recorded;
    char what[64];

    if (!record_blocks(json_object_get(step, key), &recorded))
        return unreadable(r, key);
    for (unsigned a = 0; a < VAP_IDS; a++) {
        (void)snprintf(what, sizeof(what), "%s, domains of adapter %u", key,
                       a);
        expect_mask(r, &recorded.of[a], &found->of[a], what);
    }
    return 0;
}

/* Answers to resets that were not 0, as "03.0001:48" in order of queue. */
struct answers {
    uint32_t *of; /* apqn << 8 | rc */
    size_t n;
    size_t room;
};

static void
answers_done(struct answers *a)
{
    free(a->of);
}

static int
answers_add(struct answers *a, unsigned apqn, unsigned rc)
{
    if (a->n == a->room) {
        size_t room = a->room ? 2 * a->room : 16;
        uint32_t *of = realloc(a->of, room * sizeof(*of));

        if (!of)
            return -ENOMEM;
        a->of = of;
        a->room = room;
    }
    a->of[a->n++] = apqn << 8 | rc;
    return 0;
}

static int
by_number(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;

    return (*x > *y) - (*x < *y);
}

static void
answers_text(struct answers *a, char *text, size_t size)
{
    size_t at = 0;

    if (a->n)
        qsort(a->of, a->n, sizeof(*a->of), by_number);
    *text = '\0';
    for (size_t i = 0; i < a->n && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%02x.%04x:%u",
                               i ? " " : "", a->of[i] >> 16,
                               a->of[i] >> 8 & 255, a->of[i] & 255);
}

static int
answers_recorded(struct replay *r, const json_t *list, const char *key,
                 struct answers *out)
{
    size_t i;
    json_t *pair;

    json_array_foreach(list, i, pair)
    {
        const char *name = json_string_value(json_array_get(pair, 0));
        const json_t *rc = json_array_get(pair, 1);
        uint16_t apqn;

        if (!name || !json_is_integer(rc) ||
            vap_read_apqn(name, strlen(name), &apqn) != VAP_OK)
            return unreadable(r, key);
        if (answers_add(out, apqn, json_integer_value(rc) & 255))
            return -ENOMEM;
    }
    return 0;
}

static int
expect_answers(struct replay *r, const json_t *where, const char *key,
               struct answers *found)
{
    AUTO(answers_done) struct answers recorded = { 0 };
    char a[1024];
    char b[1024];
    int failed = answers_recorded(r, json_object_get(where, key), key,
                                  &recorded);

    if (failed)
        return failed;
    answers_text(&recorded, a, sizeof(a));
    answers_text(found, b, sizeof(b));
    expect_text(r, a, b, key);
    return 0;
}

static int
failed_resets(const struct vap_change *c, struct answers *out)
{
    for (size_t i = 0; i < c->n_resets; i++) {
        const struct vap_reset *reset = &c->resets[i];

        if (!reset->rc)
            continue;
        for (uint32_t k = 0; k < reset->times; k++)
            for VAP_EACH (d, &reset->domains)
                if (answers_add(out, VAP_APQN(reset->adapter, d), reset->rc))
                    return -ENOMEM;
    }
    return 0;
}

static int
expect_resets(struct replay *r, const json_t *step)
{
    AUTO(answers_done) struct answers failed = { 0 };
    struct record_queues once;
    struct record_queues again;
    int e;

    sum_resets(r->host->change, &once, &again);
    e = expect_blocks(r, step, "reset", &once);
    if (!e)
        e = expect_blocks(r, step, "reset_again", &again);
    if (!e)
        e = failed_resets(r->host->change, &failed);
    return e ? e : expect_answers(r, step, "reset_rc", &failed);
}

/* --- operations -------------------------------------------------------- */

/* "word rest": the word, and where the rest begins. */
static const char *
split(const char *text, char *word, size_t size)
{
    size_t n = strcspn(text, " ");

    (void)snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1), text);
    return text[n] ? text + n + 1 : text + n;
}

/* "apm=0-2 aqm=" and so on; true when the key is there. */
static bool
option(const char *text, const char *key, char *value, size_t size)
{
    size_t n = strlen(key);

    while (*text) {
        char word[VAP_SET_TEXT + 8];
        const char *next = split(text, word, sizeof(word));

        if (strncmp(word, key, n) == 0 && word[n] == '=') {
            (void)snprintf(value, size, "%s", word + n + 1);
            return true;
        }
        text = next;
    }
    return false;
}

static bool
option_set(const char *text, const char *key, struct vap_mask *mask)
{
    char value[VAP_SET_TEXT];

    return !option(text, key, value, sizeof(value)) ||
           words_set(value, mask) == VAP_OK;
}

/* Masks not named stay as they are. */
static bool
option_edit(const char *text, const char *key, struct vap_edit *edit)
{
    char value[VAP_SET_TEXT];
    struct vap_mask mask;

    if (!option(text, key, value, sizeof(value)))
        return true;
    if (words_set(value, &mask) != VAP_OK)
        return false;
    *edit = vap_edit_to(mask);
    return true;
}

/* A number of words' end, 0 to 255. */
static bool
byte_of(const char *text, uint8_t *out)
{
    uint64_t n;

    if (vap_read_number(text, strlen(text), &n) != VAP_OK || n > 255)
        return false;
    *out = (uint8_t)n;
    return true;
}

/* An operation's words made into a request. Answers VAP_OK, or what the
 * kernel's own parser would; a negative error when the trace is at fault. */
typedef int reader(struct replay *r, const char *word, const char *rest,
                   struct vap_request *request);

static int
read_host(struct replay *r, const char *word, const char *rest,
          struct vap_request *request)
{
    request->op = strcmp(word, "host") ? VAP_HARDWARE : VAP_HOST;
    if (option_edit(rest, "apm", &request->edit.adapters) &&
        option_edit(rest, "aqm", &request->edit.domains) &&
        option_edit(rest, "adm", &request->edit.control))
        return VAP_OK;
    return unreadable(r, "the host's new configuration");
}

static int
read_scan(struct replay *r, const char *word, const char *rest,
          struct vap_request *request)
{
    (void)r;
    (void)word;
    (void)rest;
    request->op = VAP_SCAN;
    return VAP_OK;
}

/* What is written ends in a newline, as from echo. */
static int
read_mask(struct replay *r, const char *word, const char *rest,
          struct vap_request *request)
{
    AUTO(free_done) char *line = NULL;
    int n = asprintf(&line, "%s\n", rest);

    if (n < 0)
        return -ENOMEM;
    return (int)words_bus(word, line, (size_t)n, r->host->engine->kernel,
                          request);
}

static int
read_assign(struct replay *r, const char *word, const char *rest,
            struct vap_request *request)
{
    char name[64];
    AUTO(free_done) char *line = NULL;
    int n = asprintf(&line, "%s\n", split(rest, name, sizeof(name)));

    if (n < 0)
        return -ENOMEM;
    request->mdev = host_mdev(r->host, name);
    return request->mdev == NAMES_NONE
               ? VAP_NO_MDEV
               : (int)words_mdev(word, line, (size_t)n, request);
}

static int
read_mdev(struct replay *r, const char *word, const char *rest,
          struct vap_request *request)
{
    static const struct {
        const char *word;
        enum vap_op op;
    } ops[] = { { "create", VAP_CREATE },
                { "remove", VAP_REMOVE },
                { "open", VAP_OPEN_MDEV },
                { "close", VAP_CLOSE_MDEV },
                { "vfio_reset", VAP_RESET_MDEV } };
    char name[64];
    const char *vm = split(rest, name, sizeof(name));

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        if (strcmp(ops[i].word, word) == 0)
            request->op = ops[i].op;
    request->mdev = host_slot(r->host, name);
    if (*vm)
        request->vm = host_vm(r->host, vm);
    return request->mdev == NAMES_NONE ? -ENOMEM : VAP_OK;
}

static int
read_binding(struct replay *r, const char *word, const char *rest,
             struct vap_request *request)
{
    char driver[32];
    const char *queue = split(rest, driver, sizeof(driver));

    request->op = strcmp(word, "bind") ? VAP_UNBIND : VAP_BIND;
    request->driver = (uint8_t)words_driver(driver);
    if (vap_read_apqn(queue, strlen(queue), &request->apqn) != VAP_OK)
        return unreadable(r, "the queue");
    return VAP_OK;
}

static int
read_queue(struct replay *r, const char *word, const char *rest,
           struct vap_request *request)
{
    char queue[16];
    const char *driver = split(rest, queue, sizeof(queue));

    request->op = strcmp(word, "probe") ? VAP_OVERRIDE : VAP_PROBE;
    request->driver = (uint8_t)words_driver(driver);
    if (vap_read_apqn(queue, strlen(queue), &request->apqn) != VAP_OK)
        return unreadable(r, "the queue");
    return VAP_OK;
}

static int
read_fault(struct replay *r, const char *word, const char *rest,
           struct vap_request *request)
{
    char queue[16];
    char rc[16];
    const char *times = split(split(rest, queue, sizeof(queue)), rc,
                              sizeof(rc));

    request->op = strcmp(word, "hwstate") == 0     ? VAP_QUEUE_STATE
                  : strcmp(word, "fail_zapq") == 0 ? VAP_FAIL_RESET
                                                   : VAP_FAIL_TEST;
    if (vap_read_apqn(queue, strlen(queue), &request->apqn) != VAP_OK ||
        !byte_of(rc, &request->rc) ||
        (request->op != VAP_QUEUE_STATE && !byte_of(times, &request->times)))
        return unreadable(r, "the fault");
    return VAP_OK;
}

static const struct {
    const char *word;
    reader *read;
} operations[] = {
    { "host", read_host },
    { "sethw", read_host },
    { "scan", read_scan },
    { "apmask", read_mask },
    { "aqmask", read_mask },
    { "bind", read_binding },
    { "unbind", read_binding },
    { "create", read_mdev },
    { "remove", read_mdev },
    { "open", read_mdev },
    { "close", read_mdev },
    { "vfio_reset", read_mdev },
    { "assign_adapter", read_assign },
    { "unassign_adapter", read_assign },
    { "assign_domain", read_assign },
    { "unassign_domain", read_assign },
    { "assign_control_domain", read_assign },
    { "unassign_control_domain", read_assign },
    { "ap_config", read_assign },
    { "driver_override", read_queue },
    { "probe", read_queue },
    { "fail_zapq", read_fault },
    { "fail_tapq", read_fault },
    { "hwstate", read_fault },
};

static int
read_operation(struct replay *r, struct vap_request *request)
{
    char word[32];
    const char *rest = split(r->op, word, sizeof(word));

    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operations[i].word, word) == 0)
            return operations[i].read(r, word, rest, request);
    return unreadable(r, "the operation");
}

/* --- a trace ----------------------------------------------------------- */

static int
do_operation(struct replay *r, enum vap_verdict *verdict)
{
    struct vap_request request = { 0 };
    int parsed = read_operation(r, &request);
    int e;

    if (parsed < 0)
        return parsed;
    *verdict = host_plan(r->host, &request, parsed == VAP_OK, NULL);
    if (parsed != VAP_OK)
        *verdict = (enum vap_verdict)parsed;
    if (*verdict == VAP_NO_ROOM)
        return -ENOMEM;
    e = count_updates(r);
    return e;
}

static void
expect_rc(struct replay *r, const json_t *step, enum vap_verdict verdict)
{
    const json_t *rc = json_object_get(step, "rc");
    const char *name = json_is_integer(rc) ? "0" : json_string_value(rc);

    if (!r->guests && verdict == VAP_RESET_FAILED)
        return; /* which resets failed is the kernel's own affair */
    expect_text(r, name ? name : "nothing", words_errno(verdict), "answer");
}

static int
carry_out(struct replay *r, const json_t *step)
{
    enum vap_verdict verdict = VAP_OK;
    const char *what = NULL;
    int e = do_operation(r, &verdict);

    if (e)
        return e;
    expect_rc(r, step, verdict);
    e = r->exact ? expect_updates(r, step) : 0;
    if (!e && r->exact)
        e = expect_resets(r, step);
    host_apply(r->host);
    if (e)
        return e;
    e = record_step(&r->record, r->host, step, &what);
    if (e == -EBADMSG)
        return unreadable(r, what);
    if (!e)
        expect_state(r);
    return e;
}

/* The kernel's command line: a mask is parsed onto zero, and one that cannot
 * be parsed leaves zero. */
static void
boot_mask(const char *op, const char *key, enum vap_kernel kernel,
          struct vap_mask *mask)
{
    char value[2 * VAP_SET_TEXT];
    struct vap_edit edit;

    *mask = vap_mask_all();
    if (!option(op, key, value, sizeof(value)))
        return;
    *mask = vap_mask_none();
    if (vap_read_mask(value, strlen(value), kernel, &edit) == VAP_OK)
        *mask = vap_mask_edited(*mask, &edit);
}

static int
boot(struct replay *r, const json_t *trace, enum vap_kernel kernel)
{
    const json_t *of = json_object_get(trace, "boot");
    const json_t *na = json_object_get(of, "na");
    const json_t *nd = json_object_get(of, "nd");
    struct host_boot b = { .rule = r->rule, .kernel = kernel };

    if (!json_is_integer(na) || !json_is_integer(nd) ||
        json_integer_value(na) < 0 || json_integer_value(na) > 255 ||
        json_integer_value(nd) < 0 || json_integer_value(nd) > 255)
        return unreadable(r, "boot");
    b.config.apxa = json_integer_value(json_object_get(of, "apxa")) != 0;
    b.config.last_adapter = (uint8_t)json_integer_value(na);
    b.config.last_domain = (uint8_t)json_integer_value(nd);
    if (!option_set(r->op, "apm", &b.config.ids.adapters) ||
        !option_set(r->op, "aqm", &b.config.ids.domains) ||
        !option_set(r->op, "adm", &b.config.ids.control))
        return unreadable(r, "the host's configuration");
    boot_mask(r->op, "apmask", kernel, &b.apmask);
    boot_mask(r->op, "aqmask", kernel, &b.aqmask);
    return host_new(&b, &r->host);
}

static int
first_step(struct replay *r, const json_t *trace, enum vap_kernel kernel,
           const json_t *step)
{
    const char *what = NULL;
    int e;

    if (strncmp(r->op, "boot", 4) != 0)
        return unreadable(r, "boot");
    e = boot(r, trace, kernel);
    if (!e)
        e = record_step(&r->record, r->host, step, &what);
    if (e == -EBADMSG && what)
        return unreadable(r, what);
    if (!e)
        expect_state(r);
    return e;
}

static int
one_step(struct replay *r, const json_t *trace, enum vap_kernel kernel,
         const json_t *step)
{
    int e;

    r->op = json_string_value(json_object_get(step, "op"));
    if (!r->op || !json_object_get(step, "rc"))
        return unreadable(r, r->op ? "rc" : "op");
    r->agrees = true;
    e = r->host ? carry_out(r, step) : first_step(r, trace, kernel, step);
    r->result->n_agree += !e && r->agrees;
    return e;
}

/* --- the state at the end ---------------------------------------------- */

typedef size_t writer(const struct vap_matrix *m, char *buffer, size_t size);

static int
expect_file(struct replay *r, const json_t *texts, const char *file,
            writer *write, const struct vap_matrix *m, uint32_t mdev)
{
    const char *recorded = json_string_value(json_object_get(texts, file));
    size_t size = write(m, NULL, 0) + 1;
    AUTO(free_done) char *found = recorded ? malloc(size) : NULL;

    if (!recorded)
        return 0; /* longer than was kept */
    if (!found)
        return -ENOMEM;
    (void)write(m, found, size);
    if (strcmp(recorded, found) != 0)
        differ(r, recorded, found, "file %s of %s", file,
               host_mdev_name(r->host, mdev));
    return 0;
}

static int
expect_files(struct replay *r, const json_t *final)
{
    json_t *texts = json_object_get(final, "text");
    const char *name;
    json_t *of;
    int e = 0;

    json_object_foreach(texts, name, of)
    {
        uint32_t i = host_mdev(r->host, name);
        const struct vap_mdev *m = &r->host->engine->mdevs[i];

        if (i == NAMES_NONE)
            continue; /* has been said by expect_mdevs() */
        e = expect_file(r, of, "matrix", vap_matrix_text, &m->matrix, i);
        if (!e)
            e = expect_file(r, of, "control_domains", vap_control_text,
                            &m->matrix, i);
        if (!e)
            e = expect_file(r, of, "ap_config", vap_config_text, &m->matrix,
                            i);
        if (!e && r->exact)
            e = expect_file(r, of, "guest_matrix", vap_matrix_text, &m->guest,
                            i);
        if (e)
            break;
    }
    return e;
}

static int
last_resets(const struct vap_host *host, struct answers *out)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        for VAP_EACH (d, &host->row[a].vfio)
            if (host->queue[a][d].reset_rc &&
                answers_add(out, VAP_APQN(a, d), host->queue[a][d].reset_rc))
                return -ENOMEM;
    return 0;
}

static int
expect_final(struct replay *r, const json_t *final)
{
    AUTO(answers_done) struct answers resets = { 0 };
    const char *what = NULL;
    int e;

    r->op = "the state at the end";
    if (!json_is_object(final))
        return unreadable(r, "final");
    for (uint32_t i = 0; i < r->record.n_mdevs; i++)
        r->record.mdevs[i] = (struct record_mdev){ 0 };
    e = record_step(&r->record, r->host, final, &what);
    if (e == -EBADMSG)
        return unreadable(r, what);
    if (!e)
        e = expect_files(r, final);
    if (e)
        return e;
    expect_state(r);
    if (!r->exact)
        return 0;
    e = last_resets(r->host->engine, &resets);
    return e ? e : expect_answers(r, final, "last_reset_rc", &resets);
}

static bool
has_faults(const json_t *trace)
{
    const json_t *tags = json_object_get(trace, "tags");

    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));

        if (tag && strcmp(tag, "faults") == 0)
            return true;
    }
    return false;
}

static int
all_steps(struct replay *r, const json_t *trace, enum vap_kernel kernel)
{
    const json_t *steps = json_object_get(trace, "steps");

    if (json_array_size(steps) == 0)
        return unreadable(r, "steps");
    r->result->n_steps = json_array_size(steps);
    for (; r->step < r->result->n_steps; r->step++) {
        int e = one_step(r, trace, kernel, json_array_get(steps, r->step));

        if (e)
            return e;
    }
    return expect_final(r, json_object_get(trace, "final"));
}

int
replay_trace(const json_t *trace, const struct vap_rule *rule,
             enum vap_kernel kernel, struct replay_result *result,
             struct trace_error *error)
{
    const char *id = json_string_value(json_object_get(trace, "id"));
    bool exact = rule->counts_each;
    AUTO(replay_end) struct replay r = {
        .rule = rule,
        .exact = exact,
        .pure = rule == &vap_rule_state,
        .guests = exact || !has_faults(trace),
        .result = result,
        .error = error,
    };
    int e;

    *result = (struct replay_result){ .agrees = true, .partly = !r.guests };
    (void)snprintf(result->id, sizeof(result->id), "%s", id ? id : "?");
    e = id ? all_steps(&r, trace, kernel) : unreadable(&r, "id");
    if (e)
        replay_done(result);
    return e;
}
