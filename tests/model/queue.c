/* SPDX-License-Identifier: MIT */
/* What a queue answers to a test and to a reset, and what follows. */
#include "model/rules.h"

bool
model_passes(uint8_t rc)
{
    return rc == 0 || rc == 3 || rc == 4;
}

/* What the queue answers to a reset, or to a test. */
static uint8_t
answer(struct model *m, unsigned a, unsigned d, uint8_t rc, uint8_t *n)
{
    if (!m->hardware.adapters.has[a] || !m->hardware.domains.has[d])
        return 1;
    if (m->queue[a][d].state)
        return m->queue[a][d].state;
    if (!*n)
        return 0;
    (*n)--;
    return rc;
}

static void
zapq(struct model *m, unsigned a, unsigned d)
{
    struct model_queue *q = &m->queue[a][d];
    uint8_t rc = answer(m, a, d, q->zapq_rc, &q->zapq_n);

    q->reset_rc = rc;
    q->resets++;
    q->answers = q->answers * 1009 + rc + 1;
}

uint8_t
model_tapq(struct model *m, unsigned a, unsigned d)
{
    return answer(m, a, d, m->queue[a][d].tapq_rc, &m->queue[a][d].tapq_n);
}

void
model_reset(struct model *m, unsigned a, unsigned d)
{
    const uint8_t *rc = &m->queue[a][d].reset_rc;
    bool wait = true;

    zapq(m, a, d);
    if (*rc != 0 && *rc != 2 && *rc != 5 && *rc != 0x0a)
        return;
    while (wait) {
        uint8_t test = model_tapq(m, a, d);
        bool unfinished = *rc == 2 || *rc == 5 || *rc == 0x0a;

        if (test == 2 || test == 5)
            continue;
        if (test == 0x35 || test == 0x36 || (model_passes(test) && unfinished))
            zapq(m, a, d);
        else
            wait = false;
    }
}
