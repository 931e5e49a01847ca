/* SPDX-License-Identifier: MIT */
/* The tree of the built-in host under each kernel: its paths, and where both
 * differ. */
#ifndef VAP_TESTS_SYSFS_KERNELS_H
#define VAP_TESTS_SYSFS_KERNELS_H

#include "sysfs/tree.h"

#define OLD 1
#define NEW 2
#define ANY (OLD | NEW)

#define CARD3 "devices/ap/card03/"
#define CARD5 "devices/ap/card05/"
#define CARDA "devices/ap/card0a/"
#define U TREE_MATRIX TREE_U "/"
#define BUS "bus/ap/"
#define ZERO "0x" Z16 Z16 Z16 Z16
#define Z16 "0000000000000000"

/* Serves it under a kernel; false: the test is skipped. */
static inline bool
kernels_start(struct server *server, int kernel)
{
    struct server_options options = server_builtin;

    options.old_kernel = kernel == OLD;
    return server_start_or_skip(server, &options);
}

/* An mdev that has 05.0047 and control domain 4. */
static inline void
kernels_make_mdev(const struct server *server)
{
    CHECK_INT(tree_write(server, TREE_TYPE "create", TREE_U), 0);
    CHECK_INT(tree_write(server, U "assign_adapter", "5"), 0);
    CHECK_INT(tree_write(server, U "assign_domain", "0x47"), 0);
    CHECK_INT(tree_write(server, U "assign_control_domain", "4"), 0);
}

#endif
