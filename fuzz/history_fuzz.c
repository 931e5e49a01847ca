/* SPDX-License-Identifier: MIT */
/* Operations of a recorded history, one a line, the first "boot ...": after
 * each of them the state is one that may be. The length says which rule. */
#include "base/auto.h"
#include "host/words.h"
#include "replay/history.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

static bool
share(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return vap_mask_meets(&a->adapters, &b->adapters) &&
           vap_mask_meets(&a->domains, &b->domains);
}

static bool
within(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return vap_mask_within(&a->adapters, &b->adapters) &&
           vap_mask_within(&a->domains, &b->domains) &&
           vap_mask_within(&a->control, &b->control);
}

/* A queue has one driver at most, and only where it is. */
static void
check_queues(const struct vap_host *host)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        const struct vap_row *row = &host->row[a];

        assert(!vap_mask_meets(&row->dflt, &row->vfio));
        assert(vap_mask_within(&row->dflt, &row->present));
        assert(vap_mask_within(&row->vfio, &row->present));
        assert(vap_mask_within(&row->sound, &row->vfio));
        assert(vap_mask_within(&row->overridden, &row->present));
        VAP_EACH (d, &row->sound)
            assert(vap_rc_passes(host->queue[a][d].reset_rc));
    }
}

/* Under every rule: ids within the host's highest, and nothing without an
 * mdev or a guest. */
static void
check_mdev(const struct vap_mdev *m)
{
    struct vap_matrix highest = { vap_mask_up_to(m->last_adapter),
                                  vap_mask_up_to(m->last_domain),
                                  vap_mask_up_to(m->last_domain) };
    struct vap_matrix none = { 0 };

    assert(m->exists || (!m->vm && vap_matrix_empty(&m->matrix)));
    assert(!m->exists || within(&m->matrix, &highest));
    assert(m->exists || vap_matrix_empty(&m->guest));
    assert(m->vm || vap_matrix_equal(&m->apcb, &none));
}

/* Under `state`: what a guest has follows from the present alone. */
static void
check_guest(const struct vap_host *host, const struct vap_mdev *m)
{
    struct vap_matrix due;

    vap_guest_matrix(host, &m->matrix, &due);
    if (vap_mask_empty(&due.adapters) || vap_mask_empty(&due.domains))
        due.adapters = due.domains = vap_mask_none();
    assert(vap_matrix_equal(&m->guest, &due));
    assert(within(&m->guest, &m->matrix));
    assert(!m->vm || vap_matrix_equal(&m->apcb, &m->guest));
    VAP_EACH (a, &m->guest.adapters)
        assert(vap_mask_within(&m->guest.domains, &host->row[a].vfio));
}

static void
check(const struct vap_host *host)
{
    for (uint32_t i = 0; i < host->n_slots; i++) {
        const struct vap_mdev *m = &host->mdevs[i];

        check_mdev(m);
        if (m->exists && host->rule == &vap_rule_state)
            check_guest(host, m);
        for (uint32_t k = 0; k < i; k++) {
            const struct vap_mdev *other = &host->mdevs[k];

            assert(!share(&m->matrix, &other->matrix));
            assert(!m->vm || m->vm != other->vm);
            assert(host->rule != &vap_rule_state ||
                   !share(&m->apcb, &other->apcb));
        }
    }
}

/* Every reason there is, each once, each another's. */
static void
check_reasons(struct host *host, const struct vap_request *request,
              struct vap_why *why)
{
    struct vap_why before = *why;

    for (int n = 0; n < 300; n++) {
        if (!vap_why_next(host->engine, request, host->change, why))
            return;
        assert(why->holder > before.holder ||
               (why->holder == before.holder && why->apqn > before.apqn));
        before = *why;
    }
}

/* A guest is told once of a change at most, but by the kernels. */
static void
check_effects(const struct host *host)
{
    const struct vap_change *c = host->change;

    for (uint32_t i = 0; i < c->n_effects; i++) {
        const struct vap_effect *e = &c->effects[i];

        assert(host->engine->rule->counts_each || e->updates + e->clears <= 1);
        for (uint32_t k = 0; k < i; k++)
            assert(c->effects[k].mdev != e->mdev);
    }
}

static void
carry_out(struct host *host, const char *op)
{
    const char *expected = NULL;
    struct vap_request request;
    struct vap_why why;
    int r = history_request(host, op, &request, &expected);

    assert(r >= 0 || (r == -EBADMSG && expected));
    if (r != VAP_OK)
        return;

    enum vap_verdict v = host_plan(host, &request, 1, &why);

    assert(v < VAP_VERDICTS && v != VAP_NO_ROOM && words_errno(v));
    check_effects(host);
    if (v == VAP_RESERVED || v == VAP_SHARED || v == VAP_IN_USE) {
        assert(host->change->n_effects == 0);
        check_reasons(host, &request, &why);
    }
    host_apply(host);
}

static void
play(const char *history, size_t size, const struct vap_rule *rule,
     enum vap_kernel kernel)
{
    json_t *trace = json_pack("{s:{s:i, s:i, s:i}}", "boot", "apxa", 1, "na",
                              255, "nd", 255);
    AUTO(free_done) char *text = strndup(history, size);
    AUTO(host_done) struct host *host = NULL;
    const char *expected = NULL;
    char *rest = text;
    const char *op = strsep(&rest, "\n");
    int r = history_boot(trace, op, rule, kernel, &host, &expected);

    json_decref(trace);
    assert(r == 0 || r == -EBADMSG);
    while (host && (op = strsep(&rest, "\n"))) {
        carry_out(host, op);
        check(host->engine);
    }
    if (host)
        check_queues(host->engine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const struct vap_rule *rule;
        enum vap_kernel kernel;
    } ways[] = {
        { &vap_rule_state, VAP_LINUX_7_2 },
        { &vap_rule_state, VAP_LINUX_6_12 },
        { &vap_rule_linux_7_2, VAP_LINUX_7_2 },
        { &vap_rule_linux_6_12, VAP_LINUX_6_12 },
        { &vap_rule_fcfs, VAP_LINUX_7_2 },
    };
    size_t way = size % (sizeof(ways) / sizeof(ways[0]));

    play((const char *)data, size, ways[way].rule, ways[way].kernel);
    return 0;
}
