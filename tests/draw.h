/* SPDX-License-Identifier: MIT */
/* Requests at random, for a host like the built-in one: of the engine and of
 * devices, many of them wrong. */
#ifndef VAP_TESTS_DRAW_H
#define VAP_TESTS_DRAW_H

#include <jansson.h>
#include <stdio.h>

#include "host/change_words.h"
#include "host/request_json.h"
#include "test.h"

/* %m an mdev, %a an adapter, %d a domain, %q a queue, %v a virtual machine,
 * %s a state, %b 0 or 1, %D a driver. Objects are settings. */
static const char *const draw_forms[] = {
    "create %m",
    "remove %m",
    "%m/assign_adapter %a",
    "%m/assign_adapter %a",
    "%m/assign_domain %d",
    "%m/assign_domain %d",
    "%m/assign_control_domain %d",
    "%m/unassign_adapter %a",
    "%m/unassign_domain %d",
    "%m/unassign_control_domain %d",
    "open %m %v",
    "close %m",
    "reset %m",
    "apmask -%a",
    "apmask +%a",
    "aqmask -%d",
    "aqmask +%d",
    "apmask +0-255",
    "aqmask +0-255",
    "bind %D %q",
    "unbind %D %q",
    "probe %q",
    "%q/driver_override %D",
    "%q/driver_override ",
    "adapter %a leaves",
    "adapter %a comes",
    "domain %d leaves",
    "domain %d comes",
    "control-domain %d leaves",
    "hardware adapter %a comes",
    "hardware domain %d leaves",
    "scan",
    "look again",
    "card %a %s",
    "%q %s",
    "%q reset fails rc 1 2 times",
    "%q test fails rc 7",
    "autoprobe off",
    "autoprobe on",
    "{\"op\": \"card_online\", \"adapter\": %a, \"value\": %b}",
    "{\"op\": \"card_config\", \"adapter\": %a, \"value\": %b}",
    "{\"op\": \"card_driver\", \"adapter\": %a, \"value\": %b}",
    "{\"op\": \"queue_online\", \"queue\": \"%q\", \"value\": %b}",
    "{\"op\": \"queue_reset\", \"queue\": \"%q\"}",
    "{\"op\": \"ap_domain\", \"value\": %d}",
    "{\"op\": \"config_time\", \"value\": 5}",
    "{\"op\": \"poll_timeout\", \"value\": %a}",
    "{\"op\": \"mdev_unbind\", \"mdev\": \"%m\"}",
    "{\"op\": \"mdev_drop\", \"mdev\": \"%m\"}",
};

enum { DRAW_MDEVS = 4 };

/* The name of one of them: a UUID, as the kernel wants it. */
static inline void
draw_mdev(unsigned i, char name[40])
{
    (void)snprintf(name, 40, "00000000-0000-0000-0000-00000000000%u", i);
}

static inline void
draw_put(struct test_rng *rng, FILE *out, char what)
{
    static const unsigned adapters[] = { 3, 5, 10, 11 };
    static const unsigned domains[] = { 4, 71, 84, 85 };
    static const char *const states[] = { "configure", "deconfigure",
                                          "checkstop", "recover" };
    uint64_t n = test_below(rng, DRAW_MDEVS);
    char name[40];

    switch (what) {
    case 'm':
        draw_mdev((unsigned)n, name);
        (void)fputs(name, out);
        break;
    case 'v':
        (void)fprintf(out, "vm%d", (int)n);
        break;
    case 'a':
        (void)fprintf(out, "%u", adapters[n]);
        break;
    case 'd':
        (void)fprintf(out, "%u", domains[n]);
        break;
    case 'q':
        (void)fprintf(out, "%02x.%04x", adapters[n],
                      domains[test_below(rng, 4)]);
        break;
    case 's':
        (void)fputs(states[n], out);
        break;
    case 'b':
        (void)fprintf(out, "%d", (int)(n & 1));
        break;
    default:
        (void)fputs(n & 1 ? "vfio_ap" : "cex4queue", out);
    }
}

/* A form as text. */
static inline void
draw_form(struct test_rng *rng, const char *form, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");

    CHECK(out);
    for (const char *c = form; *c; c++)
        if (*c == '%')
            draw_put(rng, out, *++c);
        else
            (void)putc(*c, out);
    CHECK(fclose(out) == 0);
}

/* One request, as change_words.h has it, or as a JSON object. */
static inline void
draw_words(struct test_rng *rng, char *text, size_t size)
{
    draw_form(
        rng,
        draw_forms[test_below(rng, sizeof(draw_forms) / sizeof(draw_forms[0]))],
        text, size);
}

/* The same, read: its words, as JSON has them, are *json, the caller's; NULL:
 * nobody wants them. */
static inline struct host_request
draw_request(struct test_rng *rng, struct host *host, json_t **json)
{
    struct host_request r = { 0 };
    char error[CHANGE_WORDS_ERROR];
    char words[200];
    const char *what;
    json_t *object;

    draw_words(rng, words, sizeof(words));
    test_note("%s", words);
    object = words[0] == '{' ? json_loads(words, 0, NULL) : json_string(words);
    if (words[0] == '{')
        CHECK_INT(request_from_json(host, object, &r, &what), 0);
    else
        CHECK_INT(change_words_read(host, words, &r.engine, error), 0);
    if (json)
        *json = object;
    else
        json_decref(object);
    return r;
}

#endif
