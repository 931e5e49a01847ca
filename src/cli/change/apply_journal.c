/* SPDX-License-Identifier: MIT */
/* What vap apply has written, in a file that no host can be called, and where
 * it stood when it ended:
 *
 *     {"begin": "2026-11-22T14:02:05Z", "pid": 7, "tree": "/sys", "steps": 3,
 *      "before": "apmask: ..."}
 *     {"step": 1, "file": "bus/ap/apmask", "text": "-0x05"}   about to be
 *     {"done": 1}                                  written, and read back
 *     {"end": "done"}
 *
 * A line is on the disk before what it announces is done. A line cut short by
 * a crash is the last, and passed over. */
#include "cli/change/apply.h"

#include "base/auto.h"
#include "base/place.h"
#include "host/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

void
apply_past_done(struct apply_past *past)
{
    free(past->before);
    *past = (struct apply_past){ 0 };
}

void
apply_journal_done(struct apply_journal *journal)
{
    if (journal->fd >= 0)
        (void)close(journal->fd);
    journal->fd = -1;
}

static const char *
string(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "";
}

static int
take_line(const json_t *json, const char *tree, bool *ours,
          struct apply_past *past)
{
    if (json_object_get(json, "begin")) {
        *ours = strcmp(string(json, "tree"), tree) == 0;
        if (!*ours)
            return 0;
        apply_past_done(past);
        past->unfinished = true;
        past->n = (size_t)json_integer_value(json_object_get(json, "steps"));
        past->before = strdup(string(json, "before"));
        return past->before ? 0 : -ENOMEM;
    }
    if (*ours && json_object_get(json, "done"))
        past->done = (size_t)json_integer_value(json_object_get(json, "done"));
    if (*ours && json_object_get(json, "end"))
        past->unfinished = false;
    return 0;
}

static int
read_past(int fd, const char *tree, struct apply_past *past)
{
    AUTO(file_done) FILE *f = NULL;
    AUTO(free_done) char *line = NULL;
    int copy = dup(fd);
    bool ours = false;
    size_t room = 0;
    int r = 0;

    f = copy < 0 ? NULL : fdopen(copy, "re");
    if (!f)
        return -errno;
    while (r == 0 && getline(&line, &room, f) > 0) {
        AUTO(json_done) json_t *json = json_loads(line, 0, NULL);

        if (json)
            r = take_line(json, tree, &ours, past);
    }
    return r;
}

static int
make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        int r;

        *slash = '\0';
        r = mkdir(path, 0700);
        *slash = '/';
        if (r < 0 && errno != EEXIST)
            return -errno;
    }
    return 0;
}

/* A line that a crash has cut short ends here. */
static int
end_line(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char last = '\n';

    (void)lseek(fd, 0, SEEK_SET); /* to be read */
    if (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n' &&
        write(fd, "\n", 1) != 1)
        return -EIO;
    return 0;
}

int
apply_journal_file(const char *name, int flags, struct apply_journal *journal)
{
    char parent[PATH_MAX];
    int r = place_states(parent);

    journal->fd = -1;
    if (r < 0)
        return r;
    if (snprintf(journal->path, sizeof(journal->path), "%s/%s", parent, name) >=
        (int)sizeof(journal->path))
        return -ENAMETOOLONG;
    r = flags & O_CREAT ? make_parents(journal->path) : 0;
    if (r < 0)
        return r;
    journal->fd =
        open(journal->path, flags | O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
             0600);
    if (journal->fd < 0)
        return -errno;
    if (flock(journal->fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return end_line(journal->fd);
}

int
apply_journal_open(const char *tree, struct apply_journal *journal,
                   struct apply_past *past)
{
    int r = apply_journal_file(".apply.journal", O_CREAT, journal);

    *past = (struct apply_past){ 0 };
    return r < 0 ? r : read_past(journal->fd, tree, past);
}

int
apply_journal_write(struct apply_journal *journal, json_t *json)
{
    AUTO(free_done) char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    AUTO(free_done) char *line = NULL;
    int n = text ? asprintf(&line, "%s\n", text) : -1;

    json_decref(json);
    if (n < 0)
        return -ENOMEM;
    if (write(journal->fd, line, (size_t)n) != n)
        return errno ? -errno : -EIO;
    return fdatasync(journal->fd) < 0 ? -errno : 0;
}
