/* SPDX-License-Identifier: MIT */
/* What a tree shows, in the texts that scenarios have for it. What no file
 * shows, what a guest has and why it has not more, is taken from vapd's host
 * file. */
#include "cli/lab/live_own.h"

#include "base/auto.h"
#include "base/files.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <fcntl.h>

static char *
copy(const char *text)
{
    return strdup(text);
}

/* A file whole; NULL when it cannot be read. */
static char *
read_file(const char *path)
{
    AUTO(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    AUTO(free_done) char *text = NULL;
    size_t n = 0;
    ssize_t got = fd < 0 ? -1 : 1;

    while (got > 0) {
        char *more = realloc(text, n + 4097);

        if (!more)
            return NULL;
        text = more;
        got = read(fd, text + n, 4096);
        n += got > 0 ? (size_t)got : 0;
        text[n] = '\0';
    }
    return got < 0 ? NULL : TAKE(text);
}

/* "bus/ap/apmask", with no end of a line; "gone" when there is none. */
static char *
file_line(const char *path)
{
    char *text = read_file(path);

    if (!text)
        return copy("gone");
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* -- an mdev -------------------------------------------------------------- */

static char *
file_of(const struct live *live, const char *mdev, const char *file)
{
    char path[PATH_MAX];

    live_path(live, path, LIVE_MATRIX "/" LIVE_UUID_FORMAT "/%s",
              names_find(&live->names, mdev), file);
    return read_file(path);
}

static const char *
next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line != '\0');
}

/* Lines "03.0047", of one side alone "03." or ".0047". */
static void
read_queues(const char *text, struct vap_matrix *out)
{
    for (; *text; text = next_line(text)) {
        const char *domain = text + strcspn(text, ".\n");

        if (domain > text)
            vap_mask_add(&out->adapters,
                         (unsigned)strtoul(text, NULL, 16) % VAP_IDS);
        if (*domain == '.' && domain[1] != '\n')
            vap_mask_add(&out->domains,
                         (unsigned)strtoul(domain + 1, NULL, 16) % VAP_IDS);
    }
}

static char *
product(const char *text)
{
    struct vap_matrix m = { 0 };

    read_queues(text, &m);
    return sets_product_text(&m);
}

/* Lines "0047". */
static char *
ids(const char *text)
{
    struct vap_mask m = { 0 };

    for (; *text; text = next_line(text))
        vap_mask_add(&m, (unsigned)strtoul(text, NULL, 16) % VAP_IDS);
    return sets_ids_text(&m);
}

static const struct {
    enum scenario_about about;
    const char *file; /* NULL: as the expectation says */
    char *(*text)(const char *text);
} files[] = {
    { SCENARIO_MATRIX, "matrix", product },
    { SCENARIO_GUEST, "guest_matrix", product },
    { SCENARIO_CONTROL, "control_domains", ids },
    { SCENARIO_TEXT, NULL, scenario_quote },
};

static char *
updates(const struct live *live, const char *mdev)
{
    uint32_t number = names_find(&live->names, mdev);
    char *text;

    return asprintf(&text, "%u",
                    number == NAMES_NONE ? 0 : live->updates[number]) < 0
               ? NULL
               : text;
}

static bool
exists(const struct live *live, const char *mdev)
{
    char path[PATH_MAX];

    live_path(live, path, LIVE_MATRIX "/" LIVE_UUID_FORMAT,
              names_find(&live->names, mdev));
    return names_find(&live->names, mdev) != NAMES_NONE &&
           access(path, F_OK) == 0;
}

/* By the host file. */
static char *
told(const struct live *live, const struct scenario_expect *x)
{
    const struct play play = { .host = live->host };

    return play_see(&play, x);
}

static char *
see_mdev(const struct live *live, const struct scenario_expect *x)
{
    if (!exists(live, x->subject))
        return copy("gone");
    if (x->about == SCENARIO_EXISTS)
        return copy("exists");
    if (x->about == SCENARIO_UPDATES)
        return updates(live, x->subject);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (files[i].about == x->about) {
            AUTO(free_done)
            char *text = file_of(live, x->subject,
                                 files[i].file ? files[i].file : x->file);

            return text ? files[i].text(text) : copy("gone");
        }
    return told(live, x);
}

/* -- queues --------------------------------------------------------------- */

static char *
driver(const struct live *live, const char *queue)
{
    char path[PATH_MAX];
    char link[PATH_MAX];
    ssize_t n;

    live_path(live, path, "bus/ap/devices/%s", queue);
    if (access(path, F_OK) != 0)
        return copy("gone");
    live_path(live, path, "bus/ap/devices/%s/driver", queue);
    n = readlink(path, link, sizeof(link) - 1);
    if (n < 0)
        return copy("unbound");
    link[n] = '\0';
    return copy(strrchr(link, '/') + 1);
}

static char *
status(const struct live *live, const char *queue)
{
    AUTO(free_done) char *has = driver(live, queue);
    char path[PATH_MAX];

    if (!has || strcmp(has, "vfio_ap") != 0)
        return copy("gone");
    live_path(live, path, "bus/ap/devices/%s/status", queue);
    return file_line(path);
}

/* All of the bus that the driver has, or none has. */
static char *
queues(const struct live *live, const char *wanted)
{
    struct sets_queues found = { 0 };
    char path[PATH_MAX];
    const char *name;
    AUTO(dir_done) DIR *dir = NULL;

    live_path(live, path, "bus/ap/devices");
    dir = dir_open(AT_FDCWD, path);
    while ((name = dir_next(dir))) {
        AUTO(free_done) char *has = NULL;
        uint16_t apqn;

        if (vap_read_apqn(name, strlen(name), &apqn) != VAP_OK)
            continue;
        has = driver(live, name);
        if (has && strcmp(has, wanted) == 0)
            vap_mask_add(&found.row[VAP_ADAPTER_OF(apqn)], VAP_DOMAIN_OF(apqn));
    }
    return sets_queues_text(&found);
}

/* -- all of it ------------------------------------------------------------ */

char *
live_see(const struct live *live, const struct scenario_expect *x)
{
    char path[PATH_MAX];

    switch ((int)x->about) {
    case SCENARIO_DRIVER:
        return driver(live, x->subject);
    case SCENARIO_STATUS:
        return status(live, x->subject);
    case SCENARIO_GUESTS:
        return told(live, x);
    case SCENARIO_QUEUES:
        return queues(live, x->subject);
    case SCENARIO_RESETS:
        return sets_queues_text(&live->resets);
    case SCENARIO_APMASK:
    case SCENARIO_AQMASK:
        live_path(live, path, "bus/ap/%s",
                  x->about == SCENARIO_APMASK ? "apmask" : "aqmask");
        return file_line(path);
    default:
        return see_mdev(live, x);
    }
}
