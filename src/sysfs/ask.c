/* SPDX-License-Identifier: MIT */
#include "sysfs/ask.h"

#include <errno.h>

int
ask(struct writer *w, const struct host_request *request)
{
    struct refusal refusal;
    int r;

    w->asked = true;
    r = w->owner->change(w->owner, w->origin, request, 1, &refusal);

    if (r == -EINPROGRESS)
        w->held = *request;
    return r < 0 ? -r : r;
}

int
ask_engine(struct writer *w, const struct vap_request *request)
{
    struct host_request r = { .setting = HOST_ENGINE, .engine = *request };

    return ask(w, &r);
}
