/* SPDX-License-Identifier: MIT */
#include "cli/frame/out.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"

#include <stdio.h>
#include <string.h>

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

void
out_remedy(int indent, const char *remedy)
{
    static const char or [] = ", or ";
    AUTO(free_done) char *copy = strdup(remedy);
    const char *left = "do first: ";

    for (char *way = copy, *next; way; way = next) {
        next = strstr(way, or);
        if (next) {
            *next = '\0';
            next += strlen(or);
        }
        (void)printf("%*s%s", indent, "", left);
        say_quoted(stdout, way);
        (void)putchar('\n');
        left = "      or: ";
    }
}
