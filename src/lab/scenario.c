/* SPDX-License-Identifier: MIT */
/* A scenario on the heap: what it owns, where it comes from, and the host it
 * begins with. */
#include "lab/scenario.h"

#include "base/auto.h"
#include "host/words.h"

#include <errno.h>
#include <stdarg.h>

static void
free_strings(char **strings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(strings[i]);
    free(strings);
}

uint32_t
scenario_all_rules(void)
{
    return SCENARIO_RULE(vap_n_rules) - 1;
}

static void
free_op(struct scenario_op *op)
{
    free(op->words);
    free(op->written);
}

static void
free_step(struct scenario_step *step)
{
    for (size_t i = 0; i < step->n_ops; i++)
        free_op(&step->ops[i]);
    for (size_t i = 0; i < step->n_answers; i++) {
        free(step->answers[i].answer);
        free_strings(step->answers[i].reasons, step->answers[i].n_reasons);
    }
    for (size_t i = 0; i < step->n_expects; i++) {
        free(step->expects[i].subject);
        free(step->expects[i].file);
        free(step->expects[i].value);
    }
    free(step->ops);
    free(step->answers);
    free(step->expects);
    free_strings(step->notes, step->n_notes);
}

void
scenario_free(struct scenario *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_steps; i++)
        free_step(&s->steps[i]);
    for (size_t i = 0; i < s->n_mdevs; i++) {
        free(s->mdevs[i].name);
        free(s->mdevs[i].vm);
    }
    free_strings(s->sources, s->n_sources);
    free(s->steps);
    free(s->mdevs);
    free(s->title);
    free(s);
}

void
scenario_done(struct scenario **scenario)
{
    scenario_free(*scenario);
}

/* All of it, as long as it is not too long. */
static int
read_all(FILE *in, char **text, size_t *length)
{
    AUTO(free_done) char *all = malloc(SCENARIO_MAX + 1);

    if (!all)
        return -ENOMEM;
    errno = 0;
    *length = fread(all, 1, SCENARIO_MAX + 1, in);
    if (ferror(in))
        return errno ? -errno : -EIO;
    *text = TAKE(all);
    return 0;
}

int
scenario_load(const char *path, struct scenario **out,
              struct scenario_error *error)
{
    AUTO(file_done)
    FILE *in = strcmp(path, "-") == 0 ? fdopen(dup(STDIN_FILENO), "r")
                                      : fopen(path, "re");
    AUTO(free_done) char *text = NULL;
    size_t length = 0;
    int r = in ? read_all(in, &text, &length) : -errno;

    *error = (struct scenario_error){ 0 };
    if (r < 0)
        return r;
    return scenario_parse(text, length, out, error);
}

__attribute__((format(printf, 3, 4))) static int
wrong(struct scenario_error *error, unsigned long line, const char *format, ...)
{
    va_list args;

    error->line = line;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    return 1;
}

static int
unbind_all(struct host *host, const struct sets_queues *unbound)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        VAP_EACH (d, &unbound->row[a]) {
            struct vap_request r = { .op = VAP_UNBIND, .apqn = VAP_APQN(a, d) };

            r.driver = (uint8_t)vap_host_driver(host->engine, r.apqn);
            if (host_do(host, &r, NULL) == VAP_NO_ROOM)
                return -ENOMEM;
        }
    return 0;
}

/* What every step of making an mdev may meet. */
static int
make(struct host *host, const struct vap_request *request,
     const struct scenario_mdev *m, struct scenario_error *error)
{
    struct vap_why why;
    enum vap_verdict v = host_do(host, request, &why);

    switch ((int)v) {
    case VAP_OK:
        return 0;
    case VAP_NO_ROOM:
        return -ENOMEM;
    case VAP_EXISTS:
        return wrong(error, m->line, "mdev %s is there already", m->name);
    case VAP_RESERVED:
    case VAP_SHARED:
        return wrong(error, m->line, "mdev %s cannot have %02x.%04x: %s%s",
                     m->name, VAP_ADAPTER_OF(why.apqn), VAP_DOMAIN_OF(why.apqn),
                     v == VAP_SHARED ? "it is assigned to "
                                     : "the masks keep it for the host",
                     v == VAP_SHARED ? host_mdev_name(host, why.holder) : "");
    case VAP_VM_TWICE:
        return wrong(error, m->line, "guest %s has mdev %s already", m->vm,
                     host_mdev_name(host, why.holder));
    default:
        return wrong(error, m->line, "mdev %s: %s, highest id %u", m->name,
                     words_errno(v), why.limit);
    }
}

static int
make_mdev(struct host *host, const struct scenario_mdev *m,
          struct scenario_error *error)
{
    struct vap_request r = { .op = VAP_CREATE,
                             .mdev = host_slot(host, m->name),
                             .matrix = m->matrix };
    struct vap_matrix none = { 0 };
    int e = r.mdev == NAMES_NONE ? -ENOMEM : make(host, &r, m, error);

    r.op = VAP_AP_CONFIG;
    if (!e && !vap_matrix_equal(&m->matrix, &none))
        e = make(host, &r, m, error);
    if (e || !m->vm)
        return e;
    r.op = VAP_OPEN_MDEV;
    r.vm = host_vm(host, m->vm);
    return r.vm ? make(host, &r, m, error) : -ENOMEM;
}

int
scenario_boot(const struct scenario *s, const struct vap_rule *rule,
              enum vap_kernel kernel, struct host **out,
              struct scenario_error *error)
{
    struct host_boot boot = { rule, kernel, s->config, s->apmask, s->aqmask };
    AUTO(host_done) struct host *host = NULL;
    int r = host_new(&boot, &host);

    if (!r)
        r = unbind_all(host, &s->unbound);
    for (size_t i = 0; i < s->n_mdevs && !r; i++)
        r = make_mdev(host, &s->mdevs[i], error);
    if (!r)
        *out = TAKE(host);
    return r;
}
