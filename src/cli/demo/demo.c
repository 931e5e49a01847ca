/* SPDX-License-Identifier: MIT */
/* vap demo: a session with a virtual host, then why vap does as it does, told
 * in sections. Each says what is to be seen, shows it with the code of the
 * command that it names, and names it. */
#include "cli/frame/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/demo/demo.h"
#include "cli/lab/builtin.h"
#include "cli/lab/lab_page.h"

#include <errno.h>

struct section {
    const char *title;
    const char *text;
    int (*show)(struct lab_page *page);
    const char *command;
};

/* -- scenarios ------------------------------------------------------------ */

#define RULE(i) SCENARIO_RULE(i)

/* By their places in vap_rules[]. */
enum { STATE, LINUX_7_2, LINUX_6_12, FCFS };

static int
load_scenario(const char *name, struct scenario **out)
{
    const struct builtin *b =
        builtin_named(builtin_scenarios, n_builtin_scenarios, name);
    struct scenario_error error;
    int r = b ? scenario_parse(b->text, b->length, out, &error) : -ENOENT;

    if (r > 0)
        say_at(name, error.line, "%s", error.text);
    return r > 0 ? -EBADMSG : r;
}

static int
begin(struct lab *lab, const char *name, const struct scenario *s,
      uint32_t rules)
{
    struct scenario_error error;
    int r = lab_begin(lab, name, s, rules, VAP_LINUX_7_2, &error);

    return r > 0 ? -EBADMSG : r;
}

/* Its start and so many steps; 0: all of them. */
static int
show_scenario(struct lab_page *page, const char *name, uint32_t rules,
              size_t n_steps)
{
    AUTO(scenario_done) struct scenario *s = NULL;
    AUTO(lab_done) struct lab lab = { 0 };
    int r = load_scenario(name, &s);

    if (!r)
        r = begin(&lab, name, s, rules);
    for (size_t i = 0; !r && i < (n_steps ? n_steps + 1 : s->n_steps); i++) {
        r = lab_step(&lab, &s->steps[i]);
        if (!r)
            r = lab_page_step(page, &lab, &s->steps[i]);
    }
    return r;
}

static int
show_order(struct lab_page *page)
{
    return show_scenario(page, "s02-order", RULE(STATE) | RULE(FCFS), 0);
}

static int
show_two_guests(struct lab_page *page)
{
    return show_scenario(page, "s27-two-guests", RULE(STATE) | RULE(LINUX_6_12),
                         0);
}

/* -- recorded histories --------------------------------------------------- */

static int
show_replay(struct lab_page *page)
{
    (void)page;
    return demo_replay();
}

/* -- all of it ------------------------------------------------------------ */

static const char introduction[] =
    "A KVM guest on a mainframe gets crypto queues. A queue is an adapter and "
    "a domain, 05.0047. The administrator assigns adapters and domains to a "
    "mediated device (mdev), and the guest gets the queues where they cross. "
    "Here is such a host, without a mainframe, and the tools that manage it.";

static const struct section sections[] = {
    { "The order of assignments",
      "Adapters 0 and 1, domains 0 and 1; queue 01.0001 is missing. First "
      "come, first served (fcfs), as proposed for Linux in 2020: what the "
      "guest gets depends on who asked first. It was rejected for this.",
      show_order, "vap lab --rule state,fcfs s02-order" },
    { "Two guests, one queue",
      "Recorded from Linux 6.12's own code: an adapter leaves the host and "
      "comes back, and two guests have its queue. (Linux 7.2 has mended it.)",
      show_two_guests, "vap lab --rule state,linux-6.12 s27-two-guests" },
    { "Is vap right about Linux?",
      "What the code of two kernels did was recorded. Under its own rule all "
      "of it must agree; under state, what no rule touches and, where no reset "
      "failed, guest matrices with what each recorded state gives.",
      show_replay, "vap replay --rule linux-7.2 tests/traces/linux-7.2/*.gz" },
};

static int
show_section(struct lab_page *page, size_t i)
{
    int r;

    lab_head(page, DEMO_SCENES + i, sections[i].title, sections[i].text);
    page->gap = false;
    r = sections[i].show(page);
    lab_pen(page, LAB_DIM);
    (void)printf("\n  $ %s\n", sections[i].command);
    lab_pen(page, LAB_PLAIN);
    return r;
}

static void
introduce(void)
{
    AUTO(lab_page_done) struct lab_page page;

    lab_page_init(&page, stdout);
    lab_say(&page, 0, introduction);
}

static int
run(const struct cli_args *args)
{
    int status;
    int r = 0;

    (void)args;
    introduce();
    status = demo_session();
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !r; i++) {
        AUTO(lab_page_done) struct lab_page page;

        lab_page_init(&page, stdout);
        page.brief = true;
        r = show_section(&page, i);
    }
    if (r == -ENOMEM)
        say_error("%s", strerror(ENOMEM));
    if (!r && status == CLI_DONE)
        status =
            demo_guest(DEMO_SCENES + sizeof(sections) / sizeof(sections[0]));
    return r ? CLI_FAILED : status;
}

static const struct cli_example examples[] = {
    { "the whole of it", "vap demo" },
    { NULL, NULL },
};

const struct cli_command cli_demo = {
    .name = "demo",
    .summary = "a first look",
    .operands = "",
    .about = "Starts a virtual host, lets mdevctl give two guests their "
             "devices, has a conflict refused, takes an adapter away and gives "
             "it back, and shows what each tool says; then, on built-in data, "
             "why the order of operations should not matter; and a guest, a "
             "real Linux when vap fetch qemu guest has got it. The host is "
             "gone when it ends, and nothing of the machine has changed. "
             "mdevctl must be there; lszcrypt is shown when vap fetch tools "
             "has got it.",
    .examples = examples,
    .run = run,
};
