/* SPDX-License-Identifier: MIT */
/* The mdevs. What their guests have follows from the rest of the host; under
 * a rule that has a history the text may know better. */
#include "observe/hostfile_reader.h"

#include "base/auto.h"

#include <errno.h>
#include <string.h>

/** Which slot has a queue, + 1; 0 for none. */
struct owners {
    uint32_t slot[VAP_IDS][VAP_IDS];
};

static int
own(struct reader *r, const char *place, struct owners *owners, uint32_t slot)
{
    const struct vap_matrix *m = &r->host->slots[slot].matrix;

    VAP_EACH (a, &m->adapters)
        VAP_EACH (d, &m->domains) {
            if (owners->slot[a][d])
                return reader_refuse(
                    r, place, "queue %02x.%04x of %s found in %s as well", a, d,
                    host_mdev_name(r->host, owners->slot[a][d] - 1),
                    host_mdev_name(r->host, slot));
            owners->slot[a][d] = slot + 1;
        }
    return 0;
}

static uint32_t
slot_of_vm(const struct host *host, uint32_t vm)
{
    uint32_t slot = 0;

    while (host->slots[slot].vm != vm)
        slot++;
    return slot;
}

/* A machine has one mdev, so its name is new. */
static int
read_guest(struct reader *r, const char *place, const char *name, uint32_t slot)
{
    uint32_t known = r->host->vms.n;
    uint32_t vm = host_vm(r->host, name);

    if (!vm)
        return -ENOMEM;
    if (vm <= known)
        return reader_refuse(r, place,
                             "guest: %.60s found, but it has mdev %.60s", name,
                             host_mdev_name(r->host, slot_of_vm(r->host, vm)));
    r->host->slots[slot].vm = vm;
    return 0;
}

static int
read_mdev(struct reader *r, const char *place, const struct doc_mdev *doc,
          struct owners *owners)
{
    const struct vap_config *config = &r->boot.config;
    char key[PLACE];
    struct vap_matrix matrix;
    uint32_t slot;
    int refused = 0;

    (void)reader_inside(key, place, "name");
    if (!host_is_mdev_name(doc->name))
        refused = reader_refuse(r, key,
                                "name: \"%.60s\" found, that of a directory "
                                "expected",
                                doc->name);
    if (!refused && host_mdev(r->host, doc->name) != NAMES_NONE)
        refused =
            reader_refuse(r, key, "mdev %.60s found a second time", doc->name);
    if (!refused)
        refused = reader_matrix(r, place, &doc->matrix, &matrix);
    if (refused)
        return refused;
    slot = host_slot(r->host, doc->name);
    if (slot == NAMES_NONE)
        return -ENOMEM;
    r->host->slots[slot] = (struct vap_mdev){
        .exists = true,
        .matrix = matrix,
    };
    vap_mdev_limit(&r->host->slots[slot], config);
    refused = own(r, place, owners, slot);
    if (!refused && doc->guest)
        refused =
            read_guest(r, reader_inside(key, place, "guest"), doc->guest, slot);
    return refused;
}

/* What the text has and the state alone does not give. */
static int
read_history(struct reader *r, const char *place, const struct doc_mdev *doc,
             struct vap_mdev *m)
{
    const struct vap_rule *rule = r->host->engine->rule;
    char key[PLACE];
    int refused = 0;

    if ((doc->guest_matrix || doc->apcb) && rule == &vap_rule_state)
        return reader_refuse(
            r,
            reader_inside(key, place,
                          doc->guest_matrix ? "guest_matrix" : "apcb"),
            "%s found, but rule state works it out; remove it",
            doc->guest_matrix ? "guest_matrix" : "apcb");
    if (doc->guest_matrix)
        refused = reader_matrix(r, reader_inside(key, place, "guest_matrix"),
                                doc->guest_matrix, &m->guest);
    if (!refused && m->vm)
        m->apcb = m->guest;
    if (!refused && doc->apcb && !m->vm)
        refused = reader_refuse(r, reader_inside(key, place, "apcb"),
                                "apcb found, but no guest that has it");
    if (!refused && doc->apcb)
        refused = reader_matrix(r, reader_inside(key, place, "apcb"), doc->apcb,
                                &m->apcb);
    return refused;
}

int
reader_mdevs(struct reader *r)
{
    const struct vap_request look_again = { .op = VAP_LOOK_AGAIN };
    AUTO(free_done) struct owners *owners = calloc(1, sizeof(*owners));
    const struct doc *doc = r->doc;
    int refused = owners ? 0 : -ENOMEM;
    char place[PLACE];

    for (uint32_t i = 0; i < doc->n_mdevs && !refused; i++)
        refused =
            read_mdev(r, reader_nth(place, "mdevs", i), &doc->mdevs[i], owners);
    if (!refused && host_do(r->host, &look_again, NULL) != VAP_OK)
        refused = -ENOMEM;
    for (uint32_t i = 0; i < doc->n_mdevs && !refused; i++)
        refused = read_history(r, reader_nth(place, "mdevs", i), &doc->mdevs[i],
                               &r->host->slots[i]);
    return refused;
}
