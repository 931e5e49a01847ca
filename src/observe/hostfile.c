/* SPDX-License-Identifier: MIT */
/* A file is read whole before it is looked at, and looked at whole before it
 * becomes a host: there is no partial answer. */
#include "observe/hostfile.h"

#include "base/auto.h"
#include "observe/hostfile_read.h"
#include "observe/hostfile_schema.h"
#include "observe/hostfile_yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

__attribute__((format(printf, 3, 4))) static int
refuse(struct hostfile_error *error, unsigned long line, const char *format,
       ...)
{
    va_list args;

    va_start(args, format);
    (void)hostfile_refuse(error, line, format, args);
    va_end(args);
    return 1;
}

static int
could_not(struct hostfile_error *error, int r)
{
    error->line = 0;
    (void)snprintf(error->text, sizeof(error->text), "%s", strerror(-r));
    return r;
}

static const cyaml_config_t cyaml = {
    .mem_fn = cyaml_mem,
    .flags = CYAML_CFG_NO_ALIAS,
};

static void
doc_done(struct doc **doc)
{
    (void)cyaml_free(&cyaml, &doc_schema, *doc, 0);
}

/* Text and nothing else, as far as can be seen from outside. */
static int
check_bytes(const char *text, size_t length, struct hostfile_error *error)
{
    const char *nul;
    unsigned long line = 1;

    if (length > HOSTFILE_MAX)
        return refuse(error, 0, "more than %u MiB found, a host expected",
                      HOSTFILE_MAX >> 20);
    if (!length)
        return refuse(error, 0, "nothing found, a host expected");
    nul = memchr(text, '\0', length);
    for (const char *c = text; nul && c < nul; c++)
        line += *c == '\n';
    return nul ? refuse(error, line, "a NUL byte found, text expected") : 0;
}

static int
load(const char *text, size_t length, struct doc **doc)
{
    void *data = NULL;
    cyaml_err_t r = cyaml_load_data((const uint8_t *)text, length, &cyaml,
                                    &doc_schema, &data, NULL);

    *doc = data;
    return r == CYAML_OK ? 0 : r == CYAML_ERR_OOM ? -ENOMEM : -EINVAL;
}

int
hostfile_parse(const char *text, size_t length, struct host **out,
               struct hostfile_error *error)
{
    AUTO(doc_done) struct doc *doc = NULL;
    int r = check_bytes(text, length, error);

    if (!r)
        r = hostfile_yaml_check(text, length, &doc_schema, error);
    if (!r)
        r = load(text, length, &doc);
    if (!r)
        r = hostfile_read(doc, text, length, out, error);
    return r < 0 ? could_not(error, r) : r;
}

/* Without waiting for a writer that a pipe may never get. */
static int
open_file(const char *path, struct hostfile_error *error)
{
    AUTO(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat s;

    if (fd < 0 || fstat(fd, &s) < 0)
        return could_not(error, -errno);
    if (!S_ISREG(s.st_mode)) {
        (void)could_not(error, -EINVAL);
        (void)refuse(error, 0, "is not a regular file");
        return -EINVAL;
    }
    return fd_take(&fd);
}

/* One byte more than there may be, if there is more. */
static int
read_all(FILE *f, char **text, size_t *length, struct hostfile_error *error)
{
    size_t room = 0;

    *length = 0;
    do {
        char *grown = NULL;

        room = room ? 4 * room : 4096;
        room = room > HOSTFILE_MAX ? HOSTFILE_MAX + 1 : room;
        grown = realloc(*text, room);
        if (!grown)
            return could_not(error, -ENOMEM);
        *text = grown;
        *length += fread(*text + *length, 1, room - *length, f);
    } while (*length == room && room <= HOSTFILE_MAX);
    return ferror(f) ? could_not(error, errno ? -errno : -EIO) : 0;
}

int
hostfile_load(const char *path, struct host **out, struct hostfile_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    AUTO(file_done) FILE *f = NULL;
    AUTO(free_done) char *text = NULL;
    size_t length;
    int r = standard ? 0 : open_file(path, error);

    if (r < 0)
        return r;
    f = standard ? stdin : fdopen(r, "re");
    if (!f)
        return could_not(error, -errno);
    r = read_all(f, &text, &length, error);
    return r < 0 ? r : hostfile_parse(text, length, out, error);
}

static const char builtin[] = "cards:\n"
                              "  - {id: 0x03, type: CEX8A}\n"
                              "  - {id: 0x05, type: CEX8C}\n"
                              "  - {id: 0x0a, type: CEX8P}\n"
                              "domains: [0x0004, 0x0047, 0x0054]\n"
                              "control_domains: [0x0004, 0x0047, 0x0054]\n"
                              "apmask: -0-255,+0x03\n"
                              "aqmask: -0-255,+0x04\n";

int
hostfile_builtin(struct host **out)
{
    struct hostfile_error error;

    return hostfile_parse(builtin, sizeof(builtin) - 1, out, &error);
}
