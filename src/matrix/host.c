/* SPDX-License-Identifier: MIT */
/* A guest matrix is worked out of three things and no other: the host's
 * configuration, the queues that are sound, the mdev's matrix. */
#include "matrix/filter.h"
#include "matrix/rule.h"

unsigned
vap_config_last_adapter(const struct vap_config *config)
{
    return config->apxa ? config->last_adapter : 63;
}

unsigned
vap_config_last_domain(const struct vap_config *config)
{
    return config->apxa ? config->last_domain : 15;
}

unsigned
vap_config_bus_adapter(const struct vap_config *config)
{
    unsigned last = vap_config_last_adapter(config);

    return last ? last : 63;
}

unsigned
vap_config_bus_domain(const struct vap_config *config)
{
    unsigned last = vap_config_last_domain(config);

    return last ? last : 15;
}

static uint8_t
higher(unsigned last, const struct vap_mask *ids)
{
    VAP_EACH (id, ids)
        last = id > last ? id : last;
    return (uint8_t)last;
}

void
vap_mdev_limit(struct vap_mdev *mdev, const struct vap_config *config)
{
    struct vap_mask domains =
        vap_mask_or(mdev->matrix.domains, mdev->matrix.control);

    mdev->last_adapter =
        higher(vap_config_last_adapter(config), &mdev->matrix.adapters);
    mdev->last_domain = higher(vap_config_last_domain(config), &domains);
}

/* The queues of one adapter as the first scan and the two drivers leave
 * them: the default driver has what the masks keep, vfio_ap the rest. */
static void
init_row(struct vap_host *host, unsigned adapter)
{
    struct vap_row *row = &host->row[adapter];

    row->present = host->bus.config.ids.domains;
    if (vap_mask_has(&host->bus.apmask, adapter))
        row->dflt = vap_mask_and(row->present, host->bus.aqmask);
    row->vfio = vap_mask_less(row->present, row->dflt);
    row->sound = row->vfio;
}

void
vap_host_init(struct vap_host *host, const struct vap_rule *rule,
              enum vap_kernel kernel, const struct vap_config *config,
              const struct vap_mask *apmask, const struct vap_mask *aqmask,
              struct vap_mdev *mdevs, uint32_t n_slots)
{
    __builtin_memset(host, 0, sizeof *host);
    __builtin_memset(mdevs, 0, n_slots * sizeof *mdevs);
    host->rule = rule;
    host->kernel = rule->kernel < 0 ? kernel : (enum vap_kernel)rule->kernel;
    host->bus.hardware = *config;
    host->bus.config = *config;
    host->bus.apmask = host->bus.boot_apmask = *apmask;
    host->bus.aqmask = host->bus.boot_aqmask = *aqmask;
    host->mdevs = mdevs;
    host->n_slots = n_slots;
    VAP_EACH (adapter, &config->ids.adapters)
        init_row(host, adapter);
}

enum vap_driver
vap_host_driver(const struct vap_host *host, unsigned apqn)
{
    return vap_row_driver(&host->row[VAP_ADAPTER_OF(apqn)],
                          VAP_DOMAIN_OF(apqn));
}

bool
vap_host_reserves(const struct vap_host *host, unsigned apqn)
{
    return vap_mask_has(&host->bus.apmask, VAP_ADAPTER_OF(apqn)) &&
           vap_mask_has(&host->bus.aqmask, VAP_DOMAIN_OF(apqn));
}

uint32_t
vap_host_owner(const struct vap_host *host, unsigned apqn)
{
    uint32_t i = 0;

    while (
        i < host->n_slots &&
        !(vap_mask_has(&host->mdevs[i].matrix.adapters, VAP_ADAPTER_OF(apqn)) &&
          vap_mask_has(&host->mdevs[i].matrix.domains, VAP_DOMAIN_OF(apqn))))
        i++;
    return i;
}

void
vap_guest_matrix(const struct vap_host *host, const struct vap_matrix *m,
                 struct vap_matrix *guest)
{
    const struct vap_matrix *ids = &host->bus.config.ids;

    guest->domains = vap_mask_and(m->domains, ids->domains);
    guest->control = vap_mask_and(m->control, ids->control);
    guest->adapters = vap_mask_and(m->adapters, ids->adapters);
    for (unsigned w = 0; w < 4; w++)
        if (guest->adapters.word[w])
            guest->adapters.word[w] &=
                vap_whole_rows(&host->row[(size_t)64 * w], &guest->domains);
}
