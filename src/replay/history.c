/* SPDX-License-Identifier: MIT */
/* The operations of a recorded history, in its own words, as requests. */
#include "replay/history.h"

#include "base/auto.h"
#include "host/words.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** An operation being read. Its text is cut up, word by word. */
struct reading {
    struct host *host;
    const char *word; /* its first */
    char *rest; /* behind one blank; NULL when nothing follows */
    struct vap_request *request;
};

/* As history_request(), for some of the words. */
typedef int reader(struct reading *r);

/* The next word; "" when there is none. */
static const char *
next_word(struct reading *r)
{
    const char *word = strsep(&r->rest, " ");

    return word ? word : "";
}

/* All that is left, blanks and all. */
static const char *
what_is_left(const struct reading *r)
{
    return r->rest ? r->rest : "";
}

static bool
read_apqn(struct reading *r)
{
    const char *word = next_word(r);

    return vap_read_apqn(word, strlen(word), &r->request->apqn) == VAP_OK;
}

static bool
read_byte(struct reading *r, uint8_t *out)
{
    const char *word = next_word(r);
    uint64_t n;

    if (vap_read_number(word, strlen(word), &n) != VAP_OK || n > 255)
        return false;
    *out = (uint8_t)n;
    return true;
}

/* An mdev that is there. */
static int
read_name(struct reading *r)
{
    const char *name = next_word(r);

    if (!words_is_name(name))
        return -EBADMSG;
    r->request->mdev = host_mdev(r->host, name);
    return r->request->mdev == NAMES_NONE ? VAP_NO_MDEV : VAP_OK;
}

static int
ended(const struct reading *r)
{
    return r->rest ? -EBADMSG : VAP_OK;
}

/** "apm=0-2": a word of an operation that has them in any order. */
struct option {
    const char *key;
    const char *value; /* NULL: not there */
};

/* All words that are left, each of a key of the table's and none twice. */
static bool
read_options(struct reading *r, struct option *options)
{
    while (r->rest) {
        const char *word = next_word(r);
        size_t n = strcspn(word, "=");
        struct option *o = options;

        while (o->key && (strlen(o->key) != n || strncmp(o->key, word, n) != 0))
            o++;
        if (!o->key || o->value || word[n] != '=')
            return false;
        o->value = word + n + 1;
    }
    return true;
}

/* Masks not named stay as they are. */
static bool
edit_to(const char *set, struct vap_edit *edit)
{
    struct vap_mask mask;

    if (!set)
        return true;
    if (words_set(set, &mask) != VAP_OK)
        return false;
    *edit = vap_edit_to(mask);
    return true;
}

static int
read_host(struct reading *r)
{
    struct option o[] = {
        { "apm", NULL }, { "aqm", NULL }, { "adm", NULL }, { NULL, NULL }
    };

    r->request->op = strcmp(r->word, "host") ? VAP_HARDWARE : VAP_HOST;
    return read_options(r, o) &&
                   edit_to(o[0].value, &r->request->edit.adapters) &&
                   edit_to(o[1].value, &r->request->edit.domains) &&
                   edit_to(o[2].value, &r->request->edit.control)
               ? VAP_OK
               : -EBADMSG;
}

static int
read_scan(struct reading *r)
{
    r->request->op = VAP_SCAN;
    return ended(r);
}

/* What is written ends in a newline, as from echo. */
static int
read_mask(struct reading *r)
{
    AUTO(free_done) char *line = NULL;
    int n = asprintf(&line, "%s\n", what_is_left(r));

    if (n < 0)
        return -ENOMEM;
    return (int)words_bus(r->word, line, (size_t)n, r->host->engine->kernel,
                          r->request);
}

static int
read_assign(struct reading *r)
{
    int mdev = read_name(r);
    AUTO(free_done) char *line = NULL;
    int n = asprintf(&line, "%s\n", what_is_left(r));

    if (n < 0)
        return -ENOMEM;
    return mdev == VAP_OK
               ? (int)words_mdev(r->word, line, (size_t)n, r->request)
               : mdev;
}

static int
read_create(struct reading *r)
{
    const char *name = next_word(r);

    r->request->op = VAP_CREATE;
    if (!words_is_name(name) || r->rest)
        return -EBADMSG;
    r->request->mdev = host_slot(r->host, name);
    if (r->request->mdev != NAMES_NONE)
        return VAP_OK;
    return host_full(r->host) ? VAP_NO_INSTANCE : -ENOMEM;
}

static int
read_open(struct reading *r)
{
    int mdev = read_name(r);
    const char *vm = next_word(r);

    r->request->op = VAP_OPEN_MDEV;
    if (mdev < 0 || r->rest || (*vm && !words_is_name(vm)))
        return -EBADMSG;
    if (*vm)
        r->request->vm = host_vm(r->host, vm);
    return *vm && !r->request->vm ? -ENOMEM : mdev;
}

static int
read_mdev(struct reading *r)
{
    int mdev = read_name(r);

    r->request->op = strcmp(r->word, "remove") == 0  ? VAP_REMOVE
                     : strcmp(r->word, "close") == 0 ? VAP_CLOSE_MDEV
                                                     : VAP_RESET_MDEV;
    return r->rest ? -EBADMSG : mdev;
}

static int
read_binding(struct reading *r)
{
    const char *driver = next_word(r);

    r->request->op = strcmp(r->word, "bind") ? VAP_UNBIND : VAP_BIND;
    r->request->driver = (uint8_t)words_driver(driver);
    return read_apqn(r) ? ended(r) : -EBADMSG;
}

static int
read_override(struct reading *r)
{
    bool good = read_apqn(r);
    unsigned driver = host_driver(r->host, next_word(r));

    if (driver > UINT8_MAX)
        return -ENOMEM;
    r->request->op = VAP_OVERRIDE;
    r->request->driver = (uint8_t)driver;
    return good ? ended(r) : -EBADMSG;
}

static int
read_probe(struct reading *r)
{
    r->request->op = VAP_PROBE;
    return read_apqn(r) ? ended(r) : -EBADMSG;
}

static int
read_failure(struct reading *r)
{
    r->request->op =
        strcmp(r->word, "fail_zapq") ? VAP_FAIL_TEST : VAP_FAIL_RESET;
    return read_apqn(r) && read_byte(r, &r->request->rc) &&
                   read_byte(r, &r->request->times)
               ? ended(r)
               : -EBADMSG;
}

static int
read_state(struct reading *r)
{
    r->request->op = VAP_QUEUE_STATE;
    return read_apqn(r) && read_byte(r, &r->request->rc) &&
                   vap_rc_passes(r->request->rc)
               ? ended(r)
               : -EBADMSG;
}

static const struct {
    const char *word;
    reader *read;
    const char *form;
} operations[] = {
    { "host", read_host, "host [apm=SET] [aqm=SET] [adm=SET]" },
    { "sethw", read_host, "sethw [apm=SET] [aqm=SET] [adm=SET]" },
    { "scan", read_scan, "scan" },
    { "apmask", read_mask, "apmask MASK" },
    { "aqmask", read_mask, "aqmask MASK" },
    { "bind", read_binding, "bind DRIVER APQN" },
    { "unbind", read_binding, "unbind DRIVER APQN" },
    { "create", read_create, "create NAME" },
    { "remove", read_mdev, "remove NAME" },
    { "open", read_open, "open NAME [KVM]" },
    { "close", read_mdev, "close NAME" },
    { "vfio_reset", read_mdev, "vfio_reset NAME" },
    { "assign_adapter", read_assign, "assign_adapter NAME ID" },
    { "unassign_adapter", read_assign, "unassign_adapter NAME ID" },
    { "assign_domain", read_assign, "assign_domain NAME ID" },
    { "unassign_domain", read_assign, "unassign_domain NAME ID" },
    { "assign_control_domain", read_assign, "assign_control_domain NAME ID" },
    { "unassign_control_domain", read_assign,
      "unassign_control_domain NAME ID" },
    { "ap_config", read_assign, "ap_config NAME MASKS" },
    { "driver_override", read_override, "driver_override APQN [DRIVER]" },
    { "probe", read_probe, "probe APQN" },
    { "fail_zapq", read_failure, "fail_zapq APQN RC TIMES" },
    { "fail_tapq", read_failure, "fail_tapq APQN RC TIMES" },
    { "hwstate", read_state, "hwstate APQN RC, RC 0, 3 or 4" },
};

int
history_request(struct host *host, const char *op, struct vap_request *request,
                const char **expected)
{
    AUTO(free_done) char *copy = strdup(op);
    char *rest = copy;
    const char *word = strsep(&rest, " ");
    struct reading r = { host, word, rest, request };

    if (!copy)
        return -ENOMEM;
    *request = (struct vap_request){ 0 };
    *expected = "an operation, as create, assign_adapter or host";
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operations[i].word, word) == 0) {
            *expected = operations[i].form;
            return operations[i].read(&r);
        }
    return -EBADMSG;
}

/* The kernel's command line: a mask is parsed onto zero, and one that cannot
 * be parsed leaves zero. */
static struct vap_mask
boot_mask(const char *value, enum vap_kernel kernel)
{
    struct vap_mask mask = vap_mask_none();
    struct vap_edit edit;

    if (!value)
        return vap_mask_all();
    if (vap_read_mask(value, strlen(value), kernel, &edit) == VAP_OK)
        mask = vap_mask_edited(mask, &edit);
    return mask;
}

static bool
boot_set(const char *value, unsigned last, struct vap_mask *mask)
{
    struct vap_mask all = vap_mask_up_to(last);

    return !value ||
           (words_set(value, mask) == VAP_OK && vap_mask_within(mask, &all));
}

/* What the trace says of the machine, in numbers, counts; the operation says
 * it again. */
static void
boot_limits(const json_t *boot, struct vap_config *config)
{
    config->apxa = json_integer_value(json_object_get(boot, "apxa")) != 0;
    config->last_adapter =
        (uint8_t)json_integer_value(json_object_get(boot, "na"));
    config->last_domain =
        (uint8_t)json_integer_value(json_object_get(boot, "nd"));
}

static bool
read_boot(struct reading *r, struct host_boot *b)
{
    enum { APM, AQM, ADM, APMASK, AQMASK };
    struct option o[] = { { "apm", NULL },    { "aqm", NULL },
                          { "adm", NULL },    { "apmask", NULL },
                          { "aqmask", NULL }, { "apxa", NULL },
                          { "na", NULL },     { "nd", NULL },
                          { NULL, NULL } };

    unsigned adapter = vap_config_bus_adapter(&b->config);
    unsigned domain = vap_config_bus_domain(&b->config);

    if (strcmp(r->word, "boot") != 0 || !read_options(r, o) ||
        !boot_set(o[APM].value, adapter, &b->config.ids.adapters) ||
        !boot_set(o[AQM].value, domain, &b->config.ids.domains) ||
        !boot_set(o[ADM].value, domain, &b->config.ids.control))
        return false;
    b->apmask = boot_mask(o[APMASK].value, b->kernel);
    b->aqmask = boot_mask(o[AQMASK].value, b->kernel);
    return true;
}

int
history_boot(const json_t *trace, const char *op, const struct vap_rule *rule,
             enum vap_kernel kernel, struct host **out, const char **expected)
{
    AUTO(free_done) char *copy = strdup(op);
    struct host_boot b = { .rule = rule, .kernel = kernel };
    char *rest = copy;
    const char *word = strsep(&rest, " ");
    struct reading r = { .word = word, .rest = rest };

    if (!copy)
        return -ENOMEM;
    if (rule->kernel >= 0)
        b.kernel = (enum vap_kernel)rule->kernel;
    boot_limits(json_object_get(trace, "boot"), &b.config);
    *expected = "boot [apxa=.. na=.. nd=..] [apm=SET] [aqm=SET] [adm=SET] "
                "[apmask=MASK] [aqmask=MASK]";
    return read_boot(&r, &b) ? host_new(&b, out) : -EBADMSG;
}
