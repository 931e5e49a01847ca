/* SPDX-License-Identifier: MIT */
/* What a kernel did is done again by writing to files, and after each step
 * files say what the record says. VAP_TRACES: the folder of the traces. */
#include "sysfs/tree.h"

#include "host/words.h"
#include "matrix/text.h"
#include "replay/history.h"
#include "replay/record.h"
#include "replay/trace.h"

#include <dirent.h>

#define BUS "bus/ap/"

/** A trace under way. */
struct run {
    struct server server;
    struct host *names; /* whose slots and vms the record counts by */
    struct record record;
    const struct vap_rule *rule;
};

/* "m7" in the traces is a UUID that ends in 7. */
static const char *
uuid_of(const char *name)
{
    static char uuid[64];

    (void)snprintf(uuid, sizeof(uuid), "00000000-0000-0000-0000-%012lu",
                   strtoul(name + 1, NULL, 10));
    return uuid;
}

static const char *
mdev_file(const char *name, const char *file)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), TREE_MATRIX "%s/%s", uuid_of(name),
                   file);
    return path;
}

/* The words of an operation: "bind", "vfio_ap", "01.0006". The last has what
 * is left of the line. */
struct words {
    char line[1024];
    const char *word[4];
};

static void
split(struct words *w, const char *op, unsigned n)
{
    char *rest = w->line;

    (void)snprintf(w->line, sizeof(w->line), "%s", op);
    for (unsigned i = 0; i < 4; i++) {
        w->word[i] = i + 1 < n ? strsep(&rest, " ") : rest;
        if (i + 1 >= n)
            rest = NULL;
        if (!w->word[i])
            w->word[i] = "";
    }
}

static int
write_line(struct run *r, const char *file, const char *text)
{
    char line[1024];

    (void)snprintf(line, sizeof(line), "%s\n", text);
    return tree_write(&r->server, file, line);
}

static int
by_mdev_file(struct run *r, const char *op)
{
    struct words w;

    split(&w, op, 3);
    return write_line(r, mdev_file(w.word[1], w.word[0]), w.word[2]);
}

static int
by_bus_file(struct run *r, const char *op)
{
    struct words w;
    char file[64];

    split(&w, op, 2);
    (void)snprintf(file, sizeof(file), BUS "%s", w.word[0]);
    return write_line(r, file, w.word[1]);
}

static int
by_driver_file(struct run *r, const char *op)
{
    struct words w;
    char file[128];

    split(&w, op, 3);
    (void)snprintf(file, sizeof(file), BUS "drivers/%s/%s", w.word[1],
                   w.word[0]);
    return write_line(r, file, w.word[2]);
}

static int
by_override_file(struct run *r, const char *op)
{
    struct words w;
    char file[128];

    split(&w, op, 3);
    (void)snprintf(file, sizeof(file), BUS "devices/%s/driver_override",
                   w.word[1]);
    return write_line(r, file, w.word[2]);
}

static int
by_probe_file(struct run *r, const char *op)
{
    struct words w;

    split(&w, op, 2);
    return write_line(r, BUS "drivers_probe", w.word[1]);
}

static int
by_scans_file(struct run *r, const char *op)
{
    (void)op;
    return write_line(r, BUS "scans", "1");
}

static int
by_create_file(struct run *r, const char *op)
{
    struct words w;

    split(&w, op, 2);
    return write_line(r, TREE_TYPE "create", uuid_of(w.word[1]));
}

/* What has no file: guests, the console, the hardware. The server asks for
 * it by the same words. */
static int
by_request(struct run *r, const char *op)
{
    struct vap_request request;
    const char *expected;
    struct words w;
    int v = history_request(r->names, op, &request, &expected);

    if (v)
        return v < 0 ? -v : words_error((enum vap_verdict)v);
    split(&w, op, 3);
    return server_ask_engine(&r->server, &request,
                             *w.word[1] == 'm' ? uuid_of(w.word[1]) : NULL);
}

/* A remove that the record says would wait is not to wait here. */
static int
by_remove_file(struct run *r, const char *op)
{
    struct words w;
    uint32_t slot;

    split(&w, op, 2);
    slot = host_slot(r->names, w.word[1]);
    if (slot < r->record.n_mdevs && r->record.mdevs[slot].vm)
        return by_request(r, op);
    return write_line(r, mdev_file(w.word[1], "remove"), "1");
}

static const struct {
    const char *word;
    int (*act)(struct run *run, const char *op);
} operations[] = {
    { "assign_adapter", by_mdev_file },
    { "unassign_adapter", by_mdev_file },
    { "assign_domain", by_mdev_file },
    { "unassign_domain", by_mdev_file },
    { "assign_control_domain", by_mdev_file },
    { "unassign_control_domain", by_mdev_file },
    { "ap_config", by_mdev_file },
    { "apmask", by_bus_file },
    { "aqmask", by_bus_file },
    { "bind", by_driver_file },
    { "unbind", by_driver_file },
    { "driver_override", by_override_file },
    { "probe", by_probe_file },
    { "scan", by_scans_file },
    { "create", by_create_file },
    { "remove", by_remove_file },
};

static int
act(struct run *r, const char *op)
{
    size_t n = strcspn(op, " ");

    for (size_t i = 0; i < ROWS(operations); i++)
        if (strlen(operations[i].word) == n &&
            strncmp(op, operations[i].word, n) == 0)
            return operations[i].act(r, op);
    return by_request(r, op);
}

/* what files say */

static void
expect_mask(struct run *r, const char *file, const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 2];

    (void)vap_mask_text(mask, text, sizeof(text));
    text[VAP_MASK_TEXT] = '\n';
    text[VAP_MASK_TEXT + 1] = '\0';
    CHECK_STR(tree_read(&r->server, file), text);
}

/* The first page of what the engine would write. */
static void
expect_text(struct run *r, const char *name, const char *file,
            const struct vap_matrix *m,
            size_t (*write)(const struct vap_matrix *, char *, size_t))
{
    static char text[4096];

    (void)write(m, text, sizeof(text));
    CHECK_STR(tree_read(&r->server, mdev_file(name, file)), text);
}

static void
expect_mdev(struct run *r, uint32_t slot)
{
    const struct record_mdev *m = &r->record.mdevs[slot];
    char name[64];

    (void)snprintf(name, sizeof(name), "%s", host_mdev_name(r->names, slot));
    CHECK_INT(tree_has(&r->server, mdev_file(name, "matrix")), m->exists);
    if (!m->exists)
        return;
    expect_text(r, name, "matrix", &m->matrix, vap_matrix_text);
    expect_text(r, name, "control_domains", &m->matrix, vap_control_text);
    expect_text(r, name, "ap_config", &m->matrix, vap_config_text);
    expect_text(r, name, "guest_matrix", &m->guest, vap_matrix_text);
}

static void
read_driver(struct run *r, const char *driver, struct record_queues *out)
{
    char path[64];
    DIR *dir;

    (void)snprintf(path, sizeof(path), BUS "drivers/%s", driver);
    dir = opendir(tree_path(&r->server, path));
    if (!dir)
        FAIL("%s: %s", path, strerror(errno));
    memset(out, 0, sizeof(*out));
    for (struct dirent *e; (e = readdir(dir));) {
        unsigned a;
        unsigned d;

        // NOLINTNEXTLINE(cert-err34-c): as the tree names them
        if (sscanf(e->d_name, "%2x.%4x", &a, &d) == 2)
            vap_mask_add(&out->of[a], d);
    }
    (void)closedir(dir);
}

static void
expect_drivers(struct run *r)
{
    struct record_queues dflt;
    struct record_queues vfio;

    read_driver(r, "cex4queue", &dflt);
    read_driver(r, "vfio_ap", &vfio);
    for (unsigned a = 0; a < VAP_IDS; a++) {
        CHECK(vap_mask_equal(&dflt.of[a], &r->record.dflt.of[a]));
        CHECK(vap_mask_equal(&vfio.of[a], &r->record.vfio.of[a]));
    }
}

static void
expect(struct run *r)
{
    expect_mask(r, BUS "apmask", &r->record.apmask);
    expect_mask(r, BUS "aqmask", &r->record.aqmask);
    expect_drivers(r);
    for (uint32_t i = 0; i < r->record.n_mdevs && i < r->names->mdevs.n; i++)
        expect_mdev(r, i);
}

static const char *
recorded_answer(const json_t *step)
{
    const json_t *rc = json_object_get(step, "rc");

    return json_is_string(rc) ? json_string_value(rc) : "0";
}

static const char *
answer_name(int e)
{
    return e == 0 ? "0" : e == EINPROGRESS ? "BLOCKED" : strerrorname_np(e);
}

/* The host that the record's names and numbers are of goes along. */
static void
go_along(struct run *r, const char *op)
{
    struct vap_request request;
    const char *expected;

    if (history_request(r->names, op, &request, &expected) == VAP_OK)
        (void)host_do(r->names, &request, NULL);
}

static void
run_trace(const json_t *trace, const struct vap_rule *rule)
{
    const json_t *steps = json_object_get(trace, "steps");
    const char *id = json_string_value(json_object_get(trace, "id"));
    struct run r = { .rule = rule };
    struct server_options options = { 0 };
    const char *expected;

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const char *op = json_string_value(json_object_get(step, "op"));

        test_note("%s %s, step %zu: %s", rule->name, id, i, op);
        if (i == 0) {
            CHECK_INT(history_boot(trace, op, rule, VAP_LINUX_7_2, &r.names,
                                   &expected),
                      0);
            options.host = r.names;
            server_start(&r.server, &options);
        } else {
            CHECK_STR(answer_name(act(&r, op)), recorded_answer(step));
            go_along(&r, op);
        }
        CHECK_INT(record_step(&r.record, r.names, step), 0);
        expect(&r);
    }
    server_stop(&r.server);
    record_done(&r.record);
    host_free(r.names);
}

/* Traces of a file: the first so many. */
static const struct {
    const char *file;
    unsigned n;
} files[] = {
    { "named", 1000 }, { "driver-override", 1000 },
    { "small", 10 },   { "medium", 4 },
    { "faults", 4 },   { "large", 1 },
};

static void
run_file(const char *path, unsigned n, const struct vap_rule *rule)
{
    struct trace_error error = { 0 };
    struct trace_file *file;
    json_t *trace;

    if (trace_open(path, &file) != 0)
        return; /* 6.12 has no driver_override */
    while (n-- > 0 && trace_next(file, &trace, &error) == 1) {
        CHECK_INT(trace_check(trace, &error), 0);
        run_trace(trace, rule);
        json_decref(trace);
    }
    CHECK_STR(error.text, "");
    trace_close(file);
}

static void
run_kernel(const char *kernel)
{
    const char *folder = getenv("VAP_TRACES");
    const char *why = server_impossible();

    if (!why && !folder)
        why = "VAP_TRACES does not name the folder of the traces";
    if (why) {
        test_skip(why);
        return;
    }
    for (size_t i = 0; i < ROWS(files); i++) {
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s/%s.jsonl.gz", folder, kernel,
                       files[i].file);
        run_file(path, files[i].n, vap_rule_named(kernel));
    }
}

TEST(files_do_as_7_2_did)
{
    run_kernel("linux-7.2");
}

TEST(files_do_as_6_12_did)
{
    run_kernel("linux-6.12");
}
