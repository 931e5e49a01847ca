/* SPDX-License-Identifier: MIT */
#include "bench/plain.h"

#include <string.h>

void
plain_filter(const struct plain_host *host, const struct plain_matrix *m,
             struct plain_matrix *guest)
{
    for (int i = 0; i < PLAIN_IDS; i++) {
        guest->adapters[i] = m->adapters[i] && host->config.adapters[i];
        guest->domains[i] = m->domains[i] && host->config.domains[i];
    }
    for (int a = 0; a < PLAIN_IDS; a++) {
        if (!guest->adapters[a])
            continue;
        for (int d = 0; d < PLAIN_IDS; d++)
            if (guest->domains[d] && !host->bound[a][d]) {
                guest->adapters[a] = false;
                break;
            }
    }
}

static void
look_again(struct plain_host *host, struct plain_mdev *mdev)
{
    struct plain_matrix is;

    plain_filter(host, &mdev->matrix, &is);
    if (memcmp(&is, &mdev->guest, sizeof(is)) == 0)
        return;
    mdev->guest = is;
    if (mdev->held)
        mdev->updates++;
}

static bool
has(const struct plain_matrix *m, int adapter, int domain)
{
    return m->adapters[adapter] && m->domains[domain];
}

static bool
may_have(const struct plain_host *host, unsigned mdev,
         const struct plain_matrix *m)
{
    for (int a = 0; a < PLAIN_IDS; a++)
        for (int d = 0; d < PLAIN_IDS; d++) {
            if (!has(m, a, d))
                continue;
            if (has(&host->reserved, a, d))
                return false;
            for (unsigned i = 0; i < host->n_mdevs; i++)
                if (i != mdev && has(&host->mdevs[i].matrix, a, d))
                    return false;
        }
    return true;
}

bool
plain_assign_domain(struct plain_host *host, unsigned mdev, unsigned domain)
{
    struct plain_matrix m = host->mdevs[mdev].matrix;

    m.domains[domain] = true;
    if (!may_have(host, mdev, &m))
        return false;
    host->mdevs[mdev].matrix = m;
    look_again(host, &host->mdevs[mdev]);
    return true;
}

void
plain_gain_adapter(struct plain_host *host, unsigned adapter)
{
    host->config.adapters[adapter] = true;
    for (int d = 0; d < PLAIN_IDS; d++)
        host->bound[adapter][d] =
            host->config.domains[d] && !has(&host->reserved, (int)adapter, d);
    for (unsigned i = 0; i < host->n_mdevs; i++)
        if (host->mdevs[i].matrix.adapters[adapter])
            look_again(host, &host->mdevs[i]);
}
