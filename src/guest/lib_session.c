/* SPDX-License-Identifier: MIT */
/* A connection to vapd. What comes over it is checked: who listens at a path
 * need not be vapd. */
#include "guest/lib.h"

#include "base/auto.h"
#include "guest/message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* --- memory ----------------------------------------------------------------
 */

/* Memory that could become smaller would end whoever reads it. */
static int
map(int fd, size_t size, int protection, void **out)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || (size_t)st.st_size != size ||
        !(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK))
        return -EPROTO;
    *out = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
    return *out == MAP_FAILED ? -errno : 0;
}

static int
add_block(struct lib_session *session, int fd)
{
    uint32_t n = atomic_load(&session->n_blocks);
    void *memory = NULL;
    int r = map(fd, sizeof(struct wire_slots), PROT_READ | PROT_WRITE, &memory);

    if (r < 0)
        return r;
    atomic_store(&session->block[n], memory);
    atomic_store(&session->n_blocks, n + 1);
    return 0;
}

/* flags: of recvmsg(2). 0; -EAGAIN nothing has come; -ENOTCONN */
static int
read_block(struct lib_session *session, int flags)
{
    struct wire_block block = { 0 };
    AUTO(fd_done) int fd = -1;
    ssize_t n =
        message_receive(session->socket, &block, sizeof(block), flags, &fd, 1);

    if (n == -EAGAIN)
        return -EAGAIN;
    if (n != sizeof(block) || block.kind != WIRE_BLOCK ||
        block.number != atomic_load(&session->n_blocks) ||
        block.number >= WIRE_BLOCKS || add_block(session, fd) < 0)
        return -ENOTCONN;
    return 0;
}

int
lib_session_read(struct lib_session *session)
{
    int r;

    (void)pthread_mutex_lock(&session->reading);
    do {
        r = read_block(session, MSG_DONTWAIT);
    } while (r == 0);
    (void)pthread_mutex_unlock(&session->reading);
    return r == -EAGAIN ? 0 : r;
}

/* --- beginning and end -----------------------------------------------------
 */

static int
reach(const char *path, int wait_ms)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct timeval wait = { wait_ms / 1000, wait_ms % 1000 * 1000L };
    AUTO(fd_done) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (strlen(path) >= sizeof(at.sun_path))
        return -ENAMETOOLONG;
    memcpy(at.sun_path, path, strlen(path) + 1);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        return -errno;
    return fd_take(&fd);
}

static bool
is_welcome(const struct wire_welcome *w, ssize_t n)
{
    return n == sizeof(*w) && memcmp(w->magic, WIRE_MAGIC, 8) == 0 &&
           w->kind == WIRE_WELCOME && w->version == WIRE_VERSION &&
           w->error >= 0;
}

static int
map_all(struct lib_session *session, const int fds[3])
{
    void *page = NULL;
    void *desk = NULL;
    int r = map(fds[0], sizeof(struct wire_page), PROT_READ, &page);

    if (r < 0)
        return r;
    session->page = page;
    r = map(fds[1], sizeof(struct wire_desk), PROT_READ | PROT_WRITE, &desk);
    if (r < 0)
        return r;
    session->desk = desk;
    session->bell = fcntl(fds[2], F_DUPFD_CLOEXEC, 0);
    return session->bell < 0 ? -errno : 0;
}

static int
take_welcome(struct lib_session *session, const char *path)
{
    struct wire_welcome welcome = { 0 };
    int fds[3] = { -1, -1, -1 };
    ssize_t n =
        message_receive(session->socket, &welcome, sizeof(welcome), 0, fds, 3);
    int r = 0;

    if (n == -EAGAIN) {
        lib_why("%s: vapd does not answer", path);
        r = -ETIMEDOUT;
    } else if (!is_welcome(&welcome, n)) {
        lib_why("%s: no vapd of this version listens there", path);
        r = -EPROTO;
    } else if (welcome.error) {
        lib_why("%.*s", (int)sizeof(welcome.why), welcome.why);
        r = -welcome.error;
    } else {
        r = map_all(session, fds);
        for (uint32_t i = 0; i < welcome.n_blocks && r == 0; i++)
            r = read_block(session, 0);
        if (r < 0)
            lib_why("the memory of the guest: %s", strerror(-r));
    }
    for (int i = 0; i < 3; i++)
        fd_done(&fds[i]);
    return r;
}

static int
begin(const struct vap_guest *guest, int wait_ms, struct lib_session *session)
{
    int r;

    session->socket = reach(guest->socket, wait_ms);
    r = session->socket < 0
            ? session->socket
            : message_send(session->socket, &guest->hello, sizeof(guest->hello),
                           0, &guest->events[1], 1);
    if (r < 0) {
        lib_why("%s: %s", guest->socket,
                r == -ENOENT || r == -ECONNREFUSED ? "no vapd listens there"
                                                   : strerror(-r));
        return r;
    }
    return take_welcome(session, guest->socket);
}

void
lib_session_free(struct lib_session *session)
{
    if (!session)
        return;
    for (uint32_t i = 0; i < atomic_load(&session->n_blocks); i++)
        (void)munmap(atomic_load(&session->block[i]),
                     sizeof(struct wire_slots));
    if (session->page)
        (void)munmap((void *)session->page, sizeof(*session->page));
    if (session->desk)
        (void)munmap(session->desk, sizeof(*session->desk));
    fd_done(&session->socket);
    fd_done(&session->bell);
    (void)pthread_mutex_destroy(&session->reading);
    free(session->asked);
    free(session);
}

static void
session_done(struct lib_session **session)
{
    lib_session_free(*session);
}

int
lib_session_open(const struct vap_guest *guest, int wait_ms,
                 struct lib_session **out)
{
    AUTO(session_done)
    struct lib_session *session = calloc(1, sizeof(*session));
    int r;

    if (!session)
        return -ENOMEM;
    session->socket = session->bell = -1;
    (void)pthread_mutex_init(&session->reading, NULL);
    session->asked = calloc(WIRE_APQNS, sizeof(*session->asked));
    if (!session->asked)
        return -ENOMEM;
    r = begin(guest, wait_ms, session);
    if (r == 0)
        *out = TAKE(session);
    return r;
}

void
lib_session_leave(struct lib_session *session, int wait_ms)
{
    struct pollfd fd = { session->socket, POLLIN, 0 };
    char rest[64];

    (void)shutdown(session->socket, SHUT_WR);
    while (poll(&fd, 1, wait_ms) > 0 &&
           recv(session->socket, rest, sizeof(rest), MSG_DONTWAIT) > 0)
        ;
}
