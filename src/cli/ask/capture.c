/* SPDX-License-Identifier: MIT */
/* vap capture: a host as a host file, for its twin and for whoever is to help.
 */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/whose.h"
#include "observe/anonymise.h"
#include "observe/hostfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { ANONYMISE = WHOSE_END, OUTPUT };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [ANONYMISE] = { 0, "anonymise", NULL,
                    "other names for mdevs, guests and unknown drivers" },
    [OUTPUT] = { 'o', "output", "FILE", "write there, not on standard output" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "this machine, for a bug report",
      "vap capture --anonymise -o host.yaml" },
    { "its twin, to try things on", "vap up --name twin host.yaml" },
    { "a copy of another machine's /sys", "vap capture --sysfs copy/sys" },
    { NULL, NULL },
};

static int
say_errno(const char *file, int error)
{
    say_error("%s: %s", file, strerror(error));
    return CLI_FAILED;
}

/* What could not be seen stands at its head: whoever reads it was not there.
 * notes: "" when they might name what is to have no name. */
static int
write_host(FILE *f, const struct host *host, const char *notes)
{
    const char *note = notes;

    while (*note) {
        size_t length = strcspn(note, "\n");
        AUTO(free_done) char *line = strndup(note, length);

        if (!line)
            return -ENOMEM;
        (void)fputs("# Not seen: ", f);
        say_quoted(f, line);
        (void)putc('\n', f);
        note += length + (note[length] == '\n');
    }
    return hostfile_write(f, host);
}

/* A file that is not whole is none; a device, or a link to it, stays. */
static void
take_away(const char *file)
{
    struct stat st;

    if (lstat(file, &st) == 0 && S_ISREG(st.st_mode))
        (void)remove(file);
}

static int
write_file(const char *file, const struct host *host, const char *notes)
{
    FILE *f = fopen(file, "we");
    int r = f ? write_host(f, host, notes) : -errno;

    if (!f)
        return say_errno(file, -r);
    errno = EIO;
    if (!r && ferror(f))
        r = -EIO;
    if (fclose(f) && !r)
        r = -errno;
    if (!r)
        return CLI_DONE;
    take_away(file);
    return say_errno(file, -r);
}

static int
run(const struct cli_args *args)
{
    AUTO(host_done) struct host *host = NULL;
    const char *file = args->value[OUTPUT];
    const char *notes;
    struct whose whose;
    int status = whose_alone(args, &whose);

    if (status == CLI_DONE)
        status = whose_host(&whose, &host, NULL);
    if (status != CLI_DONE)
        return status;
    if (args->value[ANONYMISE] && anonymise(host))
        return say_errno("capture", ENOMEM);
    notes = args->value[ANONYMISE] ? "" : whose_notes();
    if (file && strcmp(file, "-") != 0)
        return write_file(file, host, notes);
    return write_host(stdout, host, notes) ? say_errno("capture", ENOMEM)
                                           : CLI_DONE;
}

const struct cli_command cli_capture = {
    .name = "capture",
    .summary = "a host as a host file, from which vap up makes its twin",
    .operands = "[HOST.yaml]",
    .max_operands = 1,
    .about =
        "Writes what a host is, as a host file: cards, domains, masks, drivers "
        "and overrides of queues, mdevs with what their guests have. vap up "
        "loads it into a twin that shows the same files and answers the same "
        "writes alike; every other command reads it in place of the host. "
        "Nothing is changed by it.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_USAGE] = "wrong usage, or what is no host" },
    .examples = examples,
    .run = run,
};
