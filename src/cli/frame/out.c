/* SPDX-License-Identifier: MIT */
#include "cli/frame/out.h"

#include "base/say.h"
#include "cli/frame/cli.h"

#include <stdio.h>

int
out_json(json_t *json)
{
    int r = json ? json_dumpf(json, stdout, JSON_INDENT(2)) : -1;

    json_decref(json);
    if (r && !ferror(stdout))
        return out_no_memory();
    (void)putchar('\n');
    return CLI_DONE;
}

int
out_no_memory(void)
{
    say_error("out of memory");
    return CLI_FAILED;
}
