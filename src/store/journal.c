/* SPDX-License-Identifier: MIT */
#include "store/journal.h"

#include "base/auto.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 32, FRAME = 24, SALTS = 8 };

/* Its last bit tells in which byte order sums are made. */
#define MAGIC 0x377f0682

static uint32_t
word(const uint8_t *at, bool big)
{
    return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
                     (uint32_t)at[2] << 8 | at[3]
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
                     (uint32_t)at[1] << 8 | at[0];
}

/* Six words, then the two sums over them. */
static bool
is_sound(const uint8_t header[HEADER])
{
    uint32_t magic = word(header, true);
    uint32_t sums[2] = { 0, 0 };

    for (int i = 0; i < 24; i += 8) {
        sums[0] += word(header + i, magic & 1) + sums[1];
        sums[1] += word(header + i + 4, magic & 1) + sums[0];
    }
    return (magic & ~1U) == MAGIC && sums[0] == word(header + 24, true) &&
           sums[1] == word(header + 28, true);
}

/* A frame is of this round if it has the header's salts. */
static bool
is_current(const uint8_t frame[FRAME], const uint8_t header[HEADER])
{
    return memcmp(frame + 8, header + 16, SALTS) == 0;
}

/* A frame that ends a commit says how large the database is then. The last of
 * all may not have been finished, with a page of an earlier round behind it:
 * only one that was gone on from had been committed. */
static bool
commit_behind(int fd, off_t size, const uint8_t header[HEADER], int frames)
{
    off_t step = FRAME + (off_t)word(header + 8, true);
    uint8_t frame[FRAME];
    bool committed = false;

    for (off_t at = HEADER + frames * step; at + step <= size; at += step) {
        if (pread(fd, frame, FRAME, at) != FRAME || !is_current(frame, header))
            continue;
        if (committed)
            return true;
        committed = word(frame + 4, true) != 0;
    }
    return false;
}

bool
journal_lost(const char *path, int frames)
{
    char log[PATH_MAX];
    uint8_t header[HEADER];
    struct stat st;
    AUTO(fd_done) int fd = -1;

    if (snprintf(log, sizeof(log), "%s-wal", path) < (int)sizeof(log))
        fd = open(log, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= HEADER ||
        pread(fd, header, HEADER, 0) != HEADER)
        return false;
    if (frames < 0)
        return stat(path, &st) < 0 || st.st_size == 0;
    return !is_sound(header) || commit_behind(fd, st.st_size, header, frames);
}
