/* SPDX-License-Identifier: MIT */
/* The host of a scenario file: what it has before anything is done. */
#include "lab/scenario_reading.h"

#include "base/auto.h"
#include "matrix/grammar.h"

#include <errno.h>

static int
read_adapters(struct reader *r, char *text)
{
    return scene_ids(r, text, &r->s->config.ids.adapters);
}

static int
read_domains(struct reader *r, char *text)
{
    return scene_ids(r, text, &r->s->config.ids.domains);
}

static int
read_control(struct reader *r, char *text)
{
    return scene_ids(r, text, &r->s->config.ids.control);
}

static int
read_id(struct reader *r, char **text, uint8_t *out)
{
    const char *word = scene_word(text);
    uint64_t id;

    if (vap_read_number(word, strlen(word), &id) != VAP_OK || id >= VAP_IDS)
        return scene_wrong(r, "\"%.64s\" found, an id from 0 to 255 expected",
                           word);
    *out = (uint8_t)id;
    return 0;
}

static int
read_apxa(struct reader *r, char *text)
{
    struct vap_config *config = &r->s->config;
    int e;

    config->apxa = strcmp(text, "no") != 0;
    config->last_adapter = config->last_domain = 0;
    if (!config->apxa)
        return 0;
    e = read_id(r, &text, &config->last_adapter);
    if (!e)
        e = read_id(r, &text, &config->last_domain);
    if (!e && *text)
        return scene_wrong(r, "\"%.64s\" found after the two highest ids",
                           text);
    return e;
}

static int
read_apmask(struct reader *r, char *text)
{
    return scene_mask(r, text, &r->s->apmask);
}

static int
read_aqmask(struct reader *r, char *text)
{
    return scene_mask(r, text, &r->s->aqmask);
}

static int
read_unbound(struct reader *r, char *text)
{
    return scene_queues(r, text, &r->s->unbound);
}

static struct scenario_mdev *
find_mdev(struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->n_mdevs; i++)
        if (strcmp(s->mdevs[i].name, name) == 0)
            return &s->mdevs[i];
    return NULL;
}

/* [PRODUCT] [control IDS] */
static int
read_matrix(struct reader *r, const char *text, struct vap_matrix *out)
{
    const char *at = text;
    bool fits = *at != '{' || sets_read_product(&at, out);

    at += *at == ' ';
    if (fits && strncmp(at, "control ", 8) == 0) {
        at += 8;
        fits = sets_read_ids(&at, &out->control);
    }
    if (fits && !*at)
        return 0;
    return scene_wrong(
        r, "\"%.64s\" found, a matrix as {1-3}x{1,2} or control {2} expected",
        at);
}

static int
read_mdev(struct reader *r, char *text)
{
    const char *name = scene_word(&text);
    struct scenario_mdev *m;
    int e = scene_name(r, name);

    if (e)
        return e;
    if (find_mdev(r->s, name))
        return scene_wrong(r, "a second mdev %s found", name);
    if (r->s->n_mdevs == SCENARIO_MAX_LINES)
        return scene_wrong(r, "more than %d mdevs found", SCENARIO_MAX_LINES);
    m = scene_push(&r->s->mdevs, &r->s->n_mdevs, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->line = r->line;
    e = scene_keep(&m->name, name);
    return e ? e : read_matrix(r, text, &m->matrix);
}

static int
read_guest(struct reader *r, char *text)
{
    const char *name = scene_word(&text);
    const char *vm = *text ? text : name;
    struct scenario_mdev *m = find_mdev(r->s, name);
    int e = scene_name(r, vm);

    if (!m)
        return scene_wrong(
            r, "\"%.64s\" found, an mdev of a line above expected", name);
    if (m->vm)
        return scene_wrong(r, "mdev %s has a guest already, %s", name, m->vm);
    return e ? e : scene_keep(&m->vm, vm);
}

static const struct keyword host_words[] = {
    { "adapters", read_adapters, false }, { "domains", read_domains, false },
    { "control", read_control, false },   { "apxa", read_apxa, false },
    { "apmask", read_apmask, false },     { "aqmask", read_aqmask, false },
    { "unbound", read_unbound, false },   { "mdev", read_mdev, true },
    { "guest", read_guest, true },        { NULL, NULL, false },
};

static int
check_limit(struct reader *r, const char *what, const struct vap_mask *ids,
            unsigned last)
{
    struct vap_mask fits = vap_mask_up_to(last);
    struct vap_mask beyond = vap_mask_less(*ids, fits);

    if (vap_mask_empty(&beyond))
        return 0;
    return scene_wrong(r, "%s %u found, at most %u on this host expected", what,
                       vap_mask_next(&beyond, 0), last);
}

static int
check_unbound(struct reader *r)
{
    const struct vap_matrix *ids = &r->s->config.ids;

    for (unsigned a = 0; a < VAP_IDS; a++) {
        struct vap_mask extra = r->s->unbound.row[a];

        if (vap_mask_has(&ids->adapters, a))
            extra = vap_mask_less(extra, ids->domains);
        if (!vap_mask_empty(&extra))
            return scene_wrong(
                r, "%02x.%04x found unbound, a queue of the host expected", a,
                vap_mask_next(&extra, 0));
    }
    return 0;
}

/* Is it a host that can be? */
static int
check_host(struct reader *r)
{
    const struct vap_config *config = &r->s->config;
    unsigned last_domain = vap_config_bus_domain(config);
    int e = check_limit(r, "adapter", &config->ids.adapters,
                        vap_config_bus_adapter(config));

    if (!e)
        e = check_limit(r, "domain", &config->ids.domains, last_domain);
    if (!e)
        e = check_limit(r, "control domain", &config->ids.control, last_domain);
    return e ? e : check_unbound(r);
}

static int
end_host(struct reader *r)
{
    struct scenario *s = r->s;
    struct scenario_step *start;
    int e = check_host(r);

    if (!e)
        e = scenario_boot(s, vap_rules[0], VAP_LINUX_7_2, &r->scratch,
                          r->error);
    if (e)
        return e;
    start = scene_push(&s->steps, &s->n_steps, sizeof(*start));
    if (!start)
        return -ENOMEM;
    start->line = r->opened;
    start->notes = TAKE(r->notes);
    start->n_notes = r->n_notes;
    r->n_notes = 0;
    r->place = TOP;
    return 0;
}

int
scene_host_line(struct reader *r, char *line)
{
    const struct keyword *k = scene_keyword(host_words, line);
    uint32_t bit;

    if (strcmp(line, "end") == 0)
        return end_host(r);
    if (!k)
        return scene_wrong(
            r,
            "\"%.64s\" found in the host, adapters, domains, control, apxa, "
            "apmask, aqmask, unbound, mdev, guest or end expected",
            scene_word(&line));
    bit = UINT32_C(1) << (k - host_words);
    if ((r->said & bit) && !k->often)
        return scene_wrong(r, "a second line of %s found", k->word);
    r->said |= bit;
    return k->read(r, scene_rest(line));
}
