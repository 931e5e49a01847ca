/* SPDX-License-Identifier: MIT */
/* vap assert: is the host as wanted? */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/change/wants.h"
#include "cli/frame/ids.h"
#include "cli/frame/out.h"
#include "host/json.h"

enum { QUIET = WHOSE_END, JSON };

static const struct cli_option options[] = {
    WHOSE_OPTIONS,
    [QUIET] = { 'q', "quiet", NULL, "say nothing; the exit status says it" },
    [JSON] = { 0, "json", NULL, "answer in JSON" },
    { 0 },
};

static const struct cli_example examples[] = {
    { "is the host as wanted, for a script",
      "vap assert -q wanted.yaml || vap apply wanted.yaml" },
    { "what is not, of a host in a file", "vap assert host.yaml wanted.yaml" },
    { NULL, NULL },
};

/* "  adapters 05,0a wanted, 05 found" */
static void
put_ids(const char *what, int digits, const struct vap_mask *wanted,
        const struct vap_mask *found)
{
    char a[IDS_TEXT], b[IDS_TEXT];

    if (!vap_mask_equal(wanted, found))
        (void)printf("  %s %s wanted, %s found\n", what,
                     ids_text(wanted, digits, a), ids_text(found, digits, b));
}

static void
put_matrix(const struct plan_difference *d)
{
    put_ids("adapters", 2, &d->wanted.adapters, &d->found.adapters);
    put_ids("domains", 4, &d->wanted.domains, &d->found.domains);
    put_ids("control domains", 4, &d->wanted.control, &d->found.control);
}

static void
put_difference(const struct plan_difference *d)
{
    if (d->mdev)
        say_quoted(stdout, d->mdev);
    switch (d->kind) {
    case PLAN_APMASK:
        (void)puts("apmask");
        put_ids("adapters", 2, &d->wanted.adapters, &d->found.adapters);
        break;
    case PLAN_AQMASK:
        (void)puts("aqmask");
        put_ids("domains", 4, &d->wanted.domains, &d->found.domains);
        break;
    case PLAN_ABSENT:
        (void)puts(" is not there");
        break;
    case PLAN_PRESENT:
        (void)puts(" is there and should not be");
        break;
    case PLAN_MATRIX:
        (void)puts("");
        put_matrix(d);
        break;
    }
}

static json_t *
difference_json(const struct plan_difference *d)
{
    static const char *const kinds[] = {
        [PLAN_APMASK] = "apmask", [PLAN_AQMASK] = "aqmask",
        [PLAN_ABSENT] = "absent", [PLAN_PRESENT] = "present",
        [PLAN_MATRIX] = "matrix",
    };

    return json_pack("{s:s, s:s?, s:o, s:o}", "difference", kinds[d->kind],
                     "mdev", d->mdev, "wanted", json_of_matrix(&d->wanted),
                     "found", json_of_matrix(&d->found));
}

static int
put_json(const struct plan_difference *list, int n)
{
    json_t *differences = json_array();
    AUTO(json_done)
    json_t *json = json_pack("{s:b, s:o}", "as_wanted", n == 0, "differences",
                             differences);
    int r = json ? 0 : -1;

    for (int i = 0; i < n && !r; i++)
        r = json_array_append_new(differences, difference_json(&list[i]));
    return r ? out_no_memory() : out_json(TAKE(json));
}

static int
run(const struct cli_args *args)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(wanted_done) struct wanted wanted = { 0 };
    AUTO(free_done) struct plan_difference *list = NULL;
    struct whose whose;
    const char *path = wants_of(args, &whose);
    int status = wants_read(path, &wanted);
    int n;

    if (status == CLI_DONE)
        status = whose_host(&whose, &host, NULL);
    if (status != CLI_DONE)
        return status;
    n = plan_differences(host, &wanted, &list);
    if (n < 0)
        return out_no_memory();
    if (args->value[JSON])
        status = put_json(list, n);
    for (int i = 0; i < n && !args->value[QUIET] && !args->value[JSON]; i++)
        put_difference(&list[i]);
    return status == CLI_DONE && n ? CLI_REFUSED : status;
}

const struct cli_command cli_assert = {
    .name = "assert",
    .summary = "whether a host is as wanted",
    .operands = "[HOST.yaml] WANTED.yaml",
    .min_operands = 1,
    .max_operands = 2,
    .about =
        "Compares the host with WANTED.yaml, see vap-wanted(5), and says what "
        "is not as wanted; nothing, when all is. What is not said there is not "
        "compared.\n\n" WHOSE_ABOUT,
    .options = options,
    .exits = { [CLI_DONE] = "all is as wanted",
               [CLI_REFUSED] = "something is not" },
    .examples = examples,
    .run = run,
};
