/* SPDX-License-Identifier: MIT */
/* Anything is written to any file of the tree, without a mount: "PATH TEXT" a
 * line, 0x7f for a newline in the text. Whatever is answered, every file can
 * be shown, every node found, and what devices remember is what they save. */
#include "base/auto.h"
#include "host/words.h"
#include "sysfs/node.h"
#include "sysfs/uevent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(expr)                                                            \
    do {                                                                       \
        if (!(expr)) {                                                         \
            (void)fprintf(stderr, "line %d: %s\n", __LINE__, #expr);           \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void
check_event(void *data, const struct uevent *event)
{
    const char *action = uevent_next(event, NULL);
    const char *path = action ? uevent_next(event, action) : NULL;

    (void)data;
    HOLDS(event->length <= UEVENT_MAX);
    HOLDS(event->text[event->length - 1] == '\0');
    HOLDS(action && strncmp(action, "ACTION=", 7) == 0);
    HOLDS(path && strncmp(path, "DEVPATH=/", 9) == 0);
}

static int
change(struct owner *owner, const struct origin *origin,
       const struct host_request *list, size_t n, struct refusal *refusal)
{
    int r = devices_plan(owner->host, list, n, refusal);

    (void)origin;
    if (!devices_planned(owner->host))
        return r;
    host_apply(owner->host);
    for (size_t i = 0; i < owner->host->devices->n_events; i++) {
        struct uevent event;

        uevent_of(owner->host, &owner->host->devices->events[i], &event);
        check_event(NULL, &event);
    }
    return r;
}

static struct host *
boot(enum vap_kernel kernel)
{
    struct host_boot b = {
        .rule = &vap_rule_state,
        .kernel = kernel,
        .config = { .apxa = true, .last_adapter = 255, .last_domain = 255 },
    };
    struct host *host = NULL;

    HOLDS(words_set("3,5,10", &b.config.ids.adapters) == VAP_OK);
    HOLDS(words_set("4,71,84", &b.config.ids.domains) == VAP_OK);
    HOLDS(words_set("3", &b.apmask) == VAP_OK);
    HOLDS(words_set("4", &b.aqmask) == VAP_OK);
    HOLDS(host_new(&b, &host) == 0);
    HOLDS(host_set_card_type(host, 3, "CEX8A"));
    HOLDS(host_set_card_type(host, 10, "CEX8P"));
    return host;
}

static void
look(const struct tree *tree, struct node dir)
{
    struct text name;
    struct node node;
    struct node found;
    uint64_t at = 0;

    while (node_next(tree, dir, &at, &node, &name)) {
        const struct row *row = node_row(node);
        struct text text = { 0 };

        HOLDS(node_exists(tree, node));
        HOLDS(node_lookup(tree, dir, name.bytes, &found));
        HOLDS(node_ino(found) == node_ino(node));
        if (S_ISDIR(row->mode))
            look(tree, node);
        else if (S_ISLNK(row->mode))
            node_target(tree->host, node, &text);
        else if (row->show)
            (void)row->show(tree->host, node, &text);
        HOLDS(text.length < TEXT_PAGE);
    }
}

static char *
saved(const struct host *host)
{
    json_t *json = devices_save(host);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);

    HOLDS(text != NULL);
    json_decref(json);
    return text;
}

static void
check_saved(struct host *host)
{
    AUTO(free_done) char *before = saved(host);
    AUTO(free_done) char *after = NULL;
    json_t *json = json_loads(before, 0, NULL);

    HOLDS(devices_load(host, json) == 0);
    json_decref(json);
    after = saved(host);
    HOLDS(strcmp(before, after) == 0);
}

/* One line; its text with exactly its size around it. */
static void
write_line(const struct tree *tree, struct owner *owner, const char *line,
           size_t length)
{
    const char *blank = memchr(line, ' ', length);
    size_t n = blank ? (size_t)(blank - line) : length;
    size_t left = blank ? length - n - 1 : 0;
    AUTO(free_done) char *path = strndup(line, n);
    AUTO(free_done) char *text = malloc(left ? left : 1);
    struct origin origin = { .door = "fuzz" };
    struct writer w = {
        .owner = owner, .tree = tree, .origin = &origin, .uevent = check_event
    };
    struct node node;

    HOLDS(path && text);
    for (size_t i = 0; i < left; i++)
        text[i] = blank[1 + i] == 0x7f ? '\n' : blank[1 + i];
    if (!node_at(tree, path, &node) || !node_row(node) ||
        !node_row(node)->store)
        return;

    int r = node_row(node)->store(&w, node, text, left);

    HOLDS(r >= 0 && strerrorname_np(r));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum vap_kernel kernel =
        size && data[0] == '6' ? VAP_LINUX_6_12 : VAP_LINUX_7_2;
    struct owner owner = { .host = boot(kernel), .change = change };
    struct tree tree = { .host = owner.host };
    const char *at = (const char *)data;
    const char *end = at + size;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;

        write_line(&tree, &owner, at, (size_t)(stop - at));
        at = newline ? newline + 1 : end;
    }
    look(&tree, (struct node){ ROOT, 0, 0 });
    check_saved(owner.host);
    host_free(owner.host);
    return 0;
}
