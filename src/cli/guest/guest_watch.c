/* SPDX-License-Identifier: MIT */
/* vap guest watch: each change of what a guest has, at its time. A guest that
 * is asked to let its mdev go does so. */
#include "cli/guest/guest.h"

#include "cli/frame/cli.h"
#include "cli/frame/ids.h"
#include "host/json.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- its end ---------------------------------------------------------------
 */

static volatile sig_atomic_t ended;

static void
note_end(int number)
{
    (void)number;
    ended = 1;
}

void
guest_catch_signals(void)
{
    struct sigaction action = { .sa_handler = note_end };

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGALRM, &action, NULL);
}

bool
guest_is_over(void)
{
    return ended;
}

/* --- an event --------------------------------------------------------------
 */

/* A change that was found by looking: a kernel 6.12 tells of none. Beside the
 * kinds of enum vap_event_kind. */
#define UNTOLD (VAP_BACK + 1)

static const char *const kinds[] = {
    [VAP_NOTHING] = "holds",     [VAP_INTERRUPT] = "interrupt",
    [VAP_CHANGED] = "changed",   [VAP_REQUESTED] = "asked to let go",
    [VAP_LOST] = "vapd is gone", [VAP_BACK] = "vapd is back",
    [UNTOLD] = "untold",
};

static bool
tells_matrix(int kind)
{
    return kind == VAP_NOTHING || kind == VAP_CHANGED || kind == UNTOLD;
}

static void
put_time(void)
{
    struct timespec now;
    struct tm tm;
    char text[32] = "";

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (localtime_r(&now.tv_sec, &tm))
        (void)strftime(text, sizeof(text), "%T", &tm);
    (void)printf("%s.%06ld  ", text, now.tv_nsec / 1000);
}

static void
put_difference(const char *verb, const char *what, struct vap_mask ids,
               int digits)
{
    char text[IDS_TEXT];

    if (!vap_mask_empty(&ids))
        (void)printf("  %s %s %s", verb, what, ids_text(&ids, digits, text));
}

static void
put_differences(const char *verb, const struct vap_matrix *a,
                const struct vap_matrix *b)
{
    put_difference(verb, "adapters", vap_mask_less(a->adapters, b->adapters),
                   2);
    put_difference(verb, "domains", vap_mask_less(a->domains, b->domains), 4);
    put_difference(verb, "control", vap_mask_less(a->control, b->control), 4);
}

static void
put_matrix(const struct vap_matrix *m)
{
    char adapters[IDS_TEXT];
    char domains[IDS_TEXT];

    if (vap_mask_empty(&m->adapters) && vap_mask_empty(&m->domains))
        (void)fputs("nothing", stdout);
    else
        (void)printf("%s x %s", ids_text(&m->adapters, 2, adapters),
                     ids_text(&m->domains, 4, domains));
}

static void
put_json(const char *mdev, const char *kind, const struct vap_matrix *m)
{
    struct timespec now;
    json_t *json;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    json = json_pack("{s:I, s:s*, s:s, s:{s:o, s:o, s:o}}", "time_us",
                     (json_int_t)now.tv_sec * 1000000 + now.tv_nsec / 1000,
                     "mdev", mdev, "event", kind, "guest", "adapters",
                     json_of_set(&m->adapters), "domains",
                     json_of_set(&m->domains), "control",
                     json_of_set(&m->control));
    (void)json_dumpf(json, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(json);
}

/* What an event says, a line with its time, or a line of JSON. kind: UNTOLD as
 * well. was: the guest's matrix until now; follows it. mdev: said as well when
 * it is not NULL. */
static void
put_event(const struct guest_wish *wish, const char *mdev,
          struct vap_guest *guest, int kind, struct vap_matrix *was)
{
    struct vap_matrix is = guest_matrix_of(guest);

    if (wish->json) {
        put_json(mdev, kinds[kind], &is);
    } else {
        put_time();
        if (mdev)
            (void)printf("%s ", mdev);
        (void)printf("%-8s ", kinds[kind]);
        if (tells_matrix(kind))
            put_matrix(&is);
        if (kind == VAP_CHANGED || kind == UNTOLD) {
            put_differences("gains", &is, was);
            put_differences("loses", was, &is);
        }
        (void)putchar('\n');
    }
    (void)fflush(stdout);
    *was = is;
}

/* --- the command -----------------------------------------------------------
 */

/** A guest that is watched. */
struct watched {
    const struct guest_one *one;
    struct vap_matrix was;
    bool begun; /* it has told what it holds */
};

/* What a host with the kernel 6.12 does not tell its guest; and how it begins
 * there. */
static void
look(const struct guest_wish *wish, struct watched *w, const char *mdev)
{
    struct vap_matrix is = guest_matrix_of(w->one->guest);

    if (!w->begun || !vap_matrix_equal(&is, &w->was))
        put_event(wish, mdev, w->one->guest, w->begun ? UNTOLD : VAP_NOTHING,
                  &w->was);
    w->begun = true;
}

/* False: it was asked to let go. */
static bool
tell(const struct guest_wish *wish, struct watched *w)
{
    const char *mdev = wish->guests > 1 ? w->one->mdev : NULL;
    struct vap_event event;

    while (vap_guest_event(w->one->guest, &event)) {
        if (!w->begun && event.kind == VAP_CHANGED)
            event.kind = VAP_NOTHING; /* that it has taken its mdev */
        w->begun = true;
        put_event(wish, mdev, w->one->guest, (int)event.kind, &w->was);
        if (event.kind == VAP_REQUESTED)
            return false;
    }
    look(wish, w, mdev);
    return true;
}

static int
watch_all(const struct guest_wish *wish, const struct guest_all *all)
{
    struct watched *watched = calloc(all->n, sizeof(*watched));
    struct pollfd *fds = calloc(all->n, sizeof(*fds));
    bool on = watched && fds;
    int status = on ? CLI_DONE : CLI_FAILED;

    for (unsigned i = 0; i < all->n && on; i++) {
        watched[i].one = &all->one[i];
        fds[i] = (struct pollfd){ vap_guest_fd(all->one[i].guest), POLLIN, 0 };
        on = tell(wish, &watched[i]);
    }
    while (on && !guest_is_over()) {
        (void)poll(fds, all->n, 1000);
        for (unsigned i = 0; i < all->n && on; i++)
            if (fds[i].revents)
                on = tell(wish, &watched[i]);
    }
    free(watched);
    free(fds);
    return status;
}

int
guest_watch(const struct guest_wish *wish)
{
    struct guest_all all;
    int status = guest_take(wish, &all);

    if (status != CLI_DONE)
        return status;
    guest_catch_signals();
    (void)alarm(wish->seconds);
    status = watch_all(wish, &all);
    guest_let_go(&all);
    return status;
}
