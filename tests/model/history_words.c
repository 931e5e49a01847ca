/* SPDX-License-Identifier: MIT */
/* A history told in the words of tests/engine.h. */
#include "model/history.h"

#include <stdarg.h>

#include "engine.h"

struct writer {
    char *text;
    size_t size;
    size_t at;
};

static void __attribute__((format(printf, 2, 3)))
put(struct writer *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    w->at += (size_t)vsnprintf(w->text + w->at, w->size - w->at, format, args);
    va_end(args);
    if (w->at >= w->size)
        w->at = w->size - 1;
}

static void
put_set(struct writer *w, const struct vap_mask *m)
{
    char set[VAP_SET_TEXT];

    (void)vap_set_text(m, set, sizeof(set));
    put(w, "%s", set);
}

/* Runs of ids, each with a sign: "-0-2,-5". */
static void
put_terms(struct writer *w, const struct vap_mask *m, char sign)
{
    for (unsigned id = vap_mask_next(m, 0); id < VAP_IDS;
         id = vap_mask_next(m, id)) {
        unsigned from = id;

        while (id < VAP_IDS && vap_mask_has(m, id))
            id++;
        put(w, id - from > 1 ? "%c%u-%u," : "%c%u,", sign, from, id - 1);
    }
}

static void
put_edit(struct writer *w, const struct vap_edit *edit)
{
    if (vap_mask_count(&edit->clear) == VAP_IDS) {
        put(w, "=");
        put_set(w, &edit->set);
        return;
    }
    put_terms(w, &edit->clear, '-');
    put_terms(w, &edit->set, '+');
    if (w->at && w->text[w->at - 1] == ',')
        w->text[--w->at] = '\0';
}

static void
put_edits(struct writer *w, const struct vap_request *r)
{
    const struct {
        const char *name;
        const struct vap_edit *edit;
    } rows[] = {
        { "apm", &r->edit.adapters },
        { "aqm", &r->edit.domains },
        { "adm", &r->edit.control },
    };

    for (size_t i = 0; i < ROWS(rows); i++)
        if (!vap_mask_empty(&rows[i].edit->clear) ||
            !vap_mask_empty(&rows[i].edit->set)) {
            put(w, " %s", rows[i].name);
            put_edit(w, rows[i].edit);
        }
}

static void
put_driver(struct writer *w, unsigned driver)
{
    static const char *const names[] = {
        [VAP_NO_DRIVER] = "",
        [VAP_DEFAULT] = " cex4queue",
        [VAP_VFIO_AP] = " vfio_ap",
        [VAP_OTHER_DRIVER] = " nobody",
    };

    put(w, "%s", names[driver]);
}

static void
put_config(struct writer *w, const struct vap_request *r)
{
    put(w, " ");
    put_set(w, &r->matrix.adapters);
    put(w, ":");
    put_set(w, &r->matrix.domains);
    put(w, ":");
    put_set(w, &r->matrix.control);
}

static void
put_part(struct writer *w, char part, const struct vap_request *r)
{
    switch (part) {
    case 'm':
        put(w, " m%u", r->mdev);
        break;
    case 'k':
        if (r->vm)
            put(w, " k%u", r->vm);
        break;
    case 'i':
        put(w, " %u", (unsigned)r->id);
        break;
    case 'q':
        put(w, " %02x.%04x", VAP_ADAPTER_OF(r->apqn), VAP_DOMAIN_OF(r->apqn));
        break;
    case 'd':
        put_driver(w, r->driver);
        break;
    case 'r':
        put(w, " %u", r->rc);
        break;
    case 'n':
        put(w, " %u", r->times);
        break;
    case 'c':
        put_config(w, r);
        break;
    case 'A':
    case 'D':
        put(w, " ");
        put_edit(w, part == 'A' ? &r->edit.adapters : &r->edit.domains);
        break;
    default:
        put_edits(w, r);
    }
}

size_t
history_words(const struct vap_request *r, char *text, size_t size)
{
    struct writer w = { .size = size };

    w.text = text;
    put(&w, "%s", engine_ops[r->op].word);
    for (const char *part = engine_ops[r->op].reads; *part; part++)
        put_part(&w, *part, r);
    return w.at;
}

static void
print_set(FILE *out, const char *name, const struct vap_mask *m)
{
    char set[VAP_SET_TEXT];

    (void)vap_set_text(m, set, sizeof(set));
    (void)fprintf(out, " %s=%s", name, set);
}

void
history_print(const struct history *h, FILE *out)
{
    char words[HISTORY_WORDS];

    (void)fprintf(out, "    boot rule=%s kernel=%s apxa=%d na=%u nd=%u",
                  h->rule->name, h->kernel == VAP_LINUX_6_12 ? "6.12" : "7.2",
                  h->config.apxa, h->config.last_adapter,
                  h->config.last_domain);
    print_set(out, "apm", &h->config.ids.adapters);
    print_set(out, "aqm", &h->config.ids.domains);
    print_set(out, "adm", &h->config.ids.control);
    print_set(out, "apmask", &h->apmask);
    print_set(out, "aqmask", &h->aqmask);
    (void)fputc('\n', out);
    for (size_t i = 0; i < h->n; i++) {
        (void)history_words(&h->asked[i], words, sizeof(words));
        (void)fprintf(out, "    %s\n", words);
    }
}
