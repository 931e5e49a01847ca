/* SPDX-License-Identifier: MIT */
/* What all parts of a scenario file are read with: words, sets, quoted text,
 * rules, and what to say when something else is there. */
#include "lab/scenario_reading.h"

#include "host/words.h"
#include "matrix/grammar.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int
scene_wrong(struct reader *r, const char *format, ...)
{
    va_list args;

    r->error->line = r->line;
    va_start(args, format);
    (void)vsnprintf(r->error->text, sizeof(r->error->text), format, args);
    va_end(args);
    return 1;
}

void *
scene_push(void *variable, size_t *n, size_t size)
{
    void *old;
    char *array;

    memcpy(&old, variable, sizeof(old));
    array = old;
    if ((*n & (*n - 1)) == 0) {
        array = realloc(old, (*n ? 2 * *n : 1) * size);
        if (!array)
            return NULL;
        memcpy(variable, &array, sizeof(array));
    }
    memset(array + *n * size, 0, size);
    return array + (*n)++ * size;
}

int
scene_keep(char **variable, const char *text)
{
    *variable = strdup(text);
    return *variable ? 0 : -ENOMEM;
}

char *
scene_word(char **text)
{
    char *word = *text;

    *text += strcspn(word, " ");
    if (**text)
        *(*text)++ = '\0';
    return word;
}

const struct keyword *
scene_keyword(const struct keyword *words, const char *line)
{
    size_t n = strcspn(line, " ");

    while (words->word &&
           (strncmp(words->word, line, n) != 0 || words->word[n]))
        words++;
    return words->word ? words : NULL;
}

char *
scene_rest(char *line)
{
    line += strcspn(line, " ");
    return line + (*line == ' ');
}

int
scene_ids(struct reader *r, const char *text, struct vap_mask *out)
{
    const char *end = text;

    if (sets_read_ids(&end, out) && !*end)
        return 0;
    return scene_wrong(r, "\"%.64s\" found, ids as {0-2,7}, 5 or none expected",
                       text);
}

int
scene_queues(struct reader *r, const char *text, struct sets_queues *out)
{
    const char *end = text;

    if (sets_read_queues(&end, out) && !*end)
        return 0;
    return scene_wrong(
        r, "\"%.64s\" found, queues as {1-3}x{1,2}, 05.0047 or none expected",
        end);
}

int
scene_mask(struct reader *r, const char *text, struct vap_mask *out)
{
    struct vap_edit edit;

    if (vap_read_mask(text, strlen(text), VAP_LINUX_7_2, &edit) != VAP_OK)
        return scene_wrong(
            r, "\"%.64s\" found, a mask as 0x41 or +1,+7 expected", text);
    *out = vap_mask_edited(vap_mask_none(), &edit);
    return 0;
}

int
scene_name(struct reader *r, const char *name)
{
    static const char *const taken[] = { "queues", "resets", "apmask", "aqmask",
                                         "none" };

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(name, taken[i]) == 0)
            return scene_wrong(r, "\"%.64s\" found, a name expected", name);
    if (words_is_name(name))
        return 0;
    return scene_wrong(r, "\"%.64s\" found, the name of an mdev expected",
                       name);
}

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* What stands for one byte between quotation marks. */
static bool
read_byte(char **text, char *byte)
{
    const char *t = *text;

    *byte = *t;
    *text += *t == '\\' ? 2 : 1;
    if (*t != '\\')
        return *t != '\0';
    *byte = t[1] == 'n' ? '\n' : t[1];
    if (t[1] != 'x')
        return t[1] && strchr("n\"\\", t[1]);
    if (hex_digit(t[2]) < 0 || hex_digit(t[3]) < 0)
        return false;
    *byte = (char)(16 * hex_digit(t[2]) + hex_digit(t[3]));
    *text += 2;
    return *byte != '\0';
}

int
scene_quoted(struct reader *r, char **text, char **out)
{
    char *to = *text + 1;

    if (**text != '"')
        return scene_wrong(
            r, "\"%.64s\" found, text between quotation marks expected", *text);
    *out = to;
    for (++*text; **text != '"';)
        if (!read_byte(text, to++))
            return scene_wrong(
                r, "a \\ found in a text, \\n, \\\", \\\\ or \\xNN expected");
    ++*text;
    *text += **text == ' ';
    *to = '\0';
    return 0;
}

/* By its name, or several by "linux-*". */
static uint32_t
rules_like(const char *name)
{
    size_t n = strlen(name);
    uint32_t rules = 0;

    for (size_t i = 0; i < vap_n_rules; i++)
        if (strcmp(vap_rules[i]->name, name) == 0 ||
            (n && name[n - 1] == '*' &&
             strncmp(vap_rules[i]->name, name, n - 1) == 0))
            rules |= SCENARIO_RULE(i);
    return rules;
}

int
scene_rules(struct reader *r, char *text, uint32_t *out)
{
    *out = 0;
    while (*text) {
        const char *name = scene_word(&text);
        uint32_t rules = rules_like(name);

        if (!rules)
            return scene_wrong(r,
                               "\"%.64s\" found, a rule expected: state, "
                               "linux-7.2, linux-6.12, linux-*, fcfs",
                               name);
        *out |= rules;
    }
    return *out ? 0 : scene_wrong(r, "nothing found, a rule expected");
}

int
scene_cut_rules(struct reader *r, char *text, uint32_t *out)
{
    size_t n = strlen(text);
    char *open = strrchr(text, '[');

    *out = 0;
    if (!n || text[n - 1] != ']')
        return 0;
    if (!open)
        return scene_wrong(r, "\"]\" found without \"[\"");
    text[n - 1] = '\0';
    *open = '\0';
    if (open > text && open[-1] == ' ')
        open[-1] = '\0';
    return scene_rules(r, open + 1, out);
}
