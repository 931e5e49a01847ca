/* SPDX-License-Identifier: MIT */
#include "run/program.h"

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
collect(void *data, char *line)
{
    size_t n = strlen(data);

    (void)snprintf((char *)data + n, 256 - n, "[%s]", line);
}

/* Runs sh; lines and complaint come back. */
static int
sh(const char *script, char lines[256], char complaint[64])
{
    const char *const argv[] = { "sh", "-c", script, NULL };

    *lines = '\0';
    return program_run(argv, collect, lines, complaint, 64);
}

TEST(what_a_program_prints_comes_line_by_line)
{
    char lines[256];
    char complaint[64];

    CHECK_INT(sh("echo a; printf 'b\\n\\nc'; exit 3", lines, complaint), 3);
    CHECK_STR(lines, "[a][b][][c]");
    CHECK_STR(complaint, "");
    CHECK_INT(sh("kill -TERM $$", lines, complaint), 128 + 15);
}

TEST(of_its_complaints_the_gravest_is_kept)
{
    static const struct {
        const char *script;
        const char *complaint;
    } cases[] = {
        { "echo some; echo more", "some" },
        { "echo some; echo W: warned; echo W: again", "warned" },
        { "echo W: warned; echo E: failed; echo E: again", "failed" },
        { ":", "" },
    };
    char script[128];
    char lines[256];
    char complaint[64];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        test_note("case %zu", i);
        (void)snprintf(script, sizeof(script), "{ %s; } >&2", cases[i].script);
        CHECK_INT(sh(script, lines, complaint), 0);
        CHECK_STR(complaint, cases[i].complaint);
        CHECK_STR(lines, "");
    }
}

TEST(it_reads_nothing_and_speaks_english)
{
    char lines[256];
    char complaint[64];

    CHECK_INT(sh("cat; echo $LC_ALL", lines, complaint), 0);
    CHECK_STR(lines, "[C.UTF-8]");
}

TEST(a_megabyte_on_either_end_blocks_nobody)
{
    char lines[256];
    char complaint[64];

    CHECK_INT(sh("head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero",
                 lines, complaint),
              0);
}

TEST(a_program_that_is_not_there_is_no_status)
{
    const char *const argv[] = { "/nonexistent/program", NULL };
    char complaint[64];

    CHECK_INT(program_run(argv, NULL, NULL, complaint, sizeof(complaint)),
              -ENOENT);
}
