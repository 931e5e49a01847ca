/* SPDX-License-Identifier: MIT */
/* Virtual hosts of a test's own, run by vapd itself, in folders that go with
 * the test. $VAPD is the program. */
#ifndef VAP_TESTS_DAEMON_HOST_H
#define VAP_TESTS_DAEMON_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/place.h"

/** Where hosts live, and one of them. */
struct vhost {
    char dir[64]; /* the parent of all folders */
    struct place place;
    pid_t pid; /* 0: not up */
    bool wait_ready; /* by vhost_start(); true at first */
    char said[4096]; /* on stderr, until it was ready or had ended */
};

/* Can vapd mount its tree here? When not, the test is skipped, and returns. */
#define VHOST_OR_SKIP()                                                        \
    do {                                                                       \
        if (!vhost_can_mount()) {                                              \
            test_skip("/dev/fuse cannot be used");                             \
            return;                                                            \
        }                                                                      \
    } while (0)

bool vhost_can_mount(void);

/* The folders, with nothing in them. */
struct vhost vhost_new(void);

/* Another name in the same folders. */
struct vhost vhost_beside(const struct vhost *host, const char *name);

/* Kills what is up and removes the folders. */
void vhost_done(struct vhost *host);

/* Starts vapd with these options, ended by NULL (or NULL), and waits until it
 * is ready. Returns 0, or the exit status of one that did not get ready;
 * host->said is then filled. */
int vhost_start(struct vhost *host, const char *const *options);

/* Ends it by a signal and waits. Returns its exit status, or -signal. */
int vhost_end(struct vhost *host, int signal);

/* Is anything mounted at its tree, also what is dead? */
bool vhost_is_mounted(const struct vhost *host);

/* --- its API ----------------------------------------------------------------
 */

/* A connection, for whoever wants to do more with it than a call. */
int vhost_connect(const struct vhost *host);

/**
 * One call.
 *
 * body   NULL for GET
 * out    its body as text, the caller's; may be NULL
 *
 * Returns  the status; 0 when the connection ended before
 */
int vhost_call(const struct vhost *host, const char *path, const char *body,
               size_t length, char **out);

/* GET, which must succeed; the caller's. */
char *vhost_text(const struct vhost *host, const char *path);
json_t *vhost_get(const struct vhost *host, const char *path);

/* A number of GET /v1. */
json_int_t vhost_number(const struct vhost *host, const char *key);

/* POST /v1/change of one request in words, or of a list of JSON. */
int vhost_change(const struct vhost *host, const char *words);

/* Writes to a file of its tree. 0 or -errno. */
int vhost_write(const struct vhost *host, const char *file, const char *text);

/* Reads a file of its tree; a static buffer. "" when it cannot be read. */
const char *vhost_read(const struct vhost *host, const char *file);

#define VHOST_MATRIX "devices/vfio_ap/matrix/"
#define VHOST_CREATE                                                           \
    VHOST_MATRIX "mdev_supported_types/vfio_ap-passthrough/create"

#endif
