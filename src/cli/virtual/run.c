/* SPDX-License-Identifier: MIT */
/* vap run: one command that sees a virtual host at the real /sys. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/virtual/tree_for.h"
#include "cli/virtual/uevents.h"
#include "run/fetch.h"
#include "run/prefix.h"
#include "run/run.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    NAME,
    HOST,
    TREE,
    NET,
    MACHINE_UEVENTS,
    PRIVATE_MDEVCTL,
    MACHINE_MDEVCTL,
    LIBVIRT,
    S390X,
    TOOLS
};

static const struct cli_option options[] = {
    [NAME] = { 0, "name", "NAME", "show this virtual host, which is up" },
    [HOST] = { 0, "host", "FILE",
               "show a host of your own, as this file has it; it ends with "
               "COMMAND" },
    [TREE] = { 0, "tree", "DIR", "show this directory, which looks like /sys" },
    [NET] = { 0, "net", NULL,
              "a network of its own, where uevents can be heard; nothing "
              "else is reached from it" },
    [MACHINE_UEVENTS] = { 0, "machine-uevents", NULL,
                          "uevents to all who listen on the machine; as root" },
    [PRIVATE_MDEVCTL] = { 0, "private-mdevctl", NULL,
                          "an empty /etc/mdevctl.d, not the host's, gone when "
                          "COMMAND ends" },
    [MACHINE_MDEVCTL] = { 0, "machine-mdevctl", NULL,
                          "the machine's own /etc/mdevctl.d" },
    [LIBVIRT] = { 0, "libvirt", NULL,
                  "a libvirtd with --net that knows devices only, for virsh "
                  "nodedev-list and its like" },
    [S390X] = { 0, "s390x", NULL,
                "find s390x programs by name: lszcrypt, chzcrypt, lszdev, "
                "chzdev; vap fetch tools gets them" },
    [TOOLS] = { 0, "tools", "SET",
                "the same with another set of vap fetch: tools-13" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "which mdev types are there?", "vap run -- mdevctl types" },
    { "the cards, by the mainframe's own tool",
      "vap run --s390x -- lszcrypt -V" },
    { "udev as it hears of what happens", "vap run --net -- udevadm monitor" },
    { "devices as libvirt has them",
      "vap run --libvirt -- virsh nodedev-list --cap ap_queue" },
    { "a shell that sees a host of its own; exit leaves nothing behind",
      "vap run --host host.yaml" },
    { NULL, NULL },
};

/* Whoever gives no command wants to look around. */
static char *
shell(void)
{
    static char usual[] = "/bin/sh";
    char *shell = getenv("SHELL");

    return shell && *shell ? shell : usual;
}

/* The prefix as vap fetch left it, with an emulator that is still there. */
static int
find_programs(const char *name, struct prefix *prefix)
{
    const struct fetch_set *set = fetch_set_named(name);
    char qemu[PATH_MAX];
    int r;

    if (!set) {
        say_error("run: --tools %s: not a set; vap fetch --list shows them",
                  name);
        return CLI_USAGE;
    }
    r = prefix_read(set->prefix, prefix);
    if (r == -EPERM || r == -EACCES) {
        say_error("run: %s: it, or a folder around it, is another user's or "
                  "can be written by others; nothing is run from there: set "
                  "XDG_CACHE_HOME to a folder of your own, then vap fetch %s",
                  prefix->path, name);
        return CLI_FAILED;
    }
    if (r < 0) {
        say_error("run: no s390x programs here; vap fetch %s gets them", name);
        return CLI_FAILED;
    }
    if (snprintf(qemu, sizeof(qemu), "%s/vap/qemu", prefix->path) <
            (int)sizeof(qemu) &&
        access(qemu, X_OK) == 0)
        return CLI_DONE;
    say_error("run: qemu-user, which s390x programs need, is gone; vap fetch "
              "--force %s gets it",
              name);
    return CLI_FAILED;
}

/* Where mdevctl and chzdev write: nowhere on the machine, unless asked. */
static const char *
files_for(const struct tree_found *found, const struct cli_args *args)
{
    if (args->value[MACHINE_MDEVCTL])
        return NULL;
    return args->value[PRIVATE_MDEVCTL] ? "" : found->files;
}

static int
run_in(struct tree_found *found, const struct cli_args *args, const char *s390x)
{
    char *shell_alone[] = { shell(), NULL };
    bool net = args->value[NET] || args->value[LIBVIRT];
    struct uevents_wish uevents = { .name = *found->name ? found->name : NULL,
                                    .own_net = net };

    return run_command(
        &(struct run_options){
            .tree = found->path,
            .net = net,
            .files = files_for(found, args),
            .s390x = s390x,
            .environment =
                (const char *[]){
                    *found->environment ? found->environment : NULL, NULL },
            .libvirt = args->value[LIBVIRT],
            .end_all = found->ends || args->value[LIBVIRT],
            .inside =
                net || args->value[MACHINE_UEVENTS] ? uevents_forward : NULL,
            .data = &uevents,
        },
        args->n_operands ? args->operands : shell_alone);
}

static int
check(const struct cli_args *args)
{
    static const int apart[][2] = {
        { NAME, HOST },           { NAME, TREE },
        { HOST, TREE },           { PRIVATE_MDEVCTL, MACHINE_MDEVCTL },
        { NET, MACHINE_UEVENTS }, { LIBVIRT, MACHINE_UEVENTS },
    };

    for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++)
        if (args->value[apart[i][0]] && args->value[apart[i][1]]) {
            say_error("--%s and --%s exclude each other",
                      options[apart[i][0]].name, options[apart[i][1]].name);
            return CLI_USAGE;
        }
    if (!args->value[MACHINE_UEVENTS] || geteuid() == 0)
        return CLI_DONE;
    say_error("run: --machine-uevents: only root may speak to all who listen; "
              "with --net everybody can be heard");
    return CLI_FAILED;
}

static int
run(const struct cli_args *args)
{
    const struct tree_wish wish = { .tree = args->value[TREE],
                                    .name = args->value[NAME],
                                    .host = args->value[HOST] };
    const char *tools = args->value[TOOLS]   ? args->value[TOOLS]
                        : args->value[S390X] ? "tools"
                                             : NULL;
    AUTO(prefix_done) struct prefix prefix = { 0 };
    struct tree_found found;
    int status = check(args);

    if (status != CLI_DONE)
        return status;
    if (tools) {
        status = find_programs(tools, &prefix);
        if (status != CLI_DONE)
            return status;
    }
    status = tree_for(&wish, &found);
    if (status != CLI_DONE)
        return status;
    status = run_in(&found, args, tools ? prefix.path : NULL);
    tree_done(&found);
    return run_end(status);
}

const struct cli_command cli_run = {
    .name = "run",
    .summary = "a command that sees a virtual host at /sys",
    .operands = "[COMMAND [ARGUMENT...]]",
    .max_operands = CLI_ANY,
    .stops = true,
    .about =
        "Runs COMMAND, or your shell, in a place of its own where AP bus, "
        "cards, queues and the matrix device stand at the real /sys beside "
        "all that is there already. Every program in it sees them; nobody "
        "else does, and nothing is left when it ends, however it ends.\n\n"
        "It shows the virtual host of --name, or the default one when that is "
        "up; else a host of its own, small and built in or as --host has it, "
        "which ends with COMMAND.\n\n"
        "What mdevctl and chzdev write, to /etc/mdevctl.d and "
        "/etc/udev/rules.d, stays with the host that is shown: commands that "
        "see it later find it, and vap down --forget forgets it. With --tree "
        "it ends with COMMAND. The machine's own are left alone.\n\n"
        "As an ordinary user you are root in it, with no more rights than "
        "before over the machine. Exit status, signals, files, terminal and "
        "working directory are COMMAND's own.",
    .options = options,
    .exits = { [CLI_DONE] = "and all else: as COMMAND; 126 it cannot be "
                            "executed, 127 it is not there" },
    .examples = examples,
    .run = run,
};
