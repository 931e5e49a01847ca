/* SPDX-License-Identifier: MIT */
#include "cli/frame/load.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/nearest.h"
#include "cli/frame/out.h"
#include "cli/frame/rules.h"
#include "host/host_rule.h"
#include "observe/hostfile.h"

#include <errno.h>
#include <string.h>

static int
read_host(const char *path, struct host **out)
{
    struct hostfile_error error;
    int r = path ? hostfile_load(path, out, &error) : hostfile_builtin(out);

    if (!r)
        return CLI_DONE;
    if (!path)
        return out_no_memory();
    say_at(strcmp(path, "-") == 0 ? "stdin" : path, error.line, "%s",
           error.text);
    return r < 0 ? CLI_FAILED : CLI_USAGE;
}

int
cli_use_rule(struct host *host, const char *name, const char *kernel_name)
{
    const struct vap_rule *rule;
    enum vap_kernel kernel;
    int r;

    if (!name && !kernel_name)
        return CLI_DONE;
    if (!cli_rule(name ? name : host->engine->rule->name, kernel_name, &rule,
                  &kernel))
        return CLI_USAGE;
    r = host_use_rule(host, rule, kernel_name ? kernel : host->engine->kernel);
    if (r == -EINVAL) {
        say_error("--kernel 6.12: this host has driver_override, which that "
                  "kernel has not");
        return CLI_USAGE;
    }
    return r ? out_no_memory() : CLI_DONE;
}

int
cli_load(const char *path, const char *rule, const char *kernel,
         struct host **out)
{
    AUTO(host_done) struct host *host = NULL;
    int status = read_host(path, &host);

    if (status == CLI_DONE)
        status = cli_use_rule(host, rule, kernel);
    if (status == CLI_DONE)
        *out = TAKE(host);
    return status;
}

/* --- */

uint32_t
cli_mdev_beginning(const struct host *host, const char *name)
{
    uint32_t found = NAMES_NONE;

    for (uint32_t i = 0; i < host->engine->n_slots; i++) {
        if (!host->slots[i].exists ||
            strncmp(host_mdev_name(host, i), name, strlen(name)) != 0)
            continue;
        if (found != NAMES_NONE)
            return NAMES_NONE;
        found = i;
    }
    return found;
}

static void
say_no_mdev(const struct host *host, const char *name)
{
    struct nearest nearest = { .word = name };
    uint32_t n = 0;

    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        if (host->slots[i].exists) {
            nearest_offer(&nearest, host_mdev_name(host, i));
            n++;
        }
    if (nearest.best)
        say_error("%s is not an mdev of this host; did you mean %s?", name,
                  nearest.best);
    else
        say_error("%s is not an mdev of this host%s", name,
                  n ? "; vap show lists them" : ", which has none");
}

uint32_t
cli_mdev(const struct host *host, const char *name)
{
    uint32_t slot = host_mdev(host, name);

    if (slot == NAMES_NONE && *name)
        slot = cli_mdev_beginning(host, name);
    if (slot == NAMES_NONE)
        say_no_mdev(host, name);
    return slot;
}
