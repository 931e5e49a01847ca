/* SPDX-License-Identifier: MIT */
/* vap what-if: a change planned and never carried out. With --steps each
 * change is carried out on our copy of the host, for the next to find. */
#include "cli/ask/what_if.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/load.h"
#include "cli/frame/out.h"
#include "cli/frame/whose.h"
#include "host/change_words.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { STEPS = WHOSE_END, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [STEPS] = { 's', "steps", NULL,
                "one change after the other, not all as one" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "who would lose what, were domain 0047 taken from web",
      "vap what-if host.yaml web/unassign_domain=0x47" },
    { "why the host cannot have adapter 05 back",
      "vap what-if host.yaml apmask=+5" },
    { "the mainframe takes an adapter away, under Linux's rule",
      "vap what-if -r linux-7.2 host.yaml 'adapter 5 leaves'" },
    { "two changes as one, or one after the other",
      "vap what-if -s host.yaml 'unbind vfio_ap 05.0047' aqmask=+0x47" },
    { NULL, NULL },
};

static bool
is_about_mdev(const struct vap_request *r)
{
    return r->op <= VAP_AP_CONFIG ||
           (r->op >= VAP_REMOVE && r->op <= VAP_RESET_MDEV);
}

static bool
is_created(const struct vap_request *list, size_t n, uint32_t mdev)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].op == VAP_CREATE && list[i].mdev == mdev)
            return true;
    return false;
}

/* Where the change is about no mdev that there is, or will be by then, it may
 * be the beginning of a name. */
static void
complete_name(const struct host *host, struct vap_request *list, size_t i)
{
    struct vap_request *r = &list[i];
    uint32_t found;

    if (!is_about_mdev(r) || r->mdev >= host->engine->n_slots ||
        host->slots[r->mdev].exists || is_created(list, i, r->mdev))
        return;
    found = cli_mdev_beginning(host, host_mdev_name(host, r->mdev));
    if (found != NAMES_NONE)
        r->mdev = found;
}

static bool
is_octal(const char *number)
{
    size_t length = strspn(number, "0123456789");

    return number[0] == '0' && !isalpha((unsigned char)number[length]) &&
           strtoul(number, NULL, 8) != strtoul(number, NULL, 16);
}

/* What is written, of "echo TEXT > FILE", "FILE=TEXT" and "FILE TEXT". */
static const char *
written(const char *words)
{
    const char *text = strchr(words, '>')   ? strchr(words, ' ')
                       : strchr(words, '=') ? strchr(words, '=')
                                            : strrchr(words, ' ');

    return text ? text + 1 : words;
}

/* What the kernel takes for octal, and whoever copies from lszcrypt does not
 * mean so. */
static void
say_octal(const char *words, const struct vap_request *r)
{
    bool mask = r->op == VAP_APMASK || r->op == VAP_AQMASK;
    const char *c = written(words);

    if (r->op > VAP_UNASSIGN_CONTROL && !mask)
        return;
    for (int length; *c && *c != '>'; c += length + 1) {
        c += strspn(c, mask ? " ,+-\"'" : " \"'");
        length = (int)strcspn(c, mask ? ",+-" : " >\"'");
        if (is_octal(c))
            say_error("%.*s is octal to the kernel: 0x%02lx; 0x%02lx is what "
                      "lszcrypt calls %.*s",
                      length, c, strtoul(c, NULL, 8), strtoul(c, NULL, 16),
                      length, c);
        if (!c[length])
            break;
    }
}

/* All changes are read before any is looked at. */
static int
read_changes(struct host *host, char *const *words, size_t n,
             struct vap_request *list)
{
    for (size_t i = 0; i < n; i++) {
        char error[CHANGE_WORDS_ERROR];
        int r = change_words_read(host, words[i], &list[i], error);

        if (r == -ENOMEM)
            return out_no_memory();
        if (r && n > 1)
            say_error("change %zu: %s", i + 1, error);
        else if (r)
            say_error("%s", error);
        if (r)
            return CLI_USAGE;
        complete_name(host, list, i);
        say_octal(words[i], &list[i]);
    }
    return CLI_DONE;
}

/* Not done, and yet something happens. */
static bool
happens(enum vap_verdict v)
{
    return v == VAP_OK || v == VAP_HELD || v == VAP_RESET_FAILED;
}

static int
answer(struct host *host, const struct vap_request *list, size_t n,
       const struct cli_args *args, char **words)
{
    struct what_if w = { .host = host, .list = list, .n = n };
    json_t *steps = args->value[JSON] ? json_array() : NULL;
    bool one_by_one = args->value[STEPS];
    int r = 0;

    for (size_t done = 0; done < n && !r && happens(w.verdict); done += w.n) {
        w.list = &list[done];
        w.n = one_by_one ? 1 : n;
        w.words = words + done;
        w.verdict = host_plan(host, w.list, w.n, &w.why);
        if (done && !steps)
            (void)putchar('\n');
        if (w.verdict == VAP_NO_ROOM)
            r = -ENOMEM;
        else if (steps)
            r = json_array_append_new(steps, what_if_json(&w)) ? -ENOMEM : 0;
        else
            r = what_if_text(&w, one_by_one);
        if (!r && one_by_one)
            host_apply(host);
    }
    if (!r && steps)
        r = out_json(what_if_answers_json(host, one_by_one, steps));
    else if (r)
        r = out_no_memory();
    json_decref(steps);
    return r ? r : w.verdict == VAP_OK ? CLI_DONE : CLI_REFUSED;
}

/* A kernel creates mdevs that are called by a UUID. */
static int
check_names(const struct host *host, const struct vap_request *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = list[i].op == VAP_CREATE && list[i].mdev < VAP_MDEVS
                               ? host_mdev_name(host, list[i].mdev)
                               : NULL;

        if (!name || host_is_uuid(name))
            continue;
        say_error("create %s: a UUID in lower case expected, as a kernel has "
                  "them",
                  name);
        return CLI_USAGE;
    }
    return CLI_DONE;
}

static int
run(const struct cli_args *args)
{
    struct whose whose;
    AUTO(host_done) struct host *host = NULL;
    AUTO(free_done)
    struct vap_request *list = calloc((size_t)args->n_operands, sizeof(*list));
    int taken = whose_of(args, &whose);
    char **words = args->operands + taken;
    size_t n = (size_t)(args->n_operands - taken);
    int status;

    if (!list)
        return out_no_memory();
    if (n == 0) {
        say_error("what-if: CHANGE expected; see vap what-if --help");
        return CLI_USAGE;
    }
    status = whose_host(&whose, &host, NULL);
    if (status == CLI_DONE)
        status = read_changes(host, words, n, list);
    if (status == CLI_DONE && whose_tree(&whose))
        status = check_names(host, list, n);
    return status == CLI_DONE ? answer(host, list, n, args, words) : status;
}

const struct cli_command cli_what_if = {
    .name = "what-if",
    .summary = "what a change would do to every guest",
    .operands = "[HOST.yaml] CHANGE...",
    .min_operands = 1,
    .max_operands = CLI_ANY,
    .about =
        "Plans the CHANGEs, together as one change, and says what would come "
        "of it: which guests gain or lose queues and how often they are "
        "updated, which queues are reset, whose they become; or why it would "
        "be refused, naming every queue in the way, and what to do about it. "
        "Nothing is changed.\n\n"
        "A CHANGE is a file of the kernel's and what is written to it "
        "(apmask=-5, web/assign_domain=0x47), or words: bind vfio_ap 05.0047, "
        "adapter 5 leaves, card 5 deconfigure; see CHANGES in "
        "vap(1).\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_DONE] = "it would be done",
               [CLI_REFUSED] = "it would be refused",
               [CLI_USAGE] = "wrong usage, or what is no host or no change" },
    .examples = examples,
    .run = run,
};
