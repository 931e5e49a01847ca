/* SPDX-License-Identifier: MIT */
/* Arguments, one a line: any of them are options of the table, operands, or
 * refused; each operand is one of the arguments. */
#include "base/auto.h"
#include "cli/frame/cli.h"

#include <assert.h>
#include <stdint.h>

static const struct cli_option options[] = {
    { 'r', "rule", "RULE", "a rule" },
    { 'j', "json", NULL, "in JSON" },
    { 0, "kernel", "KERNEL", "a kernel" },
    { 0 },
};

enum { MAX_ARGS = 64 };

static int
split(char *text, char **argv)
{
    static char name[] = "vap";
    int argc = 0;

    argv[argc++] = name;
    for (char *line; argc < MAX_ARGS && (line = strsep(&text, "\n"));)
        argv[argc++] = line;
    argv[argc] = NULL;
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cli_command command = { .name = "replay",
                                          .operands = "TRACE...",
                                          .min_operands = 1,
                                          .max_operands = 3,
                                          .options = options };
    AUTO(free_done) char *text = strndup((const char *)data, size);
    char *argv[MAX_ARGS + 1];
    struct cli_args args;

    command.stops = size % 2;
    if (!text || cli_parse(&command, split(text, argv), argv, &args))
        return 0;
    assert(args.n_operands >= 1 && args.n_operands <= 3);
    for (int i = 0; i < args.n_operands; i++)
        assert(args.operands[i] >= text && args.operands[i] <= text + size);
    return 0;
}
