/* SPDX-License-Identifier: MIT */
/* Where there is no libFuzzer: a target meets every file of a folder once. */
#include "base/auto.h"
#include "base/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#define MAX_SEED (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
dir_done(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

/* A copy of exactly its size, so that a step beyond it is noticed. */
static int
run_seed(int folder, const char *name)
{
    AUTO(free_done) uint8_t *space = malloc(MAX_SEED);
    AUTO(fd_done) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 || !space ? -1 : read(fd, space, MAX_SEED);

    if (n < 0)
        return -errno;

    AUTO(free_done) uint8_t *data = malloc(n ? (size_t)n : 1);
    if (!data)
        return -ENOMEM;
    memcpy(data, space, (size_t)n);
    (void)LLVMFuzzerTestOneInput(data, (size_t)n);
    return 0;
}

int
main(int argc, char **argv)
{
    AUTO(dir_done) DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    int seeds = 0;

    if (!dir) {
        say_error("%s: a folder of seeds expected", argv[0]);
        return 2;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        int r = run_seed(dirfd(dir), e->d_name);
        if (r < 0) {
            say_at(e->d_name, 0, "%s", strerror(-r));
            return 3;
        }
        seeds++;
    }
    (void)printf("%d seeds\n", seeds);
    return seeds ? 0 : 1;
}
