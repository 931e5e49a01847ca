/* SPDX-License-Identifier: MIT */
/* The operations of a recorded history, in its own words, as requests. */
#include "observe/history.h"

#include "base/auto.h"
#include "matrix/grammar.h"
#include "matrix/text.h"
#include "observe/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
not_read(const char **what, const char *part)
{
    *what = part;
    return -EBADMSG;
}

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

/** An operation being read. */
struct reading {
    struct host *host;
    const char *word; /* its first */
    const char *rest; /* those behind it */
    struct vap_request *request;
    const char **what; /* that is missing or not understood */
};

/* As history_request(), for some of the words. */
typedef int reader(struct reading *r);

static int
read_host(struct reading *r)
{
    r->request->op = strcmp(r->word, "host") ? VAP_HARDWARE : VAP_HOST;
    if (option_edit(r->rest, "apm", &r->request->edit.adapters) &&
        option_edit(r->rest, "aqm", &r->request->edit.domains) &&
        option_edit(r->rest, "adm", &r->request->edit.control))
        return VAP_OK;
    return not_read(r->what, "the host's new configuration");
}

static int
read_scan(struct reading *r)
{
    r->request->op = VAP_SCAN;
    return VAP_OK;
}

/* What is written ends in a newline, as from echo. */
static int
read_mask(struct reading *r)
{
    AUTO(free_done) char *line = NULL;
    int n = asprintf(&line, "%s\n", r->rest);

    if (n < 0)
        return -ENOMEM;
    return (int)words_bus(r->word, line, (size_t)n, r->host->engine->kernel,
                          r->request);
}

static int
read_assign(struct reading *r)
{
    char name[64];
    AUTO(free_done) char *line = NULL;
    int n = asprintf(&line, "%s\n", split(r->rest, name, sizeof(name)));

    if (n < 0)
        return -ENOMEM;
    r->request->mdev = host_mdev(r->host, name);
    return r->request->mdev == NAMES_NONE
               ? VAP_NO_MDEV
               : (int)words_mdev(r->word, line, (size_t)n, r->request);
}

static int
read_mdev(struct reading *r)
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
    const char *vm = split(r->rest, name, sizeof(name));

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        if (strcmp(ops[i].word, r->word) == 0)
            r->request->op = ops[i].op;
    r->request->mdev = host_slot(r->host, name);
    if (*vm)
        r->request->vm = host_vm(r->host, vm);
    return r->request->mdev == NAMES_NONE ? -ENOMEM : VAP_OK;
}

static int
read_binding(struct reading *r)
{
    char driver[32];
    const char *queue = split(r->rest, driver, sizeof(driver));

    r->request->op = strcmp(r->word, "bind") ? VAP_UNBIND : VAP_BIND;
    r->request->driver = (uint8_t)words_driver(driver);
    if (vap_read_apqn(queue, strlen(queue), &r->request->apqn) != VAP_OK)
        return not_read(r->what, "the queue");
    return VAP_OK;
}

static int
read_queue(struct reading *r)
{
    char queue[16];
    const char *driver = split(r->rest, queue, sizeof(queue));

    r->request->op = strcmp(r->word, "probe") ? VAP_OVERRIDE : VAP_PROBE;
    r->request->driver = (uint8_t)words_driver(driver);
    if (vap_read_apqn(queue, strlen(queue), &r->request->apqn) != VAP_OK)
        return not_read(r->what, "the queue");
    return VAP_OK;
}

static int
read_fault(struct reading *r)
{
    char queue[16];
    char rc[16];
    const char *times =
        split(split(r->rest, queue, sizeof(queue)), rc, sizeof(rc));

    r->request->op = strcmp(r->word, "hwstate") == 0     ? VAP_QUEUE_STATE
                     : strcmp(r->word, "fail_zapq") == 0 ? VAP_FAIL_RESET
                                                         : VAP_FAIL_TEST;
    if (vap_read_apqn(queue, strlen(queue), &r->request->apqn) != VAP_OK ||
        !byte_of(rc, &r->request->rc) ||
        (r->request->op != VAP_QUEUE_STATE &&
         !byte_of(times, &r->request->times)))
        return not_read(r->what, "the fault");
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

int
history_request(struct host *host, const char *op, struct vap_request *request,
                const char **what)
{
    char word[32];
    const char *rest = split(op, word, sizeof(word));
    struct reading r = { host, word, rest, request, what };

    *request = (struct vap_request){ 0 };
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operations[i].word, word) == 0)
            return operations[i].read(&r);
    return not_read(what, "the operation");
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

int
history_boot(const json_t *trace, const char *op, const struct vap_rule *rule,
             enum vap_kernel kernel, struct host **out, const char **what)
{
    const json_t *of = json_object_get(trace, "boot");
    const json_t *na = json_object_get(of, "na");
    const json_t *nd = json_object_get(of, "nd");
    struct host_boot b = { .rule = rule, .kernel = kernel };

    if (!json_is_integer(na) || !json_is_integer(nd) ||
        json_integer_value(na) < 0 || json_integer_value(na) > 255 ||
        json_integer_value(nd) < 0 || json_integer_value(nd) > 255)
        return not_read(what, "boot");
    b.config.apxa = json_integer_value(json_object_get(of, "apxa")) != 0;
    b.config.last_adapter = (uint8_t)json_integer_value(na);
    b.config.last_domain = (uint8_t)json_integer_value(nd);
    if (!option_set(op, "apm", &b.config.ids.adapters) ||
        !option_set(op, "aqm", &b.config.ids.domains) ||
        !option_set(op, "adm", &b.config.ids.control))
        return not_read(what, "the host's configuration");
    boot_mask(op, "apmask", kernel, &b.apmask);
    boot_mask(op, "aqmask", kernel, &b.aqmask);
    return host_new(&b, out);
}
