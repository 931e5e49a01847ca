/* SPDX-License-Identifier: MIT */
/* The events of libyaml, one after the other, each against the part of the
 * schema that it meets. The schema bounds the depth, so a text that nests
 * deeper is refused where it begins to. */
#include "observe/hostfile_yaml.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 8, MAX_FIELDS = 32, KEY_NEXT = -1 };

/** A mapping or a list that has begun. */
struct level {
    const cyaml_schema_value_t *schema;
    unsigned long line; /* where it begins */
    int field; /* whose value comes next; or KEY_NEXT */
    uint32_t n; /* entries of a list so far */
    unsigned long seen[MAX_FIELDS]; /* the fields' lines; 0: not yet */
};

struct walk {
    yaml_parser_t parser;
    yaml_event_t event;
    const char *text;
    const cyaml_schema_value_t *root;
    const char *what; /* the root is called */
    struct level level[MAX_DEPTH];
    int depth;
    bool had_document;
    const char *place; /* looked for; NULL: nothing is */
    unsigned long found; /* its line */
    struct hostfile_error *error;
};

static unsigned long
line_of(const struct walk *w)
{
    return w->event.start_mark.line + 1;
}

int
hostfile_refuse(struct hostfile_error *error, unsigned long line,
                const char *format, va_list args)
{
    error->line = line;
    (void)vsnprintf(error->text, sizeof(error->text), format, args);
    for (char *c = error->text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return 1;
}

__attribute__((format(printf, 2, 3))) static int
refuse(struct walk *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)hostfile_refuse(w->error, line_of(w), format, args);
    va_end(args);
    return 1;
}

static struct level *
top(struct walk *w)
{
    return w->depth ? &w->level[w->depth - 1] : NULL;
}

/* What a value belongs to, for messages: "adapters: ", the key of a list
 * where it is a list's; nothing at the top. */
static const char *
key_of(const struct walk *w)
{
    for (int i = w->depth; i > 0; i--)
        if (w->level[i - 1].field != KEY_NEXT)
            return w->level[i - 1]
                .schema->mapping.fields[w->level[i - 1].field]
                .key;
    return w->what;
}

/* What is to come next; NULL: a key, or the end of a full list. */
static const cyaml_schema_value_t *
awaited(struct walk *w)
{
    struct level *l = top(w);

    if (!l)
        return w->root;
    if (l->schema->type == CYAML_SEQUENCE)
        return l->n < l->schema->sequence.max ? l->schema->sequence.entry
                                              : NULL;
    return l->field == KEY_NEXT ? NULL
                                : &l->schema->mapping.fields[l->field].value;
}

/* The value that was awaited has come, or begins. */
static void
counted(struct walk *w)
{
    struct level *l = top(w);

    if (l && l->schema->type == CYAML_SEQUENCE)
        l->n++;
}

static void
value_ends(struct walk *w)
{
    struct level *l = top(w);

    if (l && l->schema->type != CYAML_SEQUENCE)
        l->field = KEY_NEXT;
}

/* "rule, kernel or cards" */
static void
list_words(char *out, size_t size, const char *word, bool last)
{
    size_t n = strlen(out);

    (void)snprintf(out + n, size - n, "%s%s",
                   !n     ? ""
                   : last ? " or "
                          : ", ",
                   word);
}

static int
refuse_key(struct walk *w, const char *key)
{
    const cyaml_schema_field_t *f = top(w)->schema->mapping.fields;
    char keys[256] = "";

    for (; f->key; f++)
        list_words(keys, sizeof(keys), f->key, !f[1].key);
    return refuse(w, "key \"%.60s\" found; %s expected", key, keys);
}

static int
key(struct walk *w)
{
    const char *name = (const char *)w->event.data.scalar.value;
    struct level *l = top(w);
    const cyaml_schema_field_t *f = l->schema->mapping.fields;
    int i = 0;

    while (f[i].key && strcmp(f[i].key, name) != 0)
        i++;
    if (!f[i].key || strlen(name) != w->event.data.scalar.length)
        return refuse_key(w, name);
    if (l->seen[i])
        return refuse(w, "key \"%s\" found a second time; it is in line %lu",
                      name, l->seen[i]);
    l->seen[i] = line_of(w);
    l->field = i;
    return 0;
}

/* A whole number: decimal, or hex with 0x; no octal, nothing behind it. */
static bool
is_number(const char *text, uint64_t max)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    const char *set = hex ? "0123456789abcdefABCDEF" : "0123456789";

    if (!*digits || digits[strspn(digits, set)] || strlen(digits) > 18)
        return false;
    if (!hex && digits[0] == '0' && digits[1])
        return false;
    return strtoull(digits, NULL, hex ? 16 : 10) <= max;
}

static int
check_number(struct walk *w, const cyaml_schema_value_t *s, const char *value)
{
    uint64_t max = UINT64_MAX >> (64 - 8 * s->data_size);

    return is_number(value, max)
               ? 0
               : refuse(w, "%s: \"%.60s\" found, 0 to %ju expected", key_of(w),
                        value, (uintmax_t)max);
}

static int
check_bool(struct walk *w, const char *value)
{
    return strcmp(value, "true") == 0 || strcmp(value, "false") == 0
               ? 0
               : refuse(w, "%s: \"%.60s\" found, true or false expected",
                        key_of(w), value);
}

static int
check_enum(struct walk *w, const cyaml_schema_value_t *s, const char *value)
{
    char words[256] = "";

    for (uint32_t i = 0; i < s->enumeration.count; i++) {
        if (strcmp(s->enumeration.strings[i].str, value) == 0)
            return 0;
        list_words(words, sizeof(words), s->enumeration.strings[i].str,
                   i + 1 == s->enumeration.count);
    }
    return refuse(w, "%s: \"%.60s\" found, %s expected", key_of(w), value,
                  words);
}

static int
check_string(struct walk *w, const cyaml_schema_value_t *s, const char *value)
{
    size_t n = strlen(value);

    if (n < s->string.min)
        return refuse(w, "%s: nothing found, a value expected", key_of(w));
    if (n > s->string.max)
        return refuse(w, "%s: %zu bytes found, at most %u expected", key_of(w),
                      n, s->string.max);
    return 0;
}

static int
check_scalar(struct walk *w, const cyaml_schema_value_t *s)
{
    const char *value = (const char *)w->event.data.scalar.value;

    if (strlen(value) != w->event.data.scalar.length)
        return refuse(w, "%s: a NUL byte found, text expected", key_of(w));
    switch ((int)s->type) {
    case CYAML_UINT:
        return check_number(w, s, value);
    case CYAML_BOOL:
        return check_bool(w, value);
    case CYAML_ENUM:
        return check_enum(w, s, value);
    default:
        return check_string(w, s, value);
    }
}

/* What an event brings, in words; *value: that of a scalar. */
static const char *
kind_of(const yaml_event_t *event, const char **value)
{
    *value = "";
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return "a list";
    if (event->type == YAML_MAPPING_START_EVENT)
        return "a mapping";
    *value = (const char *)event->data.scalar.value;
    return **value ? "" : "nothing";
}

static int
refuse_type(struct walk *w, const cyaml_schema_value_t *s)
{
    const char *value;
    const char *kind = kind_of(&w->event, &value);
    const char *quote = *value ? "\"" : "";

    return refuse(w, "%s: %s%s%.60s%s found, %s expected", key_of(w), kind,
                  quote, value, quote,
                  s->type == CYAML_SEQUENCE  ? "a list, like [1, 2] or [],"
                  : s->type == CYAML_MAPPING ? "a mapping, like {key: value},"
                                             : "a single value");
}

static int
refuse_unawaited(struct walk *w)
{
    struct level *l = top(w);

    if (l->schema->type == CYAML_SEQUENCE)
        return refuse(w, "%s: more than %u entries found", key_of(w),
                      l->schema->sequence.max);
    return refuse(w, "a key found that is no word");
}

static int
value(struct walk *w)
{
    const cyaml_schema_value_t *s = awaited(w);
    cyaml_type_e type = w->event.type == YAML_SEQUENCE_START_EVENT
                            ? CYAML_SEQUENCE
                            : CYAML_MAPPING;
    bool scalar = w->event.type == YAML_SCALAR_EVENT;

    if (!s)
        return refuse_unawaited(w);
    counted(w);
    if (scalar ? s->type == CYAML_SEQUENCE || s->type == CYAML_MAPPING
               : s->type != type)
        return refuse_type(w, s);
    if (scalar) {
        int r = check_scalar(w, s);

        value_ends(w);
        return r;
    }
    w->level[w->depth++] =
        (struct level){ .schema = s, .line = line_of(w), .field = KEY_NEXT };
    return 0;
}

/* The first key that a mapping must have and has not; NULL for none. */
static const char *
missing(const struct level *l)
{
    const cyaml_schema_field_t *f = l->schema->mapping.fields;

    for (int i = 0; f[i].key; i++)
        if (!l->seen[i] && !(f[i].value.flags & CYAML_FLAG_OPTIONAL))
            return f[i].key;
    return NULL;
}

static int
level_ends(struct walk *w)
{
    struct level *l = top(w);
    const char *key = l->schema->type == CYAML_MAPPING ? missing(l) : NULL;

    if (key) {
        w->event.start_mark.line = l->line - 1;
        return refuse(w, "key \"%s\" missing", key);
    }
    w->depth--;
    value_ends(w);
    return 0;
}

/* "mdevs/3/name" of the value that is just beginning. */
static bool
is_place(struct walk *w)
{
    char place[128] = "";
    size_t n = 0;

    for (int i = 0; i < w->depth && n < sizeof(place); i++) {
        const struct level *l = &w->level[i];
        const char *slash = i ? "/" : "";

        if (l->schema->type == CYAML_SEQUENCE)
            n += (size_t)snprintf(place + n, sizeof(place) - n, "%s%u", slash,
                                  l->n - (i + 1 < w->depth));
        else if (l->field != KEY_NEXT)
            n += (size_t)snprintf(place + n, sizeof(place) - n, "%s%s", slash,
                                  l->schema->mapping.fields[l->field].key);
    }
    return strcmp(place, w->place) == 0;
}

/* An anchor or a tag that a value has; NULL for neither. */
static const yaml_char_t *
adornment(const yaml_event_t *event, const char **what)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;

    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    *what = anchor ? "anchor &" : "tag ";
    return anchor ? anchor : tag;
}

static int
begins(struct walk *w)
{
    const char *what;
    const yaml_char_t *adorns = adornment(&w->event, &what);
    const struct level *l = top(w);

    if (adorns)
        return refuse(w, "%s%.60s found; this file has none", what,
                      (const char *)adorns);
    if (w->event.type == YAML_SCALAR_EVENT && l &&
        l->schema->type == CYAML_MAPPING && l->field == KEY_NEXT)
        return key(w);
    if (w->place && !w->found && is_place(w))
        w->found = line_of(w);
    return value(w);
}

static int
document_begins(struct walk *w)
{
    if (w->had_document)
        return refuse(w, "a second document found, one expected");
    w->had_document = true;
    return 0;
}

static int
step(struct walk *w)
{
    switch (w->event.type) {
    case YAML_DOCUMENT_START_EVENT:
        return document_begins(w);
    case YAML_ALIAS_EVENT:
        return refuse(w, "alias *%.60s found; this file has none",
                      (const char *)w->event.data.alias.anchor);
    case YAML_SCALAR_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return begins(w);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return level_ends(w);
    case YAML_STREAM_END_EVENT:
        return w->had_document
                   ? 0
                   : refuse(w, "nothing found, %s expected", w->what);
    default:
        return 0;
    }
}

/* The reader of bytes knows where it stopped by offset alone. */
static int
refuse_syntax(struct walk *w)
{
    const yaml_parser_t *p = &w->parser;

    if (p->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    w->event.start_mark = p->problem_mark;
    if (p->error == YAML_READER_ERROR) {
        w->event.start_mark.line = 0;
        for (size_t i = 0; i < p->problem_offset; i++)
            w->event.start_mark.line += w->text[i] == '\n';
    }
    return refuse(w, "not YAML: %s", p->problem ? p->problem : "unreadable");
}

static int
run(struct walk *w)
{
    bool last = false;
    int r = 0;

    while (!r && !last) {
        if (!yaml_parser_parse(&w->parser, &w->event))
            return refuse_syntax(w);
        last = w->event.type == YAML_STREAM_END_EVENT;
        r = step(w);
        last = last || (w->place && w->found);
        yaml_event_delete(&w->event);
    }
    return r;
}

static int
walk(struct walk *w, const char *text, size_t length)
{
    int r;

    if (!yaml_parser_initialize(&w->parser))
        return -ENOMEM;
    w->text = text;
    yaml_parser_set_input_string(&w->parser, (const unsigned char *)text,
                                 length);
    r = run(w);
    yaml_parser_delete(&w->parser);
    return r;
}

int
hostfile_yaml_check(const char *text, size_t length, const char *what,
                    const cyaml_schema_value_t *schema,
                    struct hostfile_error *error)
{
    struct walk w = { .root = schema, .what = what, .error = error };

    return walk(&w, text, length);
}

unsigned long
hostfile_yaml_line(const char *text, size_t length,
                   const cyaml_schema_value_t *schema, const char *place)
{
    struct hostfile_error ignored;
    struct walk w = {
        .root = schema, .what = "", .error = &ignored, .place = place
    };

    return walk(&w, text, length) ? 0 : w.found;
}
