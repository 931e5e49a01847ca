/* SPDX-License-Identifier: MIT */
/* The lock that s390-tools take while they change a host's AP configuration:
 * chzdev for itself, ap-check for the mdevctl that calls it. Whoever links a
 * file with his pid, "4711\n", to its name has it. It is nobody's when that
 * process is gone, or when after two minutes no pid stands in it.
 *
 * Source  s390-tools include/lib/ap.h, AP_LOCKFILE; libutil/util_lockfile.c */
#ifndef VAP_BASE_TOOLS_LOCK_H
#define VAP_BASE_TOOLS_LOCK_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Below a root directory. */
#define TOOLS_LOCK "run/lock/s390apconfig.lock"

/** path empty: not taken. */
struct tools_lock {
    char path[PATH_MAX];
};

/** Who waits. */
struct tools_lock_wait {
    unsigned limit_ms; /* then it answers -EBUSY; 0: at once */
    bool (*stop)(void); /* asked now and then; NULL: nobody stops it */
    void (*waits)(pid_t owner, const char *name); /* once, before it waits;
                                                   * name: of the process, may
                                                   * be ""; NULL: untold */
};

/**
 * Takes the lock, and waits for whoever has it.
 *
 * root  "/"; without a run/lock there nobody locks, and nothing is taken
 *
 * Returns  0        also when there is no run/lock
 *          -EBUSY   somebody has had it for all of limit_ms
 *          -EINTR   stop() said so
 *          -errno   it cannot be written: -EACCES, -EROFS, ...
 */
int tools_lock_take(const char *root, const struct tools_lock_wait *wait,
                    struct tools_lock *out);

/* For AUTO as well; nothing when not taken, or by now another's. */
void tools_lock_done(struct tools_lock *lock);

#endif
