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
    struct vap_matrix guest;
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

    return (struct side){ .exists = json_is_object(json),
                          .vm = json_string_value(json_object_get(json, "vm")),
                          .matrix = read_ids(json, "matrix"),
                          .guest = read_ids(json, "guest") };
}

/* --- guests ----------------------------------------------------------------
 */

static json_int_t
count_queues(const struct vap_matrix *m)
{
    return (json_int_t)vap_mask_count(&m->adapters) *
           vap_mask_count(&m->domains);
}

static void
put_matrix(FILE *out, const struct vap_matrix *m)
{
    char adapters[IDS_TEXT];
    char domains[IDS_TEXT];

    if (vap_mask_empty(&m->adapters) && vap_mask_empty(&m->domains))
        (void)fputs("nothing", out);
    else
        (void)fprintf(out, "%s x %s", ids_text(&m->adapters, 2, adapters),
                      ids_text(&m->domains, 4, domains));
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

/* "web (vm0)", and what becomes of it. */
static void
put_name(FILE *out, const json_t *mdev, const struct side *was,
         const struct side *is)
{
    const char *vm = was->vm ? was->vm : is->vm;
    int n = (int)strlen(string(mdev, "mdev"));

    say_quoted(out, string(mdev, "mdev"));
    if (vm)
        n += fprintf(out, " (%s)", vm);
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

static void
put_turn_of(FILE *out, const struct side *was, const struct side *is)
{
    put_matrix(out, &was->guest);
    (void)fputs(" -> ", out);
    put_matrix(out, &is->guest);
    (void)putc('\n', out);
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
    if (vap_matrix_equal(&was.guest, &is.guest))
        return;
    put_less(out, "loses", &was.guest, &is.guest);
    put_less(out, "gains", &is.guest, &was.guest);
    (void)fprintf(out, "  %-*s", LEFT - 2, "guest");
    put_turn_of(out, &was, &is);
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

        if (vap_matrix_equal(&was.guest, &is.guest))
            continue;
        (void)fprintf(out, "%*s", indent, "");
        say_quoted(out, string(mdev, "mdev"));
        if (vm)
            (void)fprintf(out, " (%s)", vm);
        (void)fputs(": ", out);
        put_turn_of(out, &was, &is);
    }
}
