/* SPDX-License-Identifier: MIT */
#include "daemon/host.h"

#include "base/auto.h"
#include "base/files.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { MAX_OPTIONS = 16, PATHS = 8192 };

bool
vhost_can_mount(void)
{
    AUTO(fd_done) int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

    return fd >= 0;
}

struct vhost
vhost_beside(const struct vhost *host, const char *name)
{
    struct vhost other = *host;

    other.pid = 0;
    CHECK_INT(place_of(name, &other.place), 0);
    return other;
}

struct vhost
vhost_new(void)
{
    struct vhost host = { .dir = "/tmp/vap-test-XXXXXX", .wait_ready = true };
    char path[96];

    CHECK(mkdtemp(host.dir));
    (void)snprintf(path, sizeof(path), "%s/run", host.dir);
    (void)setenv("VAP_RUNTIME_DIR", path, 1);
    (void)snprintf(path, sizeof(path), "%s/state", host.dir);
    (void)setenv("VAP_STATE_DIR", path, 1);
    (void)unsetenv("VAP_NAME");
    (void)unsetenv("NOTIFY_SOCKET");
    return vhost_beside(&host, "one");
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    (void)remove(path);
    return 0;
}

void
vhost_done(struct vhost *host)
{
    if (host->pid)
        (void)vhost_end(host, SIGKILL);
    (void)place_clean(&host->place);
    (void)nftw(host->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

bool
vhost_is_mounted(const struct vhost *host)
{
    struct stat tree;
    struct stat around;

    if (stat(host->place.tree, &tree) < 0)
        return errno == ENOTCONN;
    return stat(host->place.runtime, &around) == 0 &&
           tree.st_dev != around.st_dev;
}

/* --- starting and ending
 * ------------------------------------------------------ */

_Noreturn static void
be_vapd(const struct vhost *host, const char *const *options, int ready,
        int err)
{
    const char *argv[MAX_OPTIONS + 8] = { "vapd", "--name",
                                          strrchr(host->place.runtime, '/') + 1,
                                          "--ready-fd" };
    const char *vapd = getenv("VAPD");
    char number[16];
    size_t n = 4;

    (void)snprintf(number, sizeof(number), "%d", ready);
    argv[n++] = number;
    for (size_t i = 0; options && options[i] && i < MAX_OPTIONS; i++)
        argv[n++] = options[i];
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails cleans not */
    (void)fcntl(ready, F_SETFD, 0);
    (void)dup2(err, STDERR_FILENO);
    if (vapd)
        (void)execv(vapd, (char *const *)argv);
    _exit(99);
}

static void
hear(struct vhost *host, int err)
{
    size_t n = 0;
    ssize_t r;

    while ((r = read(err, host->said + n, sizeof(host->said) - 1 - n)) > 0)
        n += (size_t)r;
    host->said[n] = '\0';
}

static int
status_of(pid_t pid)
{
    int status = 0;

    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int
vhost_start(struct vhost *host, const char *const *options)
{
    AUTO(fd_done) int ready = -1;
    AUTO(fd_done) int said = -1;
    int ready_ends[2] = { -1, -1 };
    int err_ends[2] = { -1, -1 };
    char c;

    CHECK(pipe2(ready_ends, O_CLOEXEC) == 0 && pipe2(err_ends, O_CLOEXEC) == 0);
    ready = ready_ends[0];
    said = err_ends[0];
    host->pid = fork();
    if (host->pid == 0)
        be_vapd(host, options, ready_ends[1], err_ends[1]);
    (void)close(ready_ends[1]);
    (void)close(err_ends[1]);
    if (!host->wait_ready)
        return 0;
    if (read(ready, &c, 1) == 1) {
        (void)fcntl(said, F_SETFL, O_NONBLOCK);
        hear(host, said);
        return 0;
    }
    hear(host, said);

    int status = status_of(host->pid);

    test_note("vapd ended with %d: %s", status, host->said);
    host->pid = 0;
    return status;
}

int
vhost_end(struct vhost *host, int signal)
{
    pid_t pid = host->pid;

    CHECK(kill(pid, signal) == 0);
    host->pid = 0;
    return status_of(pid);
}

/* --- its API
 * -------------------------------------------------------------------- */

int
vhost_connect(const struct vhost *host)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%.100s",
                   host->place.socket);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
        int r = -errno;

        if (fd >= 0)
            (void)close(fd);
        return r;
    }
    return fd;
}

static bool
send_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = send(fd, data, length, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data += n;
        length -= (size_t)n;
    }
    return true;
}

/* All that comes until the other end closes. */
static char *
receive_all(int fd)
{
    size_t room = 65536;
    size_t n = 0;
    char *text = malloc(room);
    ssize_t r;

    if (!text)
        FAIL("no memory");
    while ((r = recv(fd, text + n, room - n - 1, 0)) > 0) {
        n += (size_t)r;
        if (n + 1 == room)
            text = realloc(text, room *= 2);
        if (!text)
            FAIL("no memory");
    }
    text[n] = '\0';
    return text;
}

int
vhost_call(const struct vhost *host, const char *path, const char *body,
           size_t length, char **out)
{
    AUTO(fd_done) int fd = vhost_connect(host);
    AUTO(free_done) char *head = NULL;
    AUTO(free_done) char *answer = NULL;
    const char *end;
    int status = 0;

    if (out)
        *out = NULL;
    if (fd < 0)
        return 0;
    CHECK(asprintf(&head,
                   "%s %s HTTP/1.1\r\nHost: vapd\r\nConnection: close\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   body ? "POST" : "GET", path, body ? length : 0) > 0);
    if (send_all(fd, head, strlen(head)) && body)
        (void)send_all(fd, body, length);
    answer = receive_all(fd);
    if (strncmp(answer, "HTTP/1.1 ", 9) != 0)
        return 0;
    status = (int)strtol(answer + 9, NULL, 10);
    end = strstr(answer, "\r\n\r\n");
    if (out && end)
        *out = strdup(end + 4);
    return status;
}

char *
vhost_text(const struct vhost *host, const char *path)
{
    char *text = NULL;

    test_note("GET %s", path);
    CHECK_INT(vhost_call(host, path, NULL, 0, &text), 200);
    return text;
}

json_t *
vhost_get(const struct vhost *host, const char *path)
{
    AUTO(free_done) char *text = vhost_text(host, path);
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

    CHECK(json);
    return json;
}

json_int_t
vhost_number(const struct vhost *host, const char *key)
{
    json_t *json = vhost_get(host, "/v1");
    json_int_t n = json_integer_value(json_object_get(json, key));

    json_decref(json);
    return n;
}

int
vhost_change(const struct vhost *host, const char *words)
{
    AUTO(free_done) char *body = NULL;

    CHECK(asprintf(&body,
                   *words == '[' ? "{\"requests\": %s}"
                                 : "{\"requests\": [\"%s\"]}",
                   words) > 0);
    return vhost_call(host, "/v1/change", body, strlen(body), NULL);
}

/* --- its tree
 * ------------------------------------------------------------------- */

static void
path_of(const struct vhost *host, const char *file, char path[PATHS])
{
    (void)snprintf(path, PATHS, "%s/%s", host->place.tree, file);
}

int
vhost_write(const struct vhost *host, const char *file, const char *text)
{
    char path[PATHS];

    path_of(host, file, path);
    return file_store(AT_FDCWD, path, text);
}

const char *
vhost_read(const struct vhost *host, const char *file)
{
    static char text[8192];
    char path[PATHS];
    AUTO(fd_done) int fd = -1;
    ssize_t n;

    path_of(host, file, path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}
