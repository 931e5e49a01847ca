/* SPDX-License-Identifier: MIT */
/* vap apply on files that a host of the engine stands behind: each write is
 * carried out as the kernel would, unless the test has it fail, get lost, or
 * come too late. */
#include "cli/change/apply.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "host/words.h"
#include "matrix/text.h"
#include "test.h"

#include <errno.h>
#include <string.h>

#define MATRIX "devices/vfio_ap/matrix/"

/* Two guests that swap, one that goes, one that comes, and both masks. */
static const char host_text[] =
    "rule: linux-7.2\ncards: [{id: 4-9}]\ndomains: [4, 0x47]\n"
    "control_domains: [4, 0x47]\napmask: -5-9\nmdevs:\n"
    "  - {name: a, adapters: [5, 7], domains: [4], guest: vm-a}\n"
    "  - {name: b, adapters: [6, 8], domains: [4], guest: vm-b}\n"
    "  - {name: d, adapters: [9], domains: [4]}\n";

static const char wanted_text[] =
    "apmask: -5-8\naqmask: -3\nremoved: [d]\nmdevs:\n"
    "  - {name: a, adapters: [6, 7], domains: [4]}\n"
    "  - {name: b, adapters: [5, 8], domains: [4], control_domains: [4]}\n"
    "  - {name: c, adapters: [5-8], domains: [0x47]}\n";

/* ---- the files */

enum trouble {
    NONE,
    FAILS, /* the write is refused */
    LOST, /* it is said to be done, and is not */
    SOMEBODY, /* has written another mask in between */
    SHORT, /* guests are shown without their queues */
};

struct files {
    struct host *host; /* as it is */
    enum trouble trouble;
    size_t at; /* ... in this write, from 0 */
    size_t n; /* writes so far */
    bool no_ap_config;
};

static int
write_file(void *context, const char *file, const char *text)
{
    struct files *f = context;
    AUTO(free_done) char *words = NULL;
    char error[CHANGE_WORDS_ERROR];
    struct vap_request request = { 0 };
    enum vap_verdict v;
    bool hit = f->n++ == f->at;

    if (hit && f->trouble == FAILS)
        return -EBUSY;
    if (hit && f->trouble == LOST)
        return 0;
    CHECK(asprintf(&words, "/sys/%s=%s", file, text) > 0);
    if (change_words_read(f->host, words, &request, error))
        FAIL("%s: %s", words, error);
    v = host_do(f->host, &request, NULL);
    return v == VAP_OK ? 0 : -words_error(v);
}

static const char *
tail_of(const char *file, char name[64])
{
    const char *mdev = file + strlen(MATRIX);
    const char *slash = strchr(mdev, '/');

    (void)snprintf(name, 64, "%.*s", (int)(slash - mdev), mdev);
    return slash + 1;
}

static size_t
show_mdev(const struct files *f, const struct vap_mdev *m, const char *file,
          char *text, size_t size)
{
    if (strcmp(file, "ap_config") == 0)
        return vap_config_text(&m->matrix, text, size);
    if (strcmp(file, "matrix") == 0)
        return vap_matrix_text(&m->matrix, text, size);
    if (strcmp(file, "control_domains") == 0)
        return vap_control_text(&m->matrix, text, size);
    CHECK_STR(file, "guest_matrix");
    return f->trouble == SHORT && f->n > f->at
               ? (size_t)snprintf(text, size, "%s", "")
               : vap_matrix_text(&m->guest, text, size);
}

static int
read_file(void *context, const char *file, char *text, size_t size)
{
    const struct files *f = context;
    const struct vap_bus *bus = &f->host->engine->bus;
    char name[64];
    uint32_t slot;
    size_t n;

    if (strncmp(file, "bus/ap/", 7) == 0) {
        n = vap_mask_text(strstr(file, "apmask") ? &bus->apmask : &bus->aqmask,
                          text, size);
        return (int)(n + (size_t)snprintf(text + n, size - n, "\n"));
    }
    file = tail_of(file, name);
    slot = host_mdev(f->host, name);
    if (slot == NAMES_NONE ||
        (f->no_ap_config && strcmp(file, "ap_config") == 0))
        return -ENOENT;
    n = show_mdev(f, &f->host->slots[slot], file, text, size);
    return (int)(n < size ? n : size - 1);
}

/* ---- a run */

struct story {
    struct files files;
    struct wanted wanted;
};

static void
story_done(struct story *s)
{
    host_free(s->files.host);
    wanted_done(&s->wanted);
}

static struct story
begin(void)
{
    struct story s = { .files = { .at = SIZE_MAX } };
    struct hostfile_error error;

    CHECK_INT(
        hostfile_parse(host_text, strlen(host_text), &s.files.host, &error), 0);
    CHECK_INT(wanted_parse(wanted_text, strlen(wanted_text), &s.wanted, &error),
              0);
    return s;
}

static void
write_mask(struct host *host, unsigned id)
{
    struct vap_request r = { .op = VAP_AQMASK };

    vap_mask_add(&r.edit.domains.clear, id);
    CHECK_INT(host_do(host, &r, NULL), VAP_OK);
}

/** What a hook is told of. */
struct watcher {
    struct story *story;
    size_t stop_at;
};

static int
before(void *context, size_t i, const struct change_write *write)
{
    struct watcher *w = context;
    struct files *f = &w->story->files;

    CHECK(*write->file && *write->text);
    if (f->trouble == SOMEBODY && i == f->at)
        write_mask(f->host, 200);
    return i == w->stop_at;
}

/* Plans and applies as vap apply does, with the host as it is now. */
static size_t
run(struct story *s, size_t stop_at, struct apply_result *result)
{
    const struct plan_wish wish = { .no_ap_config = s->files.no_ap_config };
    const struct apply_door door = { &s->files, write_file, read_file };
    struct watcher watcher = { s, stop_at };
    const struct apply_hooks hooks = { .context = &watcher, .before = before };
    AUTO(host_done) struct host *host = NULL;
    AUTO(plan_done) struct plan plan = { 0 };

    CHECK_INT(host_copy(s->files.host, &host), 0);
    CHECK_INT(plan_make(host, &s->wanted, &wish, &plan), 0);
    s->files.n = 0;
    CHECK_INT(apply_steps(host, &plan, &door, &hooks, result), 0);
    return plan.n;
}

/* With something in the way of one step. */
static size_t
run_into(struct story *s, enum trouble trouble, size_t at,
         struct apply_result *result)
{
    s->files.trouble = trouble;
    s->files.at = at;
    test_note("trouble %d in step %zu", (int)trouble, at);
    return run(s, SIZE_MAX, result);
}

static size_t
differences(const struct story *s)
{
    AUTO(free_done) struct plan_difference *list = NULL;

    return (size_t)plan_differences(s->files.host, &s->wanted, &list);
}

/* The same again, with nothing in the way. */
static void
check_goes_on(struct story *s)
{
    struct apply_result result;

    s->files.trouble = NONE;
    (void)run(s, SIZE_MAX, &result);
    CHECK_INT(result.end, APPLY_DONE);
    CHECK_INT(differences(s), 0);
}

TEST(files_are_written_until_all_is_as_wanted_and_then_none)
{
    for (int old = 0; old < 2; old++) {
        AUTO(story_done) struct story s = begin();
        struct apply_result result;
        size_t n;

        s.files.no_ap_config = old;
        n = run(&s, SIZE_MAX, &result);
        CHECK_INT(result.end, APPLY_DONE);
        CHECK_INT(result.done, n);
        CHECK(n > 6);
        CHECK_INT(differences(&s), 0);
        CHECK_INT(run(&s, SIZE_MAX, &result), 0);
    }
}

TEST(stopped_before_any_step_it_is_as_after_the_one_before_and_goes_on)
{
    for (size_t at = 0;; at++) {
        AUTO(story_done) struct story s = begin();
        struct apply_result result;
        size_t n = run(&s, at, &result);

        if (at == n)
            break;
        test_note("stopped before step %zu", at);
        CHECK_INT(result.end, APPLY_STOPPED);
        CHECK_INT(result.done, at);
        CHECK_INT(s.files.n, at);
        check_goes_on(&s);
    }
}

TEST(a_write_that_is_refused_is_the_last)
{
    for (size_t at = 0;; at++) {
        AUTO(story_done) struct story s = begin();
        struct apply_result result;

        if (run_into(&s, FAILS, at, &result) == at)
            break;
        CHECK_INT(result.end, APPLY_REFUSED);
        CHECK_INT(result.error, EBUSY);
        CHECK_INT(result.done, at);
        CHECK_INT(s.files.n, at + 1);
        check_goes_on(&s);
    }
}

TEST(a_write_that_does_nothing_is_found_out)
{
    for (size_t at = 0;; at++) {
        AUTO(story_done) struct story s = begin();
        struct apply_result result;

        if (run_into(&s, LOST, at, &result) == at)
            break;
        CHECK_INT(result.end, APPLY_SURPRISED);
        CHECK(result.written);
        CHECK_INT(result.done, at);
        CHECK(*result.what);
        check_goes_on(&s);
    }
}

/* Between the look before a write and the look after it. */
TEST(what_somebody_else_writes_meanwhile_is_found_and_left_alone)
{
    for (size_t at = 0;; at++) {
        AUTO(story_done) struct story s = begin();
        struct apply_result result;

        if (run_into(&s, SOMEBODY, at, &result) == at)
            break;
        CHECK_INT(result.end, APPLY_SURPRISED);
        CHECK(strstr(result.what, "aqmask"));
        CHECK_INT(result.done, at);
        CHECK(!vap_mask_has(&s.files.host->engine->bus.aqmask, 200));
        check_goes_on(&s);
    }
}

TEST(a_guest_that_lacks_what_it_was_to_keep_ends_it)
{
    AUTO(story_done) struct story s = begin();
    struct apply_result result;

    (void)run_into(&s, SHORT, 0, &result);
    CHECK_INT(result.end, APPLY_SURPRISED);
    CHECK(strstr(result.what, "is without"));
    check_goes_on(&s);
}
