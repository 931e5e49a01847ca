/* SPDX-License-Identifier: MIT */
#include "cli/change/lasts.h"

#include "base/auto.h"
#include "base/files.h"
#include "base/say.h"
#include "cli/frame/out.h"

#include <string.h>
#include <sys/stat.h>

/* A line each; what libvirt has written is no part of it. */
static bool
say_lines(const char *lines)
{
    bool any = false;

    while (*lines) {
        const char *end = strchr(lines, '\n');

        if (!memmem(lines, (size_t)(end - lines), "/libvirt/",
                    strlen("/libvirt/"))) {
            say_error("%.*s", (int)(end - lines), lines);
            any = true;
        }
        lines = end + 1;
    }
    return any;
}

int
lasts_find(const char *root, const struct host *goal,
           const struct wanted *wanted, struct lasting *out)
{
    AUTO(stores_done) struct stores stores = { 0 };
    bool said;

    *out = (struct lasting){ 0 };
    if (stores_load(root, &stores))
        return out_no_memory();
    said = say_lines(stores.notes);
    said |= say_lines(stores.broken);
    if (said)
        return CLI_FAILED;
    return lasting_make(goal, wanted, &stores, out) ? out_no_memory()
                                                    : CLI_DONE;
}

int
lasts_put(const struct lasting *lasting)
{
    if (lasting->reason) {
        (void)fputs("\nrefused, as it would not last: ", stdout);
        say_quoted(stdout, lasting->reason);
        (void)putchar('\n');
        return CLI_REFUSED;
    }
    (void)puts(lasting->n ? "\nto keep it over a boot:"
                          : "\nafter a boot it is the same");
    for (size_t i = 0; i < lasting->n; i++)
        (void)printf("    %s\n", lasting->commands[i]);
    return CLI_DONE;
}

json_t *
lasts_json(const struct lasting *lasting)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lasting->n; i++)
        if (json_array_append_new(list, json_string(lasting->commands[i]))) {
            json_decref(list);
            return NULL;
        }
    return json_pack("{s:o, s:s?}", "commands", list, "reason",
                     lasting->reason);
}

void
lasts_hint(const struct whose *whose, const struct host *goal,
           const struct wanted *wanted)
{
    AUTO(stores_done) struct stores stores = { 0 };
    AUTO(lasting_done) struct lasting lasting = { 0 };
    const char *root = whose_root(whose);

    if (root && strcmp(root, "/") == 0 && stores_load(root, &stores) == 0 &&
        lasting_make(goal, wanted, &stores, &lasting) == 0 && lasting.n)
        (void)puts("\na boot does not keep it; --persistent does");
}

static bool
same(const char *a, const char *b)
{
    struct stat at, bt;

    return stat(a, &at) == 0 && stat(b, &bt) == 0 && at.st_dev == bt.st_dev &&
           at.st_ino == bt.st_ino;
}

bool
lasts_here(const char *root)
{
    AUTO(free_done) char *dir = path_below(root, "etc/mdevctl.d");

    return strcmp(root, "/") == 0 || (dir && same(dir, "/etc/mdevctl.d"));
}
