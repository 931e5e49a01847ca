/* SPDX-License-Identifier: MIT */
/* A trace is looked at whole before its first operation is carried out, so
 * nothing behind this asks again what a value is. The tables say what there
 * is; a key that is not in them is left alone. */
#include "replay/trace.h"

#include "host/words.h"
#include "matrix/grammar.h"
#include "replay/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/** What a value is. */
enum kind {
    TEXT,
    TEXT_OR_NULL, /* longer than was kept */
    NAME_OR_NULL,
    ANSWER,
    SET,
    TWO_SETS,
    THREE_SETS,
    BLOCKS,
    BIT,
    BYTE,
    COUNTS,
    RESETS,
    /* with keys of their own */
    OBJECT, /* those of the table */
    OBJECT_OR_NULL,
    BY_NAME, /* names of the trace's; the table's one row is each value's */
    LIST, /* likewise each element's */
    SOME /* a list with at least one */
};

struct key {
    const char *name; /* NULL ends a table */
    enum kind kind;
    bool optional;
    const struct key *of;
};

// clang-format off
static const struct key mdev_keys[] = {
    { "matrix",      TWO_SETS,     false, NULL },
    { "cdoms",       SET,          false, NULL },
    { "guest",       TWO_SETS,     false, NULL },
    { "guest_cdoms", SET,          false, NULL },
    { "kvm",         NAME_OR_NULL, false, NULL },
    { "apcb",        THREE_SETS,   true,  NULL },
    { 0 },
};
static const struct key an_mdev[] = { { "", OBJECT_OR_NULL, false, mdev_keys } };

static const struct key pure_keys[] = {
    { "guest",       TWO_SETS, false, NULL },
    { "guest_cdoms", SET,      false, NULL },
    { 0 },
};
static const struct key a_pure_value[] = { { "", OBJECT, false, pure_keys } };

static const struct key queue_keys[] = {
    { "vfio_ap", BLOCKS, true, NULL },
    { "default", BLOCKS, true, NULL },
    { "none",    BLOCKS, true, NULL },
    { "gone",    BLOCKS, true, NULL },
    { 0 },
};

static const struct key counts[] = { { "", COUNTS, false, NULL } };

static const struct key step_keys[] = {
    { "op",          TEXT,       false, NULL },
    { "rc",          ANSWER,     false, NULL },
    { "host",        THREE_SETS, true,  NULL },
    { "apmask",      SET,        true,  NULL },
    { "aqmask",      SET,        true,  NULL },
    { "queues",      OBJECT,     true,  queue_keys },
    { "mdevs",       BY_NAME,    true,  an_mdev },
    { "kvm_calls",   BY_NAME,    true,  counts },
    { "reset",       BLOCKS,     true,  NULL },
    { "reset_again", BLOCKS,     true,  NULL },
    { "reset_rc",    RESETS,     true,  NULL },
    { "pure",        BY_NAME,    true,  a_pure_value },
    { 0 },
};
static const struct key a_step[] = { { "", OBJECT, false, step_keys } };

static const struct key text_keys[] = {
    { "matrix",          TEXT_OR_NULL, false, NULL },
    { "guest_matrix",    TEXT_OR_NULL, false, NULL },
    { "control_domains", TEXT,         false, NULL },
    { "ap_config",       TEXT,         false, NULL },
    { 0 },
};
static const struct key a_text[] = { { "", OBJECT, false, text_keys } };

static const struct key final_keys[] = {
    { "host",          THREE_SETS, false, NULL },
    { "apmask",        SET,        false, NULL },
    { "aqmask",        SET,        false, NULL },
    { "queues",        OBJECT,     false, queue_keys },
    { "mdevs",         BY_NAME,    false, an_mdev },
    { "pure",          BY_NAME,    true,  a_pure_value },
    { "last_reset_rc", RESETS,     true,  NULL },
    { "text",          BY_NAME,    false, a_text },
    { 0 },
};

static const struct key boot_keys[] = {
    { "apxa", BIT,  false, NULL },
    { "na",   BYTE, false, NULL },
    { "nd",   BYTE, false, NULL },
    { 0 },
};

static const struct key a_tag[] = { { "", TEXT, false, NULL } };

static const struct key trace_keys[] = {
    { "id",    TEXT,   false, NULL },
    { "tags",  LIST,   true,  a_tag },
    { "boot",  OBJECT, false, boot_keys },
    { "steps", SOME,   false, a_step },
    { "final", OBJECT, false, final_keys },
    { 0 },
};
// clang-format on

static const char *const expected[] = {
    [TEXT] = "a string",
    [TEXT_OR_NULL] = "a string or null",
    [NAME_OR_NULL] = "a name of letters, digits and - _ . : or null",
    [ANSWER] = "0 or the name of an error",
    [SET] = "a set of ids, as \"0-2,7\",",
    [TWO_SETS] = "adapters and domains, as [\"0-2,7\", \"5\"],",
    [THREE_SETS] = "three sets of ids, as [\"0-2,7\", \"5\", \"\"],",
    [BLOCKS] = "blocks of queues, as [\"0-1:3\", \"5:0-255\"],",
    [BIT] = "0 or 1",
    [BYTE] = "a number from 0 to 255",
    [COUNTS] = "two numbers",
    [RESETS] = "queues and answers, as [[\"05.0047\", 3]],",
    [OBJECT] = "an object",
    [OBJECT_OR_NULL] = "an object or null",
    [BY_NAME] = "an object, its keys names of letters, digits and - _ . :",
    [LIST] = "a list",
    [SOME] = "a list of at least one",
};

/** A look at a trace, and where in it. */
struct look {
    struct trace_error *error;
    size_t length;
    char path[100]; /* "steps[3].mdevs.m0" */
};

static int
add(const char *part, size_t n, void *to)
{
    struct trace_excerpt *e = to;
    size_t room = sizeof(e->text) - sizeof("...") - e->length;

    memcpy(e->text + e->length, part, n < room ? n : room);
    e->length += n < room ? n : room;
    if (n <= room)
        return 0;
    memcpy(e->text + e->length, "...", sizeof("..."));
    return -1; /* enough */
}

struct trace_excerpt
trace_excerpt(const json_t *value)
{
    struct trace_excerpt e = { .text = "nothing" };

    if (!value)
        return e;
    e.text[0] = '\0';
    if (!json_dump_callback(value, add, &e,
                            JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII))
        e.text[e.length] = '\0';
    return e;
}

static bool
wrong(struct look *l, const json_t *value, enum kind kind)
{
    struct trace_excerpt e = trace_excerpt(value);

    (void)snprintf(l->error->text, sizeof(l->error->text),
                   "%s: %s found, %s expected", l->path, e.text,
                   expected[kind]);
    return false;
}

static bool
number_in(const json_t *value, json_int_t most)
{
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
           json_integer_value(value) <= most;
}

static bool
is_name(const json_t *value)
{
    return json_is_string(value) && words_is_name(json_string_value(value));
}

static bool
is_counts(const json_t *value)
{
    return json_array_size(value) == 2 &&
           number_in(json_array_get(value, 0), UINT32_MAX) &&
           number_in(json_array_get(value, 1), UINT32_MAX);
}

static bool
is_resets(const json_t *value)
{
    size_t i;
    json_t *pair;
    uint16_t apqn;

    if (!json_is_array(value))
        return false;
    json_array_foreach(value, i, pair)
    {
        const char *name = json_string_value(json_array_get(pair, 0));

        if (json_array_size(pair) != 2 || !name ||
            vap_read_apqn(name, strlen(name), &apqn) != VAP_OK ||
            !number_in(json_array_get(pair, 1), 255))
            return false;
    }
    return true;
}

/* What needs no look at parts of its own. */
static bool
is(const json_t *value, enum kind kind)
{
    struct record_queues queues;
    struct vap_matrix sets;

    switch (kind) {
    case TEXT:
        return json_is_string(value);
    case TEXT_OR_NULL:
        return json_is_string(value) || json_is_null(value);
    case NAME_OR_NULL:
        return is_name(value) || json_is_null(value);
    case ANSWER:
        return number_in(value, 0) || json_is_string(value);
    case SET:
        return record_set(value, &sets.adapters);
    case TWO_SETS:
        return record_sets(value, 2, &sets);
    case THREE_SETS:
        return record_sets(value, 3, &sets);
    case BLOCKS:
        return record_blocks(value, &queues);
    case BIT:
        return number_in(value, 1);
    case BYTE:
        return number_in(value, 255);
    case COUNTS:
        return is_counts(value);
    case RESETS:
        return is_resets(value);
    case OBJECT:
    case BY_NAME:
        return json_is_object(value);
    case OBJECT_OR_NULL:
        return json_is_object(value) || json_is_null(value);
    case LIST:
        return json_is_array(value);
    case SOME:
        return json_array_size(value) > 0;
    }
    return false;
}

static bool look_at(struct look *l, const json_t *value, const struct key *key);

/* With a part's name behind the path for as long as it is looked at. */
static bool
look_into(struct look *l, const char *name, const json_t *value,
          const struct key *key)
{
    size_t length = l->length;
    size_t room = sizeof(l->path) - length;
    int n = snprintf(l->path + length, room, "%s%.64s",
                     length && *name != '[' ? "." : "", name);
    bool good;

    l->length += (size_t)n < room ? (size_t)n : room - 1;
    good = look_at(l, value, key);
    l->length = length;
    return good;
}

static bool
look_at_keys(struct look *l, const json_t *object, const struct key *keys)
{
    for (const struct key *k = keys; k->name; k++) {
        const json_t *value = json_object_get(object, k->name);

        if ((value || !k->optional) && !look_into(l, k->name, value, k))
            return false;
    }
    return true;
}

static bool
look_at_names(struct look *l, const json_t *object, const struct key *of)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        if (!words_is_name(name))
            return wrong(l, object, BY_NAME);
        if (!look_into(l, name, value, of))
            return false;
    }
    return true;
}

static bool
look_at_elements(struct look *l, const json_t *list, const struct key *of)
{
    size_t i;
    json_t *value;

    json_array_foreach(list, i, value)
    {
        char name[32];

        (void)snprintf(name, sizeof(name), "[%zu]", i);
        if (!look_into(l, name, value, of))
            return false;
    }
    return true;
}

static bool
look_at(struct look *l, const json_t *value, const struct key *key)
{
    if (!is(value, key->kind))
        return wrong(l, value, key->kind);
    if (json_is_null(value) || !key->of)
        return true;
    if (key->kind == BY_NAME)
        return look_at_names(l, value, key->of);
    if (json_is_array(value))
        return look_at_elements(l, value, key->of);
    return look_at_keys(l, value, key->of);
}

int
trace_check(const json_t *trace, struct trace_error *error)
{
    struct look l = { .error = error };

    return look_at_keys(&l, trace, trace_keys) ? 0 : -EBADMSG;
}
