/* SPDX-License-Identifier: MIT */
/* What can be seen of hosts, as texts under each rule: where they are not the
 * same, they say what differs. */
#include "cli/lab/lab_draw.h"

#include "base/auto.h"

#include <errno.h>

static const enum scenario_about of_mdev[] = {
    SCENARIO_EXISTS,       SCENARIO_MATRIX, SCENARIO_CONTROL,
    SCENARIO_GUEST,        SCENARIO_APCB,   SCENARIO_GUEST_CONTROL,
    SCENARIO_APCB_CONTROL,
};

static const struct {
    enum scenario_about about;
    char subject[10];
} of_host[] = {
    { SCENARIO_APMASK, "" },        { SCENARIO_AQMASK, "" },
    { SCENARIO_QUEUES, "vfio_ap" }, { SCENARIO_QUEUES, "cex4queue" },
    { SCENARIO_QUEUES, "unbound" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void
lab_sights_done(struct lab_sights *sights)
{
    for (size_t s = 0; s < sights->n; s++)
        for (size_t i = 0; i < LAB_RULES; i++)
            free(sights->list[s].seen[i]);
    free(sights->list);
}

static void
list_sights(const struct names *mdevs, struct lab_sights *sights)
{
    for (uint32_t m = 0; m < mdevs->n; m++)
        for (size_t i = 0; i < COUNT(of_mdev); i++)
            sights->list[sights->n++].what =
                (struct scenario_expect){ .about = of_mdev[i],
                                          .subject = mdevs->name[m] };
    for (size_t i = 0; i < COUNT(of_host); i++)
        sights->list[sights->n++].what =
            (struct scenario_expect){ .about = of_host[i].about,
                                      .subject = (char *)of_host[i].subject };
}

/* Masks as ids: their digits are long. */
static char *
see(const struct play *play, const struct scenario_expect *what)
{
    const struct vap_bus *bus = &play->host->engine->bus;

    if (what->about == SCENARIO_APMASK)
        return sets_ids_text(&bus->apmask);
    if (what->about == SCENARIO_AQMASK)
        return sets_ids_text(&bus->aqmask);
    return play_see(play, what);
}

/* The operations are the same under all rules, so the names are. */
int
lab_look(const struct lab *lab, struct lab_sights *sights)
{
    const struct names *mdevs = &lab->plays[0]->host->mdevs;

    sights->list = calloc(mdevs->n * COUNT(of_mdev) + COUNT(of_host),
                          sizeof(*sights->list));
    if (!sights->list)
        return -ENOMEM;
    list_sights(mdevs, sights);
    for (size_t s = 0; s < sights->n; s++)
        for (size_t i = 0; i < lab->n; i++) {
            struct lab_sight *sight = &sights->list[s];

            sight->seen[i] = see(lab->plays[i], &sight->what);
            if (!sight->seen[i])
                return -ENOMEM;
        }
    return 0;
}

/* All that is seen under one rule. */
char *
lab_all_seen(const struct lab_sights *sights, size_t rule)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return NULL;
    for (size_t s = 0; s < sights->n; s++)
        (void)fprintf(out, "%s\n", sights->list[s].seen[rule]);
    return text_closed(out, &text);
}

/* -- what differs --------------------------------------------------------- */

/* Rules under which the text is this rule's; 0 when an earlier rule stands
 * for them. */
static uint32_t
alike(const struct lab *lab, char *const seen[LAB_RULES], size_t rule)
{
    uint32_t rules = 0;

    for (size_t i = 0; i < lab->n; i++)
        if (strcmp(seen[i], seen[rule]) == 0) {
            if (i < rule)
                return 0;
            rules |= lab->bits[i];
        }
    return rules;
}

/* What a guest has differs as what it may use does: that is said once. */
static bool
said(const struct lab *lab, const struct lab_sight *a,
     const struct lab_sight *b)
{
    if (a->what.about != SCENARIO_APCB &&
        a->what.about != SCENARIO_APCB_CONTROL)
        return false;
    for (size_t i = 0; i < lab->n; i++)
        if (strcmp(a->seen[i], b->seen[i]) != 0 &&
            strcmp(a->seen[i], "no guest") != 0)
            return false;
    return true;
}

/* Does the grid show it? */
static bool
in_grid(enum scenario_about about)
{
    return about != SCENARIO_CONTROL && about != SCENARIO_GUEST_CONTROL &&
           about != SCENARIO_APCB_CONTROL;
}

/* What the grid does not show, or what differs though the grid may not. */
static bool
worth_saying(const struct lab *lab, const struct lab_sight *sight)
{
    const char *seen = sight->seen[0];

    if (alike(lab, sight->seen, 0) != lab_all(lab))
        return sight->what.about != SCENARIO_QUEUES;
    return !in_grid(sight->what.about) && strchr(seen, '{');
}

/* "a guest  {0}x{0-1}  state", and below it each other text. */
static void
print_sight(FILE *out, const struct lab *lab, const struct lab_sight *sight,
            const char *label)
{
    bool all = alike(lab, sight->seen, 0) == lab_all(lab);
    int width = 0;

    for (size_t i = 0; i < lab->n; i++)
        if ((int)strlen(sight->seen[i]) > width)
            width = (int)strlen(sight->seen[i]);
    for (size_t i = 0; i < lab->n; i++) {
        uint32_t rules = alike(lab, sight->seen, i);

        if (!rules)
            continue;
        (void)fprintf(out, "%*s%*s %-*s", LAB_INDENT, "", (int)strlen(label),
                      i ? "" : label, all ? 0 : width, sight->seen[i]);
        (void)fputs(all ? "" : "  ", out);
        if (!all)
            lab_print_rules(out, lab, rules);
        (void)fputs("\n", out);
    }
}

static char *
sight_text(const struct lab *lab, const struct lab_sight *sight)
{
    static char none[] = "";
    struct scenario_expect shown = sight->what;
    AUTO(free_done) char *label = NULL;
    char *text = NULL;
    size_t n = 0;
    FILE *out;

    shown.value = none;
    label = lab_expect_text(&shown);
    out = label ? open_memstream(&text, &n) : NULL;
    if (!out)
        return NULL;
    print_sight(out, lab, sight, label);
    return text_closed(out, &text);
}

/* Those that were not said after the last change. */
int
lab_print_sights(struct lab_page *page, const struct lab *lab,
                 const struct lab_sights *sights)
{
    AUTO(free_done) char *before = page->said;
    size_t n = 0;
    FILE *out = open_memstream(&page->said, &n);
    int r = out ? 0 : -ENOMEM;

    for (size_t s = 0; s < sights->n && !r; s++) {
        const struct lab_sight *sight = &sights->list[s];
        AUTO(free_done) char *text = NULL;

        if (!worth_saying(lab, sight) || (s && said(lab, sight, sight - 1)))
            continue;
        text = sight_text(lab, sight);
        r = text ? 0 : -ENOMEM;
        if (text && !(before && strstr(before, text)))
            (void)fputs(text, page->out);
        (void)fputs(text ? text : "", out);
    }
    if (out && !text_closed(out, &page->said))
        r = -ENOMEM;
    return r;
}
