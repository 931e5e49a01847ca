/* SPDX-License-Identifier: MIT */
/* --help: everything it says is in the command's table. */
#include "cli/frame/cli.h"

#include <string.h>

#define WIDTH 79

/* Words from text, broken before WIDTH; *column is where the cursor is. */
static void
print_wrapped(FILE *out, const char *text, int indent, int *column)
{
    while (*text) {
        int word = (int)strcspn(text, " \n");

        if (*column > indent && *column + 1 + word > WIDTH) {
            (void)fprintf(out, "\n%*s", indent, "");
            *column = indent;
        } else if (*column > indent) {
            (void)putc(' ', out);
            ++*column;
        }
        (void)fprintf(out, "%.*s", word, text);
        *column += word;
        text += word;
        text += *text == ' ';
        for (; *text == '\n'; text++, *column = indent)
            (void)fprintf(out, "\n%*s", text[1] == '\n' ? 0 : indent, "");
    }
}

/* "  left  text", the text wrapped beside. */
static void
print_row(FILE *out, const char *left, int width, const char *text)
{
    int indent = width + 4;
    int column = indent;

    (void)fprintf(out, "  %-*s  ", width, left);
    print_wrapped(out, text, indent, &column);
    (void)putc('\n', out);
}

/* One word of the usage line, on the next line when there is no room. */
static void
print_usage_word(FILE *out, const char *word, int indent, int *column)
{
    int letters = 1 + (int)strlen(word);

    if (*column + letters > WIDTH) {
        (void)fprintf(out, "\n%*s", indent, "");
        *column = indent;
    }
    (void)fprintf(out, " %s", word);
    *column += letters;
}

static void
print_usage(FILE *out, const struct cli_command *command)
{
    char word[64];
    int indent = fprintf(out, "Usage: vap%s%s", command->name ? " " : "",
                         command->name ? command->name : "");
    int column = indent;

    for (const struct cli_option *o = command->options; o && o->name; o++) {
        (void)snprintf(word, sizeof(word), "[--%s%s%s]", o->name,
                       o->arg ? " " : "", o->arg ? o->arg : "");
        print_usage_word(out, word, indent, &column);
    }
    if (*command->operands)
        print_usage_word(out, command->operands, indent, &column);
    (void)fprintf(out, "\n\n");
}

/* "-r, --rule RULE" */
static int
option_left(const struct cli_option *o, char *left, size_t size)
{
    char letter[] = { '-', o->letter, ',', ' ', '\0' };

    return snprintf(left, size, "%s--%s%s%s", o->letter ? letter : "    ",
                    o->name, o->arg ? " " : "", o->arg ? o->arg : "");
}

static void
print_options(FILE *out, const struct cli_command *command)
{
    static const struct cli_option help = { 'h', "help", NULL, "this text" };
    char left[64];
    int width = option_left(&help, left, sizeof(left));

    for (const struct cli_option *o = command->options; o && o->name; o++) {
        int n = option_left(o, left, sizeof(left));

        width = n > width ? n : width;
    }
    (void)fprintf(out, "\nOptions:\n");
    for (const struct cli_option *o = command->options; o && o->name; o++) {
        (void)option_left(o, left, sizeof(left));
        print_row(out, left, width, o->text);
    }
    (void)option_left(&help, left, sizeof(left));
    print_row(out, left, width, help.text);
}

static void
print_commands(FILE *out, const struct cli_command *const *among)
{
    (void)fprintf(out, "\nCommands:\n");
    for (; *among; among++)
        print_row(out, (*among)->name, 8, (*among)->summary);
    (void)fprintf(out, "\nvap COMMAND --help teaches a command.\n");
}

static void
print_exits(FILE *out, const struct cli_command *command)
{
    static const char *const usual[CLI_STATUSES] = {
        [CLI_DONE] = "done",
        [CLI_USAGE] = "wrong usage",
        [CLI_FAILED] = "could not: the message says what",
    };

    (void)fprintf(out, "\nExit status:\n");
    for (int i = 0; i < CLI_STATUSES; i++) {
        const char *when = command->exits[i] ? command->exits[i] : usual[i];

        if (when)
            print_row(out, (char[]){ (char)('0' + i), '\0' }, 1, when);
    }
}

static void
print_examples(FILE *out, const struct cli_command *command)
{
    const struct cli_example *e = command->examples;

    if (!e)
        return;
    (void)fprintf(out, "\nExamples:\n");
    for (; e->what; e++)
        (void)fprintf(out, "  %s\n      $ %s\n", e->what, e->line);
}

void
cli_help(FILE *out, const struct cli_command *command,
         const struct cli_command *const *among)
{
    int column = 0;

    print_usage(out, command);
    print_wrapped(out, command->about, 0, &column);
    (void)putc('\n', out);
    if (among)
        print_commands(out, among);
    print_options(out, command);
    print_exits(out, command);
    print_examples(out, command);
}
