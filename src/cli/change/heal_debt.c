/* SPDX-License-Identifier: MIT */
/* What vap heal has written stands in .heal.journal, beside that of vap apply.
 * Between two writes an mdev is not as its administrator wants it; what it is
 * owed stands there, too, until it has been written:
 *
 *     {"tree": "/sys", "time": "2026-11-22T14:02:05Z", "pid": 7,
 *      "file": "devices/vfio_ap/matrix/U/ap_config", "text": "0x...",
 *      "error": null}
 *     {"tree": "/sys", "owes": {"file": ".../unassign_adapter", "text": "7"}}
 *     {"tree": "/sys", "owes": null} */
#include "cli/change/heal.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void
forget(struct heal_debt *debt)
{
    free(debt->file);
    free(debt->text);
    debt->file = debt->text = NULL;
}

void
heal_debt_done(struct heal_debt *debt)
{
    forget(debt);
    free(debt->tree);
    debt->tree = NULL;
    if (debt->journal.path[0])
        apply_journal_done(&debt->journal);
}

static int
take_line(struct heal_debt *debt, const char *line)
{
    json_t *json = json_loads(line, 0, NULL);
    const char *tree = json_string_value(json_object_get(json, "tree"));
    const json_t *owes = json_object_get(json, "owes");
    const char *file = json_string_value(json_object_get(owes, "file"));
    const char *text = json_string_value(json_object_get(owes, "text"));
    int r = 0;

    if (tree && strcmp(tree, debt->tree) == 0 && owes) {
        forget(debt);
        debt->file = file && text ? strdup(file) : NULL;
        debt->text = debt->file ? strdup(text) : NULL;
        r = file && text && !debt->text ? -ENOMEM : 0;
    }
    json_decref(json);
    return r;
}

int
heal_debt_load(const char *tree, bool begin, struct heal_debt *debt)
{
    AUTO(file_done) FILE *f = NULL;
    AUTO(free_done) char *line = NULL;
    char path[PATH_MAX];
    size_t room = 0;
    int copy;
    int r = apply_journal_file(".heal.journal", begin ? O_CREAT : 0,
                               &debt->journal);

    if (r < 0)
        return r == -ENOENT && !begin ? 0 : r;
    debt->tree = strdup(realpath(tree, path) ? path : tree);
    copy = debt->tree ? dup(debt->journal.fd) : -1;
    f = copy < 0 ? NULL : fdopen(copy, "re");
    if (!f)
        return debt->tree ? -errno : -ENOMEM;
    while (r == 0 && getline(&line, &room, f) > 0)
        r = take_line(debt, line);
    return r;
}

int
heal_debt_owe(struct heal_debt *debt, const struct change_write *write)
{
    return apply_journal_write(&debt->journal,
                               json_pack("{s:s, s:{s:s, s:s}}", "tree",
                                         debt->tree, "owes", "file",
                                         write->file, "text", write->text));
}

int
heal_debt_paid(struct heal_debt *debt)
{
    forget(debt);
    return apply_journal_write(
        &debt->journal, json_pack("{s:s, s:n}", "tree", debt->tree, "owes"));
}

void
heal_debt_note(struct heal_debt *debt, const char *file, const char *text,
               int error)
{
    time_t now = time(NULL);
    char when[32] = "";
    struct tm tm;

    if (gmtime_r(&now, &tm))
        (void)strftime(when, sizeof(when), "%FT%TZ", &tm);
    (void)apply_journal_write(
        &debt->journal,
        json_pack("{s:s, s:s, s:i, s:s, s:s, s:s?}", "tree", debt->tree, "time",
                  when, "pid", (int)getpid(), "file", file, "text", text,
                  "error", error ? strerrorname_np(error) : NULL));
}
