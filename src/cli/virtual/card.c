/* SPDX-License-Identifier: MIT */
/* vap card: what befalls a card of a virtual host, or one of its queues. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/client.h"
#include "cli/frame/whose.h"
#include "cli/virtual/console.h"
#include "host/devices_fault.h"
#include "host/words.h"
#include "matrix/grammar.h"
#include "matrix/text.h"

#include <errno.h>
#include <string.h>

enum { NAME, PLAN, RC, TIMES, NO_SCAN, JSON };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "of this host; default: default" },
    [PLAN] = { 'p', "plan", NULL, "only say what it would do" },
    [RC] = { 0, "rc", "RC", "fault reset: the response code; default: 1" },
    [TIMES] = { 0, "times", "N", "fault reset: the next N resets; default: 1" },
    [NO_SCAN] = { 0, "no-scan", NULL,
                  "the bus sees it at its next scan, not at once" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "adapter 05 stops, and is well again",
      "vap card 5 checkstop; vap card 5 recover" },
    { "one queue is taken out of the configuration",
      "vap card 05.0047 deconfigure" },
    { "the next reset of each queue of adapter 0a fails",
      "vap card 0x0a fault reset" },
    { "requests of adapter 05 take a second longer, and no longer",
      "vap card 5 fault slow 1000; vap card 5 fault slow off" },
    { "all is well with a queue's requests again",
      "vap card 05.0047 fault none" },
    { NULL, NULL },
};

/** A card, or one of its queues. */
struct target {
    bool one_queue;
    unsigned adapter;
    unsigned domain; /* of one queue */
    char queue[VAP_APQN_TEXT + 1];
};

static const struct state {
    const char *word;
    int rc; /* what its queues answer from then on */
} states[] = {
    { "configure", 0 },
    { "deconfigure", 3 },
    { "checkstop", 4 },
    { "recover", 0 },
};

/* "5", "0x0a", "card0a", "05.0047" */
static bool
read_target(const char *text, struct target *out)
{
    bool named = strncmp(text, "card", 4) == 0 && strlen(text) == 6;
    char hex[8];
    struct vap_mask ids = vap_mask_none();
    uint16_t apqn;

    *out = (struct target){ 0 };
    out->one_queue = vap_read_apqn(text, strlen(text), &apqn) == VAP_OK;
    if (out->one_queue) {
        out->adapter = apqn >> 8;
        out->domain = apqn & 0xff;
        (void)vap_apqn_text(apqn, out->queue, sizeof(out->queue));
        return true;
    }
    (void)snprintf(hex, sizeof(hex), "0x%s", named ? text + 4 : "");
    if (words_set(named ? hex : text, &ids) == VAP_OK &&
        vap_mask_count(&ids) == 1) {
        out->adapter = vap_mask_next(&ids, 0);
        return true;
    }
    say_error("%s found, an adapter (5, 0x0a, card0a) or a queue (05.0047) "
              "expected",
              text);
    return false;
}

static int
change_state(const struct cli_args *args, const struct console *console,
             const struct target *t, const struct state *state)
{
    json_t *list = t->one_queue
                       ? json_pack("[{s:s, s:s, s:i}]", "op", "queue_state",
                                   "queue", t->queue, "rc", state->rc)
                       : json_pack("[{s:s, s:i, s:i}]", "op", "card_state",
                                   "id", (int)t->adapter, "rc", state->rc);

    return console_do(console,
                      args->value[NO_SCAN] ? list : console_then_scan(list));
}

/* --- faults --------------------------------------------------------------- */

static bool
read_byte(const char *option, const char *text, int least, int *out)
{
    char *end;
    long n = strtol(text, &end, 0);

    *out = (int)n;
    if (*text >= '0' && *text <= '9' && !*end && n >= least && n <= 255)
        return true;
    say_error("--%s: %s found, a number from %d to 255 expected", option, text,
              least);
    return false;
}

static json_t *
fault(const char *queue, int rc, int times)
{
    return json_pack("{s:s, s:s, s:i, s:i}", "op", "fail_reset", "queue", queue,
                     "rc", rc, "times", times);
}

static struct vap_mask
domains_of(const json_t *row)
{
    static const char *const keys[] = { "vfio_ap", "default", "unbound" };
    struct vap_mask all = vap_mask_none();

    for (size_t i = 0; i < 3; i++) {
        const char *text = json_string_value(json_object_get(row, keys[i]));
        struct vap_mask some = vap_mask_none();

        if (text && words_set(text, &some) == VAP_OK)
            all = vap_mask_or(all, some);
    }
    return all;
}

/* The queues that the card has. */
static struct vap_mask
queues_of(const json_t *state, unsigned adapter)
{
    const json_t *rows = json_object_get(state, "queues");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (json_integer_value(json_object_get(row, "adapter")) ==
            (json_int_t)adapter)
            return domains_of(row);
    }
    return vap_mask_none();
}

/* A fault is a queue's: a card's is one of each. */
static int
fault_card(const struct console *console, const struct target *t, int rc,
           int times)
{
    AUTO(client_done) struct client *client = NULL;
    json_t *state = NULL;
    json_t *list = json_array();
    int status = client_new(client_name(console->name), &client);

    if (status == CLI_DONE)
        status = client_get(client, "/v1/state", &state);

    struct vap_mask queues = queues_of(state, t->adapter);

    VAP_EACH (domain, &queues) {
        char queue[VAP_APQN_TEXT + 1];

        (void)vap_apqn_text(VAP_APQN(t->adapter, domain), queue, sizeof(queue));
        (void)json_array_append_new(list, fault(queue, rc, times));
    }
    json_decref(state);
    if (status == CLI_DONE && !vap_mask_empty(&queues))
        return console_do(console, list);
    json_decref(list);
    if (status == CLI_DONE)
        say_error("the host has no adapter %02x", t->adapter);
    return status == CLI_DONE ? CLI_REFUSED : status;
}

static int
fault_reset(const struct cli_args *args, const struct console *console,
            const struct target *t)
{
    int rc = 1;
    int times = 1;

    if (args->n_operands != 3) {
        say_error("fault reset takes nothing more");
        return CLI_USAGE;
    }
    if ((args->value[RC] && !read_byte("rc", args->value[RC], 1, &rc)) ||
        (args->value[TIMES] &&
         !read_byte("times", args->value[TIMES], 0, &times)))
        return CLI_USAGE;
    if (t->one_queue)
        return console_do(console,
                          json_pack("[o]", fault(t->queue, rc, times)));
    return fault_card(console, t, rc, times);
}

static json_t *
standing_fault(const struct target *t, enum device_fault kind, uint32_t value)
{
    const char *name = device_faults[kind].name;

    if (t->one_queue)
        return json_pack("{s:s, s:s, s:s, s:I}", "op", "queue_fault", "queue",
                         t->queue, "fault", name, "value", (json_int_t)value);
    return json_pack("{s:s, s:i, s:s, s:I}", "op", "card_fault", "adapter",
                     (int)t->adapter, "fault", name, "value",
                     (json_int_t)value);
}

/* text NULL: it is there. */
static bool
read_fault_value(const char *text, const struct device_fault_kind *kind,
                 uint32_t *out)
{
    char *end = NULL;
    unsigned long n;

    *out = 1;
    if (!text && !kind->unit)
        return true;
    *out = 0;
    if (text && strcmp(text, "off") == 0)
        return true;
    n = text ? strtoul(text, &end, 0) : 0;
    *out = (uint32_t)n;
    if (kind->unit && text && *text >= '0' && *text <= '9' && !*end &&
        n <= kind->most)
        return true;
    if (kind->unit)
        say_error("fault %s: %s found, 0 to %u %s, or off expected", kind->name,
                  text ? text : "nothing", kind->most, kind->unit);
    else
        say_error("fault %s: %s found, off or nothing expected", kind->name,
                  text);
    return false;
}

static int
fault_none(const struct cli_args *args, const struct console *console,
           const struct target *t)
{
    json_t *list;

    if (args->n_operands != 3) {
        say_error("fault none takes nothing more");
        return CLI_USAGE;
    }
    list = json_array();
    for (unsigned kind = 0; kind < DEVICE_FAULTS; kind++)
        (void)json_array_append_new(list, standing_fault(t, kind, 0));
    return console_do(console, list);
}

static int
do_fault(const struct cli_args *args, const struct console *console,
         const struct target *t)
{
    const char *word = args->n_operands > 2 ? args->operands[2] : "nothing";
    enum device_fault kind = device_fault_named(word);
    uint32_t value;

    if (strcmp(word, "reset") == 0)
        return fault_reset(args, console, t);
    if (args->value[RC] || args->value[TIMES]) {
        say_error("--rc and --times are for fault reset");
        return CLI_USAGE;
    }
    if (strcmp(word, "none") == 0)
        return fault_none(args, console, t);
    if (kind == DEVICE_FAULTS) {
        say_error("fault: %s found, reset, slow, hang, wrong, drop, checkstop, "
                  "depth, reset-slow, reset-hang or none expected",
                  word);
        return CLI_USAGE;
    }
    if (!read_fault_value(args->n_operands > 3 ? args->operands[3] : NULL,
                          &device_faults[kind], &value))
        return CLI_USAGE;
    return console_do(console,
                      json_pack("[o]", standing_fault(t, kind, value)));
}

/* --- */

static const struct state *
state_of(const char *word)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(states[i].word, word) == 0)
            return &states[i];
    return NULL;
}

/* What is not there can be given a state ahead, or be a slip of the pen. */
static int
say_absent(const struct console *console, const struct target *t, int status)
{
    const struct whose whose = { .name = client_name(console->name) };
    AUTO(host_done) struct host *host = NULL;
    const struct vap_matrix *ids;
    const char *called;

    if (status != CLI_DONE || console->plan ||
        whose_host(&whose, &host, &called) != CLI_DONE)
        return status;
    ids = &host->engine->bus.hardware.ids;
    if (!vap_mask_has(&ids->adapters, t->adapter))
        say_error("there is no adapter %02x now; it will be so when it comes",
                  t->adapter);
    else if (t->one_queue && !vap_mask_has(&ids->domains, t->domain))
        say_error("there is no domain %04x now; it will be so when it comes",
                  t->domain);
    return status;
}

static int
run(const struct cli_args *args)
{
    const struct console console = { .name = args->value[NAME],
                                     .plan = args->value[PLAN],
                                     .json = args->value[JSON] };
    const struct state *state = state_of(args->operands[1]);
    bool is_fault = strcmp(args->operands[1], "fault") == 0;
    struct target t;

    if (!read_target(args->operands[0], &t))
        return CLI_USAGE;
    if (is_fault)
        return say_absent(&console, &t, do_fault(args, &console, &t));
    if (state && args->n_operands == 2 && !args->value[RC] &&
        !args->value[TIMES])
        return say_absent(&console, &t,
                          change_state(args, &console, &t, state));
    if (state)
        say_error("%s takes nothing more", state->word);
    else
        say_error("%s found, configure, deconfigure, checkstop, recover or "
                  "fault expected",
                  args->operands[1]);
    return CLI_USAGE;
}

const struct cli_command cli_card = {
    .name = "card",
    .summary = "what befalls a card of a virtual host",
    .operands = "ID configure|deconfigure|checkstop|recover | "
                "ID fault KIND [VALUE|off]",
    .min_operands = 2,
    .max_operands = 4,
    .about =
        "Changes the state of a card, or of one of its queues: ID is an "
        "adapter (5, 0x0a, card0a) or a queue (05.0047). A deconfigured or "
        "checkstopped queue answers nothing and stays in guest matrices, as on "
        "the mainframe.\n\n"
        "fault says what is wrong with a card's queues, or with one: slow MS, "
        "requests wait that long; hang, none is worked; wrong, replies are "
        "wrong in one bit; drop, requests vanish; checkstop, the next request "
        "stops the card in its middle; depth N, a queue takes no more than N; "
        "reset-slow MS and reset-hang, resets last that long, or for ever. It "
        "is so at once, also for requests that wait already, until off; none "
        "is off for all of them.\n\n"
        "fault reset lets the next resets of each queue fail with a response "
        "code. A queue whose last reset failed is given to no guest.\n\n"
        "The bus sees a changed state at once, with --no-scan at its next "
        "scan.",
    .options = options,
    .examples = examples,
    .run = run,
};
