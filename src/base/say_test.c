/* SPDX-License-Identifier: MIT */
#include "base/say.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* stderr goes to a file while a message is said; its text comes back. */
static FILE *caught;
static int old_stderr;

static void
catch_begins(void)
{
    caught = tmpfile();
    CHECK(caught != NULL);
    (void)fflush(stderr);
    old_stderr = dup(STDERR_FILENO);
    CHECK(dup2(fileno(caught), STDERR_FILENO) >= 0);
}

static const char *
catch_ends(void)
{
    static char text[2 * SAY_MAX];

    (void)fflush(stderr);
    CHECK(dup2(old_stderr, STDERR_FILENO) >= 0);
    (void)close(old_stderr);
    rewind(caught);
    text[fread(text, 1, sizeof(text) - 1, caught)] = '\0';
    (void)fclose(caught);
    return text;
}

TEST(a_message_is_one_line_with_its_place)
{
    catch_begins();
    say_at("host.yaml", 7, "adapter %d found, 0 to 255 expected", 300);
    CHECK_STR(catch_ends(),
              "vap: host.yaml:7: adapter 300 found, 0 to 255 expected\n");
}

TEST(line_0_is_the_file_as_a_whole)
{
    catch_begins();
    say_at("t.jsonl", 0, "is empty");
    CHECK_STR(catch_ends(), "vap: t.jsonl: is empty\n");
}

TEST(a_message_cannot_steer_the_terminal)
{
    catch_begins();
    say_at("\033[2J", 1, "%s", "a\nb\177 \xc3\xa9");
    CHECK_STR(catch_ends(), "vap: \\x1b[2J:1: a\\x0ab\\x7f \xc3\xa9\n");
}

TEST(what_is_shown_is_counted)
{
    catch_begins();
    CHECK_INT(say_quoted(stderr, "a\033b\xc3\xa9"), 8);
    CHECK_STR(catch_ends(), "a\\x1bb\xc3\xa9");
}

TEST(nor_can_it_in_other_alphabets)
{
    static const struct {
        const char *text;
        const char *shown;
    } rows[] = {
        { "\u6f22\u00e9\U0001f511", "\u6f22\u00e9\U0001f511" },
        { "\xc2\x9b"
          "31m",
          "\\xc2\\x9b31m" }, /* CSI, as in \033[31m */
        { "\xc2\x9f\xc2\xa0", "\\xc2\\x9f\xc2\xa0" },
        // NOLINTNEXTLINE(misc-misleading-bidirectional)
        { "\xe2\x80\xae\xe2\x81\xa9\xe2\x80\x8f", /* text from right to left */
          "\\xe2\\x80\\xae\\xe2\\x81\\xa9\\xe2\\x80\\x8f" },
        { "\u2028\u2027\u206a", "\\xe2\\x80\\xa8\u2027\u206a" },
        { "\x9b"
          "1m\xff\xc3(\xe2\x82",
          "\\x9b1m\\xff\\xc3(\\xe2\\x82" },
        { "\x80\x80\x80\x80\xf5\x80\x80\x80", /* four bytes that are none */
          "\\x80\\x80\\x80\\x80\\xf5\\x80\\x80\\x80" },
        { "\xc1\xbf", "\\xc1\\xbf" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        catch_begins();
        say_quoted(stderr, rows[i].text);
        CHECK_STR(catch_ends(), rows[i].shown);
        CHECK_INT(say_is_plain(rows[i].text),
                  strcmp(rows[i].text, rows[i].shown) == 0);
    }
}

TEST(a_message_too_long_is_cut_and_says_so)
{
    char text[3 * SAY_MAX];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    catch_begins();
    say_error("%s", text);
    const char *said = catch_ends();
    CHECK_INT(strlen(said), strlen("vap: ") + SAY_MAX - 1 + 1);
    CHECK_STR(said + strlen(said) - 5, "x...\n");
}

TEST(a_file_is_never_coloured)
{
    FILE *f = tmpfile();

    CHECK(f != NULL);
    CHECK(!say_colour(f));
    (void)fclose(f);
}
