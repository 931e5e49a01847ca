/* SPDX-License-Identifier: MIT */
/* Whatever the files of a /sys say, it is a host, which is written and read
 * again as the same, or is refused in one line. The bytes are what a few
 * files of a small tree say, parted by zeros. */
#include "base/auto.h"
#include "base/files.h"
#include "observe/hostfile.h"
#include "observe/sysdir.h"

#include <assert.h>
#include <stdint.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MDEV "devices/vfio_ap/matrix/u/"
#define QUEUE "devices/ap/card05/05.0047/"

static const char *const files[] = {
    "bus/ap/apmask",
    "bus/ap/aqmask",
    "bus/ap/ap_adapter_mask",
    "bus/ap/ap_usage_domain_mask",
    "bus/ap/ap_control_domain_mask",
    "bus/ap/ap_max_adapter_id",
    "bus/ap/ap_max_domain_id",
    "bus/ap/features",
    "bus/ap/bindings_complete_count",
    "bus/ap/drivers_autoprobe",
    "module/ap/parameters/apmask",
    MDEV "ap_config",
    MDEV "matrix",
    MDEV "guest_matrix",
    MDEV "control_domains",
    "devices/vfio_ap/matrix/v/matrix",
    "devices/vfio_ap/matrix/v/guest_matrix",
    "devices/ap/card05/type",
    "devices/ap/card05/hwtype",
    "devices/ap/card05/ap_functions",
    QUEUE "driver_override",
    QUEUE "config",
    QUEUE "chkstop",
    QUEUE "status",
};

enum { N_FILES = sizeof(files) / sizeof(files[0]) };

static char dir[64];

static void
remove_dir(void)
{
    (void)remove_tree(dir);
}

/* One directory for all runs. */
static const char *
tree(void)
{
    static bool made;

    if (!made) {
        (void)snprintf(dir, sizeof(dir), "%s/vap-fuzz-XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        assert(mkdtemp(dir));
        (void)atexit(remove_dir);
        for (int i = 0; i < N_FILES; i++) {
            AUTO(free_done) char *path = path_below(dir, files[i]);

            *strrchr(path, '/') = '\0';
            assert(make_dirs(path) == 0);
        }
    }
    made = true;
    return dir;
}

/* An empty part: the file is not there. */
static void
put(const char *file, const uint8_t *data, size_t size)
{
    AUTO(free_done) char *path = path_below(tree(), file);
    FILE *f;

    (void)remove(path);
    if (!size)
        return;
    f = fopen(path, "we");
    assert(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
}

static void
check_round_trip(const struct host *host)
{
    AUTO(host_done) struct host *again = NULL;
    AUTO(free_done) char *text = NULL;
    struct hostfile_error error;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    int r;

    assert(f);
    r = hostfile_write(f, host);
    assert(fclose(f) == 0 && r == 0);
    r = hostfile_parse(text, n, &again, &error);
    if (r)
        (void)fprintf(stderr, "%s\nline %lu: %s\n", text, error.line,
                      error.text);
    assert(r == 0 && host_equal(host, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(sysdir_report_done) struct sysdir_report report;
    const uint8_t *end = data + size;
    int r;

    for (int i = 0; i < N_FILES; i++) {
        const uint8_t *zero =
            data < end ? memchr(data, 0, (size_t)(end - data)) : NULL;
        size_t n = (size_t)((zero ? zero : end) - data);

        put(files[i], data, n);
        data += n + (zero ? 1 : 0);
    }
    r = sysdir_load(tree(), &host, &report);
    assert(r == 0 || (r == 1 && *report.error && !strchr(report.error, '\n')));
    if (r == 0)
        check_round_trip(host);
    return 0;
}
