/* SPDX-License-Identifier: MIT */
/* Steps become writes, and each is held against what the engine says there
 * must be before it and after it. */
#include "cli/change/apply.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "matrix/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define MATRIX "devices/vfio_ap/matrix/"

/* All control domains, "0004\n" each. */
#define CONTROL ((size_t)VAP_IDS * 5 + 1)

/* What a file shows at most, less one: a page. */
enum { PAGE = 4096, SHOWN = 4095 };

struct run {
    struct host *host;
    const struct apply_door *door;
    struct apply_result *result;
};

/* ---- what files have to show */

/* Returns 1: goes no further. */
__attribute__((format(printf, 2, 3))) static int
surprised(struct run *run, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(run->result->what, sizeof(run->result->what), format, args);
    va_end(args);
    run->result->end = APPLY_SURPRISED;
    return 1;
}

/* The first line, for a message. */
static int
line_length(const char *text)
{
    return (int)strcspn(text, "\n");
}

/* expected: whole; the file shows a page of it at most. 0, 1, or -ENOENT */
static int
compare(struct run *run, const char *file, const char *expected)
{
    char found[PAGE + 1];
    int n = run->door->read(run->door->context, file, found, sizeof(found));
    size_t length = strlen(expected);

    if (n == -ENOENT)
        return n;
    if (n < 0)
        return surprised(run, "%s cannot be read: %s", file, strerror(-n));
    if (length > SHOWN)
        length = SHOWN;
    if ((size_t)n == length && memcmp(found, expected, length) == 0)
        return 0;
    return surprised(run, "%s has \"%.*s\", \"%.*s\" expected", file,
                     line_length(found), found, line_length(expected),
                     expected);
}

static int
check_mask(struct run *run, const char *file, const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 2];
    size_t n = vap_mask_text(mask, text, sizeof(text));
    int r;

    (void)snprintf(text + n, sizeof(text) - n, "\n");
    r = compare(run, file, text);
    return r == -ENOENT ? surprised(run, "%s is not there", file) : r;
}

/* A kernel without ap_config shows the same in two files. */
static int
check_parts(struct run *run, const char *name, const struct vap_matrix *m)
{
    size_t length = vap_matrix_text(m, NULL, 0);
    AUTO(free_done) char *text = malloc(length + CONTROL);
    char file[512];
    int r;

    if (!text)
        return -ENOMEM;
    (void)vap_matrix_text(m, text, length + 1);
    (void)snprintf(file, sizeof(file), MATRIX "%s/matrix", name);
    r = compare(run, file, text);
    if (r)
        return r == -ENOENT ? surprised(run, "mdev %s is not there", name) : r;
    (void)vap_control_text(m, text, CONTROL);
    (void)snprintf(file, sizeof(file), MATRIX "%s/control_domains", name);
    return compare(run, file, text);
}

static int
check_mdev(struct run *run, uint32_t slot)
{
    const struct vap_mdev *m = &run->host->slots[slot];
    const char *name = host_mdev_name(run->host, slot);
    char text[VAP_CONFIG_TEXT + 1];
    char file[512];
    int r;

    (void)snprintf(file, sizeof(file), MATRIX "%s/matrix", name);
    if (!m->exists) {
        r = run->door->read(run->door->context, file, text, sizeof(text));
        return r == -ENOENT ? 0 : surprised(run, "mdev %s is there", name);
    }
    (void)vap_config_text(&m->matrix, text, sizeof(text));
    (void)snprintf(file, sizeof(file), MATRIX "%s/ap_config", name);
    r = compare(run, file, text);
    return r == -ENOENT ? check_parts(run, name, &m->matrix) : r;
}

/* The masks, and the mdev that the step is about. */
static int
check_state(struct run *run, const struct vap_request *r)
{
    const struct vap_bus *bus = &run->host->engine->bus;
    int bad = check_mask(run, "bus/ap/apmask", &bus->apmask);

    if (!bad)
        bad = check_mask(run, "bus/ap/aqmask", &bus->aqmask);
    if (bad || r->op == VAP_APMASK || r->op == VAP_AQMASK)
        return bad;
    return check_mdev(run, r->mdev);
}

/* ---- what guests are to keep */

static bool
shows(const char *text, unsigned apqn)
{
    char line[VAP_APQN_TEXT + 2];

    (void)vap_apqn_text(apqn, line, sizeof(line));
    return strstr(text, line) != NULL;
}

/* All queues of `keep` are in guest_matrix, if that is shown whole. */
static int
check_guest(struct run *run, uint32_t slot, const struct vap_matrix *keep)
{
    const char *name = host_mdev_name(run->host, slot);
    char text[PAGE + 1];
    char file[512];
    int n;

    (void)snprintf(file, sizeof(file), MATRIX "%s/guest_matrix", name);
    n = run->door->read(run->door->context, file, text, sizeof(text));
    if (n < 0 || n >= SHOWN) /* not before 6.0; or cut */
        return 0;
    VAP_EACH (a, &keep->adapters)
        VAP_EACH (d, &keep->domains)
            if (!shows(text, VAP_APQN(a, d)))
                return surprised(run,
                                 "the guest of %s is without %02x.%04x, which "
                                 "the plan leaves it",
                                 name, a, d);
    return 0;
}

/* What a guest has before a step and after it, by the engine. */
static struct vap_matrix
kept(const struct vap_mdev *was, const struct vap_mdev *is)
{
    return (struct vap_matrix){
        vap_mask_and(was->guest.adapters, is->guest.adapters),
        vap_mask_and(was->guest.domains, is->guest.domains),
        vap_mask_none(),
    };
}

/* ---- one step */

static int
do_write(struct run *run, const struct change_write *write)
{
    int r = run->door->write(run->door->context, write->file, write->text);

    if (r >= 0)
        return 0;
    run->result->end = APPLY_REFUSED;
    run->result->error = -r;
    (void)snprintf(run->result->what, sizeof(run->result->what), "%s",
                   write->file);
    return 1;
}

static int
do_step(struct run *run, size_t i, const struct vap_request *r,
        const struct apply_hooks *hooks)
{
    AUTO(change_write_done) struct change_write write = { 0 };
    bool mdev = r->op != VAP_APMASK && r->op != VAP_AQMASK;
    struct vap_mdev was = { 0 };
    struct vap_matrix keep;
    int bad = change_words_write(run->host, r, &write) ? -ENOMEM : 0;

    if (!bad)
        bad = check_state(run, r);
    if (!bad && hooks->before && hooks->before(hooks->context, i, &write)) {
        run->result->end = APPLY_STOPPED;
        return 1;
    }
    if (!bad)
        bad = do_write(run, &write);
    if (bad)
        return bad;
    run->result->written = true;
    if (mdev)
        was = run->host->slots[r->mdev];
    if (host_do(run->host, r, NULL) != VAP_OK)
        return -ENOMEM;
    bad = check_state(run, r);
    if (!bad && mdev && was.exists && run->host->slots[r->mdev].exists) {
        keep = kept(&was, &run->host->slots[r->mdev]);
        bad = check_guest(run, r->mdev, &keep);
    }
    return bad;
}

int
apply_steps(struct host *host, const struct plan *plan,
            const struct apply_door *door, const struct apply_hooks *hooks,
            struct apply_result *result)
{
    struct run run = { .host = host, .door = door, .result = result };

    *result = (struct apply_result){ .end = APPLY_DONE };
    for (size_t i = 0; i < plan->n; i++) {
        int bad;

        result->written = false;
        bad = do_step(&run, i, &plan->steps[i].request, hooks);
        if (bad)
            return bad < 0 ? bad : 0;
        result->done++;
        if (hooks->after)
            hooks->after(hooks->context, i);
    }
    result->written = false;
    return 0;
}
