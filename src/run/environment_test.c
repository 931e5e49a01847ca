/* SPDX-License-Identifier: MIT */
#include "run/environment.h"

#include "test.h"

#include <stdlib.h>

TEST(libudev_believes_in_a_sysfs_that_is_not_one)
{
    CHECK_INT(environment_prepare(&(struct run_options){ 0 }), 0);
    CHECK_STR(getenv("SYSTEMD_DEVICE_VERIFY_SYSFS"), "0");
    CHECK_STR(getenv("QEMU_LD_PREFIX"), NULL);
}

TEST(path_ends_with_every_sbin_once)
{
    static const struct {
        const char *before;
        const char *s390x;
        const char *after;
    } cases[] = {
        { "/usr/bin:/bin", NULL,
          "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin" },
        { "/usr/sbin:/usr/bin", NULL,
          "/usr/sbin:/usr/bin:/usr/local/sbin:/sbin" },
        { "/x/sbin:/sbin2:/sbin", NULL,
          "/x/sbin:/sbin2:/sbin:/usr/local/sbin:/usr/sbin" },
        { "", NULL,
          "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin" },
        { "/sbin:/usr/sbin:/usr/local/sbin", "/c/s390x",
          "/c/s390x/vap/bin:/sbin:/usr/sbin:/usr/local/sbin" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        test_note("case %zu", i);
        CHECK_INT(setenv("PATH", cases[i].before, 1), 0);
        CHECK_INT(environment_prepare(
                      &(struct run_options){ .s390x = cases[i].s390x }),
                  0);
        CHECK_STR(getenv("PATH"), cases[i].after);
        CHECK_STR(getenv("QEMU_LD_PREFIX"), cases[i].s390x);
    }
}

TEST(more_can_be_said_and_has_the_last_word)
{
    const char *const more[] = { "VAP_NAME=lab", "VAP_EMPTY=", "PATH=/only",
                                 NULL };

    CHECK_INT(environment_prepare(&(struct run_options){ .environment = more }),
              0);
    CHECK_STR(getenv("VAP_NAME"), "lab");
    CHECK_STR(getenv("VAP_EMPTY"), "");
    CHECK_STR(getenv("PATH"), "/only");
}
