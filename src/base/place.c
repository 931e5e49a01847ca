/* SPDX-License-Identifier: MIT */
/* A name is alive while its lock is held, and the kernel drops the lock with
 * its holder: nothing that a dead daemon left can look alive. */
#include "base/place.h"

#include "base/auto.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

bool
place_name_ok(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) &&
            (i == 0 || !strchr("._-", name[i])))
            return false;
    return n > 0 && n <= PLACE_NAME;
}

__attribute__((format(printf, 2, 3))) static int
path(char out[PATH_MAX], const char *format, ...)
{
    va_list values;
    int n;

    va_start(values, format);
    n = vsnprintf(out, PATH_MAX, format, values);
    va_end(values);
    return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* An environment variable that names an absolute path. */
static const char *
folder_of(const char *variable)
{
    const char *value = getenv(variable);

    return value && value[0] == '/' ? value : NULL;
}

static int
name_parent(char parent[PATH_MAX])
{
    const char *own = folder_of("VAP_RUNTIME_DIR");
    const char *run = folder_of("XDG_RUNTIME_DIR");

    if (own)
        return path(parent, "%s", own);
    if (geteuid() == 0)
        return path(parent, "/run/vap");
    if (run)
        return path(parent, "%s/vap", run);
    return path(parent, "/tmp/vap-%u", (unsigned)geteuid());
}

/* Users who are none, as those of services, have a home that is not there. */
static bool
is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
place_check(const char *folder)
{
    struct stat st;

    if (lstat(folder, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
                   (st.st_uid == geteuid() || st.st_uid == 0)
               ? 0
               : -EPERM;
}

/* Whoever can make a name there can pose as the host of that name. */
int
place_parent(char parent[PATH_MAX])
{
    int r = name_parent(parent);

    if (r == 0)
        r = place_check(parent);
    return r == -ENOENT ? 0 : r; /* it is made when there is a host */
}

int
place_states(char parent[PATH_MAX])
{
    const char *own = folder_of("VAP_STATE_DIR");
    const char *state = folder_of("XDG_STATE_HOME");
    const char *home = folder_of("HOME");
    char running[PATH_MAX];
    int r;

    if (own)
        return path(parent, "%s", own);
    if (geteuid() == 0)
        return path(parent, "/var/lib/vap");
    if (state)
        return path(parent, "%s/vap", state);
    if (home && is_folder(home))
        return path(parent, "%s/.local/state/vap", home);
    r = place_parent(running);
    return r < 0 ? r : path(parent, "%s/.state", running);
}

int
place_of(const char *name, struct place *out)
{
    char parent[PATH_MAX];
    int r = place_name_ok(name) ? place_parent(parent) : -EINVAL;

    if (r < 0)
        return r;
    if (path(out->runtime, "%s/%s", parent, name) ||
        path(out->socket, "%s/%s/api", parent, name) ||
        path(out->tree, "%s/%s/sys", parent, name) ||
        path(out->lock, "%s/%s/lock", parent, name) ||
        path(out->log, "%s/%s/log", parent, name) ||
        path(out->guests, "%s/%s/guest", parent, name) ||
        strlen(out->guests) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return -ENAMETOOLONG;
    r = place_states(parent);
    if (r < 0)
        return r;
    if (path(out->state, "%s/%s", parent, name) ||
        path(out->store, "%s/%s/state.db", parent, name) ||
        path(out->files, "%s/%s/files", parent, name) ||
        path(out->held, "%s/%s/held", parent, name))
        return -ENAMETOOLONG;
    return 0;
}

/* The folder and those above it; the last must be ours. */
static int
make_folder(const char *folder)
{
    char part[PATH_MAX];
    struct stat st;

    (void)snprintf(part, sizeof(part), "%s", folder);
    for (char *slash = strchr(part + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    if (mkdir(part, 0700) < 0 && errno != EEXIST)
        return -errno;
    if (lstat(part, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) && st.st_uid == geteuid() ? 0 : -EPERM;
}

int
place_make(const struct place *place)
{
    int r = make_folder(place->runtime);

    return r < 0 ? r : make_folder(place->state);
}

/* Did the last holder remove the file while we waited at its door? */
static bool
is_still_there(int fd, const char *lock)
{
    struct stat ours;
    struct stat there;

    return fstat(fd, &ours) == 0 && stat(lock, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* pid: 0 for who is no host. */
static int
try_lock(const struct place *place, pid_t pid)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    AUTO(fd_done)
    int fd = open(place->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_OFD_SETLK, &whole) < 0)
        return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
    if (!is_still_there(fd, place->lock))
        return -ENOENT;
    if (ftruncate(fd, 0) < 0 || (pid && dprintf(fd, "%d\n", (int)pid) < 0)) {
        int r = -errno;

        (void)unlink(place->lock);
        return r;
    }
    return fd_take(&fd);
}

/* Who has the lock and is no host has it for a moment. So has a child of a
 * killed one, between its fork and its exec. */
static bool
is_momentary(const struct place *place)
{
    pid_t pid = place_pid(place);

    return pid == 0 || (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH);
}

/* A daemon that ends removes the folder with the lock in it: make it again. */
static int
take_lock(const struct place *place, pid_t pid)
{
    int r = -ENOENT;
    int again = 0;

    for (int i = 0; i < 200 && (r == -ENOENT || again); i++) {
        r = make_folder(place->runtime);
        if (r == 0)
            r = try_lock(place, pid);
        again = r == -EBUSY && is_momentary(place);
        if (again)
            (void)usleep(10000);
    }
    if (r < 0)
        (void)rmdir(place->runtime); /* unless somebody uses it */
    return r;
}

int
place_lock(const struct place *place)
{
    return take_lock(place, getpid());
}

int
place_hold(const struct place *place)
{
    return take_lock(place, 0);
}

pid_t
place_pid(const struct place *place)
{
    AUTO(fd_done) int fd = open(place->lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char text[16] = "";

    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    if (fcntl(fd, F_OFD_GETLK, &whole) < 0 || whole.l_type == F_UNLCK)
        return 0;
    if (read(fd, text, sizeof(text) - 1) <= 0)
        return 0;
    return (pid_t)strtol(text, NULL, 10);
}
