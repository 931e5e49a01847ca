/* SPDX-License-Identifier: MIT */
/* What is wanted, from text: read whole, then looked at whole, like a host
 * file and by the same means. */
#include "planner/wanted.h"

#include "base/auto.h"
#include "observe/hostfile_reader.h"
#include "observe/hostfile_text.h"
#include "observe/hostfile_yaml.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* ---- the document */

enum others { KEEP, REMOVE };

struct doc_wanted_mdev {
    char *name;
    char *guest;
    struct doc_matrix matrix;
};

struct doc_wanted {
    char *apmask;
    char *aqmask;
    struct doc_wanted_mdev *mdevs;
    uint32_t n_mdevs;
    struct doc_ids removed; /* names */
    enum others *others;
};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t others[] = {
    { "keep", KEEP },
    { "remove", REMOVE },
};

static const cyaml_schema_value_t id = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 64),
};

static const cyaml_schema_value_t name = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, DOC_NAME),
};

/* clang-format off */
#define IDS(key, member)                                                       \
    CYAML_FIELD_SEQUENCE_COUNT(key, OPTIONAL, struct doc_wanted_mdev,          \
                               matrix.member.text, matrix.member.n, &id, 0,    \
                               VAP_IDS)

static const cyaml_schema_field_t mdev_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct doc_wanted_mdev,
                           name, 1, DOC_NAME),
    CYAML_FIELD_STRING_PTR("guest", OPTIONAL, struct doc_wanted_mdev, guest, 1,
                           DOC_TEXT),
    IDS("adapters", adapters),
    IDS("domains", domains),
    IDS("control_domains", control),
    CYAML_FIELD_END
};

static const cyaml_schema_value_t mdev = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct doc_wanted_mdev, mdev_fields),
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("apmask", OPTIONAL, struct doc_wanted, apmask, 1,
                           DOC_TEXT),
    CYAML_FIELD_STRING_PTR("aqmask", OPTIONAL, struct doc_wanted, aqmask, 1,
                           DOC_TEXT),
    CYAML_FIELD_SEQUENCE_COUNT("mdevs", OPTIONAL, struct doc_wanted, mdevs,
                               n_mdevs, &mdev, 0, VAP_MDEVS),
    CYAML_FIELD_SEQUENCE_COUNT("removed", OPTIONAL, struct doc_wanted,
                               removed.text, removed.n, &name, 0, VAP_MDEVS),
    CYAML_FIELD_ENUM_PTR("others", OPTIONAL | CYAML_FLAG_STRICT,
                         struct doc_wanted, others, others, 2),
    CYAML_FIELD_END
};
/* clang-format on */

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct doc_wanted, fields),
};

static const cyaml_config_t cyaml = {
    .mem_fn = cyaml_mem,
    .flags = CYAML_CFG_NO_ALIAS,
};

static void
doc_done(struct doc_wanted **doc)
{
    (void)cyaml_free(&cyaml, &schema, *doc, 0);
}

static int
load(const char *text, size_t length, struct doc_wanted **doc)
{
    void *data = NULL;
    cyaml_err_t r = cyaml_load_data((const uint8_t *)text, length, &cyaml,
                                    &schema, &data, NULL);

    *doc = data;
    return r == CYAML_OK ? 0 : r == CYAML_ERR_OOM ? -ENOMEM : -EINVAL;
}

/* ---- what it means */

void
wanted_done(struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->n_mdevs; i++) {
        free(wanted->mdevs[i].name);
        free(wanted->mdevs[i].guest);
    }
    for (size_t i = 0; i < wanted->n_removed; i++)
        free(wanted->removed[i]);
    free(wanted->mdevs);
    free(wanted->removed);
    *wanted = (struct wanted){ 0 };
}

static int
check_name(struct reader *r, const char *place, const char *text,
           struct names *seen)
{
    if (!host_is_mdev_name(text))
        return reader_refuse(
            r, place, "\"%.60s\" found, the name of an mdev expected", text);
    if (names_find(seen, text) != NAMES_NONE)
        return reader_refuse(r, place, "mdev %.60s found a second time", text);
    return names_add(seen, text) == NAMES_NONE ? -ENOMEM : 0;
}

static int
read_mdev(struct reader *r, const char *place,
          const struct doc_wanted_mdev *doc, struct names *seen,
          struct wanted_mdev *out)
{
    char key[PLACE];
    int refused =
        check_name(r, reader_inside(key, place, "name"), doc->name, seen);

    if (!refused)
        refused = reader_matrix(r, place, &doc->matrix, &out->matrix);
    if (refused)
        return refused;
    out->name = strdup(doc->name);
    out->guest = doc->guest ? strdup(doc->guest) : NULL;
    return out->name && (out->guest || !doc->guest) ? 0 : -ENOMEM;
}

static int
read_mdevs(struct reader *r, const struct doc_wanted *doc, struct names *seen,
           struct wanted *out)
{
    char place[PLACE];
    int refused = 0;

    out->mdevs = calloc(doc->n_mdevs + 1, sizeof(*out->mdevs));
    if (!out->mdevs)
        return -ENOMEM;
    for (uint32_t i = 0; i < doc->n_mdevs && !refused; i++, out->n_mdevs++)
        refused = read_mdev(r, reader_nth(place, "mdevs", i), &doc->mdevs[i],
                            seen, &out->mdevs[i]);
    return refused;
}

static int
read_removed(struct reader *r, const struct doc_wanted *doc, struct names *seen,
             struct wanted *out)
{
    char place[PLACE];
    int refused = 0;

    out->removed = calloc(doc->removed.n + 1, sizeof(*out->removed));
    if (!out->removed)
        return -ENOMEM;
    for (uint32_t i = 0; i < doc->removed.n && !refused; i++) {
        refused = check_name(r, reader_nth(place, "removed", i),
                             doc->removed.text[i], seen);
        if (refused)
            break;
        out->removed[i] = strdup(doc->removed.text[i]);
        refused = out->removed[i] ? 0 : -ENOMEM;
        out->n_removed++;
    }
    return refused;
}

/* No queue is wanted for two. */
static int
check_shared(struct reader *r, const struct wanted *w)
{
    AUTO(free_done)
    uint32_t *owner = calloc((size_t)VAP_IDS * VAP_IDS, sizeof(*owner));
    char place[PLACE];

    for (uint32_t i = 0; i < w->n_mdevs && owner; i++)
        VAP_EACH (a, &w->mdevs[i].matrix.adapters)
            VAP_EACH (d, &w->mdevs[i].matrix.domains) {
                uint32_t *o = &owner[VAP_APQN(a, d)];

                if (*o)
                    return reader_refuse(
                        r, reader_nth(place, "mdevs", i),
                        "queue %02x.%04x of %s found in %s as well", a, d,
                        w->mdevs[*o - 1].name, w->mdevs[i].name);
                *o = i + 1;
            }
    return owner ? 0 : -ENOMEM;
}

static int
read_wanted(struct reader *r, const struct doc_wanted *doc, struct wanted *out)
{
    struct names seen = { 0 };
    int refused = reader_mask(r, "apmask", doc->apmask, &out->apmask);

    out->has_apmask = doc->apmask;
    out->has_aqmask = doc->aqmask;
    out->others_go = doc->others && *doc->others == REMOVE;
    if (!refused)
        refused = reader_mask(r, "aqmask", doc->aqmask, &out->aqmask);
    if (!refused)
        refused = read_mdevs(r, doc, &seen, out);
    if (!refused)
        refused = read_removed(r, doc, &seen, out);
    if (!refused)
        refused = check_shared(r, out);
    names_done(&seen);
    return refused;
}

int
wanted_parse(const char *text, size_t length, struct wanted *out,
             struct hostfile_error *error)
{
    static const char what[] = "what is wanted of a host";
    AUTO(doc_done) struct doc_wanted *doc = NULL;
    struct reader r = { .schema = &schema,
                        .text = text,
                        .length = length,
                        .error = error,
                        .boot = { .kernel = VAP_LINUX_7_2,
                                  .config = { .apxa = true,
                                              .last_adapter = 255,
                                              .last_domain = 255 } } };
    int bad = hostfile_text_check(text, length, what, error);

    *out = (struct wanted){ 0 };
    if (!bad)
        bad = hostfile_yaml_check(text, length, what, &schema, error);
    if (!bad)
        bad = load(text, length, &doc);
    if (!bad)
        bad = read_wanted(&r, doc, out);
    if (bad)
        wanted_done(out);
    return bad < 0 ? hostfile_could_not(error, bad) : bad;
}

int
wanted_load(const char *path, struct wanted *out, struct hostfile_error *error)
{
    AUTO(free_done) char *text = NULL;
    size_t length;
    int r = hostfile_text(path, &text, &length, error);

    *out = (struct wanted){ 0 };
    return r < 0 ? r : wanted_parse(text, length, out, error);
}
