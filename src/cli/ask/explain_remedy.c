/* SPDX-License-Identifier: MIT */
/* What would bring it back: each set of actions with what comes of it, and
 * below it what to type. */
#include "cli/ask/explain.h"

#include "base/auto.h"

#include <errno.h>
#include <string.h>

enum { SHOWN_REMEDIES = 4, SHOWN_COMMANDS = 6, WIDTH = 79, INDENT = 5 };

static int
put_commands(const struct explain *e, const struct vap_remedy *remedy)
{
    AUTO(free_done)
    char **commands = calloc(VAP_REMEDY_REQUESTS, sizeof(*commands));
    int n = commands ? explain_commands(e, remedy, commands) : -ENOMEM;

    for (int i = 0; i < n; i++) {
        if (e->all || n <= SHOWN_COMMANDS || i < SHOWN_COMMANDS - 1)
            (void)printf("       %s\n", commands[i]);
        free(commands[i]);
    }
    if (!e->all && n > SHOWN_COMMANDS)
        (void)printf("       ... and %d more, see --all\n",
                     n - SHOWN_COMMANDS + 1);
    return n < 0 ? n : 0;
}

/* Words beside a number, as many to a line as fit. */
static void
put_wrapped(size_t number, char *text)
{
    int column = printf("  %2zu ", number);
    char *rest = text;

    for (const char *word; (word = strsep(&rest, " "));) {
        int n = (int)strlen(word);

        if (column + 1 + n > WIDTH) {
            (void)printf("\n%*s", INDENT, "");
            column = INDENT;
        }
        column += printf(" %s", word);
    }
    (void)putchar('\n');
}

static int
put_remedy(const struct explain *e, size_t number,
           const struct vap_remedy *remedy)
{
    AUTO(free_done) char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        return -ENOMEM;
    explain_title(stream, e, remedy);
    (void)fputs(": ", stream);
    explain_effect(stream, remedy);
    if (fclose(stream) || !text)
        return -ENOMEM;
    put_wrapped(number, text);
    return put_commands(e, remedy);
}

static void
put_no_remedy(const struct vap_remedies *found)
{
    if (found->complete)
        (void)puts("nothing would bring it back but other hardware, or "
                   "another assignment");
    else
        (void)printf("nothing was found that would bring it back, in %u "
                     "tries\n",
                     found->tries);
}

/* Is what is asked about assigned to the mdev? */
static bool
is_assigned(const struct explain *e, const struct target *t)
{
    const struct vap_matrix *m = &e->host->slots[t->mdev].matrix;

    return (t->about == ABOUT_DOMAIN ||
            vap_mask_has(&m->adapters, t->adapter)) &&
           (t->about == ABOUT_ADAPTER || vap_mask_has(&m->domains, t->domain));
}

static void
put_heading(const struct explain *e, const struct target *t)
{
    if (t->about == ABOUT_MDEV)
        (void)printf("for all that the host has");
    else if (is_assigned(e, t))
        (void)printf("to bring it back");
    else
        (void)printf("to give it to %s", host_mdev_name(e->host, t->mdev));
    (void)printf("%s%s%s:\n", e->search->n > 1 ? ", any of" : "",
                 e->shell ? ", in " : "", e->shell ? e->shell : "");
}

int
explain_put_remedies(struct explain *e, const struct target *t)
{
    const struct vap_remedies *found = e->search;
    size_t shown;
    int r = 0;

    if (!explain_search(e, t) || found->met)
        return 0;
    if (!found->n) {
        put_no_remedy(found);
        return 0;
    }
    put_heading(e, t);
    shown = e->all || found->n <= SHOWN_REMEDIES ? found->n : SHOWN_REMEDIES;
    for (size_t i = 0; i < shown && !r; i++)
        r = put_remedy(e, i + 1, &found->found[i]);
    if (shown < found->n)
        (void)printf("      ... and %zu more, see --all\n", found->n - shown);
    if (!found->complete)
        (void)printf("  (not all ways were tried: there may be shorter ones, "
                     "or others)\n");
    return r;
}
