/* SPDX-License-Identifier: MIT */
/* GET /metrics, as Prometheus reads it: one row a series. */
#include "api/call.h"

#include <inttypes.h>
#include <stdio.h>

enum series {
    MDEVS,
    GUESTS,
    QUEUES_VFIO,
    QUEUES_DEFAULT,
    QUEUES_UNBOUND,
    ASSIGNED,
    GIVEN,
    CHANGES,
    REFUSALS,
    UPDATES,
    RESETS,
    CALLS,
    STREAMS,
    STORE_BYTES,
    STARTED,
    SERIES
};

/* Rows of one name follow each other; the first has its help. */
static const struct {
    const char *name;
    const char *type; /* NULL: as above */
    const char *help;
    const char *label;
} rows[SERIES] = {
    // clang-format off
    [MDEVS] = { "vap_mdevs", "gauge", "Mediated devices there are.", "" },
    [GUESTS] = { "vap_guests", "gauge", "Those that a guest has open.", "" },
    [QUEUES_VFIO] = { "vap_queues", "gauge", "Queues by driver.", "{driver=\"vfio_ap\"}" },
    [QUEUES_DEFAULT] = { "vap_queues", NULL, NULL, "{driver=\"cex4queue\"}" },
    [QUEUES_UNBOUND] = { "vap_queues", NULL, NULL, "{driver=\"\"}" },
    [ASSIGNED] = { "vap_queues_assigned", "gauge", "Queues in the matrices of mdevs.", "" },
    [GIVEN] = { "vap_queues_given", "gauge", "Queues in their guest matrices.", "" },
    [CHANGES] = { "vap_changes_total", "counter", "Changes since the start.", "" },
    [REFUSALS] = { "vap_refusals_total", "counter", "Changes refused.", "" },
    [UPDATES] = { "vap_guest_updates_total", "counter", "Times a guest's APCB was set.", "" },
    [RESETS] = { "vap_queue_resets_total", "counter", "Resets of queues by vfio_ap.", "" },
    [CALLS] = { "vap_api_calls_total", "counter", "Calls of this API.", "" },
    [STREAMS] = { "vap_api_streams", "gauge", "Streams of events being followed.", "" },
    [STORE_BYTES] = { "vap_store_bytes", "gauge", "What state and log take on disk.", "" },
    [STARTED] = { "vap_start_time_seconds", "gauge", "When the host was started.", "" },
    // clang-format on
};

static unsigned
product(const struct vap_matrix *m)
{
    return vap_mask_count(&m->adapters) * vap_mask_count(&m->domains);
}

static void
count_mdevs(const struct vap_host *host, uint64_t value[SERIES])
{
    for (uint32_t i = 0; i < host->n_slots; i++) {
        const struct vap_mdev *m = &host->mdevs[i];

        if (!m->exists)
            continue;
        value[MDEVS]++;
        value[GUESTS] += m->vm != 0;
        value[ASSIGNED] += product(&m->matrix);
        value[GIVEN] += product(&m->guest);
    }
}

static void
count_queues(const struct vap_host *host, uint64_t value[SERIES])
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        unsigned vfio = vap_mask_count(&host->row[a].vfio);
        unsigned dflt = vap_mask_count(&host->row[a].dflt);

        value[QUEUES_VFIO] += vfio;
        value[QUEUES_DEFAULT] += dflt;
        value[QUEUES_UNBOUND] +=
            vap_mask_count(&host->row[a].present) - vfio - dflt;
    }
}

static void
count_rest(const struct api *api, uint64_t value[SERIES])
{
    const struct tally *tally = &api->owner->tally;

    value[CHANGES] = tally->changes;
    value[REFUSALS] = tally->refusals;
    value[UPDATES] = tally->updates;
    value[RESETS] = tally->resets;
    value[CALLS] = api->calls;
    value[STREAMS] = streams_count(api);
    value[STORE_BYTES] = store_bytes(api->store);
    value[STARTED] = (uint64_t)api->options.started_us / 1000000;
}

enum MHD_Result
answer_metrics(struct call *call)
{
    uint64_t value[SERIES] = { 0 };
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return MHD_NO;
    count_mdevs(call->api->owner->host->engine, value);
    count_queues(call->api->owner->host->engine, value);
    count_rest(call->api, value);
    for (int i = 0; i < SERIES; i++) {
        if (rows[i].type)
            (void)fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", rows[i].name,
                          rows[i].help, rows[i].name, rows[i].type);
        (void)fprintf(f, "%s%s %" PRIu64 "\n", rows[i].name, rows[i].label,
                      value[i]);
    }
    if (fclose(f) == 0)
        return call_text(call, "text/plain; version=0.0.4", text);
    free(text);
    return MHD_NO;
}
