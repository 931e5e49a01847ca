/* SPDX-License-Identifier: MIT */
/* Where a virtual host of a name lives: what runs and what stays. */
#ifndef VAP_BASE_PLACE_H
#define VAP_BASE_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define PLACE_NAME 64 /* the longest name, in bytes */
#define PLACE_DEFAULT "default"

/** All paths are absolute. The two folders are the only ones made; nobody but
 *  their owner reads them. */
struct place {
    char runtime[PATH_MAX]; /* gone with the machine's restart */
    char state[PATH_MAX]; /* stays */
    char socket[PATH_MAX]; /* the API */
    char tree[PATH_MAX]; /* where the tree is mounted */
    char lock[PATH_MAX]; /* held by the daemon; says its pid */
    char log[PATH_MAX]; /* what a daemon in the background has said */
    char store[PATH_MAX];
    char files[PATH_MAX]; /* what commands see in place of the machine's own:
                             etc/mdevctl.d, ...; made when there is a need */
    char guests[PATH_MAX]; /* libvap's socket */
    char held[PATH_MAX]; /* mdevs that guests hold, a line each */
};

/* Letters, digits, and '.', '_', '-' behind the first. */
bool place_name_ok(const char *name);

/**
 * As root below /run/vap and /var/lib/vap; else below $XDG_RUNTIME_DIR/vap,
 * or /tmp/vap-UID, and $XDG_STATE_HOME/vap, or ~/.local/state/vap; who has no
 * home has .state in the first. $VAP_RUNTIME_DIR and $VAP_STATE_DIR take the
 * place of these parents.
 *
 * Returns  0; -EINVAL the name; -ENAMETOOLONG the paths, a socket's above
 *          all; -EPERM the parent of the runtime folders is there, and
 *          place_check() refuses it; another -errno: it cannot be looked at
 */
int place_of(const char *name, struct place *out);

/* Says, for -errno of place_of(), what is wrong and what mends it. */
void place_say(const char *name, int error);

/* Makes the two folders, 0700. 0 or -errno; -EPERM when one is there and
 * another user's. */
int place_make(const struct place *place);

/* Says, for -errno of place_make() or of a file made there, which of the two
 * it is, and what mends it. */
void place_say_unmade(const struct place *place, int error);

/* Is a folder one where nobody but us, and root, makes names? 0; -EPERM: it is
 * no folder but a link, another user's, or others can write to it; another
 * -errno: it is not there, or cannot be looked at. */
int place_check(const char *folder);

/* The parents of all runtime folders and of all state folders: to list the
 * hosts there are, and those there were. 0 or as place_of(). */
int place_parent(char parent[PATH_MAX]);
int place_states(char parent[PATH_MAX]);

/**
 * Takes the lock of the name, for as long as the descriptor is open, and
 * writes the pid into it.
 *
 * Returns  the descriptor; -EBUSY another process has it; -errno
 */
int place_lock(const struct place *place);

/* As place_lock(), for who is no host but clears away what one has left, and
 * holds it for a moment only: nobody takes it for a host. */
int place_hold(const struct place *place);

/* The pid of the daemon that has the lock; 0 when there is none; -errno when
 * that may not be looked at. */
pid_t place_pid(const struct place *place);

/* Takes away what a dead daemon left: its mount, its socket, its log. For
 * whoever has the lock. 0, or -errno of a mount that stays. */
int place_clean(const struct place *place);

/* ... and the rest of the runtime folder, the lock last. The descriptor of
 * the lock is closed by the caller, afterwards. */
void place_leave(const struct place *place);

/* Forgets the state that was stored. For whoever has the lock. */
void place_forget(const struct place *place);

#endif
