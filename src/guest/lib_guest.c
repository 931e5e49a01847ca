/* SPDX-License-Identifier: MIT */
/* Taking an mdev and letting it go. */
#include "guest/lib.h"

#include "base/auto.h"
#include "base/place.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* For the answer to the first hello. */
#define WAIT_MS 5000
/* ... and until the mdev is closed. */
#define LEAVE_MS 1000

/* --- what it is to be ------------------------------------------------------
 */

static int
usual_socket(char **out)
{
    const char *name = getenv("VAP_NAME"); /* NOLINT(concurrency-mt-unsafe) */
    struct place place;
    int r = place_of(name ? name : PLACE_DEFAULT, &place);

    if (r < 0) {
        lib_why("no host can be named %s", name ? name : PLACE_DEFAULT);
        return r;
    }
    *out = strdup(place.guests);
    return *out ? 0 : -ENOMEM;
}

static int
invent_name(char *out, size_t size)
{
    char command[16 + 1] = "";

    (void)prctl(PR_GET_NAME, command);
    for (char *c = command; *c; c++)
        if (!strchr("0123456789-_.:ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    "abcdefghijklmnopqrstuvwxyz",
                    *c))
            *c = '_';
    (void)snprintf(out, size, "%s.%d", command[0] == '-' ? "guest" : command,
                   (int)getpid());
    return 0;
}

static int
copy(const char *what, const char *text, char *out, size_t size)
{
    size_t length = strlen(text);

    if (length == 0 || length >= size) {
        lib_why("%s of %zu bytes found, 1 to %zu expected", what, length,
                size - 1);
        return -EINVAL;
    }
    memcpy(out, text, length + 1);
    return 0;
}

static int
fill_hello(struct wire_hello *hello, const char *mdev, const char *name)
{
    int r = copy("an mdev's name", mdev, hello->mdev, sizeof(hello->mdev));

    memcpy(hello->magic, WIRE_MAGIC, sizeof(hello->magic));
    hello->kind = WIRE_HELLO;
    hello->version = WIRE_VERSION;
    if (r < 0)
        return r;
    return name ? copy("a guest's name", name, hello->name, 65)
                : invent_name(hello->name, sizeof(hello->name));
}

/* --- its life --------------------------------------------------------------
 */

static void
init_locks(struct vap_guest *guest)
{
    pthread_rwlockattr_t attr;

    /* One who changes the session has to come in before many who use it. */
    (void)pthread_rwlockattr_init(&attr);
    (void)pthread_rwlockattr_setkind_np(
        &attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&guest->lock, &attr);
    (void)pthread_rwlockattr_destroy(&attr);
    (void)pthread_mutex_init(&guest->asks, NULL);
    (void)pthread_mutex_init(&guest->news, NULL);
}

static void
guest_free(struct vap_guest *guest)
{
    lib_session_free(guest->session);
    for (int i = 0; i < 2; i++)
        fd_done(&guest->events[i]);
    fd_done(&guest->stop);
    (void)pthread_rwlock_destroy(&guest->lock);
    (void)pthread_mutex_destroy(&guest->asks);
    (void)pthread_mutex_destroy(&guest->news);
    free(guest->socket);
    free(guest);
}

static void
guest_done(struct vap_guest **guest)
{
    if (*guest)
        guest_free(*guest);
}

static struct vap_guest *
guest_new(unsigned flags)
{
    struct vap_guest *guest = calloc(1, sizeof(*guest));

    if (!guest)
        return NULL;
    guest->flags = flags;
    guest->events[0] = guest->events[1] = guest->stop = -1;
    init_locks(guest);
    return guest;
}

static int
set_up(struct vap_guest *guest, const char *path, const char *mdev,
       const char *name)
{
    int r = fill_hello(&guest->hello, mdev, name);

    if (r < 0)
        return r;
    if (path) {
        guest->socket = strdup(path);
        r = guest->socket ? 0 : -ENOMEM;
    } else {
        r = usual_socket(&guest->socket);
    }
    if (r == 0 &&
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, guest->events) < 0)
        r = -errno;
    return r;
}

int
vap_guest_open(const char *socket, const char *mdev, const char *name,
               unsigned flags, struct vap_guest **out)
{
    AUTO(guest_done) struct vap_guest *guest = NULL;
    struct lib_session *session = NULL;
    int r = -EINVAL;

    lib_why("flags %#x found, VAP_GUEST_RECONNECT or 0 expected", flags);
    if (flags & ~VAP_GUEST_RECONNECT)
        return r;
    lib_why("%s", strerror(ENOMEM));
    guest = guest_new(flags);
    r = guest ? set_up(guest, socket, mdev, name) : -ENOMEM;
    if (r == 0)
        r = lib_session_open(guest, WAIT_MS, &session);
    if (r < 0)
        return r;
    lib_take_session(guest, session);
    r = lib_watch_start(guest);
    if (r < 0)
        return r;
    lib_why("%s", "");
    *out = TAKE(guest);
    return 0;
}

void
vap_guest_close(struct vap_guest *guest)
{
    if (!guest)
        return;
    lib_watch_end(guest);
    if (guest->session)
        lib_session_leave(guest->session, LEAVE_MS);
    guest_free(guest);
}
