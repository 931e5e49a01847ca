/* SPDX-License-Identifier: MIT */
/* What a user would type first, typed by us, in one shell of one vap run: a
 * host that is nobody else's, and gone with the shell. Prose and commands
 * are one script for it, so they come in their order. */
#include "cli/demo/demo.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/lab/lab_page.h"
#include "cli/virtual/tree_for.h"
#include "run/prefix.h"
#include "run/run.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/** A command; or, without one, words between commands. */
struct line {
    const char *command;
    const char *words;
    bool refused; /* it has to fail: that is the point */
    bool s390x; /* left out without the s390x tools */
};

enum { MOST_LINES = 16 };

struct scene {
    const char *title;
    const char *words;
    struct line lines[MOST_LINES]; /* ended by an empty one */
};

#define WEB "62177883-f1bb-47f0-914d-32a22e3a8804"
#define DB "cef03c3c-903d-4ecc-9a83-40694cb8aee4"
#define GUEST_MATRIX "cat /sys/devices/vfio_ap/matrix/$web/guest_matrix"

static const struct scene scenes[DEMO_SCENES] = {
    {
        "A mainframe's host, of software",
        "vap run shows a host of its own to a command, here a shell, and to "
        "all that is started in it, at the real /sys. Nobody else sees it.",
        {
            { .command = "vap show" },
            { .command = "lszcrypt -V", .s390x = true },
        },
    },
    {
        "mdevctl gives two guests their queues",
        "Assign adapters and domains, start: the guest gets the queues where "
        "they cross.",
        {
            { .command = "web=" WEB },
            { .command =
                  "mdevctl define -u $web -p matrix -t vfio_ap-passthrough" },
            { .command =
                  "mdevctl modify -u $web --addattr assign_adapter --value 5" },
            { .command = "mdevctl modify -u $web --addattr assign_adapter "
                         "--value 0xa" },
            { .command =
                  "mdevctl modify -u $web --addattr assign_domain --value 4" },
            { .command = "mdevctl modify -u $web --addattr assign_domain "
                         "--value 0x47" },
            { .command = "mdevctl start -u $web" },
            { .command = GUEST_MATRIX },
        },
    },
    {
        "A conflict is refused",
        "The second guest is to have queue 0a.0047, which the first one has. "
        "mdevctl says that it was refused; the log says why, and the way out.",
        {
            { .command = "db=" DB },
            { .command =
                  "mdevctl define -u $db -p matrix -t vfio_ap-passthrough" },
            { .command = "mdevctl modify -u $db --addattr assign_adapter "
                         "--value 0xa" },
            { .command = "mdevctl modify -u $db --addattr assign_domain "
                         "--value 0x47" },
            { .command = "mdevctl start -u $db", .refused = true },
            { .command = "vap log -n 2" },
            { .words = "Nothing half-made stays. It gets another domain:" },
            { .command = "mdevctl modify -u $db --delattr --index 1" },
            { .command = "mdevctl modify -u $db --addattr assign_domain "
                         "--value 0x54" },
            { .command = "mdevctl start -u $db" },
            { .command = "vap show" },
        },
    },
    {
        "The console takes an adapter away, and gives it back",
        "A running guest loses adapter 05, and nothing else; it gets it again "
        "with no word from anybody.",
        {
            { .command = "vap host adapter remove 5" },
            { .command = "lszcrypt", .s390x = true },
            { .command = "vap explain $web" },
            { .command = "vap host adapter add 5" },
            { .command = GUEST_MATRIX },
        },
    },
    {
        "A hole, and its remedy",
        "A matrix cannot leave out one queue: without 0a.0047 all of adapter "
        "0a goes. What would bring it back?",
        {
            { .command = "echo 0a.0047 > /sys/bus/ap/drivers/vfio_ap/unbind" },
            { .command = GUEST_MATRIX },
            { .command = "vap explain $web" },
            { .command = "echo 0a.0047 > /sys/bus/ap/drivers/vfio_ap/bind" },
            { .command = "vap explain $web" },
        },
    },
};

/* ---- the script --------------------------------------------------------- */

static void
put_command(struct lab_page *page, const struct line *line)
{
    lab_pen(page, LAB_BOLD);
    (void)fprintf(page->out, "# %s\n", line->command);
    lab_pen(page, LAB_PLAIN);
}

/* What is printed between here and end_print() is printed by the shell. */
static void
begin_print(FILE *script)
{
    (void)fputs("cat <<'End of words'\n", script);
}

static void
end_print(FILE *script)
{
    (void)fputs("End of words\n", script);
}

static void
put_line(struct lab_page *page, const struct line *line, bool s390x)
{
    if (line->s390x && !s390x)
        return;
    begin_print(page->out);
    if (line->command) {
        put_command(page, line);
    } else {
        (void)fputs("\n", page->out);
        lab_say(page, 0, line->words);
        (void)fputs("\n", page->out);
    }
    end_print(page->out);
    if (line->command)
        (void)fprintf(page->out, "%s %s unexpected\n", line->command,
                      line->refused ? "&&" : "||");
}

static void
put_scene(struct lab_page *page, size_t i, bool s390x)
{
    const struct scene *scene = &scenes[i];

    begin_print(page->out);
    lab_head(page, i, scene->title, scene->words);
    if (i == 0)
        (void)fprintf(page->out, "$ vap run%s\n", s390x ? " --s390x" : "");
    end_print(page->out);
    for (const struct line *l = scene->lines; l->command || l->words; l++)
        put_line(page, l, s390x);
}

/* This program, $0, is vap, wherever PATH leads. */
static const char start[] =
    "exec </dev/null\n"
    "fails() { echo \"vap: demo: $1\" >&2; exit 3; }\n"
    "unexpected() { fails 'that is not as it should be'; }\n"
    "vap() { \"$0\" \"$@\"; }\n"
    "command -v mdevctl >/dev/null ||\n"
    "    fails 'mdevctl is not there; in Debian a package of that name'\n"
    "exec 2>&1\n";

static const char end[] = "echo '# exit'\n";

static const char more[] = "echo; echo 'With vap fetch tools: the same, and "
                           "what lszcrypt says to it.'\n";

static char *
make_script(bool s390x)
{
    AUTO(lab_page_done) struct lab_page page;
    char *text = NULL;
    size_t length;
    FILE *script = open_memstream(&text, &length);

    lab_page_init(&page, stdout);
    if (!script)
        return NULL;
    page.out = script;
    (void)fputs(start, script);
    for (size_t i = 0; i < DEMO_SCENES; i++)
        put_scene(&page, i, s390x);
    (void)fputs(end, script);
    (void)fputs(s390x ? "" : more, script);
    return text_closed(script, &text);
}

/* ---- and where it runs -------------------------------------------------- */

int
demo_play(char *script, const char *s390x)
{
    static char shell[] = "sh";
    static char option[] = "-c";
    AUTO(free_done) char *vap = realpath("/proc/self/exe", NULL);
    char *argv[] = { shell, option, script, vap, NULL };
    struct tree_found found;
    int status = tree_for(&(struct tree_wish){ .own = true }, &found);

    if (status != CLI_DONE)
        return status;
    (void)fflush(stdout);
    status = run_command(
        &(struct run_options){
            .tree = found.path,
            .files = found.files,
            .s390x = s390x,
            .environment = (const char *[]){ found.environment, NULL },
            .end_all = true,
        },
        argv);
    tree_done(&found);
    return status == 0 ? CLI_DONE : CLI_FAILED;
}

int
demo_session(void)
{
    AUTO(prefix_done) struct prefix prefix = { 0 };
    bool s390x = prefix_read("s390x", &prefix) == 0;
    AUTO(free_done) char *script = make_script(s390x);

    if (script)
        return demo_play(script, s390x ? prefix.path : NULL);
    say_error("demo: %s", strerror(errno));
    return CLI_FAILED;
}
