/* SPDX-License-Identifier: MIT */
#include "run/environment.h"

#include "base/auto.h"
#include "base/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
set(const char *name, const char *value)
{
    return setenv(name, value, 1) < 0 ? -errno : 0;
}

/* Is dir one of a PATH's? */
static bool
in_path(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    for (const char *at = path; at; at = strchr(at, ':')) {
        at += *at == ':';
        if (strncmp(at, dir, n) == 0 && (at[n] == ':' || at[n] == '\0'))
            return true;
    }
    return false;
}

/* mdevctl and its like are in sbin, which is not in everybody's PATH; and the
 * programs of a prefix come before those of their name. */
static int
set_path(const char *s390x)
{
    static const char *const sbin[] = { "/usr/local/sbin", "/usr/sbin",
                                        "/sbin" };
    const char *old = getenv("PATH");
    AUTO(free_done) char *path = NULL;
    size_t size;
    FILE *out = open_memstream(&path, &size);

    if (!out)
        return -ENOMEM;
    old = old && *old ? old : "/usr/local/bin:/usr/bin:/bin";
    if (s390x)
        (void)fprintf(out, "%s/vap/bin:", s390x);
    (void)fputs(old, out);
    for (size_t i = 0; i < sizeof(sbin) / sizeof(*sbin); i++)
        if (!in_path(old, sbin[i]))
            (void)fprintf(out, ":%s", sbin[i]);
    if (fclose(out) != 0 || !path)
        return -ENOMEM;
    return set("PATH", path);
}

static int
set_parent(const char *name, char *folder)
{
    char *slash = strrchr(folder, '/');

    if (!slash || slash == folder)
        return 0;
    *slash = '\0';
    return set(name, folder);
}

/* Inside, an ordinary user looks like root; the hosts stay where they are. */
static int
set_places(void)
{
    struct place place;
    int r;

    if (geteuid() == 0 || place_of(PLACE_DEFAULT, &place) < 0)
        return 0;
    r = set_parent("VAP_RUNTIME_DIR", place.runtime);
    return r < 0 ? r : set_parent("VAP_STATE_DIR", place.state);
}

static int
set_more(const char *const *more)
{
    for (; more && *more; more++) {
        AUTO(free_done) char *name = strdup(*more);
        char *value = name ? strchr(name, '=') : NULL;

        if (!value)
            return -ENOMEM;
        *value++ = '\0';
        if (set(name, value) < 0)
            return -ENOMEM;
    }
    return 0;
}

int
environment_prepare(const struct run_options *options)
{
    int r = set("SYSTEMD_DEVICE_VERIFY_SYSFS", "0");

    if (r == 0)
        r = set_path(options->s390x);
    if (r == 0 && options->s390x)
        r = set("QEMU_LD_PREFIX", options->s390x);
    if (r == 0)
        r = set_places();
    return r < 0 ? r : set_more(options->environment);
}
