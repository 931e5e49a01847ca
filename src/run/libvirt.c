/* SPDX-License-Identifier: MIT */
/* With its other drivers it would start the machine's guests and networks a
 * second time. So it looks for drivers in a directory that has this one, and
 * all it writes is below /run/libvirt. */
#include "run/libvirt.h"

#include "base/auto.h"
#include "base/say.h"
#include "run/program.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRIVERS "/run/libvirt/vap"
#define DRIVER "libvirt_driver_nodedev.so"
#define CONF "/run/libvirt/libvirtd.conf"

static int
link_driver(void)
{
    glob_t found = { 0 };
    int r = glob("/usr/lib{,64,/*}/libvirt/connection-driver/" DRIVER,
                 GLOB_BRACE, NULL, &found)
                ? -ENOENT
                : 0;

    if (r == 0 && (mkdir(DRIVERS, 0755) < 0 ||
                   symlink(found.gl_pathv[0], DRIVERS "/" DRIVER) < 0))
        r = -errno;
    globfree(&found);
    return r;
}

/* Who is here is root, and there may be no bus to ask for more. Errors go to a
 * file: most are about what it does not find and nobody misses. */
static int
write_conf(void)
{
    AUTO(file_done) FILE *f = fopen(CONF, "we");

    if (!f)
        return -errno;
    (void)fputs("auth_unix_rw = \"none\"\n"
                "auth_unix_ro = \"none\"\n"
                "log_outputs = \"4:file:/run/libvirt/libvirtd.log\"\n",
                f);
    return fflush(f) != 0 ? -errno : 0;
}

static int
start(char *complaint, size_t size)
{
    const char *const argv[] = { "libvirtd",   "--daemon",
                                 "--config",   CONF,
                                 "--pid-file", "/run/libvirt/libvirtd.pid",
                                 NULL };
    int r = setenv("LIBVIRT_DRIVER_DIR", DRIVERS, 1) < 0 ? -errno : 0;

    if (r == 0)
        r = program_run(argv, NULL, NULL, complaint, size);
    (void)unsetenv("LIBVIRT_DRIVER_DIR");
    return r;
}

static int
failed(const char *what, int r)
{
    say_error("run: %s: %s", what, strerror(-r));
    return -1;
}

int
libvirt_start(void)
{
    char complaint[512] = "";
    int r = link_driver();

    if (r == -ENOENT) {
        say_error("run: no libvirtd with a driver for node devices; it comes "
                  "with libvirt-daemon, or libvirt-daemon-driver-nodedev");
        return -1;
    }
    if (r == 0)
        r = write_conf();
    if (r < 0)
        return failed(DRIVERS, r);
    r = start(complaint, sizeof(complaint));
    if (r == 0 && setenv("LIBVIRT_DEFAULT_URI", "nodedev:///system", 1) < 0)
        r = -errno;
    if (r < 0)
        return failed("libvirtd", r);
    if (r > 0)
        say_error("run: libvirtd: %s", complaint);
    return r > 0 ? -1 : 0;
}
