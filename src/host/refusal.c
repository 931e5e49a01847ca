/* SPDX-License-Identifier: MIT */
/* One sentence for each way to be refused: who has the queue, which mask
 * keeps it, how high the ids go. */
#include "host/refusal.h"

#include "base/auto.h"
#include "base/say.h"
#include "host/words.h"
#include "matrix/text.h"

#include <errno.h>

struct refusal {
    const struct host *host;
    const struct vap_request *request;
    const struct vap_why *why;
};

/* "05.0047", kept until the next call but three. */
static const char *
queue(unsigned apqn)
{
    static char names[4][VAP_APQN_TEXT + 1];
    static unsigned next;
    char *name = names[next++ % 4];

    (void)vap_apqn_text(apqn, name, sizeof(names[0]));
    return name;
}

static const char *
mdev_of(const struct refusal *r)
{
    return host_mdev_name(r->host, r->request->mdev);
}

static const char *
holder_of(const struct refusal *r)
{
    return host_mdev_name(r->host, r->why->holder);
}

static const char *
driver_of(const struct refusal *r)
{
    return words_driver_name(
        vap_host_driver(r->host->engine, r->request->apqn));
}

/* A virtual machine can be called anything. */
static void
print_guest(FILE *out, const struct refusal *r)
{
    say_quoted(out, host_vm_name(r->host,
                                 r->host->engine->mdevs[r->request->mdev].vm));
}

/* The kind of id a request is about. */
static const char *
kind_of(const struct vap_request *request)
{
    switch ((int)request->op) {
    case VAP_ASSIGN_ADAPTER:
    case VAP_UNASSIGN_ADAPTER:
    case VAP_CARD_STATE:
        return "adapter";
    case VAP_ASSIGN_CONTROL:
    case VAP_UNASSIGN_CONTROL:
        return "control domain";
    case VAP_ASSIGN_DOMAIN:
    case VAP_UNASSIGN_DOMAIN:
        return "domain";
    default:
        return NULL;
    }
}

/* Some queue whose driver_override is set; VAP_IDS * VAP_IDS: none. */
static unsigned
first_overridden(const struct vap_host *host)
{
    for (unsigned a = 0; a < VAP_IDS; a++) {
        unsigned d = vap_mask_next(&host->row[a].overridden, 0);

        if (d < VAP_IDS)
            return VAP_APQN(a, d);
    }
    return VAP_IDS * VAP_IDS;
}

static void
print_no_such_id(FILE *out, const struct refusal *r)
{
    const char *kind = kind_of(r->request);
    unsigned limit = r->why->limit;

    if (kind)
        (void)fprintf(out, "%s 0x%02jx (%ju) is above the highest, 0x%02x (%u)",
                      kind, (uintmax_t)r->request->id,
                      (uintmax_t)r->request->id, limit, limit);
    else
        (void)fprintf(out, "an id is above the highest, 0x%02x (%u)", limit,
                      limit);
}

static void
print_reserved(FILE *out, const struct refusal *r)
{
    const char *name = queue(r->why->apqn);

    if (r->why->by_driver)
        (void)fprintf(out, "%s is bound to cex4queue by its driver_override",
                      name);
    else
        (void)fprintf(
            out, "%s is kept for the host: apmask has %02x, aqmask %04x", name,
            VAP_ADAPTER_OF(r->why->apqn), VAP_DOMAIN_OF(r->why->apqn));
}

static void
print_overridden(FILE *out, const struct refusal *r)
{
    unsigned apqn = first_overridden(r->host->engine);

    if (apqn < VAP_IDS * VAP_IDS)
        (void)fprintf(out,
                      "%s has a driver_override; masks do not change as long "
                      "as any queue has one",
                      queue(apqn));
    else
        (void)fprintf(out, "a queue that is gone had a driver_override; masks "
                           "do not change until the host starts anew");
}

static void
print_forbidden(FILE *out, const struct refusal *r)
{
    const struct vap_host *host = r->host->engine;
    unsigned apqn = r->request->apqn;
    unsigned a = VAP_ADAPTER_OF(apqn);
    unsigned d = VAP_DOMAIN_OF(apqn);
    const struct vap_queue *q = &host->queue[a][d];

    if (r->request->driver >= VAP_OTHER_DRIVER)
        (void)fprintf(out, "there is no driver %s",
                      host_driver_name(r->host, r->request->driver));
    else if (vap_mask_has(&host->row[a].overridden, d) && q->override)
        (void)fprintf(out, "the driver_override of %s is %s", queue(apqn),
                      host_driver_name(r->host, q->override));
    else if (vap_host_reserves(host, apqn))
        (void)fprintf(out,
                      "%s is kept for cex4queue: apmask has %02x, aqmask %04x",
                      queue(apqn), a, d);
    else
        (void)fprintf(out, "%s is left to vfio_ap: %s lacks %0*x", queue(apqn),
                      vap_mask_has(&host->bus.apmask, a) ? "aqmask" : "apmask",
                      vap_mask_has(&host->bus.apmask, a) ? 4 : 2,
                      vap_mask_has(&host->bus.apmask, a) ? d : a);
}

static void
print_not_bound(FILE *out, const struct refusal *r)
{
    const char *name = queue(r->request->apqn);

    if (vap_host_driver(r->host->engine, r->request->apqn) == VAP_NO_DRIVER)
        (void)fprintf(out, "%s has no driver", name);
    else
        (void)fprintf(out, "%s is bound to %s", name, driver_of(r));
}

static void
print_no_attribute(FILE *out, const struct refusal *r)
{
    if (r->host->engine->kernel == VAP_LINUX_6_12)
        (void)fprintf(out, "queues have no driver_override on Linux 6.12");
    else
        (void)fprintf(out, "the host has no queue %s", queue(r->request->apqn));
}

/* The first queue of the mdev whose last reset did not answer 0, if it is
 * known: a plan that was not applied leaves it in the change. */
static void
print_reset_failed(FILE *out, const struct refusal *r)
{
    const struct vap_change *c = r->host->change;

    for (size_t i = 0; i < c->n_resets; i++) {
        const struct vap_reset *reset = &c->resets[i];

        if (reset->rc) {
            (void)fprintf(out, "%s answered its reset with response code %02x",
                          queue(VAP_APQN(reset->adapter,
                                         vap_mask_next(&reset->domains, 0))),
                          (unsigned)reset->rc);
            return;
        }
    }
    (void)fprintf(out, "a queue of %s did not answer its reset with 0",
                  mdev_of(r));
}

static void
print_reason(FILE *out, const struct refusal *r)
{
    switch (r->why->verdict) {
    case VAP_OK:
        (void)fputs("done", out);
        break;
    case VAP_INVALID:
        (void)fputs("the text is not what the file takes", out);
        break;
    case VAP_RANGE:
        (void)fputs("the number is 2^64 or more", out);
        break;
    case VAP_NO_SUCH_ID:
        print_no_such_id(out, r);
        break;
    case VAP_RESERVED:
        print_reserved(out, r);
        break;
    case VAP_SHARED:
    case VAP_IN_USE:
        (void)fprintf(out, "%s is assigned to %s", queue(r->why->apqn),
                      holder_of(r));
        break;
    case VAP_OVERRIDDEN:
        print_overridden(out, r);
        break;
    case VAP_MASKED:
        (void)fputs("apmask or aqmask is in use: not all its bits are set",
                    out);
        break;
    case VAP_NO_ATTRIBUTE:
        print_no_attribute(out, r);
        break;
    case VAP_NO_QUEUE:
        (void)fprintf(out, "the host has no queue %s", queue(r->request->apqn));
        break;
    case VAP_NOT_BOUND:
        print_not_bound(out, r);
        break;
    case VAP_BOUND:
        (void)fprintf(out, "%s is bound to %s already", queue(r->request->apqn),
                      driver_of(r));
        break;
    case VAP_FORBIDDEN:
        print_forbidden(out, r);
        break;
    case VAP_NO_MDEV:
        (void)fprintf(out, "there is no mdev %s", mdev_of(r));
        break;
    case VAP_EXISTS:
        (void)fprintf(out, "%s exists already", mdev_of(r));
        break;
    case VAP_NO_INSTANCE:
        (void)fputs("the host has all 65,536 mdevs", out);
        break;
    case VAP_NO_VM:
        (void)fprintf(out, "%s can be opened by a virtual machine only",
                      mdev_of(r));
        break;
    case VAP_VM_TWICE:
        say_quoted(out, host_vm_name(r->host, r->request->vm));
        (void)fprintf(out, " has %s open, and a guest has one mdev",
                      holder_of(r));
        break;
    case VAP_OPEN:
        (void)fprintf(out, "%s is open by ", mdev_of(r));
        print_guest(out, r);
        break;
    case VAP_NOT_OPEN:
        (void)fprintf(out, "no guest has %s open", mdev_of(r));
        break;
    case VAP_HELD:
        (void)fprintf(out, "%s goes when ", mdev_of(r));
        print_guest(out, r);
        (void)fputs(" closes it", out);
        break;
    case VAP_RESET_FAILED:
        print_reset_failed(out, r);
        break;
    case VAP_NO_ROOM:
        (void)fputs("memory is short", out);
        break;
    case VAP_VERDICTS:
        break;
    }
}

int
refusal_words(const struct host *host, const struct vap_request *request,
              const struct vap_why *why, char **out)
{
    struct refusal r = { host, request, why };
    AUTO(free_done) char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);

    if (!f)
        return -ENOMEM;
    print_reason(f, &r);
    if (fclose(f) || !text)
        return -ENOMEM;
    *out = length ? TAKE(text) : NULL;
    return 0;
}
