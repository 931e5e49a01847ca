/* SPDX-License-Identifier: MIT */
/* vap migrate: whether a guest's adapters and domains are to be had on another
 * host, and the order of it all: an mdev cannot move with its guest. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/change/apply.h"
#include "cli/change/wants.h"
#include "cli/frame/ids.h"
#include "cli/frame/load.h"
#include "cli/frame/out.h"
#include "host/json.h"
#include "matrix/text.h"
#include "planner/migrate.h"

#include <fcntl.h>
#include <string.h>

enum { GUEST, MAP, JSON };

static const struct cli_option options[] = {
    [GUEST] = { 'g', "guest", "MDEV", "this guest's: an mdev, or a machine" },
    [MAP] = { 'm', "map", NULL, "other ids will do as well" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "between two captures", "vap migrate one.yaml two.yaml --guest web" },
    { "between two hosts that are up, with other ids if need be",
      "vap migrate -m one two --guest 62177883" },
    { NULL, NULL },
};

/** Both hosts, and what is between them. */
struct move {
    struct host *from;
    struct host *to;
    const char *from_name;
    const char *to_name;
    uint32_t slot;
    const char *mdev;
    const char *guest; /* NULL: nobody has it open */
    struct migrate answer;
    struct plan plan; /* on `to` */
    size_t n_bars; /* of the lacks: not of ids */
    bool can;
};

static void
move_done(struct move *m)
{
    host_free(m->from);
    host_free(m->to);
    migrate_done(&m->answer);
    plan_done(&m->plan);
}

/* A file or a directory, if there is such a one, else the name of a host. */
static int
load(const char *name, struct host **out)
{
    const char *called;
    bool file =
        strcmp(name, "-") == 0 || access(name, F_OK) == 0 || strchr(name, '/');
    const struct whose whose = { .file = file ? name : NULL,
                                 .name = file ? NULL : name };

    return whose_host(&whose, out, &called);
}

/* By its machine, else by its own name. */
static uint32_t
find_mdev(const struct host *host, const char *name)
{
    for (uint32_t i = 0; i < host->engine->n_slots; i++)
        if (host->slots[i].exists && host->slots[i].vm &&
            strcmp(host_vm_name(host, host->slots[i].vm), name) == 0)
            return i;
    return cli_mdev(host, name);
}

/* ---- in words */

static char *
lack_words(const struct move *m, const struct migrate_lack *l)
{
    unsigned apqn = VAP_APQN(l->adapter, l->domain);
    char queue[VAP_APQN_TEXT + 1];
    char *text = NULL;
    int n = -1;

    (void)vap_apqn_text(apqn, queue, sizeof(queue));
    switch (l->what) {
    case LACKS_ADAPTER:
        n = asprintf(&text, "adapter %02x is not in its configuration",
                     l->adapter);
        break;
    case LACKS_DOMAIN:
        n = asprintf(&text, "domain %04x is not in its configuration",
                     l->domain);
        break;
    case LACKS_CONTROL:
        n = asprintf(&text, "control domain %04x is not in its configuration",
                     l->domain);
        break;
    case LACKS_TYPE:
        n = asprintf(&text, "adapter %02x is a %s, here a %s", l->adapter,
                     host_card_type(m->to, l->adapter),
                     host_card_type(m->from, l->adapter));
        break;
    case LACKS_MASK:
        n = asprintf(&text, "%s is kept for its own drivers", queue);
        break;
    case LACKS_FREE:
        n = asprintf(&text, "%s is assigned to %s", queue,
                     host_mdev_name(m->to, l->holder));
        break;
    case LACKS_DRIVER:
        n = asprintf(&text, "%s is not bound to vfio_ap", queue);
        break;
    case LACKS_STATE:
        n = asprintf(&text, "%s is %s", queue,
                     m->to->engine->queue[l->adapter][l->domain].state ==
                             VAP_RC_DECONFIGURED
                         ? "deconfigured"
                         : "checkstopped");
        break;
    case LACKS_NAME:
        n = asprintf(&text, "an mdev %s is there and has a matrix", m->mdev);
        break;
    case LACKS_VM:
        n = asprintf(&text, "guest %s has mdev %s there", m->guest,
                     host_mdev_name(m->to, l->holder));
        break;
    }
    return n < 0 ? NULL : text;
}

static void
put_matrix(const char *what, const struct vap_matrix *x)
{
    char a[IDS_TEXT], d[IDS_TEXT];

    if (vap_mask_empty(&x->adapters)) {
        (void)printf("%sno queue, control %s", what,
                     ids_text(&x->control, 4, a));
        return;
    }
    (void)printf("%s%s x %s", what, ids_text(&x->adapters, 2, a),
                 ids_text(&x->domains, 4, d));
    if (!vap_mask_empty(&x->control))
        (void)printf(", control %s", ids_text(&x->control, 4, a));
}

static int
put_lacks(const struct move *m)
{
    for (size_t i = 0; i < m->answer.n_lacks; i++) {
        AUTO(free_done) char *words = lack_words(m, &m->answer.lacks[i]);

        if (!words)
            return out_no_memory();
        (void)fputs("  ", stdout);
        say_quoted(stdout, words);
        (void)putchar('\n');
    }
    return CLI_DONE;
}

static void
put_pairs(const char *what, int digits, const struct vap_mask *ids,
          const uint8_t *to)
{
    VAP_EACH (id, ids)
        if (to[id] != id)
            (void)printf("  %s %0*x there is %0*x\n", what, digits, id, digits,
                         (unsigned)to[id]);
}

static void
put_unused(const char *what, int digits, const struct vap_mask *ids)
{
    char text[IDS_TEXT];

    bool one = vap_mask_count(ids) == 1;

    if (!vap_mask_empty(ids))
        (void)printf("  %s%s %s, assigned and not given, %s left behind\n",
                     what, one ? "" : "s", ids_text(ids, digits, text),
                     one ? "is" : "are");
}

/* What it has, and what it only is said to have. */
static void
put_guest(const struct move *m)
{
    const struct migrate *a = &m->answer;

    say_quoted(stdout, m->guest ? m->guest : m->mdev);
    if (vap_matrix_empty(&a->has))
        (void)fputs(" has no queue", stdout);
    else
        put_matrix(" has ", &a->has);
    (void)putchar('\n');
    put_unused("adapter", 2, &a->unused.adapters);
    put_unused("domain", 4, &a->unused.domains);
    put_unused("control domain", 4, &a->unused.control);
}

static int
put_answer(const struct move *m)
{
    const struct migrate *a = &m->answer;

    put_guest(m);
    if (vap_matrix_empty(&a->has)) {
        (void)fputs("so there is nothing to take along: vap explain ", stdout);
        say_quoted(stdout, m->mdev);
        (void)puts(" says why");
        return CLI_DONE;
    }
    if (a->n_lacks == 0) {
        say_quoted(stdout, m->to_name);
        (void)puts(" can give it the same");
        return CLI_DONE;
    }
    say_quoted(stdout, m->to_name);
    (void)puts(" cannot give it the same:");
    if (put_lacks(m) != CLI_DONE)
        return CLI_FAILED;
    if (a->n_lacks == m->n_bars)
        return CLI_DONE;
    if (a->mapped) {
        put_matrix("as much under other ids: ", &a->there);
        (void)putchar('\n');
        put_pairs("adapter", 2, &a->has.adapters, a->adapter);
        put_pairs("domain", 4, &a->has.domains, a->domain);
    } else {
        (void)printf("nor as much under other ids%s\n",
                     a->exact ? "" : ", as far as was tried");
    }
    return CLI_DONE;
}

/* ---- the order */

static int
make_plan(struct move *m)
{
    struct wanted_mdev mdev = { .name = (char *)(uintptr_t)m->mdev,
                                .matrix = m->answer.there };
    const struct wanted wanted = { .mdevs = &mdev, .n_mdevs = 1 };
    AUTO(fd_done)
    int fd = open(m->to_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct plan_wish wish = { .no_ap_config =
                                        fd >= 0 && apply_lacks_config(fd) };

    if (!m->can)
        return CLI_DONE;
    if (plan_make(m->to, &wanted, &wish, &m->plan) < 0)
        return out_no_memory();
    return CLI_DONE;
}

static void
put_line(int *n, const char *where, const char *what)
{
    (void)printf("%2d  on ", ++*n);
    say_quoted(stdout, where);
    (void)fputs(": ", stdout);
    say_quoted(stdout, what);
    (void)putchar('\n');
}

static int
put_order(const struct move *m)
{
    static const struct wants_words sysfs = { CHANGE_SYSFS, CHANGE_SYSFS };
    const struct vap_request removal = { .op = VAP_REMOVE, .mdev = m->slot };
    AUTO(free_done) char *remove = wants_words(m->from, &removal, sysfs);
    AUTO(host_done) struct host *copy = NULL;
    int n = 0;

    if (!remove || host_copy(m->to, &copy))
        return out_no_memory();
    (void)puts("\nin this order:");
    for (size_t i = 0; i < m->plan.n; i++) {
        const struct vap_request *r = &m->plan.steps[i].request;
        AUTO(free_done) char *words = wants_words(copy, r, sysfs);

        if (!words || host_do(copy, r, NULL) != VAP_OK)
            return out_no_memory();
        put_line(&n, m->to_name, words);
    }
    if (m->guest) {
        put_line(&n, m->from_name,
                 "unplug the mdev from the guest: virsh detach-device");
        (void)printf("%2d  migrate the guest, which has no crypto until the "
                     "next step\n",
                     ++n);
        put_line(&n, m->to_name,
                 "plug the mdev into the guest: virsh attach-device");
    }
    put_line(&n, m->from_name, remove);
    if (!vap_mask_empty(&m->answer.has.domains))
        (void)puts("not seen from here: whether the domains have the same "
                   "master keys there");
    return CLI_DONE;
}

/* ---- JSON */

static json_t *
lacks_json(const struct move *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->answer.n_lacks; i++) {
        AUTO(free_done) char *words = lack_words(m, &m->answer.lacks[i]);

        (void)json_array_append_new(list, json_string(words ? words : ""));
    }
    return list;
}

static json_t *
pairs_json(const struct vap_mask *ids, const uint8_t *to)
{
    json_t *list = json_array();

    VAP_EACH (id, ids)
        (void)json_array_append_new(
            list,
            json_pack("{s:i, s:i}", "here", (int)id, "there", (int)to[id]));
    return list;
}

static json_t *
mapping_json(const struct migrate *a)
{
    if (!a->n_lacks || !a->mapped)
        return json_null();
    return json_pack("{s:o, s:o}", "adapters",
                     pairs_json(&a->has.adapters, a->adapter), "domains",
                     pairs_json(&a->has.domains, a->domain));
}

static int
put_json(struct move *m)
{
    const struct migrate *a = &m->answer;
    json_t *json =
        json_pack("{s:s, s:s?, s:o, s:o, s:b, s:o, s:o, s:o}", "mdev", m->mdev,
                  "guest", m->guest, "has", json_of_matrix(&a->has), "unused",
                  json_of_matrix(&a->unused), "same", a->n_lacks == 0, "lacks",
                  lacks_json(m), "mapping", mapping_json(a), "plan",
                  m->can ? wants_json(m->to, &m->plan) : json_null());

    return out_json(json);
}

/* ---- */

static int
compare(struct move *m, const struct cli_args *args)
{
    uint32_t vm = m->from->slots[m->slot].vm;

    m->mdev = host_mdev_name(m->from, m->slot);
    m->guest = vm ? host_vm_name(m->from, vm) : NULL;
    if (migrate_compare(m->from, m->slot, m->to, &m->answer))
        return out_no_memory();
    for (size_t i = 0; i < m->answer.n_lacks; i++)
        m->n_bars += m->answer.lacks[i].what == LACKS_NAME ||
                     m->answer.lacks[i].what == LACKS_VM;
    m->can = !vap_matrix_empty(&m->answer.has) &&
             (!m->answer.n_lacks ||
              (m->answer.mapped && args->value[MAP] && !m->n_bars));
    return make_plan(m);
}

static int
run(const struct cli_args *args)
{
    AUTO(move_done)
    struct move m = { .from_name = args->operands[0],
                      .to_name = args->operands[1] };
    int status;

    if (!args->value[GUEST]) {
        say_error("migrate: --guest MDEV expected: whose adapters and domains "
                  "are to be had there");
        return CLI_USAGE;
    }
    status = load(m.from_name, &m.from);
    if (status == CLI_DONE)
        status = load(m.to_name, &m.to);
    if (status != CLI_DONE)
        return status;
    m.slot = find_mdev(m.from, args->value[GUEST]);
    if (m.slot == NAMES_NONE)
        return CLI_USAGE;
    status = compare(&m, args);
    if (status == CLI_DONE)
        status = args->value[JSON] ? put_json(&m) : put_answer(&m);
    if (status == CLI_DONE && m.can && !args->value[JSON])
        status = put_order(&m);
    return status == CLI_DONE && !m.can ? CLI_REFUSED : status;
}

const struct cli_command cli_migrate = {
    .name = "migrate",
    .summary = "whether another host can give a guest the same",
    .operands = "FROM TO",
    .min_operands = 2,
    .max_operands = 2,
    .about =
        "Compares two hosts: can TO give the guest the adapters, domains, card "
        "types and control domains that it has on FROM? Says what is missing; "
        "when it is the ids alone, which others would do; and the order of "
        "unplugging, moving and plugging, for an mdev cannot move with its "
        "guest. Nothing is changed.\n\n"
        "FROM and TO are host files, see vap-host(5), directories that look "
        "like /sys, or names of virtual hosts that are up.",
    .options = options,
    .exits = { [CLI_DONE] = "it can", [CLI_REFUSED] = "it cannot" },
    .examples = examples,
    .run = run,
};
