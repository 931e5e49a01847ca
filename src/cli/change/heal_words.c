/* SPDX-License-Identifier: MIT */
/* What vap heal says: of each guest what it would gain and how, and how it
 * ended. */
#include "cli/change/heal.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/ids.h"
#include "cli/frame/out.h"
#include "host/json.h"
#include "host/words.h"

#include <inttypes.h>
#include <jansson.h>

static unsigned
count_queues(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

static void
put_ids(const char *what, struct vap_mask ids)
{
    char text[IDS_TEXT];

    if (!vap_mask_empty(&ids))
        (void)printf("  %-11sadapter%s %s\n", what,
                     vap_mask_count(&ids) == 1 ? "" : "s",
                     ids_text(&ids, 2, text));
}

/* "adapter 05", "domain 0047": what is assigned for a moment, or is not. */
static void
put_moved(const struct heal *heal)
{
    enum vap_op op = heal->list[0].op;
    bool domain = op == VAP_ASSIGN_DOMAIN || op == VAP_UNASSIGN_DOMAIN;

    (void)printf("%s %0*" PRIx64, domain ? "domain" : "adapter", domain ? 4 : 2,
                 heal->list[0].id);
}

static void
put_how(const struct heal *heal)
{
    static const char *const risks[] = {
        [HEAL_CONFIG] = "",
        [HEAL_BORROW] = "it has for a moment what it is not to have",
        [HEAL_RETURN] = "for a moment another mdev could take it",
    };

    if (!heal->n) {
        (void)printf("  %-11sthat its guest_matrix is another; see vap check\n",
                     "not told");
        return;
    }
    if (heal->refused != VAP_OK) {
        (void)printf("  %-11s%s when Linux is to look again; see vap explain\n",
                     "refused", words_errno(heal->refused));
        return;
    }
    (void)printf("  %-11s", "writes");
    if (heal->way == HEAL_CONFIG)
        (void)fputs("its ap_config back, as it is", stdout);
    else
        put_moved(heal);
    if (heal->way == HEAL_BORROW)
        (void)fputs(", which the host has not, assigned and unassigned",
                    stdout);
    if (heal->way == HEAL_RETURN)
        (void)fputs(" unassigned, and assigned again", stdout);
    (void)putchar('\n');
    if (heal->disturbs)
        (void)printf("  %-11s--disturb: %s\n", "only with",
                     heal->takes ? "it takes something away"
                                 : risks[heal->way]);
}

/* "web (vm0): 1 -> 2 queues, 1 guest update" */
static void
put_heal(const struct heals *h, const struct heal *heal)
{
    uint32_t vm = h->host->slots[heal->mdev].vm;
    unsigned after = count_queues(&heal->after);

    say_quoted(stdout, host_mdev_name(h->host, heal->mdev));
    if (vm) {
        (void)fputs(" (", stdout);
        say_quoted(stdout, host_vm_name(h->host, vm));
        (void)putchar(')');
    }
    (void)fputs(": ", stdout);
    if (heal->n && heal->refused == VAP_OK)
        (void)printf("%u -> ", count_queues(&heal->before));
    (void)printf("%u queue%s", after, after == 1 ? "" : "s");
    if (heal->updates)
        (void)printf(", %u guest update%s", heal->updates,
                     heal->updates == 1 ? "" : "s");
    (void)putchar('\n');
    put_ids("gains",
            vap_mask_less(heal->after.adapters, heal->before.adapters));
    put_ids("loses",
            vap_mask_less(heal->before.adapters, heal->after.adapters));
    put_how(heal);
}

void
heal_put_plan(const struct heals *h)
{
    if (!h->n)
        (void)puts("nothing to heal: every guest has what the state gives it");
    for (size_t i = 0; i < h->n; i++)
        put_heal(h, &h->list[i]);
}

void
heal_put_result(const struct heals *h)
{
    for (size_t i = 0; i < h->n; i++) {
        say_quoted(stdout, host_mdev_name(h->host, h->list[i].mdev));
        (void)printf(": %s\n", h->list[i].state);
    }
}

int
heal_put_json(const struct heals *h)
{
    AUTO(json_done) json_t *list = json_array();
    int r = list ? 0 : -1;

    for (size_t i = 0; i < h->n && !r; i++) {
        const struct heal *heal = &h->list[i];

        r = json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:b}", "mdev",
                            host_mdev_name(h->host, heal->mdev), "state",
                            heal->state, "queues_before",
                            (int)count_queues(&heal->before), "queues_after",
                            (int)count_queues(&heal->after), "updates",
                            (int)heal->updates, "disturbs", heal->disturbs));
    }
    return r ? out_no_memory() : out_json(TAKE(list));
}
