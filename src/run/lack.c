/* SPDX-License-Identifier: MIT */
#include "run/lack.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* What a container must be started with, in the words of docker and podman. */
#define FLAGS                                                                  \
    "--cap-add SYS_ADMIN --device /dev/fuse --security-opt "                   \
    "apparmor=unconfined"

static long
number_in(const char *path)
{
    AUTO(file_done) FILE *f = fopen(path, "re");
    char text[32];

    return f && fgets(text, sizeof(text), f) ? strtol(text, NULL, 10) : -1;
}

/* Its makers leave a sign; and root without leave to mount is in one, too, or
 * at the end of what one allows. */
static bool
in_container(int error)
{
    static const char *const signs[] = {
        "/.dockerenv",
        "/run/.containerenv",
        "/run/systemd/container",
    };

    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
        if (access(signs[i], F_OK) == 0)
            return true;
    return geteuid() == 0 &&
           (error == EPERM || error == EACCES || error == ENOSPC);
}

void
lack_look(enum lack_of of, int error, struct lack *lack)
{
    struct utsname uts;

    *lack = (struct lack){
        .of = of,
        .error = error,
        .root = geteuid() == 0,
        .container = in_container(error),
        .userns_clone = number_in("/proc/sys/kernel/unprivileged_userns_clone"),
        .userns_max = number_in("/proc/sys/user/max_user_namespaces"),
        .userns_apparmor =
            number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
    };
    if (uname(&uts) == 0)
        (void)snprintf(lack->kernel, sizeof(lack->kernel), "%.31s",
                       uts.release);
}

/* "kernel.x is 0", and what it has to be; NULL when none is in the way. */
static const char *
setting_in_the_way(const struct lack *lack)
{
    if (lack->root)
        return NULL;
    if (lack->userns_clone == 0)
        return "kernel.unprivileged_userns_clone=1";
    if (lack->userns_apparmor > 0)
        return "kernel.apparmor_restrict_unprivileged_userns=0";
    if (lack->userns_max == 0)
        return "user.max_user_namespaces=10000";
    return NULL;
}

static void
fuse_words(const struct lack *lack, char *out, size_t size)
{
    if (lack->container)
        (void)snprintf(out, size,
                       "/dev/fuse: %s; start this container with " FLAGS
                       ", or run vap outside of it",
                       strerror(lack->error));
    else if (lack->error == ENOENT || lack->error == ENODEV)
        (void)snprintf(out, size,
                       "/dev/fuse is not there; load it as root with "
                       "modprobe fuse, or use a kernel that has "
                       "CONFIG_FUSE_FS");
    else
        (void)snprintf(out, size,
                       "/dev/fuse: %s; run vap as root, or let everybody use "
                       "it as root with chmod 666 /dev/fuse",
                       strerror(lack->error));
}

static void
namespace_words(const struct lack *lack, char *out, size_t size)
{
    const char *setting = setting_in_the_way(lack);

    if (lack->error == ENOSYS)
        (void)snprintf(out, size,
                       "Linux %s has no open_tree(2) here; Linux 5.2 or newer "
                       "is needed, outside of a sandbox that hides it",
                       lack->kernel);
    else if (lack->container)
        (void)snprintf(out, size,
                       "this container may not make namespaces and mounts "
                       "(%s); start it with " FLAGS
                       ", or run vap outside of it",
                       strerror(lack->error));
    else if (setting)
        (void)snprintf(out, size,
                       "ordinary users may not make namespaces on this "
                       "machine (%s); run vap as root, or as root set "
                       "sysctl %s",
                       strerror(lack->error), setting);
    else
        (void)snprintf(out, size,
                       "no namespaces to mount in (%s); run vap as root, or "
                       "on a kernel with CONFIG_USER_NS that nothing keeps "
                       "from it",
                       strerror(lack->error));
}

void
lack_words(const struct lack *lack, char *out, size_t size)
{
    if (lack->of == LACK_FUSE)
        fuse_words(lack, out, size);
    else
        namespace_words(lack, out, size);
}
