/* SPDX-License-Identifier: MIT */
#include "guest/memory.h"

#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

static int
make(size_t size, bool writable, int fd, void **at)
{
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL |
                (writable ? 0 : F_SEAL_FUTURE_WRITE);

    if (ftruncate(fd, (off_t)size) < 0)
        return -errno;
    *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*at == MAP_FAILED)
        return -errno;
    if (fcntl(fd, F_ADD_SEALS, seals) == 0)
        return 0;

    int error = errno;

    (void)munmap(*at, size);
    return -error;
}

int
memory_new(size_t size, bool writable, struct memory *out)
{
    AUTO(fd_done)
    int fd = memfd_create("vap", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *at = NULL;
    int r = fd < 0 ? -errno : make(size, writable, fd, &at);

    if (r == 0)
        *out = (struct memory){ fd_take(&fd), at, size };
    return r;
}

void
memory_done(struct memory *memory)
{
    if (memory->fd < 0)
        return;
    (void)munmap(memory->at, memory->size);
    fd_done(&memory->fd);
    *memory = MEMORY_NONE;
}

/* Where pages cannot be given back they are at least zero. */
void
memory_wipe(const struct memory *memory, size_t offset, size_t size)
{
    if (fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  (off_t)offset, (off_t)size) < 0)
        memset((char *)memory->at + offset, 0, size);
}
