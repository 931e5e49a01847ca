/* SPDX-License-Identifier: MIT */
/* vap guest list: what a guest has. */
#include "cli/guest/guest.h"

#include "base/auto.h"
#include "cli/frame/cli.h"
#include "cli/frame/ids.h"
#include "cli/frame/out.h"
#include "cli/frame/table.h"
#include "host/json.h"
#include "matrix/text.h"

#include <stdio.h>

static struct vap_mask
mask_of(const struct vap_ids *ids)
{
    struct vap_mask mask = vap_mask_none();

    for (unsigned id = 0; id < VAP_IDS; id++)
        if (vap_ids_has(ids, id))
            vap_mask_add(&mask, id);
    return mask;
}

struct vap_matrix
guest_matrix_of(struct vap_guest *guest)
{
    struct vap_apcb apcb;

    vap_guest_apcb(guest, &apcb);
    return (struct vap_matrix){ mask_of(&apcb.adapters), mask_of(&apcb.domains),
                                mask_of(&apcb.control) };
}

/* Type 10 is a CEX4; A, C or P by the first of these that is set. */
static void
put_card(uint64_t gr2, char card[8])
{
    unsigned type = gr2 >> 24 & 0xff;
    char mode = gr2 >> 59 & 1   ? 'A'
                : gr2 >> 60 & 1 ? 'C'
                : gr2 >> 58 & 1 ? 'P'
                                : '?';

    if (type >= 10 && type <= 14)
        (void)snprintf(card, 8, "CEX%u%c", type - 6, mode);
}

struct guest_queue
guest_queue_of(struct vap_guest *guest, unsigned apqn)
{
    struct guest_queue q = { .apqn = (uint16_t)apqn };
    uint64_t gr2 = 0;
    struct vap_answer a = vap_tapq(guest, apqn, &gr2);

    q.rc = (uint8_t)VAP_STATUS_RC(a.status);
    q.depth = gr2 ? (unsigned)(gr2 & 15) + 1 : 0;
    put_card(gr2, q.card);
    return q;
}

const char *
guest_state_text(unsigned rc)
{
    static const char *const texts[] = {
        [VAP_RESPONSE_NORMAL] = "ok",
        [VAP_RESPONSE_NOT_AVAILABLE] = "not available",
        [VAP_RESPONSE_RESETTING] = "being reset",
        [VAP_RESPONSE_DECONFIGURED] = "deconfigured",
        [VAP_RESPONSE_CHECKSTOPPED] = "checkstopped",
        [VAP_RESPONSE_BUSY] = "busy",
    };

    return rc < sizeof(texts) / sizeof(texts[0]) ? texts[rc] : "unknown";
}

/* --- for people ------------------------------------------------------------
 */

static int
add_line(struct table *table, const struct guest_queue *q)
{
    char depth[16];
    char apqn[VAP_APQN_TEXT + 1];

    (void)vap_apqn_text(q->apqn, apqn, sizeof(apqn));
    (void)snprintf(depth, sizeof(depth), "%u", q->depth);
    return table_add(table, (const char *[]){ apqn, q->card, depth,
                                              guest_state_text(q->rc) });
}

static int
put_queues(struct vap_guest *guest, const struct vap_matrix *m)
{
    static const struct table_column columns[] = {
        { "QUEUE", false },
        { "CARD", false },
        { "DEPTH", true },
        { "STATE", false },
        { 0 },
    };
    AUTO(table_done) struct table table = { 0 };
    int r = table_init(&table, columns, NULL, true);

    VAP_EACH (a, &m->adapters)
        VAP_EACH (d, &m->domains) {
            struct guest_queue q = guest_queue_of(guest, a << 8 | d);

            r = r ? r : add_line(&table, &q);
        }
    return r || table_print(&table, stdout) ? CLI_FAILED : CLI_DONE;
}

static int
put(const struct guest_one *one, bool name)
{
    struct vap_matrix m = guest_matrix_of(one->guest);
    char control[IDS_TEXT];
    int status = CLI_DONE;

    if (name)
        (void)printf("%s\n", one->mdev);
    if (vap_mask_empty(&m.adapters) || vap_mask_empty(&m.domains))
        (void)puts("no queues");
    else
        status = put_queues(one->guest, &m);
    if (!vap_mask_empty(&m.control))
        (void)printf("control domains %s\n", ids_text(&m.control, 4, control));
    return status;
}

/* --- as JSON ---------------------------------------------------------------
 */

static json_t *
queues_json(struct vap_guest *guest, const struct vap_matrix *m)
{
    json_t *list = json_array();

    VAP_EACH (a, &m->adapters)
        VAP_EACH (d, &m->domains) {
            struct guest_queue q = guest_queue_of(guest, a << 8 | d);

            (void)json_array_append_new(
                list, json_pack("{s:o, s:s, s:i, s:i, s:s}", "queue",
                                json_of_apqn(q.apqn), "card", q.card, "depth",
                                (int)q.depth, "rc", q.rc, "state",
                                guest_state_text(q.rc)));
        }
    return list;
}

static json_t *
one_json(const struct guest_one *one)
{
    struct vap_matrix m = guest_matrix_of(one->guest);

    return json_pack("{s:s, s:o, s:o}", "mdev", one->mdev, "queues",
                     queues_json(one->guest, &m), "control",
                     json_of_set(&m.control));
}

static int
put_json(const struct guest_all *all)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < all->n; i++)
        (void)json_array_append_new(list, one_json(&all->one[i]));
    return out_json(list);
}

int
guest_list(const struct guest_wish *wish)
{
    struct guest_all all;
    int status = guest_take(wish, &all);

    if (status != CLI_DONE)
        return status;
    if (wish->json)
        status = put_json(&all);
    for (unsigned i = 0; i < all.n && !wish->json && status == CLI_DONE; i++)
        status = put(&all.one[i], all.n > 1);
    guest_let_go(&all);
    return status;
}
