/* SPDX-License-Identifier: MIT */
/* vap demo: what vap is about, told in sections. Each says what is to be
 * seen, shows it with the code of the command that it names, and names it. */
#include "cli/cli.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/builtin.h"
#include "cli/demo.h"
#include "cli/explain.h"
#include "cli/grid.h"
#include "cli/lab_page.h"
#include "observe/hostfile.h"

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
show_over_commit(struct lab_page *page)
{
    return show_scenario(page, "s01-over-commit", RULE(STATE) | RULE(FCFS), 2);
}

static int
show_two_guests(struct lab_page *page)
{
    return show_scenario(page, "s27-two-guests", RULE(STATE) | RULE(LINUX_6_12),
                         0);
}

static int
count_orders(const char *name)
{
    AUTO(scenario_done) struct scenario *s = NULL;
    AUTO(lab_done) struct lab lab = { 0 };
    int r = load_scenario(name, &s);

    if (!r)
        r = begin(&lab, name, s, scenario_all_rules());
    for (size_t i = 0; !r && i < s->n_steps; i++)
        r = lab_step(&lab, &s->steps[i]);
    if (r)
        return r;
    (void)printf("  %s\n", s->title);
    return lab_print_ends(stdout, &lab, &s->steps[s->n_steps - 1], 4);
}

static int
show_orders(struct lab_page *page)
{
    int r = count_orders("s26-orders");

    (void)page;
    (void)fputs("\n", stdout);
    return r ? r : count_orders("s26-orders-over-commit");
}

/* -- a hole --------------------------------------------------------------- */

static int
load_host(const char *name, struct host **out)
{
    const struct builtin *b =
        builtin_named(builtin_hosts, n_builtin_hosts, name);
    struct hostfile_error error;
    int r = b ? hostfile_parse(b->text, b->length, out, &error) : -ENOENT;

    if (r > 0)
        say_at(name, error.line, "%s", error.text);
    return r > 0 ? -EBADMSG : r;
}

static int
show_hole(struct lab_page *page)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(explain_done) struct explain e = { .commands = CHANGE_SYSFS };
    struct grid_look look = grid_look_for(stdout);
    struct target target = { .about = ABOUT_ADAPTER, .adapter = 5 };
    int r = load_host("small.yaml", &host);

    (void)page;
    look.indent = 2;
    if (!r)
        r = grid_draw(stdout, host, &look);
    if (!r)
        r = explain_init(&e, host);
    if (r)
        return r;
    target.mdev = host_mdev(host, "web");
    (void)fputs("\n", stdout);
    return explain_text(&e, &target);
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
    "But a matrix cannot leave out one queue: an adapter with a hole, a queue "
    "that the driver vfio_ap does not have, goes as a whole. vap works that "
    "out from the present state alone. This is why.";

static const struct section sections[] = {
    { "An explained hole, and its remedy",
      "Queue 05.0047 has no driver, and that costs the guest of web all of "
      "adapter 05. What would bring it back?",
      show_hole, "vap explain tests/hosts/small.yaml web/05" },
    { "The order of assignments",
      "Adapters 0 and 1, domains 0 and 1; queue 01.0001 is missing. First "
      "come, first served (fcfs), as proposed for Linux in 2020: what the "
      "guest gets depends on who asked first. It was rejected for this.",
      show_order, "vap lab --rule state,fcfs s02-order" },
    { "Assigned ahead of time",
      "The host has adapters 1 to 3 and domains 1 and 2, and the administrator "
      "assigns more.",
      show_over_commit, "vap lab --rule state,fcfs s01-over-commit" },
    { "All orders", "In how many orders does the guest end with which matrix?",
      show_orders, "vap lab --orders" },
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

    lab_pen(page, LAB_BOLD);
    (void)printf("\n%zu  %s\n", i + 1, sections[i].title);
    lab_pen(page, LAB_PLAIN);
    lab_say(page, 0, sections[i].text);
    (void)fputs("\n", stdout);
    page->gap = false;
    r = sections[i].show(page);
    lab_pen(page, LAB_DIM);
    (void)printf("\n  $ %s\n", sections[i].command);
    lab_pen(page, LAB_PLAIN);
    return r;
}

static int
run(const struct cli_args *args)
{
    int r = 0;

    (void)args;
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !r; i++) {
        AUTO(lab_page_done) struct lab_page page;

        lab_page_init(&page, stdout);
        page.brief = true;
        if (i == 0)
            lab_say(&page, 0, introduction);
        r = show_section(&page, i);
    }
    if (r == -ENOMEM)
        say_error("%s", strerror(ENOMEM));
    return r ? CLI_FAILED : CLI_DONE;
}

static const struct cli_example examples[] = {
    { "the whole of it", "vap demo" },
    { NULL, NULL },
};

const struct cli_command cli_demo = {
    .name = "demo",
    .summary = "a first look, from built-in data",
    .operands = "",
    .about = "Shows on built-in data what vap is about: holes, orders, "
             "recorded kernel histories. It changes nothing, and reads nothing "
             "but the recorded histories, where they are found.",
    .examples = examples,
    .run = run,
};
