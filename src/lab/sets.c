/* SPDX-License-Identifier: MIT */
/* A set has one text, so that texts can be compared in place of sets. */
#include "lab/sets.h"

#include "base/auto.h"
#include "host/words.h"
#include "matrix/grammar.h"
#include "matrix/host.h"
#include "matrix/text.h"

/* What begins here, when it does. */
static bool
take(const char **text, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(*text, word, n) != 0)
        return false;
    *text += n;
    return true;
}

/* A word that is no part of a longer one. */
static bool
take_word(const char **text, const char *word)
{
    const char *at = *text;

    if (!take(&at, word) || (*at && *at != ' '))
        return false;
    *text = at;
    return true;
}

/* Digits, commas and so on up to a closing brace or a blank, as a set. */
static bool
read_list(const char **text, const char *ends, struct vap_mask *out)
{
    char list[VAP_SET_TEXT];
    size_t n = strcspn(*text, ends);

    if (n >= sizeof(list))
        return false;
    memcpy(list, *text, n);
    list[n] = '\0';
    if (words_set(list, out) != VAP_OK)
        return false;
    *text += n;
    return true;
}

static bool
read_braces(const char **text, struct vap_mask *out)
{
    struct vap_mask ids;

    if (!take(text, "{") || !read_list(text, "}", &ids) || !take(text, "}"))
        return false;
    *out = ids;
    return true;
}

bool
sets_read_ids(const char **text, struct vap_mask *out)
{
    if (take_word(text, "none")) {
        *out = vap_mask_none();
        return true;
    }
    if (**text == '{')
        return read_braces(text, out);
    return **text >= '0' && **text <= '9' && read_list(text, " ", out);
}

bool
sets_read_product(const char **text, struct vap_matrix *out)
{
    struct vap_matrix m = *out;

    if (take_word(text, "empty"))
        m.adapters = m.domains = vap_mask_none();
    else if (!read_braces(text, &m.adapters) || !take(text, "x") ||
             !read_braces(text, &m.domains))
        return false;
    *out = m;
    return true;
}

static void
add_product(struct sets_queues *queues, const struct vap_matrix *m)
{
    VAP_EACH (a, &m->adapters)
        queues->row[a] = vap_mask_or(queues->row[a], m->domains);
}

static bool
read_apqn(const char **text, struct sets_queues *queues)
{
    uint16_t apqn;
    size_t n = strcspn(*text, " ");

    if (vap_read_apqn(*text, n, &apqn) != VAP_OK)
        return false;
    vap_mask_add(&queues->row[VAP_ADAPTER_OF(apqn)], VAP_DOMAIN_OF(apqn));
    *text += n;
    return true;
}

bool
sets_read_queues(const char **text, struct sets_queues *out)
{
    struct sets_queues queues = { 0 };
    struct vap_matrix m = { 0 };
    bool any = take_word(text, "none");

    for (; !any || **text == '{' || (**text >= '0' && **text <= '9');
         any = true) {
        if (**text != '{' && !read_apqn(text, &queues))
            return false;
        if (**text == '{' && !sets_read_product(text, &m))
            return false;
        add_product(&queues, &m);
        *text += strspn(*text, " ");
    }
    *out = queues;
    return true;
}

/* Small numbers read alike in decimal and hex; the kernel prints hex. */
static void
print_id(FILE *out, unsigned id)
{
    (void)fprintf(out, id < 10 ? "%u" : "0x%x", id);
}

static void
print_ids(FILE *out, const struct vap_mask *ids)
{
    const char *before = "{";

    if (vap_mask_empty(ids))
        (void)fputs(before, out);
    for (unsigned a = vap_mask_next(ids, 0); a < VAP_IDS;) {
        unsigned last = a;

        while (last + 1 < VAP_IDS && vap_mask_has(ids, last + 1))
            last++;
        (void)fputs(before, out);
        print_id(out, a);
        if (last > a) {
            (void)putc('-', out);
            print_id(out, last);
        }
        before = ",";
        a = last + 1 < VAP_IDS ? vap_mask_next(ids, last + 1) : VAP_IDS;
    }
    (void)putc('}', out);
}

char *
sets_ids_text(const struct vap_mask *ids)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return NULL;
    if (vap_mask_empty(ids))
        (void)fputs("none", out);
    else
        print_ids(out, ids);
    return text_closed(out, &text);
}

static void
print_product(FILE *out, const struct vap_mask *adapters,
              const struct vap_mask *domains)
{
    print_ids(out, adapters);
    (void)putc('x', out);
    print_ids(out, domains);
}

char *
sets_product_text(const struct vap_matrix *m)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return NULL;
    if (vap_mask_empty(&m->adapters) && vap_mask_empty(&m->domains))
        (void)fputs("empty", out);
    else
        print_product(out, &m->adapters, &m->domains);
    return text_closed(out, &text);
}

/* Adapters from this one on that have the same domains as it has. */
static struct vap_mask
alike(const struct sets_queues *queues, unsigned adapter)
{
    struct vap_mask same = vap_mask_none();

    for (unsigned a = adapter; a < VAP_IDS; a++)
        if (vap_mask_equal(&queues->row[a], &queues->row[adapter]))
            vap_mask_add(&same, a);
    return same;
}

char *
sets_queues_text(const struct sets_queues *queues)
{
    struct vap_mask done = vap_mask_none();
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return NULL;
    for (unsigned a = 0; a < VAP_IDS; a++) {
        if (vap_mask_empty(&queues->row[a]) || vap_mask_has(&done, a))
            continue;

        struct vap_mask same = alike(queues, a);

        if (!vap_mask_empty(&done))
            (void)putc(' ', out);
        print_product(out, &same, &queues->row[a]);
        done = vap_mask_or(done, same);
    }
    if (vap_mask_empty(&done))
        (void)fputs("none", out);
    return text_closed(out, &text);
}
