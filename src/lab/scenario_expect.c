/* SPDX-License-Identifier: MIT */
/* The expectations of a scenario file. */
#include "lab/scenario_reading.h"

#include "base/auto.h"
#include "matrix/grammar.h"
#include "matrix/text.h"

#include <ctype.h>
#include <errno.h>

/* Reads a value into its one text; *out the caller's. */
typedef int value_reader(struct reader *r, char *text, char **out);

static int
read_product_value(struct reader *r, char *text, char **out)
{
    struct vap_matrix m = { 0 };
    const char *end = text;

    if (!sets_read_product(&end, &m) || *end)
        return scene_wrong(
            r,
            "\"%.64s\" found, a matrix as {1-3}x{1,2}, or empty, "
            "expected",
            text);
    *out = sets_product_text(&m);
    return *out ? 0 : -ENOMEM;
}

static int
read_ids_value(struct reader *r, char *text, char **out)
{
    struct vap_mask ids;
    int e = scene_ids(r, text, &ids);

    if (e)
        return e;
    *out = sets_ids_text(&ids);
    return *out ? 0 : -ENOMEM;
}

static int
read_queues_value(struct reader *r, char *text, char **out)
{
    struct sets_queues queues;
    int e = scene_queues(r, text, &queues);

    if (e)
        return e;
    *out = sets_queues_text(&queues);
    return *out ? 0 : -ENOMEM;
}

static int
read_number_value(struct reader *r, char *text, char **out)
{
    size_t n = strspn(text, "0123456789");

    if (!n || n > 9 || text[n] || (n > 1 && *text == '0'))
        return scene_wrong(r, "\"%.64s\" found, a number expected", text);
    return scene_keep(out, text);
}

static int
read_quoted_value(struct reader *r, char *text, char **out)
{
    char *words;
    int e = scene_quoted(r, &text, &words);

    if (e)
        return e;
    if (*text)
        return scene_wrong(r, "\"%.64s\" found after the text", text);
    *out = scenario_quote(words);
    return *out ? 0 : -ENOMEM;
}

static int
read_mask_value(struct reader *r, char *text, char **out)
{
    struct vap_mask mask;
    char digits[VAP_MASK_TEXT + 1];
    int e = scene_mask(r, text, &mask);

    if (e)
        return e;
    (void)vap_mask_text(&mask, digits, sizeof(digits));
    return scene_keep(out, digits);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in order. */
static int
read_names_value(struct reader *r, char *text, char **out)
{
    const char *names[VAP_IDS];
    char *joined = NULL;
    size_t n = 0;

    if (strcmp(text, "none") == 0)
        return scene_keep(out, text);
    while (*text) {
        int e;

        if (n == VAP_IDS)
            return scene_wrong(r, "more than %d names found", VAP_IDS);
        names[n] = scene_word(&text);
        e = scene_name(r, names[n++]);
        if (e)
            return e;
    }
    if (!n)
        return scene_wrong(r, "nothing found, names of mdevs or none expected");
    qsort(names, n, sizeof(names[0]), compare_names);
    for (size_t i = 0; i < n; i++) {
        AUTO(free_done) char *before = joined;

        if (asprintf(&joined, "%s%s%s", before ? before : "", before ? " " : "",
                     names[i]) < 0)
            return -ENOMEM;
    }
    *out = joined;
    return 0;
}

static int
read_status_value(struct reader *r, char *text, char **out)
{
    static const char *const known[] = { "unassigned", "assigned", "in use",
                                         "gone" };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(text, known[i]) == 0)
            return scene_keep(out, text);
    return scene_wrong(r,
                       "\"%.64s\" found, unassigned, assigned, in use or gone "
                       "expected",
                       text);
}

/* "PRODUCT: N" at the start of *text, and the comma after it. */
static int
read_end(struct reader *r, char **text, struct scenario_end *end)
{
    char *at = *text;
    char *colon = strchr(at, ':');
    int e;

    if (!colon)
        return scene_wrong(
            r,
            "\"%.64s\" found, a matrix and how often, as {0}x{0-1}: "
            "12, expected",
            at);
    *colon = '\0';
    e = read_product_value(r, at, &end->matrix);
    if (e)
        return e;
    at = colon + 1 + (colon[1] == ' ');
    if (!isdigit((unsigned char)*at))
        return scene_wrong(r, "\"%.64s\" found, how many orders expected", at);
    end->times = strtoul(at, &at, 10);
    if (*at == ',' && at[1] == ' ')
        at += 2;
    else if (*at)
        return scene_wrong(
            r, "\"%.64s\" found, a comma and the next matrix expected", at);
    *text = at;
    return 0;
}

static int
read_ends_value(struct reader *r, char *text, char **out)
{
    struct scenario_end *ends = NULL;
    size_t n = 0;
    int e = 0;

    do {
        struct scenario_end *end = scene_push(&ends, &n, sizeof(*end));

        e = end ? read_end(r, &text, end) : -ENOMEM;
    } while (!e && *text);
    if (!e) {
        *out = scenario_ends_text(ends, n);
        e = *out ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        free(ends[i].matrix);
    free(ends);
    return e;
}

/* What can be said of an mdev. */
static const struct {
    const char *words;
    enum scenario_about about;
    value_reader *read; /* NULL: the word is the value */
} mdev_words[] = {
    { "matrix", SCENARIO_MATRIX, read_product_value },
    { "control", SCENARIO_CONTROL, read_ids_value },
    { "guest", SCENARIO_GUEST, read_product_value },
    { "guest-control", SCENARIO_GUEST_CONTROL, read_ids_value },
    { "apcb", SCENARIO_APCB, read_product_value },
    { "apcb-control", SCENARIO_APCB_CONTROL, read_ids_value },
    { "updates", SCENARIO_UPDATES, read_number_value },
    { "text", SCENARIO_TEXT, read_quoted_value },
    { "why", SCENARIO_WHY, read_names_value },
    { "ends", SCENARIO_ENDS, read_ends_value },
    { "exists", SCENARIO_EXISTS, NULL },
    { "gone", SCENARIO_EXISTS, NULL },
};

static int
read_file_name(struct reader *r, char **text, char **out)
{
    static const char *const files[] = { "matrix", "guest_matrix",
                                         "control_domains", "ap_config" };
    const char *word = scene_word(text);

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (strcmp(word, files[i]) == 0)
            return scene_keep(out, word);
    return scene_wrong(
        r,
        "\"%.64s\" found, matrix, guest_matrix, control_domains or "
        "ap_config expected",
        word);
}

/* "04.", ".0047" or "04.0047", as the kernel's files have it */
static int
read_thing(struct reader *r, char **text, char **out)
{
    const char *word = scene_word(text);
    size_t n = strlen(word);
    uint16_t apqn;
    char whole[8];

    if (n == 7)
        (void)snprintf(whole, sizeof(whole), "%s", word);
    else if (n == 3)
        (void)snprintf(whole, sizeof(whole), "%s0000", word);
    else
        (void)snprintf(whole, sizeof(whole), "00%s", word);
    if ((n == 3 || n == 5 || n == 7) &&
        vap_read_apqn(whole, 7, &apqn) == VAP_OK)
        return scene_keep(out, word);
    return scene_wrong(r,
                       "\"%.64s\" found, an adapter as 04., a domain as .0047 "
                       "or a queue as 04.0047 expected",
                       word);
}

/* "ends in 2 guest matrices" or "ends in PRODUCT: N, ..." */
static int
read_ends(struct reader *r, char *text, struct scenario_expect *x)
{
    size_t digits;

    if (scene_step(r)->kind != SCENARIO_ORDERS)
        return scene_wrong(r,
                           "\"ends\" found, a block \"every order of ... end\" "
                           "before it expected");
    if (strncmp(text, "in ", 3) != 0)
        return scene_wrong(r, "\"%.64s\" found, \"in\" expected after ends",
                           text);
    text += 3;
    digits = strspn(text, "0123456789");
    if (!digits)
        return read_ends_value(r, text, &x->value);
    if (strcmp(text + digits, " guest matrix") != 0 &&
        strcmp(text + digits, " guest matrices") != 0)
        return scene_wrong(r,
                           "\"%.64s\" found, as \"2 guest matrices\" or "
                           "\"{0}x{0-1}: 12\" expected",
                           text);
    text[digits] = '\0';
    x->about = SCENARIO_N_ENDS;
    return read_number_value(r, text, &x->value);
}

static int
read_about_mdev(struct reader *r, char *text, struct scenario_expect *x)
{
    const char *word = scene_word(&text);
    size_t i = 0;
    size_t n = sizeof(mdev_words) / sizeof(mdev_words[0]);
    int e = scene_name(r, x->subject);

    while (i < n && strcmp(mdev_words[i].words, word) != 0)
        i++;
    if (!e && i == n)
        return scene_wrong(
            r,
            "\"%.64s\" found, what of mdev %s expected: matrix, control, "
            "guest, "
            "guest-control, apcb, apcb-control, updates, text, why, ends, "
            "exists or gone",
            word, x->subject);
    if (e)
        return e;
    x->about = mdev_words[i].about;
    if (!mdev_words[i].read)
        return *text ? scene_wrong(r, "\"%.64s\" found after %s", text, word)
                     : scene_keep(&x->value, word);
    if (x->about == SCENARIO_ENDS)
        return read_ends(r, text, x);
    if (x->about == SCENARIO_TEXT)
        e = read_file_name(r, &text, &x->file);
    if (x->about == SCENARIO_WHY)
        e = read_thing(r, &text, &x->file);
    return e ? e : mdev_words[i].read(r, text, &x->value);
}

static int
read_about_queue(struct reader *r, char *text, struct scenario_expect *x)
{
    static const char *const states[] = { "vfio_ap", "cex4queue", "unbound",
                                          "gone" };
    const char *word = scene_word(&text);

    if (strcmp(word, "guests") == 0) {
        x->about = SCENARIO_GUESTS;
        return read_names_value(r, text, &x->value);
    }
    if (strcmp(word, "status") == 0) {
        x->about = SCENARIO_STATUS;
        return read_status_value(r, text, &x->value);
    }
    x->about = SCENARIO_DRIVER;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]) && !*text; i++)
        if (strcmp(word, states[i]) == 0)
            return scene_keep(&x->value, word);
    return scene_wrong(
        r,
        "\"%.64s\" found, vfio_ap, cex4queue, unbound, gone, guests "
        "or status expected",
        *text ? text : word);
}

static int
read_about_queues(struct reader *r, char *text, struct scenario_expect *x)
{
    const char *driver = scene_word(&text);

    x->about = SCENARIO_QUEUES;
    if (strcmp(driver, "vfio_ap") != 0 && strcmp(driver, "cex4queue") != 0 &&
        strcmp(driver, "unbound") != 0)
        return scene_wrong(
            r, "\"%.64s\" found, vfio_ap, cex4queue or unbound expected",
            driver);
    free(x->subject);
    x->subject = NULL;
    int e = scene_keep(&x->subject, driver);
    return e ? e : read_queues_value(r, text, &x->value);
}

/* Words that begin what is said of the host. */
static const struct {
    const char *word;
    enum scenario_about about;
    value_reader *read;
} whole_words[] = {
    { "resets", SCENARIO_RESETS, read_queues_value },
    { "apmask", SCENARIO_APMASK, read_mask_value },
    { "aqmask", SCENARIO_AQMASK, read_mask_value },
};

static int
read_about(struct reader *r, const char *word, char *text,
           struct scenario_expect *x)
{
    uint16_t apqn;

    for (size_t i = 0; i < sizeof(whole_words) / sizeof(whole_words[0]); i++)
        if (strcmp(word, whole_words[i].word) == 0) {
            x->about = whole_words[i].about;
            x->subject[0] = '\0';
            return whole_words[i].read(r, text, &x->value);
        }
    if (strcmp(word, "queues") == 0)
        return read_about_queues(r, text, x);
    if (vap_read_apqn(word, strlen(word), &apqn) == VAP_OK)
        return read_about_queue(r, text, x);
    return read_about_mdev(r, text, x);
}

int
scene_expect(struct reader *r, char *text)
{
    struct scenario_step *step = scene_step(r);
    struct scenario_expect *x;
    uint32_t rules;
    const char *word;
    int e;

    if (!step)
        return scene_wrong(r, "an expectation found, a block \"host ... end\" "
                              "expected before it");
    if (r->n_notes)
        return scene_wrong(r, "an expectation found after a note, a step "
                              "expected");
    if (step->n_expects == SCENARIO_MAX_LINES)
        return scene_wrong(r, "more than %d expectations of a step found",
                           SCENARIO_MAX_LINES);
    e = scene_cut_rules(r, text, &rules);
    if (e)
        return e;
    word = scene_word(&text);
    if (!*word)
        return scene_wrong(r,
                           "nothing found, what is expected of what expected");
    x = scene_push(&step->expects, &step->n_expects, sizeof(*x));
    if (!x)
        return -ENOMEM;
    x->line = r->line;
    x->rules = rules;
    e = scene_keep(&x->subject, word);
    return e ? e : read_about(r, word, text, x);
}
