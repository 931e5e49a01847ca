/* SPDX-License-Identifier: MIT */
/* Whose host: which one a command is about. */
#ifndef VAP_CLI_FRAME_WHOSE_H
#define VAP_CLI_FRAME_WHOSE_H

#include "cli/frame/cli.h"
#include "host/host.h"

/** What was typed; NULL where it was not. */
struct whose {
    const char *file; /* a host file, "-" for stdin */
    const char *name; /* --name: a host that is up */
    const char *at; /* --at: as it was then; see when.h */
    const char *rule; /* --rule, --kernel: in place of its own */
    const char *kernel;
    const char *sysfs; /* --sysfs: a directory that looks like /sys */
};

/** The options that say so, the first of a command's own; and the last of
 *  what it says of itself. */
enum { WHOSE_RULE, WHOSE_KERNEL, WHOSE_NAME, WHOSE_AT, WHOSE_SYSFS, WHOSE_END };

/* clang-format off */
#define WHOSE_OPTIONS                                                          \
    [WHOSE_RULE] = { 'r', "rule", "RULE",                                      \
        "state, linux-7.2, linux-6.12 or fcfs in place of the host's" },       \
    [WHOSE_KERNEL] = { 'k', "kernel", "VERSION",                               \
        "7.2 or 6.12 in place of the host's" },                                \
    [WHOSE_NAME] = { 0, "name", "NAME", "the virtual host of this name" },     \
    [WHOSE_AT] = { 0, "at", "WHEN",                                            \
        "as it was: an event's number, 14:02, 2026-11-22 14:02:05, -5min" },   \
    [WHOSE_SYSFS] = { 0, "sysfs", "DIR",                                       \
        "the host whose /sys this is, or a copy of it" }
/* clang-format on */

#define WHOSE_ABOUT                                                            \
    "HOST.yaml is a host file, see vap-host(5); - reads it from standard "     \
    "input. Without one it is the virtual host that is up; when none is, the " \
    "machine's own /sys if it has an AP bus, else a small built-in host."

/* Fills it from the options, and from the first operand if that is a file and
 * no word for something in the host: it is "-", ends in .yaml or .yml, or has
 * a '/' and is there. Returns how many operands that took. */
int whose_of(const struct cli_args *args, struct whose *whose);

/* The same where there is no other operand. CLI_DONE, or CLI_USAGE: what is one
 * has been said. */
int whose_alone(const struct cli_args *args, struct whose *whose);

/**
 * Gets the host: of the file; of the name; of the directory; else the one that
 * is up under $VAP_NAME or "default"; when none is and nothing asks for one,
 * that of /sys, and without an AP bus there the built-in host.
 *
 * out     the caller's from here, for host_free()
 * called  what it is called, for a headline: lent until the next call. NULL:
 *         there is none, so it is said when it is the built-in one
 *
 * Returns  CLI_DONE, CLI_USAGE or CLI_FAILED; what is wrong has been said
 */
int whose_host(const struct whose *whose, struct host **out,
               const char **called);

/* What could not be seen of the host that whose_host() read from a /sys, a
 * line each; "" for nothing, and for all others. Lent until the next call. */
const char *whose_notes(void);

/* Below which directory mdevctl, chzdev and libvirt keep their files about the
 * host that whose_host() found: "/" for the machine's own; NULL: nobody does.
 * Lent until the next call. */
const char *whose_root(const struct whose *whose);

/* What looks like its /sys; NULL: a file is all there is. Lent in the same
 * way. */
const char *whose_tree(const struct whose *whose);

/* Where commands for it have to be typed: "vap run --name NAME" for a virtual
 * host that is not at /sys here. NULL: nowhere else than anything. Lent in the
 * same way. */
const char *whose_shell(const struct whose *whose);

#endif
