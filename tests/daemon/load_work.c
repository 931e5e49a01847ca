/* SPDX-License-Identifier: MIT */
/* What many do at once, and what they write down of it. */
#include "daemon/load.h"

#include "base/auto.h"
#include "draw.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define M(n) VHOST_MATRIX "00000000-0000-0000-0000-00000000000" #n "/"

/* What readers read; the last is the whole host, by the API. */
const char *const load_files[LOAD_FILES] = {
    M(0) "matrix",
    M(0) "guest_matrix",
    M(0) "ap_config",
    M(1) "matrix",
    M(1) "guest_matrix",
    M(1) "control_domains",
    M(2) "guest_matrix",
    M(2) "ap_config",
    M(3) "guest_matrix",
    "bus/ap/apmask",
    "bus/ap/aqmask",
    "bus/ap/bindings",
    "bus/ap/ap_domain",
    VHOST_MATRIX "mdev_supported_types/vfio_ap-passthrough/"
                 "available_instances",
    "devices/ap/card05/05.0047/status",
    "devices/ap/card05/05.0047/driver_override",
    "devices/ap/card05/online",
    "devices/ap/card03/config",
    "devices/ap/card0a/chkstop",
    "the host file",
};

/* Forms of what writers write: %m an mdev and so on, as draw.h has them. */
static const struct {
    const char *file;
    const char *text;
} writes[] = {
    { VHOST_CREATE, "%m" },
    { VHOST_MATRIX "%m/assign_adapter", "%a" },
    { VHOST_MATRIX "%m/assign_adapter", "%a" },
    { VHOST_MATRIX "%m/assign_domain", "%d" },
    { VHOST_MATRIX "%m/assign_domain", "%d" },
    { VHOST_MATRIX "%m/assign_control_domain", "%d" },
    { VHOST_MATRIX "%m/unassign_adapter", "%a" },
    { VHOST_MATRIX "%m/unassign_domain", "%d" },
    { VHOST_MATRIX "%m/assign_domain", "%dx" },
    { VHOST_MATRIX "%m/ap_config", "0x1420,0x08000000000000000100,0x0" },
    { VHOST_MATRIX "%m/ap_config", "0x0,0x0,0x0" },
    { "bus/ap/apmask", "-%a" },
    { "bus/ap/apmask", "+%a" },
    { "bus/ap/aqmask", "-%d" },
    { "bus/ap/aqmask", "+%d" },
    { "bus/ap/apmask", "-0-255" },
    { "bus/ap/drivers/vfio_ap/unbind", "%q" },
    { "bus/ap/drivers/vfio_ap/bind", "%q" },
    { "bus/ap/drivers/cex4queue/unbind", "%q" },
    { "bus/ap/drivers_probe", "%q" },
    { "bus/ap/devices/%q/driver_override", "%D" },
    { "devices/ap/card05/online", "%b" },
    { "devices/ap/card03/config", "%b" },
    { "bus/ap/scans", "1" },
    { "bus/ap/ap_domain", "%d" },
};

/* -1: vapd is no more. */
static json_int_t
last_event(const struct vhost *host)
{
    AUTO(free_done) char *text = NULL;
    int status = vhost_call(host, "/v1", NULL, 0, &text);
    json_t *json = status == 200 ? json_loads(text, 0, NULL) : NULL;
    json_int_t n =
        json ? json_integer_value(json_object_get(json, "last_event")) : -1;

    CHECK(status == 200 || status == 0);
    json_decref(json);
    return n;
}

static void
write_one(const struct vhost *host, struct test_rng *rng, struct deed *deed)
{
    size_t k = test_below(rng, ROWS(writes));
    char file[200];
    char text[200];

    draw_form(rng, writes[k].file, file, sizeof(file));
    draw_form(rng, writes[k].text, text, sizeof(text));
    deed->error = -vhost_write(host, file, text);
}

/* A list of one to three requests as one change. */
static char *
ask_one(const struct vhost *host, struct test_rng *rng, struct deed *deed)
{
    json_t *list = json_array();
    json_t *answer;
    AUTO(free_done) char *body = NULL;
    AUTO(free_done) char *said = NULL;
    char *error = NULL;
    int status;

    for (uint64_t i = 1 + test_below(rng, 8) / 6; i > 0; i--) {
        char words[200];

        draw_words(rng, words, sizeof(words));
        (void)json_array_append_new(list, *words == '{'
                                              ? json_loads(words, 0, NULL)
                                              : json_string(words));
    }
    answer = json_pack("{s:o}", "requests", list);
    body = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    status = vhost_call(host, "/v1/change", body, strlen(body), &said);
    if (!status) {
        deed->error = ENOTCONN;
        return NULL;
    }
    CHECK(status == 200 || status == 202 || status == 409 || status == 400);
    answer = json_loads(said, 0, NULL);
    deed->event = json_integer_value(json_object_get(answer, "event"));
    deed->error = status / 100 == 2 ? 0 : -1;
    if (deed->error)
        error = strdup(json_string_value(json_object_get(answer, "error")));
    json_decref(answer);
    return error;
}

static char *
read_one(const struct vhost *host, struct test_rng *rng, struct deed *deed)
{
    char path[PATH_MAX + 200];
    char text[8192];
    char *whole = NULL;
    AUTO(fd_done) int fd = -1;
    ssize_t n;

    deed->file = (int)test_below(rng, LOAD_FILES);
    if (deed->file == HOST_FILE) {
        if (!vhost_call(host, "/v1/hostfile", NULL, 0, &whole))
            deed->error = ENOTCONN;
        return whole;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", host->place.tree,
                   load_files[deed->file]);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n < 0) {
        deed->error = errno;
        return NULL;
    }
    text[n] = '\0';
    return strdup(text);
}

static char *
act(const struct vhost *host, unsigned worker, struct test_rng *rng,
    struct deed *deed)
{
    if (worker >= WRITERS)
        return read_one(host, rng, deed);
    if (worker % 2)
        return ask_one(host, rng, deed);
    write_one(host, rng, deed);
    return NULL;
}

void
load_path(const struct vhost *host, unsigned worker, char path[96])
{
    (void)snprintf(path, 96, "%s/deeds%u", host->dir, worker);
}

static time_t
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* What was under way when vapd was killed has not been answered. */
static bool
is_lost(const struct deed *deed)
{
    return deed->error == ENOTCONN || deed->error == ECONNABORTED;
}

static _Noreturn void
be_worker(const struct vhost *host, unsigned worker, uint64_t seed,
          time_t until)
{
    struct test_rng rng = { seed };
    char path[96];
    FILE *out;

    load_path(host, worker, path);
    out = fopen(path, "ae");
    CHECK(out);
    while (now() < until) {
        struct deed deed = { .file = -1, .pid = getpid() };
        AUTO(free_done) char *text = NULL;

        deed.before = last_event(host);
        if (deed.before < 0)
            break;
        text = act(host, worker, &rng, &deed);
        if (is_lost(&deed))
            break;
        deed.after = last_event(host);
        deed.length = text ? strlen(text) + 1 : 0;
        (void)fwrite(&deed, sizeof(deed), 1, out);
        if (text)
            (void)fwrite(text, deed.length, 1, out);
    }
    _exit(fclose(out) != 0);
}

void
load_begin(const struct vhost *host, uint64_t seed, int seconds,
           pid_t pids[WORKERS])
{
    time_t until = now() + seconds;

    (void)fflush(NULL);
    for (unsigned i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            be_worker(host, i, seed + i, until);
    }
}

void
load_end(const pid_t pids[WORKERS])
{
    for (unsigned i = 0; i < WORKERS; i++) {
        int status;

        CHECK_INT(waitpid(pids[i], &status, 0), pids[i]);
        CHECK_INT(status, 0);
    }
}
