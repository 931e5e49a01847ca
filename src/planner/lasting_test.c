/* SPDX-License-Identifier: MIT */
/* Commands are carried out by a second, slow mdevctl and chzdev, that reads
 * them as text. */
#include "planner/lasting.h"

#include "base/auto.h"
#include "observe/stores_start.h"
#include "parsed.h"
#include "test.h"

#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define A "11111111-1111-1111-1111-111111111111"
#define B "22222222-2222-2222-2222-222222222222"
#define C "33333333-3333-3333-3333-333333333333"

static struct host *
new_host(void)
{
    static const char text[] = "rule: linux-7.2\n"
                               "cards: [{id: 0-5}]\n"
                               "domains: [0-5]\n"
                               "apmask: +0-255\n"
                               "aqmask: +0-255\n";

    return parsed(text);
}

static void
parse(const char *text, struct wanted *out)
{
    struct hostfile_error error;

    if (wanted_parse(text, strlen(text), out, &error))
        FAIL("line %lu: %s", error.line, error.text);
}

static void
define(struct stores *s, const char *name, const char *json)
{
    CHECK_INT(stores_add_definition(s, name, json, strlen(json)), 0);
}

/* ---- the slow one */

static struct stores_definition *
find(struct stores *s, const char *command)
{
    for (size_t i = 0; i < s->n_definitions; i++)
        if (strstr(command, s->definitions[i].name))
            return &s->definitions[i];
    return NULL;
}

static void
take_away(struct stores *s, struct stores_definition *d)
{
    free(d->steps);
    *d = s->definitions[--s->n_definitions];
}

/* As a definition of its own, whose only attribute is moved. */
static void
add(struct stores_definition *d, const char *attribute)
{
    const char *value = strstr(attribute, " --value=");
    char json[200];
    struct stores one = { 0 };

    CHECK(value != NULL);
    (void)snprintf(json, sizeof(json), "{\"attrs\":[{\"%.*s\":\"%s\"}]}",
                   (int)(value - attribute), attribute,
                   value + strlen(" --value="));
    define(&one, d->name, json);
    d->steps = realloc(d->steps, (d->n + 1) * sizeof(*d->steps));
    if (!d->steps)
        FAIL("no memory");
    d->steps[d->n++] = one.definitions->steps[0];
    stores_done(&one);
}

static void
drop(struct stores_definition *d, size_t index)
{
    CHECK(index < d->n);
    memmove(&d->steps[index], &d->steps[index + 1],
            (--d->n - index) * sizeof(*d->steps));
}

/* "0x00,0x02-0x05", or "-0-255" */
static void
set_mask(const char *command, const char *key, bool *has, struct vap_mask *out)
{
    const char *c = strstr(command, key);

    if (!c)
        return;
    *has = true;
    *out = vap_mask_none();
    for (c += strlen(key); *c && *c != ' '; c += *c == ',') {
        char *end;
        unsigned long first = strtoul(c, &end, 16);
        unsigned long last = *end == '-' ? strtoul(end + 1, &end, 16) : first;

        if (*c == '-')
            return;
        for (; first <= last; first++)
            vap_mask_add(out, (unsigned)first);
        c = end;
    }
}

static void
do_command(struct stores *s, const char *command)
{
    struct stores_definition *d = find(s, command);
    const char *option;

    if (strncmp(command, "chzdev --type ap --persistent ", 30) == 0) {
        set_mask(command, "apmask=", &s->has_apmask, &s->apmask);
        set_mask(command, "aqmask=", &s->has_aqmask, &s->aqmask);
    } else if (strncmp(command, "echo '", 6) == 0) {
        const char *end = strstr(command, "' | mdevctl define --uuid ");
        char name[37];

        CHECK(end && !d);
        (void)snprintf(name, sizeof(name), "%s",
                       end + strlen("' | mdevctl define --uuid "));
        CHECK_INT(stores_add_definition(s, name, command + 6,
                                        (size_t)(end - command) - 6),
                  0);
    } else if (strncmp(command, "mdevctl undefine", 16) == 0) {
        if (!d)
            FAIL("%s: not defined", command);
        take_away(s, d);
    } else {
        if (!d)
            FAIL("%s: not defined", command);
        option = strstr(command, "--delattr --index=");
        if (option)
            drop(d, strtoul(option + strlen("--delattr --index="), NULL, 10));
        option = strstr(command, "--addattr=");
        if (option)
            add(d, option + strlen("--addattr="));
    }
}

/* ---- rows */

TEST(what_is_written_down_becomes_what_is_wanted)
{
    static const struct {
        const char *wanted;
        const char *commands[5];
    } rows[] = {
        { "mdevs: [{name: " A ", adapters: [1], domains: [2]}]\n",
          { NULL } }, /* as it is */
        { "removed: [" A "]\n", { "mdevctl undefine --uuid " A } },
        { "others: remove\n", { "mdevctl undefine --uuid " A } },
        { "mdevs: [{name: " A ", adapters: [3], domains: [2], "
          "control_domains: [2]}]\n",
          { "mdevctl modify --uuid " A " --delattr --index=0",
            "mdevctl modify --uuid " A " --addattr=assign_adapter --value=0x03",
            "mdevctl modify --uuid " A
            " --addattr=assign_control_domain --value=0x0002" } },
        { "mdevs: [{name: " B ", adapters: [3], domains: [2], "
          "control_domains: [2]}]\napmask: -3\naqmask: -0-255\n",
          { "chzdev --type ap --persistent apmask=0x00-0x02,0x04-0xff "
            "aqmask=-0-255",
            "echo '{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"auto\","
            "\"attrs\":[{\"assign_adapter\":\"0x03\"},{\"assign_domain\":"
            "\"0x0002\"},{\"assign_control_domain\":\"0x0002\"}]}' | mdevctl "
            "define --uuid " B " --parent matrix --jsonfile /dev/stdin" } },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(host_done) struct host *host = new_host();
        AUTO(stores_done) struct stores stores = { 0 };
        AUTO(wanted_done) struct wanted wanted = { 0 };
        AUTO(lasting_done) struct lasting lasting = { 0 };

        test_note("%s", rows[i].wanted);
        define(&stores, A,
               "{\"start\": \"manual\", \"attrs\": [{\"assign_adapter\": "
               "\"1\"}, {\"assign_domain\": \"0x2\"}]}");
        parse(rows[i].wanted, &wanted);
        CHECK_INT(lasting_make(host, &wanted, &stores, &lasting), 0);
        for (size_t k = 0; k < lasting.n; k++)
            CHECK_STR(lasting.commands[k], rows[i].commands[k]);
        CHECK(!rows[i].commands[lasting.n]);
    }
}

TEST(what_would_not_last_is_said)
{
    static const struct {
        const char *wanted;
        const char *reason;
    } rows[] = {
        { "apmask: -0-255\nmdevs: [{name: " A
          ", adapters: [1], domains: [2]}]\n",
          A " and " C " are both defined to start by themselves, and both to "
            "have 01.0002: let one go, or make it manual" },
        { "apmask: -0-255\nremoved: [" C "]\n"
          "mdevs: [{name: " A ", adapters: [1], domains: [2]}]\n",
          NULL },
        { "mdevs: [{name: " A ", adapters: [2], domains: [2]}]\n",
          "after a boot 02.0002 is the host's, and " A
          " does not start: apmask and aqmask are to be wanted, too" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(host_done) struct host *host = new_host();
        AUTO(stores_done) struct stores stores = { 0 };
        AUTO(wanted_done) struct wanted wanted = { 0 };
        AUTO(lasting_done) struct lasting lasting = { 0 };

        define(&stores, C,
               "{\"start\": \"auto\", \"attrs\": [{\"assign_adapter\": "
               "\"1\"}, {\"assign_domain\": \"0x2\"}]}");
        parse(rows[i].wanted, &wanted);
        CHECK_INT(lasting_make(host, &wanted, &stores, &lasting), 0);
        if (!rows[i].reason)
            CHECK(!lasting.reason);
        else
            CHECK_STR(lasting.reason, rows[i].reason);
    }
}

/* ---- at random */

static struct test_rng rng;

static unsigned
below(unsigned n)
{
    return (unsigned)test_below(&rng, n);
}

static const char *const names[] = { A, B, C };

static void
draw_definition(struct stores *s, const char *name)
{
    static const char *const attributes[] = {
        "assign_adapter",   "assign_domain",   "assign_control_domain",
        "unassign_adapter", "unassign_domain", "no_such",
    };
    char json[1024];
    int n = snprintf(json, sizeof(json), "{\"start\":\"%s\",\"attrs\":[",
                     below(3) ? "auto" : "manual");

    for (unsigned i = below(8), k = 0; k < i; k++)
        n += snprintf(json + n, sizeof(json) - (size_t)n, "%s{\"%s\":\"0x%x\"}",
                      k ? "," : "", attributes[below(below(4) ? 3 : 6)],
                      below(below(9) ? 4 : 300));
    (void)snprintf(json + n, sizeof(json) - (size_t)n, "]}");
    define(s, name, json);
}

/* Adapter i is of mdev i alone, so no queue is wanted twice. */
static void
draw_wanted(char *text, size_t size)
{
    int n = snprintf(
        text, size, "others: %s\n%s%smdevs:\n", below(4) ? "keep" : "remove",
        below(2) ? "apmask: -0-255\n" : "", below(2) ? "aqmask: -1-3\n" : "");

    for (unsigned i = 0; i < 3; i++)
        n += snprintf(text + n, size - (size_t)n,
                      "  - {name: %s, adapters: [%u], domains: [%u,%u], "
                      "control_domains: [%u]}\n",
                      names[i], i, below(2), 2 + below(2), below(4));
}

/* Pairs that start by themselves and share a queue. */
static unsigned
count_rivals(const struct stores *s)
{
    unsigned n = 0;

    for (size_t i = 0; i < s->n_definitions; i++)
        for (size_t k = 0; k < i; k++) {
            struct vap_matrix a = stores_matrix(&s->definitions[i]);
            struct vap_matrix b = stores_matrix(&s->definitions[k]);

            n += s->definitions[i].automatic && s->definitions[k].automatic &&
                 vap_mask_meets(&a.adapters, &b.adapters) &&
                 vap_mask_meets(&a.domains, &b.domains);
        }
    return n;
}

static void
check_done(const struct stores *s, const struct wanted *w)
{
    for (size_t i = 0; i < w->n_mdevs; i++) {
        const struct stores_definition *d =
            stores_definition(s, w->mdevs[i].name);
        struct vap_matrix m;

        if (!d)
            FAIL("%s is not defined", w->mdevs[i].name);
        m = stores_matrix(d);
        CHECK(vap_matrix_equal(&m, &w->mdevs[i].matrix));
        for (size_t k = 0; k < d->n; k++)
            CHECK_INT(d->steps[k].verdict, VAP_OK);
    }
    CHECK(!w->has_apmask || vap_mask_equal(&s->apmask, &w->apmask));
    CHECK(!w->has_aqmask || vap_mask_equal(&s->aqmask, &w->aqmask));
    CHECK(!w->others_go || s->n_definitions == w->n_mdevs);
}

/* After each command the rest is left, and no new pair of rivals is there,
 * where there is none in the end. */
static void
carry_out(struct host *host, struct stores *stores, const struct wanted *wanted)
{
    struct lasting left = { 0 };
    unsigned rivals = count_rivals(stores);

    CHECK_INT(lasting_make(host, wanted, stores, &left), 0);
    while (left.n) {
        struct lasting rest = { 0 };

        do_command(stores, left.commands[0]);
        CHECK(left.reason || count_rivals(stores) <= rivals);
        rivals = count_rivals(stores);
        CHECK_INT(lasting_make(host, wanted, stores, &rest), 0);
        CHECK_INT(rest.n, left.n - 1);
        for (size_t i = 0; i < rest.n; i++)
            CHECK_STR(rest.commands[i], left.commands[i + 1]);
        lasting_done(&left);
        left = rest;
    }
    lasting_done(&left);
    check_done(stores, wanted);
}

TEST(whatever_is_written_down_the_commands_lead_there_one_by_one)
{
    AUTO(host_done) struct host *host = new_host();

    for (uint64_t i = 0; i < 2000; i++) {
        AUTO(stores_done) struct stores stores = { 0 };
        AUTO(wanted_done) struct wanted wanted = { 0 };
        char text[2048];

        rng.state = test_seed() + i;
        test_note("VAP_SEED=%ju", (uintmax_t)rng.state);
        for (size_t k = 0; k < ROWS(names); k++)
            if (below(3))
                draw_definition(&stores, names[k]);
        if (below(2))
            draw_definition(&stores, "44444444-4444-4444-4444-444444444444");
        draw_wanted(text, sizeof(text));
        parse(text, &wanted);
        carry_out(host, &stores, &wanted);
    }
}
