/* SPDX-License-Identifier: MIT */
#include "run/lack.h"

#include "test.h"

#include <errno.h>
#include <string.h>

/* What is missing, and both ways out, stand in every sentence. */
TEST(a_lack_is_said_with_two_ways_out)
{
    static const struct {
        struct lack lack;
        const char *missing;
        const char *one;
        const char *other;
    } cases[] = {
        { { LACK_NAMESPACES, EPERM, true, true, -1, 9, -1, "6.1" },
          "this container may not make namespaces",
          "--cap-add SYS_ADMIN --device /dev/fuse --security-opt "
          "apparmor=unconfined",
          "outside of it" },
        { { LACK_NAMESPACES, EPERM, false, true, -1, 9, -1, "6.1" },
          "this container may not make namespaces",
          "--cap-add SYS_ADMIN",
          "outside of it" },
        { { LACK_NAMESPACES, EPERM, false, false, 0, 9, -1, "6.1" },
          "ordinary users may not make namespaces",
          "run vap as root",
          "sysctl kernel.unprivileged_userns_clone=1" },
        { { LACK_NAMESPACES, EACCES, false, false, -1, 9, 1, "6.8" },
          "ordinary users may not make namespaces",
          "run vap as root",
          "sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
        { { LACK_NAMESPACES, ENOSPC, false, false, 1, 0, 0, "6.1" },
          "ordinary users may not make namespaces",
          "run vap as root",
          "sysctl user.max_user_namespaces=" },
        { { LACK_NAMESPACES, EINVAL, false, false, -1, -1, -1, "6.1" },
          "no namespaces to mount in",
          "run vap as root",
          "CONFIG_USER_NS" },
        { { LACK_NAMESPACES, ENOSYS, true, false, -1, 9, -1, "4.19.0" },
          "Linux 4.19.0 has no open_tree(2) here",
          "Linux 5.2 or newer",
          "outside of a sandbox" },
        { { LACK_FUSE, ENOENT, true, true, -1, 9, -1, "6.1" },
          "/dev/fuse: No such file or directory",
          "--device /dev/fuse",
          "outside of it" },
        { { LACK_FUSE, ENOENT, false, false, -1, 9, -1, "6.1" },
          "/dev/fuse is not there",
          "modprobe fuse",
          "CONFIG_FUSE_FS" },
        { { LACK_FUSE, EACCES, false, false, -1, 9, -1, "6.1" },
          "/dev/fuse: Permission denied",
          "run vap as root",
          "chmod 666 /dev/fuse" },
    };
    char words[512];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        lack_words(&cases[i].lack, words, sizeof(words));
        test_note("case %zu: %s", i, words);
        CHECK(strstr(words, cases[i].missing) != NULL);
        CHECK(strstr(words, cases[i].one) != NULL);
        CHECK(strstr(words, cases[i].other) != NULL);
        CHECK(strchr(words, '\n') == NULL);
    }
}
