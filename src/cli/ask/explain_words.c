/* SPDX-License-Identifier: MIT */
/* Facts and remedies, a phrase each. */
#include "cli/ask/explain.h"

#include "base/auto.h"
#include "cli/frame/ids.h"
#include "cli/frame/type_in.h"

#include <errno.h>
#include <string.h>

static const char *const causes[VAP_CAUSES] = {
    [VAP_CAUSE_ADAPTER_UNASSIGNED] = "adapter-unassigned",
    [VAP_CAUSE_DOMAIN_UNASSIGNED] = "domain-unassigned",
    [VAP_CAUSE_OTHER_MDEV] = "other-mdev",
    [VAP_CAUSE_ADAPTER_ABSENT] = "adapter-absent",
    [VAP_CAUSE_ADAPTER_UNSCANNED] = "adapter-unscanned",
    [VAP_CAUSE_DOMAIN_ABSENT] = "domain-absent",
    [VAP_CAUSE_DOMAIN_UNSCANNED] = "domain-unscanned",
    [VAP_CAUSE_NO_DEVICE] = "no-device",
    [VAP_CAUSE_KEPT] = "kept-by-masks",
    [VAP_CAUSE_OVERRIDDEN] = "driver-override",
    [VAP_CAUSE_DEFAULT_DRIVER] = "default-driver",
    [VAP_CAUSE_UNBOUND] = "unbound",
    [VAP_CAUSE_RESET_FAILED] = "reset-failed",
    [VAP_CAUSE_HOLES] = "holes",
    [VAP_CAUSE_NO_QUEUE_LEFT] = "no-queue-left",
    [VAP_CAUSE_STALE] = "stale",
    [VAP_CAUSE_LEFTOVER] = "leftover",
    [VAP_CAUSE_NOT_TOLD] = "not-told",
    [VAP_CAUSE_LEAVING] = "leaving",
    [VAP_CAUSE_DECONFIGURED] = "deconfigured",
    [VAP_CAUSE_CHECKSTOPPED] = "checkstopped",
};

const char *
explain_cause(enum vap_cause cause)
{
    return causes[cause];
}

static const char *
bound_text(const struct vap_queue_facts *f)
{
    return f->driver == VAP_DEFAULT ? "bound to cex4queue" : "unbound";
}

void
explain_why(const struct host *host, const struct vap_queue_facts *f,
            char *text)
{
    const char *bound = bound_text(f);

    if (vap_caused(f->causes, VAP_CAUSE_NO_DEVICE))
        (void)snprintf(text, EXPLAIN_WHY, "not on the AP bus");
    else if (vap_caused(f->causes, VAP_CAUSE_RESET_FAILED))
        (void)snprintf(text, EXPLAIN_WHY,
                       "last reset failed with response code %02x",
                       (unsigned)f->reset_rc);
    else if (f->override != VAP_NO_DRIVER)
        (void)snprintf(text, EXPLAIN_WHY, "%s; its driver_override is %.64s",
                       bound, host_driver_name(host, f->override));
    else if (vap_caused(f->causes, VAP_CAUSE_KEPT))
        (void)snprintf(text, EXPLAIN_WHY,
                       "%s; apmask and aqmask keep it for the host", bound);
    else if (vap_caused(f->causes, VAP_CAUSE_DEFAULT_DRIVER))
        (void)snprintf(text, EXPLAIN_WHY,
                       "%s, though the masks leave it to guests", bound);
    else
        (void)snprintf(text, EXPLAIN_WHY, "%s", bound);
}

/* ---- since when */

/* Domains of the host that the mdev lacks, where the adapter has a hole that
 * could have been assigned: the masks leave it to guests. */
static struct vap_mask
former_holes(const struct vap_host *host, const struct vap_matrix *m,
             unsigned adapter)
{
    struct vap_mask holes =
        vap_mask_less(vap_mask_less(host->bus.config.ids.domains, m->domains),
                      host->row[adapter].sound);

    VAP_EACH (d, &holes)
        if (vap_host_reserves(host, VAP_APQN(adapter, d)))
            vap_mask_drop(&holes, d);
    return holes;
}

/* Before and after "domain 0055", "one of domains 0055,0056". */
static void
phrase(const char *before, const struct vap_mask *domains, const char *after,
       char text[EXPLAIN_PHRASE])
{
    bool one = vap_mask_count(domains) == 1;
    char ids[IDS_TEXT];

    (void)snprintf(text, EXPLAIN_PHRASE, "%s%s %s%s", before,
                   one ? "domain" : "one of domains", ids_text(domains, 4, ids),
                   after);
}

const char *
explain_since(const struct host *host, uint32_t mdev, unsigned adapter,
              char text[EXPLAIN_SINCE])
{
    const struct vap_matrix *m = &host->slots[mdev].matrix;
    struct vap_mask taken = former_holes(host->engine, m, adapter);
    struct vap_mask left =
        vap_mask_less(m->domains, host->engine->bus.config.ids.domains);
    char taken_text[EXPLAIN_PHRASE];
    char left_text[EXPLAIN_PHRASE];
    bool none_taken = vap_mask_empty(&taken);
    bool none_left = vap_mask_empty(&left);

    phrase("", &taken, " was unassigned", taken_text);
    phrase("the host lost ", &left, "", left_text);
    (void)snprintf(
        text, EXPLAIN_SINCE, "the last hole went%s%s%s%s",
        none_taken && none_left ? "" : "; maybe ", none_taken ? "" : taken_text,
        none_taken || none_left ? "" : ", or ", none_left ? "" : left_text);
    return text;
}

/* ---- what a remedy does */

/* %a the adapter, %d the domain, %q the queue, %u the mdev */
static const struct {
    const char *name;
    const char *one; /* what it does */
    const char *many; /* the same of %n of them */
} acts[] = {
    // clang-format off
    [VAP_ACT_SCAN] = { "scan", "scan the AP bus", NULL },
    [VAP_ACT_HOST_ADAPTER] = { "host-adapter", "give the host adapter %a", "give the host %n adapters" },
    [VAP_ACT_HOST_DOMAIN] = { "host-domain", "give the host domain %d", "give the host %n domains" },
    [VAP_ACT_UNASSIGN_ADAPTER] = { "unassign-adapter", "unassign adapter %a of %u", "unassign %n adapters" },
    [VAP_ACT_UNASSIGN_DOMAIN] = { "unassign-domain", "unassign domain %d of %u", "unassign %n domains" },
    [VAP_ACT_APMASK] = { "apmask", "take adapter %a out of apmask", "take %n adapters out of apmask" },
    [VAP_ACT_AQMASK] = { "aqmask", "take domain %d out of aqmask", "take %n domains out of aqmask" },
    [VAP_ACT_OVERRIDE] = { "driver-override", "override the driver of %q", "override the driver of %n queues" },
    [VAP_ACT_BIND] = { "bind", "bind %q", "bind %n queues" },
    [VAP_ACT_ASSIGN_ADAPTER] = { "assign-adapter", "assign adapter %a to %u", "assign %n adapters" },
    [VAP_ACT_ASSIGN_DOMAIN] = { "assign-domain", "assign domain %d to %u", "assign %n domains" },
    [VAP_ACT_RESET] = { "reset", "have the guest reset %u", NULL },
    // clang-format on
};

const char *
explain_act(enum vap_act act)
{
    return acts[act].name;
}

static void
print_part(FILE *out, char part, const struct explain *e,
           const struct vap_action *a, unsigned n)
{
    if (part == 'a')
        (void)fprintf(out, "%02x", (unsigned)a->adapter);
    else if (part == 'd')
        (void)fprintf(out, "%04x", (unsigned)a->domain);
    else if (part == 'q')
        (void)fprintf(out, "%02x.%04x", (unsigned)a->adapter,
                      (unsigned)a->domain);
    else if (part == 'u')
        (void)fputs(host_mdev_name(e->host, a->mdev), out);
    else
        (void)fprintf(out, "%u", n);
}

static void
print_act(FILE *out, const char *phrase, const struct explain *e,
          const struct vap_action *a, unsigned n)
{
    for (; *phrase; phrase++)
        if (*phrase == '%')
            print_part(out, *++phrase, e, a, n);
        else
            (void)fputc(*phrase, out);
}

/* How many of the same act are from here on; they stand together. */
static unsigned
run_of(const struct vap_remedy *remedy, uint32_t from)
{
    unsigned n = 1;

    while (from + n < remedy->n_actions &&
           remedy->actions[from + n].act == remedy->actions[from].act)
        n++;
    return n;
}

static bool
is_bound(const struct explain *e, const struct vap_action *a)
{
    return vap_host_driver(e->host->engine, VAP_APQN(a->adapter, a->domain)) !=
           VAP_NO_DRIVER;
}

void
explain_title(FILE *out, const struct explain *e,
              const struct vap_remedy *remedy)
{
    const char *comma = "";
    unsigned n;

    for (uint32_t i = 0; i < remedy->n_actions; i += n, comma = ", ") {
        const struct vap_action *a = &remedy->actions[i];

        n = run_of(remedy, i);
        n = n > 3 ? n : 1;
        (void)fputs(comma, out);
        print_act(out, n > 1 ? acts[a->act].many : acts[a->act].one, e, a, n);
        if (n == 1 && a->act == VAP_ACT_BIND && is_bound(e, a))
            (void)fputs(" anew", out);
    }
    if (remedy->look)
        (void)fprintf(out, "%s%s look again", comma,
                      e->host->engine->rule->kernel < 0 ? "have the rule"
                                                        : "have Linux");
}

static void
print_number(FILE *out, const char **comma, const char *before, uint32_t n,
             const char *what)
{
    if (!n)
        return;
    (void)fprintf(out, "%s%s%u%s%s%s", *comma, before, n, *what ? " " : "",
                  what, *what && n > 1 ? "s" : "");
    *comma = ", ";
}

void
explain_effect(FILE *out, const struct vap_remedy *remedy)
{
    const char *comma = "";

    print_number(out, &comma, "gains ", remedy->gained, "queue");
    print_number(out, &comma, "loses ", remedy->lost, "queue");
    print_number(out, &comma, "other guests gain ", remedy->others_gained, "");
    print_number(out, &comma, "other guests lose ", remedy->others_lost, "");
    print_number(out, &comma, "the host loses ", remedy->host_lost, "");
    print_number(out, &comma, "", remedy->updates, "guest update");
    if (!*comma)
        (void)fputs("no queue changes hands", out);
}

/* ---- what to type */

/* Reading ap_config and writing it back as it is; where there is none, vap heal
 * knows another way. */
static int
look_command(const struct explain *e, const struct vap_request *r, char **out)
{
    const char *name = host_mdev_name(e->host, r->mdev);
    bool whole = type_in_whole(e->tree, name);
    size_t n = 0;
    FILE *f = open_memstream(out, &n);

    if (!f)
        return -ENOMEM;
    (void)fputs(
        whole ? "f=/sys/devices/vfio_ap/matrix/" : "vap heal --disturb ", f);
    change_words_quote(f, name);
    if (whole)
        (void)fputs("/ap_config; c=$(cat \"$f\"); echo $c > \"$f\"", f);
    return fclose(f) || !*out ? -ENOMEM : 0;
}

/* What no command on this host does. */
static int
elsewhere(const struct host *host, const struct vap_request *r, char **out)
{
    unsigned a = vap_mask_next(&r->edit.adapters.set, 0);
    unsigned d = vap_mask_next(&r->edit.domains.set, 0);
    int n;

    if (r->op == VAP_RESET_MDEV)
        n = asprintf(out, "# restart the guest of %s: that resets its device",
                     host_mdev_name(host, r->mdev));
    else if (a < VAP_IDS)
        n = asprintf(out,
                     "# on the mainframe's console: adapter %02x to this "
                     "partition",
                     a);
    else
        n = asprintf(out,
                     "# on the mainframe's console: domain %04x to this "
                     "partition",
                     d);
    return n < 0 ? -ENOMEM : 0;
}

static int
command_of(const struct explain *e, const struct vap_request *r, bool look,
           char **out)
{
    const struct host *host = e->host;
    enum change_dialect dialect = e->commands;
    int answer = -ENOTSUP;

    if (dialect == CHANGE_WORDS)
        return change_words_text(host, r, dialect, out);
    if (look)
        return look_command(e, r, out);
    if (r->op == VAP_HOST || r->op == VAP_RESET_MDEV)
        return elsewhere(host, r, out);
    if (dialect == CHANGE_MDEVCTL)
        answer = change_words_text(host, r, CHANGE_MDEVCTL, out);
    if (dialect == CHANGE_MDEVCTL && answer == -ENOTSUP)
        answer = change_words_text(host, r, CHANGE_CHZDEV, out);
    if (answer == -ENOTSUP)
        answer = change_words_text(host, r, CHANGE_SYSFS, out);
    return answer;
}

int
explain_commands(const struct explain *e, const struct vap_remedy *remedy,
                 char **commands)
{
    struct vap_request *list = e->search->requests;
    size_t n = vap_remedy_requests(e->host->engine, remedy, list);
    int bad = 0;

    for (size_t i = 0; i < n && !bad; i++) {
        bool look = remedy->look && i + 1 == n;

        commands[i] = NULL;
        bad = command_of(e, &list[i], look, &commands[i]);
        for (size_t k = 0; bad && k < i; k++)
            free(commands[k]);
    }
    return bad ? -ENOMEM : (int)n;
}
