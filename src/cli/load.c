/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/cli.h"
#include "cli/nearest.h"
#include "cli/rules.h"
#include "observe/hostfile.h"

#include <string.h>

static int
no_memory(void)
{
    say_error("out of memory");
    return CLI_FAILED;
}

static int
read_host(const char *path, struct host **out)
{
    struct hostfile_error error;
    int r = path ? hostfile_load(path, out, &error) : hostfile_builtin(out);

    if (!r)
        return CLI_DONE;
    if (!path)
        return no_memory();
    say_at(strcmp(path, "-") == 0 ? "stdin" : path, error.line, "%s",
           error.text);
    return r < 0 ? CLI_FAILED : CLI_USAGE;
}

/* What guests have follows from the state; the past is forgotten. */
static int
forget(struct host *host)
{
    const struct vap_request look_again = { .op = VAP_LOOK_AGAIN };

    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        host->slots[i].guest = host->slots[i].apcb = (struct vap_matrix){ 0 };
    return host_do(host, &look_again, NULL) == VAP_OK ? CLI_DONE : no_memory();
}

static int
set_rule(struct host *host, const char *name, const char *kernel_name)
{
    const struct vap_rule *rule;
    enum vap_kernel kernel;
    bool same;

    if (!name)
        name = host->engine->rule->name;
    if (!cli_rule(name, kernel_name, &rule, &kernel))
        return CLI_USAGE;
    if (!kernel_name && rule->kernel < 0)
        kernel = host->engine->kernel;
    if (kernel == VAP_LINUX_6_12 && host->engine->bus.n_overrides) {
        say_error("--kernel 6.12: this host has driver_override, which that "
                  "kernel has not");
        return CLI_USAGE;
    }
    same = rule == host->engine->rule;
    host->engine->rule = rule;
    host->engine->kernel = kernel;
    return same ? CLI_DONE : forget(host);
}

int
cli_load(const char *path, const char *rule, const char *kernel,
         struct host **out)
{
    AUTO(host_done) struct host *host = NULL;
    int status = read_host(path, &host);

    if (status == CLI_DONE && (rule || kernel))
        status = set_rule(host, rule, kernel);
    if (status == CLI_DONE)
        *out = TAKE(host);
    return status;
}

/* --- */

static uint32_t
only_beginning(const struct host *host, const char *name)
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
        slot = only_beginning(host, name);
    if (slot == NAMES_NONE)
        say_no_mdev(host, name);
    return slot;
}
