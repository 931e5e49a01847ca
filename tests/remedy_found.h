/* SPDX-License-Identifier: MIT */
/* The search for remedies with all the room it needs, and what it has found in
 * words. */
#ifndef VAP_TESTS_REMEDY_FOUND_H
#define VAP_TESTS_REMEDY_FOUND_H

#include "matrix/remedy.h"

#include "engine.h"

enum { ROOM = 256 };

static struct vap_remedy found[ROOM];
static struct vap_remedies remedies = { .found = found, .room = ROOM };

static inline void
find(struct engine *e, const struct vap_goal *goal)
{
    remedies.room = ROOM;
    remedies.budget = 200000;
    vap_remedies(&e->host, goal, &e->change, &remedies);
}

static const char *const act_names[] = {
    [VAP_ACT_SCAN] = "scan",
    [VAP_ACT_HOST_ADAPTER] = "host-adapter",
    [VAP_ACT_HOST_DOMAIN] = "host-domain",
    [VAP_ACT_UNASSIGN_ADAPTER] = "unassign-adapter",
    [VAP_ACT_UNASSIGN_DOMAIN] = "unassign-domain",
    [VAP_ACT_APMASK] = "apmask",
    [VAP_ACT_AQMASK] = "aqmask",
    [VAP_ACT_OVERRIDE] = "override",
    [VAP_ACT_BIND] = "bind",
    [VAP_ACT_ASSIGN_ADAPTER] = "assign-adapter",
    [VAP_ACT_ASSIGN_DOMAIN] = "assign-domain",
    [VAP_ACT_RESET] = "reset",
};

/* "bind 05.0047, unassign-domain 05.0047 +look", until the next call */
static inline const char *
text_of(const struct vap_remedy *r)
{
    static char text[4096];
    size_t at = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < r->n_actions; i++)
        at += (size_t)sprintf(text + at, "%s%s m%u %02x.%04x", i ? ", " : "",
                              act_names[r->actions[i].act], r->actions[i].mdev,
                              r->actions[i].adapter, r->actions[i].domain);
    (void)sprintf(text + at, "%s", r->look ? " +look" : "");
    return text;
}

#endif
