/* SPDX-License-Identifier: MIT */
/* Many write and read at once. vapd's log is the serial order: carried out
 * again on the engine it gives every answer that was given, and everything
 * that was read was so at some moment between the reader's start and end.
 * VAP_SECONDS says how long, 2 if not given. */
#include "base/auto.h"
#include "daemon/host.h"
#include "draw.h"
#include "host/devices.h"
#include "host/effect_json.h"
#include "observe/hostfile.h"
#include "store/state.h"
#include "sysfs/node.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

enum { WRITERS = 8, READERS = 8, WORKERS = WRITERS + READERS };

#define M(n) VHOST_MATRIX "00000000-0000-0000-0000-00000000000" #n "/"

/* What readers read; the last is the whole host, by the API. */
static const char *const files[] = {
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

enum { HOST_FILE = ROWS(files) - 1 };

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

/** What a worker did, in its file; a text of length bytes follows. */
struct deed {
    json_int_t before; /* the last event when it began */
    json_int_t after; /* ... when it was over; -1: nobody knows */
    int file; /* that was read; -1: written */
    int error; /* errno; of the API -1: the text has its name */
    json_int_t event; /* that the API has named; else 0 */
    pid_t pid;
    size_t length;
};

/* --- work ------------------------------------------------------------------
 */

/* What a test cannot go on without. */
static void *
sure(void *it)
{
    if (!it)
        abort();
    return it;
}

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

    deed->file = (int)test_below(rng, ROWS(files));
    if (deed->file == HOST_FILE) {
        if (!vhost_call(host, "/v1/hostfile", NULL, 0, &whole))
            deed->error = ENOTCONN;
        return whole;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", host->place.tree,
                   files[deed->file]);
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

static void
path_of(const struct vhost *host, unsigned worker, char path[96])
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

    path_of(host, worker, path);
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

static void
begin_work(const struct vhost *host, uint64_t seed, int seconds,
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

static void
end_work(const pid_t pids[WORKERS])
{
    for (unsigned i = 0; i < WORKERS; i++) {
        int status;

        CHECK_INT(waitpid(pids[i], &status, 0), pids[i]);
        CHECK_INT(status, 0);
    }
}

static void
work(const struct vhost *host, uint64_t seed, int seconds)
{
    pid_t pids[WORKERS];

    begin_work(host, seed, seconds, pids);
    end_work(pids);
}

/* --- the log, carried out again ------------------------------------------ */

/** What a file showed, from an event on. */
struct sight {
    json_int_t since;
    int error;
    char *text;
};

struct sights {
    struct sight *list;
    size_t n;
};

/** An event as far as whoever asked for it knows. */
struct told {
    pid_t pid;
    char verdict[24];
};

struct past {
    struct host *host;
    struct sights files[ROWS(files)];
    struct told *events; /* by number */
    json_int_t n_events;
    unsigned long refused;
    unsigned long changed;
};

static void
past_done(struct past *past)
{
    for (size_t f = 0; f < ROWS(files); f++) {
        for (size_t i = 0; i < past->files[f].n; i++)
            free(past->files[f].list[i].text);
        free(past->files[f].list);
    }
    free(past->events);
    host_free(past->host);
}

static char *
host_file(const struct host *host)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CHECK(out);
    CHECK_INT(hostfile_write(out, host), 0);
    CHECK(fclose(out) == 0);
    return text;
}

/* errno, or 0 with *out */
static int
show(struct host *host, const char *file, char **out)
{
    const struct tree tree = { .host = host };
    struct text text = { 0 };
    struct node node;
    int r;

    if (!node_at(&tree, file, &node))
        return ENOENT;
    r = node_row(node)->show(host, node, &text);
    *out = r ? NULL : strndup(text.bytes, text.length);
    return r;
}

static void
look(struct past *past)
{
    for (size_t f = 0; f < ROWS(files); f++) {
        struct sights *s = &past->files[f];
        struct sight *last = s->n ? &s->list[s->n - 1] : NULL;
        struct sight next = { .since = past->n_events };

        if (f == HOST_FILE)
            next.text = host_file(past->host);
        else
            next.error = show(past->host, files[f], &next.text);
        if (last && last->error == next.error &&
            (next.error || strcmp(last->text, next.text) == 0)) {
            free(next.text);
            continue;
        }
        s->list = sure(realloc(s->list, (s->n + 1) * sizeof(*s->list)));
        s->list[s->n++] = next;
    }
}

/* But for whom a removal waits for. */
static void
check_effect(const struct host *host, const struct store_event *event)
{
    json_t *recorded = json_loads(event->effect, 0, NULL);
    json_t *effect = effect_json(host);
    AUTO(free_done) char *is = NULL;
    AUTO(free_done) char *should = NULL;

    (void)json_object_del(recorded, "refusal");
    is = json_dumps(recorded, JSON_COMPACT);
    should = json_dumps(effect, JSON_COMPACT);
    json_decref(recorded);
    json_decref(effect);
    CHECK_STR(is, should);
}

/* The engine answers as vapd did, and makes of it what vapd did. */
static void
carry_out(struct past *past, const struct store_event *event)
{
    AUTO(free_done) struct host_request *list = NULL;
    struct refusal refusal = { 0 };
    size_t n;
    int r;

    CHECK_INT(state_read_requests(past->host, event->request, &list, &n), 0);
    r = devices_plan(past->host, list, n, &refusal);
    CHECK_STR(event->verdict, r ? strerrorname_np(abs(r)) : "");
    if (event->changed) {
        check_effect(past->host, event);
        host_apply(past->host);
    } else
        CHECK(r > 0);
}

static int
take_event(void *context, const struct store_event *event)
{
    struct past *past = context;
    struct told *told;

    past->events = sure(realloc(past->events, ((size_t)event->number + 1) *
                                                  sizeof(*past->events)));
    CHECK_INT(event->number, ++past->n_events);
    told = &past->events[event->number];
    told->pid = event->pid;
    (void)snprintf(told->verdict, sizeof(told->verdict), "%s", event->verdict);
    test_note("event %d: %s", (int)event->number, event->request);
    if (strstr(event->request, "\"op\":\"write\""))
        CHECK(!event->changed && *event->verdict);
    else
        carry_out(past, event);
    past->changed += event->changed;
    past->refused += !event->changed;
    look(past);
    return 0;
}

static void
go_through_log(const struct vhost *host, struct past *past)
{
    const struct store_query all = { 0 };
    AUTO(store_done) struct store *store = NULL;

    CHECK_INT(store_open(host->place.store, 0, &store), 0);
    CHECK_INT(state_at(store, 0, &past->host), 1);
    look(past);
    CHECK_INT(store_each(store, &all, take_event, past), 0);
}

/* --- what was answered and read ------------------------------------------ */

/* Was it to be seen so, at some event from before to after? */
static bool
was_so(const struct sights *s, const struct deed *deed, int error,
       const char *text)
{
    for (size_t i = 0; i < s->n && s->list[i].since <= deed->after; i++) {
        const struct sight *x = &s->list[i];

        if (i + 1 < s->n && s->list[i + 1].since <= deed->before)
            continue;
        if (x->error == error && (error || strcmp(x->text, text) == 0))
            return true;
    }
    return false;
}

/* A file that goes between open(2) and read(2) says ENODEV. */
static void
check_read(const struct past *past, const struct deed *deed, const char *text)
{
    const struct sights *s = &past->files[deed->file];

    test_note("%s between %d and %d: %d %s", files[deed->file],
              (int)deed->before, (int)deed->after, deed->error,
              text ? text : "");
    CHECK(was_so(s, deed, deed->error, text) ||
          (deed->error == ENODEV && was_so(s, deed, ENOENT, NULL)));
}

/* The one event of a process meanwhile; 0: there was none. */
static json_int_t
event_of(const struct past *past, const struct deed *deed)
{
    json_int_t found = 0;

    for (json_int_t i = deed->before + 1; i <= deed->after; i++)
        if (past->events[i].pid == deed->pid) {
            CHECK_INT(found, 0);
            found = i;
        }
    return found;
}

/* Only what does not get to anybody leaves no trace: a file that is not there,
 * or no more, and words that are none. */
static void
check_written(const struct past *past, const struct deed *deed,
              const char *text)
{
    json_int_t event = event_of(past, deed);
    const char *verdict = event ? past->events[event].verdict : "";
    const char *answer = deed->error < 0   ? text
                         : deed->error > 0 ? strerrorname_np(deed->error)
                                           : "";

    test_note("pid %d between %d and %d, event %d: %s", (int)deed->pid,
              (int)deed->before, (int)deed->after, (int)event, answer);
    if (deed->event) {
        CHECK_INT(deed->event, event);
        CHECK(!*verdict || strcmp(verdict, "EINPROGRESS") == 0);
    } else if (event)
        CHECK_STR(answer, verdict);
    else
        CHECK(deed->error == ENOENT || deed->error == ENODEV ||
              deed->error < 0);
}

static size_t
check_worker(const struct vhost *host, const struct past *past, unsigned worker)
{
    char path[96];
    AUTO(file_done) FILE *in = NULL;
    struct deed deed;
    size_t n = 0;

    path_of(host, worker, path);
    in = fopen(path, "re");
    CHECK(in);
    for (; fread(&deed, sizeof(deed), 1, in) == 1; n++) {
        AUTO(free_done) char *text = malloc(deed.length + 1);

        CHECK(text);
        CHECK_INT(fread(text, 1, deed.length, in), deed.length);
        text[deed.length] = '\0';
        deed.after = deed.after < 0 ? past->n_events : deed.after;
        if (deed.file < 0)
            check_written(past, &deed, text);
        else
            check_read(past, &deed, text);
    }
    CHECK(n > 0);
    return n;
}

/* --- what vapd has in hand ------------------------------------------------
 */

static void
wait_us(uint64_t us)
{
    const struct timespec wait = { (time_t)(us / 1000000),
                                   (long)(us % 1000000) * 1000 };

    (void)nanosleep(&wait, NULL);
}

static unsigned
open_files(const struct vhost *host)
{
    char path[64];
    unsigned n = 0;
    DIR *dir;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)host->pid);
    dir = sure(opendir(path));
    while (readdir(dir)) /* NOLINT(concurrency-mt-unsafe) */
        n++;
    (void)closedir(dir);
    return n;
}

/* The ends of connections that clients have closed are closed soon after. */
static void
check_open_files(const struct vhost *host, unsigned before)
{
    for (int i = 0; i < 1000 && open_files(host) > before; i++)
        wait_us(10000);
    CHECK(open_files(host) <= before);
}

/* kB of memory that is its own. */
static long
memory(const struct vhost *host)
{
    char path[64];
    char line[128];
    long kb = -1;
    AUTO(file_done) FILE *f = NULL;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)host->pid);
    f = fopen(path, "re");
    CHECK(f);
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kb = strtol(line + 8, NULL, 10);
    return kb;
}

/* AddressSanitizer keeps what was freed, and finds leaks itself, at the end. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEPS_WHAT_IS_FREED true
#elif defined(__has_feature)
#define KEEPS_WHAT_IS_FREED __has_feature(address_sanitizer)
#else
#define KEEPS_WHAT_IS_FREED false
#endif

static int
seconds(void)
{
    const char *text = getenv("VAP_SECONDS");
    int n = text ? (int)strtol(text, NULL, 10) : 2;

    return n > 1 ? n : 1;
}

/* Caches fill and heaps settle, sooner or later; what is kept of each request
 * would go on growing. At rest: two rounds in a row have added nothing. */
static void
work_until_at_rest(const struct vhost *host, uint64_t seed)
{
    enum { ROUNDS = 24, NOTHING_KB = 128 };
    unsigned quiet = 0;

    for (unsigned round = 0; quiet < 2; round++) {
        long before = memory(host);

        CHECK(round < ROUNDS);
        work(host, seed + (uint64_t)round * WORKERS, (seconds() + 3) / 4);
        if (memory(host) < before + NOTHING_KB || KEEPS_WHAT_IS_FREED)
            quiet++;
        else
            quiet = 0;
    }
}

static void
check_all(const struct vhost *host, const struct past *past)
{
    size_t deeds = 0;

    for (unsigned i = 0; i < WORKERS; i++)
        deeds += check_worker(host, past, i);
    (void)printf("%zu answers and sights, %lu changes, %lu refusals\n", deeds,
                 past->changed, past->refused);
}

static const char *const options[] = { "--no-scan", "--store-bytes", "0",
                                       NULL };

TEST(whatever_many_do_at_once_there_is_an_order_in_which_it_was_so)
{
    VHOST_OR_SKIP();

    uint64_t seed = test_seed();
    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(past_done) struct past past = { 0 };
    unsigned fds;

    CHECK_INT(vhost_start(&host, options), 0);
    fds = open_files(&host);
    work_until_at_rest(&host, seed);
    check_open_files(&host, fds);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);

    go_through_log(&host, &past);
    check_all(&host, &past);
}

/* An answer that somebody got is in the log, whatever was under way. */
TEST(what_was_answered_to_any_of_many_survives_kill_9)
{
    VHOST_OR_SKIP();

    struct test_rng rng = { test_seed() };
    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(past_done) struct past past = { 0 };
    AUTO(free_done) char *is = NULL;
    AUTO(free_done) char *should = NULL;
    pid_t pids[WORKERS];

    for (int round = 0; round < 4 + seconds(); round++) {
        CHECK_INT(vhost_start(&host, options), 0);
        begin_work(&host, test_next(&rng), 60, pids);
        wait_us(100000 + test_below(&rng, 400000));
        CHECK_INT(vhost_end(&host, SIGKILL), -SIGKILL);
        end_work(pids);
    }
    CHECK_INT(vhost_start(&host, options), 0);
    CHECK_INT(vhost_call(&host, "/v1/hostfile", NULL, 0, &is), 200);
    CHECK_INT(vhost_end(&host, SIGTERM), 0);
    go_through_log(&host, &past);
    check_all(&host, &past);
    should = host_file(past.host);
    CHECK_STR(is, should);
}
