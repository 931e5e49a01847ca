/* SPDX-License-Identifier: MIT */
#include "observe/hostfile_text.h"

#include "base/auto.h"
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

int
hostfile_could_not(struct hostfile_error *error, int r)
{
    error->line = 0;
    (void)snprintf(error->text, sizeof(error->text), "%s", strerror(-r));
    return r;
}

/* Text and nothing else, as far as can be seen from outside. */
int
hostfile_text_check(const char *text, size_t length, const char *what,
                    struct hostfile_error *error)
{
    const char *nul;
    unsigned long line = 1;

    if (length > HOSTFILE_MAX)
        return refuse(error, 0, "more than %u MiB found, %s expected",
                      HOSTFILE_MAX >> 20, what);
    if (!length)
        return refuse(error, 0, "nothing found, %s expected", what);
    nul = memchr(text, '\0', length);
    for (const char *c = text; nul && c < nul; c++)
        line += *c == '\n';
    return nul ? refuse(error, line, "a NUL byte found, text expected") : 0;
}

/* A shell's <(COMMAND), which has its writer already. */
static bool
is_substitution(const char *path, const struct stat *s)
{
    return S_ISFIFO(s->st_mode) && strncmp(path, "/dev/fd/", 8) == 0;
}

/* Without waiting for a writer that a pipe may never get. */
static int
open_file(const char *path, struct hostfile_error *error)
{
    AUTO(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat s;

    if (fd < 0 || fstat(fd, &s) < 0)
        return hostfile_could_not(error, -errno);
    if (is_substitution(path, &s) && fcntl(fd, F_SETFL, 0) == 0)
        return fd_take(&fd);
    if (!S_ISREG(s.st_mode)) {
        (void)hostfile_could_not(error, -EINVAL);
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
            return hostfile_could_not(error, -ENOMEM);
        *text = grown;
        *length += fread(*text + *length, 1, room - *length, f);
    } while (*length == room && room <= HOSTFILE_MAX);
    return ferror(f) ? hostfile_could_not(error, errno ? -errno : -EIO) : 0;
}

int
hostfile_text(const char *path, char **text, size_t *length,
              struct hostfile_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    AUTO(file_done) FILE *f = NULL;
    int r = standard ? 0 : open_file(path, error);

    if (r < 0)
        return r;
    f = standard ? stdin : fdopen(r, "re");
    if (!f)
        return hostfile_could_not(error, -errno);
    return read_all(f, text, length, error);
}
