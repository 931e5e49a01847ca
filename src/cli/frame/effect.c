/* SPDX-License-Identifier: MIT */
#include "cli/frame/effect.h"

#include "base/say.h"
#include "cli/frame/ids.h"
#include "cli/frame/turns.h"
#include "host/words.h"

#include <string.h>

enum { LEFT = TURNS_LEFT };

/** One mdev, before or after. */
struct side {
    bool exists;
    const char *vm; /* NULL: nobody has it open */
    struct vap_matrix matrix;
    struct vap_matrix shown; /* guest_matrix */
    struct vap_matrix guest; /* what its guest has, or the next one would */
};

static const char *
s(json_int_t n)
{
    return n == 1 ? "" : "s";
}

/* --- reading ---------------------------------------------------------------
 */

static const char *
string(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value ? value : "";
}

static struct vap_mask
read_set(const json_t *json, const char *key)
{
    struct vap_mask mask = vap_mask_none();

    (void)words_set(string(json, key), &mask);
    return mask;
}

static struct vap_matrix
read_ids(const json_t *json, const char *key)
{
    const json_t *ids = json_object_get(json, key);

    return (struct vap_matrix){ read_set(ids, "adapters"),
                                read_set(ids, "domains"),
                                read_set(ids, "control") };
}

static struct side
read_side(const json_t *mdev, const char *key)
{
    const json_t *json = json_object_get(mdev, key);
    const char *vm = json_string_value(json_object_get(json, "vm"));

    return (struct side){ .exists = json_is_object(json),
                          .vm = vm,
                          .matrix = read_ids(json, "matrix"),
                          .shown = read_ids(json, "guest"),
                          .guest = read_ids(json, vm ? "apcb" : "guest") };
}

/* --- guests ----------------------------------------------------------------
 */

static json_int_t
count_queues(const struct vap_matrix *m)
{
    return (json_int_t)vap_mask_count(&m->adapters) *
           vap_mask_count(&m->domains);
}

/* control: also its control domains. */
static void
put_matrix(FILE *out, const struct vap_matrix *m, bool control)
{
    bool none = vap_mask_empty(&m->adapters) && vap_mask_empty(&m->domains);
    char adapters[IDS_TEXT];
    char domains[IDS_TEXT];

    control = control && !vap_mask_empty(&m->control);
    if (!none)
        (void)fprintf(out, "%s x %s", ids_text(&m->adapters, 2, adapters),
                      ids_text(&m->domains, 4, domains));
    if (control)
        (void)fprintf(out, "%scontrol %s", none ? "" : ", ",
                      ids_text(&m->control, 4, domains));
    else if (none)
        (void)fputs("nothing", out);
}

static void
put_ids(FILE *out, const char *verb, const char *what, struct vap_mask ids,
        int digits)
{
    char text[IDS_TEXT];

    if (!vap_mask_empty(&ids))
        (void)fprintf(out, "  %-*s%s%s %s\n", LEFT - 2, verb, what,
                      s(vap_mask_count(&ids)), ids_text(&ids, digits, text));
}

static void
put_less(FILE *out, const char *verb, const struct vap_matrix *a,
         const struct vap_matrix *b)
{
    put_ids(out, verb, "adapter", vap_mask_less(a->adapters, b->adapters), 2);
    put_ids(out, verb, "domain", vap_mask_less(a->domains, b->domains), 4);
    put_ids(out, verb, "control domain", vap_mask_less(a->control, b->control),
            4);
}

/* "05 x 0047 -> 05,06 x 0047"; control domains where they change. */
static void
put_turn(FILE *out, const struct vap_matrix *was, const struct vap_matrix *is)
{
    bool control = !vap_mask_equal(&was->control, &is->control);

    put_matrix(out, was, control);
    (void)fputs(" -> ", out);
    put_matrix(out, is, control);
    (void)putc('\n', out);
}

/* "web (vm0)", and its width. */
static int
put_who(FILE *out, const json_t *mdev, const char *vm)
{
    size_t n = say_quoted(out, string(mdev, "mdev"));

    if (!vm)
        return (int)n;
    (void)fputs(" (", out);
    n += say_quoted(out, vm);
    (void)putc(')', out);
    return (int)n + 3;
}

/* The same, and what becomes of it. */
static void
put_name(FILE *out, const json_t *mdev, const struct side *was,
         const struct side *is)
{
    const char *vm = was->vm ? was->vm : is->vm;
    int n = put_who(out, mdev, vm);

    (void)fprintf(out, "%*s", n < LEFT ? LEFT - n : 1, "");
    if (!was->exists && is->exists)
        (void)fputs("created, ", out);
    if (was->exists && !is->exists)
        (void)fputs("removed, ", out);
    if (!was->vm != !is->vm)
        (void)fprintf(out, "%s, ", is->vm ? "opened" : "closed");
}

static void
put_counts(FILE *out, const json_t *mdev, const struct side *was,
           const struct side *is)
{
    json_int_t updates = json_integer_value(json_object_get(mdev, "updates"));
    json_int_t before = count_queues(&was->guest);
    json_int_t after = count_queues(&is->guest);

    if (before != after)
        (void)fprintf(out, "%lld -> ", (long long)before);
    (void)fprintf(out, "%lld queue%s", (long long)after, s(after));
    if (updates)
        (void)fprintf(out, ", %lld guest update%s", (long long)updates,
                      s(updates));
    if (json_integer_value(json_object_get(mdev, "clears")))
        (void)fputs(", taken from the guest", out);
    (void)putc('\n', out);
}

/* A running guest goes on as it was. */
static bool
is_untold(const struct side *was, const struct side *is)
{
    return is->vm && !vap_matrix_equal(&was->shown, &is->shown) &&
           !vap_matrix_equal(&is->shown, &is->guest);
}

static void
put_mdev(FILE *out, const json_t *mdev)
{
    struct side was = read_side(mdev, "before");
    struct side is = read_side(mdev, "after");

    put_name(out, mdev, &was, &is);
    put_counts(out, mdev, &was, &is);
    put_less(out, "unassigned", &was.matrix, &is.matrix);
    put_less(out, "assigned", &is.matrix, &was.matrix);
    put_less(out, "loses", &was.guest, &is.guest);
    put_less(out, "gains", &is.guest, &was.guest);
    if (!vap_matrix_equal(&was.guest, &is.guest)) {
        (void)fprintf(out, "  %-*s", LEFT - 2, "guest");
        put_turn(out, &was.guest, &is.guest);
    }
    if (is_untold(&was, &is)) {
        (void)fprintf(out, "  %-*sguest_matrix ", LEFT - 2, "not told");
        put_turn(out, &was.shown, &is.shown);
    }
}

/* --- queues ----------------------------------------------------------------
 */

static void
add_turn(struct turns *turns, const json_t *row, const char *key,
         const char *to)
{
    turns_add(turns,
              (unsigned)json_integer_value(json_object_get(row, "adapter")),
              read_set(row, key), to);
}

static void
put_resets(FILE *out, const json_t *list)
{
    struct turns turns = { .out = out, .left = "reset", .in_order = true };

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        char to[TURNS_TO];

        turns_reset((unsigned)json_integer_value(json_object_get(row, "times")),
                    (unsigned)json_integer_value(json_object_get(row, "rc")),
                    to);
        add_turn(&turns, row, "domains", to);
    }
    turns_end(&turns);
}

static void
put_bindings(FILE *out, const json_t *list)
{
    struct turns turns = { .out = out, .left = "queues" };

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        add_turn(&turns, row, "gone", " gone");
        add_turn(&turns, row, "unbound", " unbound");
        add_turn(&turns, row, "default", " to cex4queue, for the host");
        add_turn(&turns, row, "vfio_ap", " to vfio_ap, for guests");
    }
    turns_end(&turns);
}

void
effect_put(FILE *out, const json_t *effect, bool plan)
{
    const json_t *mdevs = json_object_get(effect, "mdevs");

    if (json_is_false(json_object_get(effect, "changes"))) {
        (void)fputs(plan ? "nothing would change\n" : "nothing changed\n", out);
        return;
    }
    if (json_array_size(mdevs) == 0)
        (void)fputs(plan ? "no guest would notice\n" : "no guest noticed\n",
                    out);
    for (size_t i = 0; i < json_array_size(mdevs); i++)
        put_mdev(out, json_array_get(mdevs, i));
    put_resets(out, json_object_get(effect, "resets"));
    put_bindings(out, json_object_get(effect, "bindings"));
}

void
effect_put_guests(FILE *out, const json_t *effect, int indent)
{
    const json_t *mdevs = json_object_get(effect, "mdevs");

    for (size_t i = 0; i < json_array_size(mdevs); i++) {
        const json_t *mdev = json_array_get(mdevs, i);
        struct side was = read_side(mdev, "before");
        struct side is = read_side(mdev, "after");
        const char *vm = was.vm ? was.vm : is.vm;

        if (!vap_matrix_equal(&was.guest, &is.guest)) {
            (void)fprintf(out, "%*s", indent, "");
            (void)put_who(out, mdev, vm);
            (void)fputs(": ", out);
            put_turn(out, &was.guest, &is.guest);
        }
        if (is_untold(&was, &is)) {
            (void)fprintf(out, "%*s", indent, "");
            (void)put_who(out, mdev, vm);
            (void)fputs(" is not told: guest_matrix ", out);
            put_turn(out, &was.shown, &is.shown);
        }
    }
}
