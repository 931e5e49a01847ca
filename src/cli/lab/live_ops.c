/* SPDX-License-Identifier: MIT */
/* An operation that the kernel has a file for is one write(2) to it. */
#include "cli/lab/live_own.h"

#include "base/auto.h"
#include "base/files.h"
#include "cli/frame/cli.h"
#include "host/json.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <fcntl.h>

void
live_answer_done(struct live_answer *answer)
{
    free(answer->reason);
    *answer = (struct live_answer){ 0 };
}

static void
set_word(struct live_answer *answer, const char *word)
{
    (void)snprintf(answer->word, sizeof(answer->word), "%s", word);
}

/* -- which file ----------------------------------------------------------- */

/** A file below the tree, and what is written to it. */
struct writing {
    char path[PATH_MAX];
    char text[4096];
};

/* "a/assign_adapter", "05.0047/driver_override", "apmask" */
static int
path_of_file(struct live *live, const char *file, struct writing *w)
{
    const char *slash = strchr(file, '/');
    AUTO(free_done)
    char *node = slash ? strndup(file, (size_t)(slash - file)) : NULL;
    char uuid[LIVE_UUID];
    uint16_t apqn;
    int r;

    if (!slash) {
        live_path(live, w->path, "bus/ap/%s", file);
        return 0;
    }
    if (!node)
        return -ENOMEM;
    if (vap_read_apqn(node, strlen(node), &apqn) == VAP_OK) {
        live_path(live, w->path, "bus/ap/devices/%s", file);
        return 0;
    }
    r = live_uuid(live, node, uuid);
    live_path(live, w->path, LIVE_MATRIX "/%s%s", uuid, slash);
    return r;
}

/* FILE TEXT */
static int
read_write(struct live *live, char *const args[2], struct writing *w)
{
    (void)snprintf(w->text, sizeof(w->text), "%s\n", args[1] ? args[1] : "");
    return path_of_file(live, args[0], w);
}

static int
read_create(struct live *live, char *const args[2], struct writing *w)
{
    live_path(live, w->path,
              LIVE_MATRIX "/mdev_supported_types/vfio_ap-passthrough/create");
    return live_uuid(live, args[0], w->text);
}

static int
read_remove(struct live *live, char *const args[2], struct writing *w)
{
    char uuid[LIVE_UUID];
    int r = live_uuid(live, args[0], uuid);

    live_path(live, w->path, LIVE_MATRIX "/%s/remove", uuid);
    (void)snprintf(w->text, sizeof(w->text), "1\n");
    return r;
}

/* DRIVER QUEUE */
static int
read_bind(struct live *live, char *const args[2], struct writing *w)
{
    live_path(live, w->path, "bus/ap/drivers/%s/bind", args[0]);
    (void)snprintf(w->text, sizeof(w->text), "%s\n", args[1]);
    return 0;
}

static int
read_unbind(struct live *live, char *const args[2], struct writing *w)
{
    live_path(live, w->path, "bus/ap/drivers/%s/unbind", args[0]);
    (void)snprintf(w->text, sizeof(w->text), "%s\n", args[1]);
    return 0;
}

static int
read_probe(struct live *live, char *const args[2], struct writing *w)
{
    live_path(live, w->path, "bus/ap/drivers_probe");
    (void)snprintf(w->text, sizeof(w->text), "%s\n", args[0]);
    return 0;
}

static const struct {
    const char *verb;
    size_t n_args; /* at least */
    int (*read)(struct live *live, char *const args[2], struct writing *w);
} verbs[] = {
    // clang-format off
    { "write",  1, read_write },
    { "create", 1, read_create },
    { "remove", 1, read_remove },
    { "bind",   2, read_bind },
    { "unbind", 2, read_unbind },
    { "probe",  1, read_probe },
    // clang-format on
};

/* 1: there is a file for it; 0: there is none; -ENOMEM */
static int
find_writing(struct live *live, const char *words, struct writing *w)
{
    AUTO(free_done) char *copy = strdup(words);
    char *rest = copy;
    char *args[2] = { 0 };
    const char *verb = strsep(&rest, " ");

    if (!copy)
        return -ENOMEM;
    args[0] = strsep(&rest, " ");
    args[1] = rest;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].verb, verb) == 0 && args[verbs[i].n_args - 1]) {
            int r = verbs[i].read(live, args, w);

            return r < 0 ? r : 1;
        }
    return 0;
}

/* -- asking --------------------------------------------------------------- */

/* "open a vm1" with the UUID of a. The caller's; NULL when memory is short. */
static char *
with_uuids(struct live *live, const char *words)
{
    AUTO(free_done) char *copy = strdup(words);
    char *rest = copy;
    const char *verb = strsep(&rest, " ");
    const char *name = rest ? strsep(&rest, " /") : NULL;
    size_t after = rest ? (size_t)(rest - copy) - 1 : strlen(words);
    char uuid[LIVE_UUID];
    char *text;

    if (!copy)
        return NULL;
    if (!name || (strcmp(verb, "create") != 0 &&
                  names_find(&live->names, name) == NAMES_NONE))
        return strdup(words);
    if (live_uuid(live, name, uuid) < 0 ||
        asprintf(&text, "%s %s%s", verb, uuid, words + after) < 0)
        return NULL;
    return text;
}

static const char *
text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "?";
}

static int
ask(struct live *live, const struct scenario_op *ops, size_t n,
    struct live_answer *answer)
{
    AUTO(json_done) json_t *out = NULL;
    json_t *list = json_array();
    int status;

    for (size_t i = 0; i < n; i++) {
        AUTO(free_done) char *words = with_uuids(live, ops[i].words);

        if (!words || json_array_append_new(list, json_string(words))) {
            json_decref(list);
            return -ENOMEM;
        }
    }
    status = client_try(live->client, list, &out);
    if (status == CLI_REFUSED)
        set_word(answer, text_of(out, "error"));
    else
        set_word(answer, json_is_true(json_object_get(out, "waits")) ? "BLOCKED"
                                                                     : "ok");
    return status == CLI_FAILED ? -EIO : 0;
}

/* Who writes to its file waits until the guest has let it go, and then it is
 * removed: a step of a scenario ends before. */
static bool
is_held(const struct live *live, const char *words)
{
    uint32_t slot;

    if (strncmp(words, "remove ", 7) != 0)
        return false;
    slot = host_mdev(live->host, words + 7);
    return slot != NAMES_NONE && live->host->engine->mdevs[slot].vm;
}

int
live_ops(struct live *live, const struct scenario_op *ops, size_t n,
         struct live_answer *answer)
{
    bool asks = n > 1 || is_held(live, ops->words);
    struct writing w;
    int r;

    *answer = (struct live_answer){ 0 };
    r = asks ? 0 : find_writing(live, ops->words, &w);
    if (r > 0) {
        int error = -file_store(AT_FDCWD, w.path, w.text);

        set_word(answer, error ? strerrorname_np(error) : "ok");
        r = 0;
    } else if (!r)
        r = ask(live, ops, n, answer);
    return r ? r : live_catch_up(live, &answer->reason);
}
