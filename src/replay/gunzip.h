/* SPDX-License-Identifier: MIT */
/* A file as it is or, when it is gzip, what is in it. What is cut off or
 * damaged is never taken for an end, not even behind the end of what is
 * whole. */
#ifndef VAP_REPLAY_GUNZIP_H
#define VAP_REPLAY_GUNZIP_H

#include <stddef.h>
#include <sys/types.h>

struct gunzip;

/* Opens a file, or stdin for "-". 0 or -errno, -EISDIR among them. */
int gunzip_open(const char *path, struct gunzip **out);
void gunzip_close(struct gunzip *file);
void gunzip_done(struct gunzip **file);

/**
 * Reads on.
 *
 * room  at least 1
 *
 * Returns  how many bytes there are now; 0 the file has ended well;
 *          -EBADMSG with *what: what is wrong with the gzip data; -errno
 */
ssize_t gunzip_read(struct gunzip *file, char *buffer, size_t room,
                    const char **what);

/* How much of the file has been read, in per cent; 0 when that cannot be
 * known. */
int gunzip_percent(const struct gunzip *file);

#endif
