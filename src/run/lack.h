/* SPDX-License-Identifier: MIT */
/* What a machine or a container does not allow, and how to get it. */
#ifndef VAP_RUN_LACK_H
#define VAP_RUN_LACK_H

#include <stdbool.h>
#include <stddef.h>

/* What was tried. */
enum lack_of {
    LACK_NAMESPACES, /* unshare(), or the first mounts after it */
    LACK_FUSE, /* opening /dev/fuse, or mounting it */
};

/** What the words depend on. */
struct lack {
    enum lack_of of;
    int error; /* of the call that failed, above 0 */
    bool root;
    bool container;
    /* Of sysctl; -1 where there is no such thing. */
    long userns_clone; /* kernel.unprivileged_userns_clone */
    long userns_max; /* user.max_user_namespaces */
    long userns_apparmor; /* kernel.apparmor_restrict_unprivileged_userns */
    char kernel[32]; /* "6.12.9-amd64" */
};

/** Looks around. It reads /proc, so it must be called outside of what failed
 * to be made. */
void lack_look(enum lack_of of, int error, struct lack *lack);

/** One sentence: what is missing, and the two ways to get it. For
 * say_error(). */
void lack_words(const struct lack *lack, char *out, size_t size);

#endif
