/* SPDX-License-Identifier: MIT */
/* Who connects says one thing, its hello, and has an mdev or a sentence that
 * says why not; how long that takes it is nobody's concern but its own. */
#include "guest/inside.h"

#include "base/auto.h"
#include "base/peer.h"
#include "guest/message.h"
#include "host/refusal.h"
#include "host/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Of those that have said nothing yet; one more, and the oldest goes. */
#define MAX_SILENT 64
/* Asks of one guest before others have their turn. */
#define MAX_ASKS 32

/* --- leaving ---------------------------------------------------------------
 */

static void
unlink_holder(struct holder *h)
{
    if (h->next)
        h->next->prev = h->prev;
    if (h->prev)
        h->prev->next = h->next;
    else
        h->guests->first = h->next;
}

static void
holder_free(struct holder *h)
{
    fd_done(&h->socket);
    fd_done(&h->events);
    free(h);
}

static void
polled_no_more(uv_handle_t *handle)
{
    holder_free(handle->data);
}

static void
end(struct holder *h)
{
    if (h->ending)
        return;
    h->ending = true;
    if (h->holds)
        h->guests->of[h->mdev] = NULL;
    holder_strip(h);
    unlink_holder(h);
    (void)door_open(h->guests);
    if (h->polled)
        uv_close((uv_handle_t *)&h->poll, polled_no_more);
    else
        holder_free(h);
}

/* Its mdev is closed: it has no queues any more. */
void
door_shut(struct holder *h)
{
    h->guests->of[h->mdev] = NULL;
    h->holds = false;
    (void)held_write(h->guests);
    end(h);
}

/* A store that is full cannot record the end of a guest: its queues stay its
 * own, out of anybody's reach, until it can. */
void
door_show_out(struct holder *h)
{
    struct owner *owner = h->guests->owner;
    struct host_request close = { .engine = { .op = VAP_CLOSE_MDEV,
                                              .mdev = h->mdev } };

    if (!h->holds) {
        end(h);
        return;
    }
    h->closing = true;
    (void)uv_poll_stop(&h->poll);
    (void)owner->change(owner, &h->origin, &close, 1, NULL);
}

void
door_close(struct guests *g)
{
    while (g->first) {
        struct holder *h = g->first;

        door_show_out(h);
        if (g->first == h)
            end(h); /* its mdev is closed by who comes next: held.c */
    }
}

/* --- hello -----------------------------------------------------------------
 */

__attribute__((format(printf, 3, 4))) static int
refuse(struct wire_welcome *w, int error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(w->why, sizeof(w->why), format, values);
    va_end(values);
    w->error = error;
    return -error;
}

static int
refuse_as(struct wire_welcome *w, const struct host *host,
          const struct vap_request *request, const struct refusal *refusal)
{
    AUTO(free_done) char *words = NULL;

    if (refusal_words(host, request, &refusal->why, &words) < 0)
        return refuse(w, ENOMEM, "vapd is short of memory");
    return refuse(w, refusal->error, "%s", words);
}

static bool
is_hello(const struct wire_hello *hello, ssize_t n)
{
    return n == sizeof(*hello) && memcmp(hello->magic, WIRE_MAGIC, 8) == 0 &&
           hello->kind == WIRE_HELLO &&
           memchr(hello->mdev, '\0', sizeof(hello->mdev)) &&
           memchr(hello->name, '\0', sizeof(hello->name));
}

/* Bytes are sent there: to a Unix socket that never keeps the sender waiting,
 * and to nothing else. */
static bool
is_unix_stream(int fd)
{
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           domain == AF_UNIX && type == SOCK_STREAM;
}

static int
check(const struct guests *g, const struct wire_hello *hello, ssize_t n,
      struct wire_welcome *w, struct holder *h)
{
    struct ucred peer;

    peer_get(h->socket, &peer);
    if (!peer_is_allowed(&peer))
        return refuse(w, EACCES,
                      "only root and the owner of this host may hold an mdev");
    if (!is_hello(hello, n) || hello->version != WIRE_VERSION)
        return refuse(w, EPROTO, "this vapd speaks version %u", WIRE_VERSION);
    if (!is_unix_stream(h->events))
        return refuse(w, EPROTO, "a socket for events expected");
    if (!words_is_name(hello->name))
        return refuse(w, EINVAL,
                      "a guest's name is 1 to 64 letters, digits and - _ . :");
    h->mdev = host_mdev(g->owner->host, hello->mdev);
    if (h->mdev == NAMES_NONE)
        return refuse(w, ENODEV, "there is no mdev %s", hello->mdev);
    return 0;
}

/* 6.12 has set the virtual machine's AQIC hook to the mdev that it refuses
 * before it looks; nobody is there. Source: linux-abi.md, 2.9. */
static void
lose_hook(const struct guests *g, uint32_t slot)
{
    if (g->of[slot] && g->owner->host->engine->kernel == VAP_LINUX_6_12)
        (void)atomic_fetch_or(&holder_page(g->of[slot])->lacks, WIRE_NO_HOOK);
}

/* As one change, which fills its page and its queues, if there are any. */
static int
open_mdev(struct guests *g, struct holder *h, const char *name,
          struct wire_welcome *w)
{
    struct host *host = g->owner->host;
    struct host_request open = { .engine = { .op = VAP_OPEN_MDEV,
                                             .mdev = h->mdev,
                                             .vm = host_vm(host, name) } };
    struct refusal refusal = { 0 };
    int r;

    if (host->engine->mdevs[h->mdev].vm) {
        refusal.error = EBUSY;
        refusal.why = (struct vap_why){ .verdict = VAP_OPEN };
        return refuse_as(w, host, &open.engine, &refusal);
    }
    g->of[h->mdev] = h;
    h->holds = true;
    r = held_write(g);
    if (r == 0)
        r = g->owner->change(g->owner, &h->origin, &open, 1, &refusal);
    if (r == 0)
        return 0;
    g->of[h->mdev] = NULL;
    h->holds = false;
    (void)held_write(g);
    if (r > 0 && refusal.why.verdict == VAP_VM_TWICE)
        lose_hook(g, refusal.why.holder);
    if (r > 0)
        return refuse_as(w, host, &open.engine, &refusal);
    return refuse(w, -r, "not taken: %s", strerror(-r));
}

static int
let_in(struct guests *g, struct holder *h, const struct wire_hello *hello,
       ssize_t n, struct wire_welcome *w)
{
    int r = check(g, hello, n, w, h);

    if (r < 0)
        return r;
    r = holder_equip(h);
    if (r < 0)
        return refuse(w, -r, "vapd has no room for a guest: %s", strerror(-r));
    holder_write(h, g->owner->host->engine, &(struct vap_matrix){ 0 });
    if (g->owner->host->engine->kernel == VAP_LINUX_6_12)
        atomic_store(&holder_page(h)->lacks, WIRE_NO_CFG_CHG);
    return open_mdev(g, h, hello->name, w);
}

static void
take_hello(struct holder *h)
{
    struct wire_hello hello = { 0 };
    struct wire_welcome w = { .magic = WIRE_MAGIC,
                              .kind = WIRE_WELCOME,
                              .version = WIRE_VERSION };
    ssize_t n = message_receive(h->socket, &hello, sizeof(hello), MSG_DONTWAIT,
                                &h->events, 1);
    int fds[3];

    if (n == -EAGAIN)
        return;
    if (n <= 0 && n != -EMSGSIZE) {
        end(h);
        return;
    }
    if (let_in(h->guests, h, &hello, n, &w) < 0) {
        (void)message_send(h->socket, &w, sizeof(w), MSG_DONTWAIT, NULL, 0);
        end(h);
        return;
    }
    w.n_blocks = h->n_blocks;
    fds[0] = h->page.fd;
    fds[1] = h->desk.fd;
    fds[2] = bell_fd(h->bell);
    (void)message_send(h->socket, &w, sizeof(w), MSG_DONTWAIT, fds, 3);
    h->welcomed = true;
    door_go_on(h);
}

/* --- afterwards ------------------------------------------------------------
 */

/* False: it has ended, or says what nobody can say. */
static bool
take_asks(struct holder *h)
{
    for (int i = 0; i < MAX_ASKS; i++) {
        struct wire_ask ask = { 0 };
        int fd;
        ssize_t n =
            message_receive(h->socket, &ask, sizeof(ask), MSG_DONTWAIT, &fd, 1);

        fd_done(&fd);
        if (n == -EAGAIN)
            return true;
        if (n != sizeof(ask) || ask.kind != WIRE_ASK)
            return false;
        holder_do(h, &ask);
    }
    return true;
}

static void
ready(uv_poll_t *poll, int status, int events)
{
    struct holder *h = poll->data;

    if (status == 0 && events & UV_WRITABLE)
        door_go_on(h);
    if (status == 0 && !(events & UV_READABLE))
        return;
    if (status < 0 || (h->holds && !take_asks(h)))
        door_show_out(h);
    else if (!h->holds)
        take_hello(h);
}

void
door_go_on(struct holder *h)
{
    int r = h->welcomed ? holder_send_blocks(h) : 0;

    if (!h->closing)
        (void)uv_poll_start(
            &h->poll, UV_READABLE | (r == -EAGAIN ? UV_WRITABLE : 0), ready);
}

/* --- the door --------------------------------------------------------------
 */

static void
drop_oldest_silent(struct guests *g)
{
    struct holder *oldest = NULL;
    unsigned silent = 0;

    for (struct holder *h = g->first; h; h = h->next)
        if (!h->holds) {
            oldest = h;
            silent++;
        }
    if (silent > MAX_SILENT)
        end(oldest);
}

static struct holder *
holder_new(struct guests *g, int socket)
{
    struct holder *h = calloc(1, sizeof(*h));
    struct ucred peer;

    if (!h)
        return NULL;
    h->guests = g;
    h->socket = socket;
    h->events = -1;
    h->page = h->desk = MEMORY_NONE;
    h->poll.data = h;
    peer_get(socket, &peer);
    h->origin =
        (struct origin){ .uid = peer.uid, .pid = peer.pid, .door = "guest" };
    peer_command(peer.pid, h->origin.command, sizeof(h->origin.command));
    h->next = g->first;
    if (h->next)
        h->next->prev = h;
    g->first = h;
    return h;
}

static void
come_in(uv_poll_t *poll, int status, int events)
{
    struct guests *g = poll->data;
    AUTO(fd_done)
    int fd = accept4(g->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct holder *h = fd < 0 ? NULL : holder_new(g, fd);

    (void)status;
    (void)events;
    if (!h && errno != EAGAIN)
        (void)uv_poll_stop(poll); /* no room: until somebody has left */
    if (!h)
        return;
    (void)fd_take(&fd);
    if (uv_poll_init(g->loop, &h->poll, h->socket) < 0) {
        end(h);
        return;
    }
    h->polled = true;
    door_go_on(h);
    drop_oldest_silent(g);
}

int
door_listen(struct guests *g)
{
    const char *path = g->options.socket;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    mode_t mask;
    int r;

    g->socket =
        socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (g->socket < 0)
        return -errno;
    if (strlen(path) >= sizeof(at.sun_path))
        return -ENAMETOOLONG;
    memcpy(at.sun_path, path, strlen(path) + 1);
    mask = umask(0177);
    r = bind(g->socket, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
    (void)umask(mask);
    if (r == 0 && listen(g->socket, 64) < 0)
        r = -errno;
    return r;
}

int
door_open(struct guests *g)
{
    return uv_poll_start(&g->door, UV_READABLE, come_in);
}
