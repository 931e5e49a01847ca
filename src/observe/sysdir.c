/* SPDX-License-Identifier: MIT */
/* Files of a /sys are read one by one while the host goes on. It is read
 * until two readings in a row agree: then that is what it was in between. */
#include "observe/sysdir.h"

#include "base/auto.h"
#include "host/devices.h"
#include "observe/sysdir_sight.h"

#include <errno.h>
#include <fcntl.h>

static int
look(struct sight *s)
{
    int r = sight_bus(s);

    if (!r)
        r = sight_queues(s);
    if (!r)
        r = sight_mdevs(s);
    if (!r)
        devices_boot(s->host);
    return r;
}

/* One reading. */
static int
read_once(int dir, struct host **out, struct sysdir_report *report)
{
    struct sight s = { .dir = dir, .error = report->error };
    size_t n = 0;
    int r;

    free(report->notes);
    report->notes = NULL;
    s.notes = open_memstream(&report->notes, &n);
    if (!s.notes)
        return -ENOMEM;
    r = look(&s);
    if (fclose(s.notes) || !report->notes)
        r = -ENOMEM;
    if (r)
        host_free(s.host);
    else
        *out = s.host;
    return r;
}

/* Readings that make no state agree with none. */
static int
read_settled(int dir, struct host **out, struct sysdir_report *report)
{
    AUTO(host_done) struct host *before = NULL;
    AUTO(host_done) struct host *now = NULL;
    int r = 0;

    for (int i = 0; i < SYSDIR_READINGS && !report->settled; i++) {
        host_done(&before);
        before = TAKE(now);
        r = read_once(dir, &now, report);
        if (r < 0)
            return r;
        report->settled = before && now && host_equal(before, now);
    }
    if (!r)
        *out = TAKE(now);
    return r;
}

int
sysdir_load(const char *dir, struct host **out, struct sysdir_report *report)
{
    AUTO(fd_done) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *report = (struct sysdir_report){ 0 };
    if (fd < 0)
        return -errno;
    if (faccessat(fd, "bus/ap", F_OK, 0) < 0)
        return read_once(fd, out, report);
    return read_settled(fd, out, report);
}

void
sysdir_report_done(struct sysdir_report *report)
{
    free(report->notes);
}

bool
sysdir_has_bus(const char *dir)
{
    AUTO(fd_done) int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && faccessat(fd, "bus/ap", F_OK, 0) == 0;
}
