/* SPDX-License-Identifier: MIT */
#include "base/auto.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

static bool
is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

static int
opened(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    CHECK(fd >= 0);
    return fd;
}

TEST(a_descriptor_is_closed_at_the_end_of_its_block)
{
    int was;
    {
        AUTO(fd_done) int fd = was = opened();

        CHECK(is_open(fd));
    }
    CHECK(!is_open(was));
}

TEST(a_taken_descriptor_stays_open)
{
    int kept;
    {
        AUTO(fd_done) int fd = opened();

        kept = fd_take(&fd);
        CHECK_INT(fd, -1);
    }
    CHECK(is_open(kept));
    fd_done(&kept);
}

TEST(a_taken_pointer_is_not_freed)
{
    char *kept;
    {
        AUTO(free_done) char *text = strdup("kept");

        kept = TAKE(text);
        CHECK(text == NULL);
    }
    CHECK_STR(kept, "kept");
    free(kept);
}

TEST(what_owns_nothing_is_left_alone)
{
    AUTO(free_done) char *text = NULL;
    AUTO(file_done) FILE *f = NULL;
    AUTO(fd_done) int fd = -1;

    CHECK(!text && !f && fd == -1);
}
