/* SPDX-License-Identifier: MIT */
/* What is wanted of a tree, file after file, with a journal of it. */
#include "cli/change/apply_run.h"

#include "base/auto.h"
#include "base/say.h"
#include "base/stop.h"
#include "cli/frame/ask.h"
#include "cli/frame/out.h"
#include "cli/frame/type_in.h"
#include "observe/sysdir.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
before_step(void *context, size_t i, const struct change_write *write)
{
    struct apply *a = context;
    int r;

    if (stop_asked())
        return 1;
    if (!a->json) {
        (void)printf("%zu/%zu  ", i + 1, a->plan.n);
        say_quoted(stdout, write->file);
        (void)printf(" <- %.60s%s", write->text,
                     strlen(write->text) > 60 ? "..." : "");
        (void)fflush(stdout);
    }
    if (a->wish.step && !ask_yes(stdout, "  go on? [y/N] "))
        return 1;
    r = apply_journal_write(
        &a->journal, json_pack("{s:I, s:s, s:s}", "step", (json_int_t)i + 1,
                               "file", write->file, "text", write->text));
    if (r)
        say_error("%s: %s", a->journal.path, strerror(-r));
    return r;
}

static void
after_step(void *context, size_t i)
{
    struct apply *a = context;

    (void)apply_journal_write(&a->journal,
                              json_pack("{s:I}", "done", (json_int_t)i + 1));
    if (!a->json)
        (void)puts("  ok");
}

static char *
text_of(const struct wanted *wanted)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    if (!f)
        return NULL;
    wanted_write(f, wanted);
    return text_closed(f, &text);
}

/* What an interrupted run found stays what there was before. */
static int
begin(struct apply *a)
{
    AUTO(free_done) char *before = NULL;
    char when[32];
    time_t now = time(NULL);
    struct tm tm;

    before = a->past.unfinished ? strdup(a->past.before) : text_of(&a->before);
    if (!before || !gmtime_r(&now, &tm))
        return -ENOMEM;
    (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return apply_journal_write(
        &a->journal,
        json_pack("{s:s, s:I, s:s, s:I, s:s}", "begin", when, "pid",
                  (json_int_t)getpid(), "tree", a->dir, "steps",
                  (json_int_t)a->plan.n, "before", before));
}

static void
say_end(const struct apply *a)
{
    const struct apply_result *r = &a->result;

    if ((r->end == APPLY_REFUSED || r->written) && !a->json)
        (void)putchar('\n');
    (void)fflush(stdout);
    if (r->end == APPLY_STOPPED)
        say_error("stopped before step %zu of %zu", r->done + 1, a->plan.n);
    if (r->end == APPLY_REFUSED)
        say_error("step %zu of %zu was refused: %s: %s", r->done + 1, a->plan.n,
                  r->what, strerror(r->error));
    if (r->end == APPLY_SURPRISED)
        say_error("%s step %zu of %zu: %s", r->written ? "after" : "before",
                  r->done + 1, a->plan.n, r->what);
    if (r->end == APPLY_DONE)
        return;
    if (r->done)
        say_error("%zu of %zu steps are done; the same command goes on from "
                  "there, vap apply --back goes back",
                  r->done, a->plan.n);
    else if (!r->written)
        say_error("nothing has been written");
}

static int
write_steps(struct apply *a)
{
    struct apply_door door = apply_tree_door(&a->fd);
    struct apply_hooks hooks = { a, before_step, after_step };
    static const char *const ends[] = { "done", "stopped", "refused",
                                        "surprised" };
    int r = begin(a);

    if (r == 0)
        r = apply_steps(a->host, &a->plan, &door, &hooks, &a->result);
    if (r == -ENOMEM)
        return out_no_memory();
    if (r) {
        say_error("%s: %s", a->journal.path, strerror(-r));
        return CLI_FAILED;
    }
    say_end(a);
    if ((a->result.end == APPLY_DONE && !a->lasting.n) || !a->result.done)
        (void)apply_journal_write(
            &a->journal, json_pack("{s:s}", "end", ends[a->result.end]));
    return a->result.end == APPLY_DONE ? CLI_DONE : CLI_REFUSED;
}

/* Steps as the host is now, to what was before. */
static int
roll_back(struct apply *a)
{
    AUTO(free_done) char *before = text_of(&a->before);
    AUTO(plan_done) struct plan plan = { 0 };
    AUTO(host_done) struct host *now = NULL;
    AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
    struct apply_door door = apply_tree_door(&a->fd);
    struct apply_hooks none = { 0 };
    const struct plan_wish wish = { .no_ap_config = apply_lacks_config(a->fd) };
    struct apply_result result = { 0 };

    if (!before || sysdir_load(a->dir, &now, &report) ||
        plan_make(now, &a->before, &wish, &plan) ||
        apply_steps(now, &plan, &door, &none, &result) ||
        result.end != APPLY_DONE) {
        say_error("and it could not be rolled back%s%s",
                  *result.what ? ": " : "", result.what);
        return CLI_REFUSED;
    }
    (void)apply_journal_write(&a->journal,
                              json_pack("{s:s}", "end", "rolled back"));
    say_error("rolled back: all is as it was");
    return CLI_REFUSED;
}

int
apply_tree(struct apply *a)
{
    AUTO(tools_lock_done) struct tools_lock lock;
    int status = type_in_lock(&a->whose, &lock);

    if (status != CLI_DONE)
        return status;
    status = write_steps(a);
    if (status == CLI_REFUSED && a->result.end != APPLY_STOPPED &&
        a->wish.rollback && (a->result.done || a->result.written))
        return roll_back(a);
    return status;
}
