/* SPDX-License-Identifier: MIT */
/* vap tree: where a host's tree is. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "cli/frame/client.h"

enum { NAME };

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "of this host; default: default" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "what the bus looks like", "ls $(vap tree)/bus/ap/devices" },
    { "for a program that looks where SYSFS_ROOT says",
      "SYSFS_ROOT=$(vap tree) lszcrypt" },
    { NULL, NULL },
};

static int
run(const struct cli_args *args)
{
    AUTO(client_done) struct client *client = NULL;
    json_t *about = NULL;
    int status = client_new(client_name(args->value[NAME]), &client);

    if (status == CLI_DONE)
        status = client_get(client, "/v1", &about);
    if (status == CLI_DONE)
        (void)puts(json_string_value(json_object_get(about, "tree")));
    json_decref(about);
    return status;
}

const struct cli_command cli_tree = {
    .name = "tree",
    .summary = "where the tree of a virtual host is",
    .operands = "",
    .about = "Prints the directory that looks like /sys: bus/, devices/, "
             "class/ and kernel/ of the virtual host alone. Programs that can "
             "be told where /sys is need no more; for all others there is vap "
             "run.",
    .options = options,
    .examples = examples,
    .run = run,
};
