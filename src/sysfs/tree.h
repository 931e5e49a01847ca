/* SPDX-License-Identifier: MIT */
/* The tree as tables: a kind of directory has rows, and a row is a file, a
 * link or a directory, or as many of them as there are devices. Nothing of it
 * is kept per device: a node is a kind, a row and an id, and what it shows is
 * worked out when somebody looks. */
#ifndef VAP_SYSFS_TREE_H
#define VAP_SYSFS_TREE_H

#include <sys/stat.h>

#include "host/request.h"
#include "sysfs/text.h"
#include "sysfs/uevent.h"

enum kind {
    ROOT,
    BUS,
    BUS_AP,
    BUS_AP_DEVICES,
    BUS_AP_DRIVERS,
    CEX4CARD,
    CEX4QUEUE,
    VFIO_AP,
    BUS_MATRIX,
    BUS_MATRIX_DEVICES,
    BUS_MATRIX_DRIVERS,
    MATRIX_DRIVER,
    BUS_MDEV,
    BUS_MDEV_DEVICES,
    BUS_MDEV_DRIVERS,
    MDEV_DRIVER,
    CLASS,
    CLASS_MDEV_BUS,
    CLASS_VFIO,
    CLASS_VFIO_DEV,
    CLASS_ZCRYPT,
    DEVICES,
    AP,
    AP_POWER,
    CARD, /* id: adapter */
    CARD_POWER,
    QUEUE, /* id: apqn */
    QUEUE_POWER,
    VFIO_AP_ROOT,
    VFIO_AP_ROOT_POWER,
    MATRIX,
    MATRIX_POWER,
    MDEV_TYPES,
    MDEV_TYPE,
    MDEV_TYPE_DEVICES,
    MDEV, /* id: slot */
    MDEV_POWER,
    MDEV_VFIO_DEV,
    VFIO_DEV,
    VFIO_DEV_POWER,
    VIRTUAL,
    VIRTUAL_VFIO,
    GROUP_DEVICE, /* /sys/devices/virtual/vfio/N; id: slot */
    GROUP_DEVICE_POWER,
    KERNEL,
    IOMMU_GROUPS,
    GROUP,
    GROUP_DEVICES,
    MODULE,
    MODULE_AP,
    MODULE_AP_PARAMETERS,
    MODULE_VFIO_AP,
    MODULE_VFIO_AP_DRIVERS,
    MODULE_ZCRYPT,
    MODULE_ZCRYPT_DRIVERS,
    KINDS
};

/* What somebody waits for, whose mdev is held: the kernel has taken away what
 * of it could go. */
enum leaving {
    STAYS,
    LEAVES_DRIVER, /* unbind was written, or more */
    LEAVES /* remove was */
};

/** What has a name in the tree. */
struct node {
    uint8_t kind; /* of the directory it is, or is in */
    uint8_t row; /* 0: that directory; else row - 1 of its table */
    uint16_t id; /* adapter, apqn or slot; 0 where there is only one */
};

/** A host's tree. */
struct tree {
    const struct host *host;
    enum leaving (*leaving)(const void *context, uint32_t slot); /* NULL: none
                                                                  * does */
    const void *context;
};

/** What a writer brings. */
struct writer {
    struct owner *owner;
    const struct tree *tree;
    const struct origin *origin;
    void (*uevent)(void *data, const struct uevent *event);
    void *data;
    struct host_request held; /* with EINPROGRESS: to be asked again */
    bool asked; /* the owner has been asked, and keeps a log of it */
};

/* A row that only one of the two kernels has. */
enum row_kernel { BOTH_KERNELS, ONLY_6_12, ONLY_7_2 };

#define SET_END 0x10000u

/** Devices of a kind, ascending by id. */
struct set {
    /* The first id at or above from; SET_END. id: the directory's own. */
    unsigned (*next)(const struct host *host, unsigned id, unsigned from);
    /* Which of them is called so? SET_END. */
    unsigned (*find)(const struct host *host, unsigned id, const char *name);
    void (*name)(const struct host *host, unsigned id, struct text *out);
};

/** One line of a directory. */
struct row {
    const char *name; /* NULL: one for each of set */
    mode_t mode; /* with its type; a directory's kind is dir */

    /* 0, or the errno number that read(2) fails with; NULL: EIO */
    int (*show)(const struct host *host, struct node node, struct text *out);
    /* 0, or an errno number; EINPROGRESS: it waits, see writer->held; NULL:
     * EIO. text: at most a page */
    int (*store)(struct writer *w, struct node node, const char *text,
                 size_t length);

    enum kind to; /* a directory's kind, or that of a link's target */

    const struct set *set;
    enum row_kernel kernel;
    /* Is it there? NULL: as long as its directory is. */
    bool (*when)(const struct host *host, unsigned id);
    enum leaving until; /* of an mdev: gone with the first who waits for this */
};

/** Whose life a directory shares. */
enum life {
    LIFE_TREE,
    LIFE_CARD,
    LIFE_QUEUE,
    LIFE_MDEV,
    LIFE_VFIO /* an mdev's, while it has its driver */
};

struct table {
    const struct row *rows;
    size_t n;
};

#define TABLE(rows_)                                                           \
    {                                                                          \
        (rows_), sizeof(rows_) / sizeof((rows_)[0])                            \
    }

/** A kind of directory. */
struct dir {
    const struct table *table;
    enum kind parent;
    enum life life; /* LIFE_TREE: there is one, its id is 0 */
};

extern const struct dir dirs[KINDS];

#define DIR_MODE (S_IFDIR | 0755)
#define LINK_MODE (S_IFLNK | 0777)
#define FILE_MODE(bits) (S_IFREG | (bits))

/* The shortest way to write a row. */
#define SHOWN(name_, show_)                                                    \
    {                                                                          \
        .name = (name_), .mode = FILE_MODE(0444), .show = (show_)              \
    }
#define BOTH(name_, show_, store_)                                             \
    {                                                                          \
        .name = (name_), .mode = FILE_MODE(0644), .show = (show_),             \
        .store = (store_)                                                      \
    }
#define WRITTEN(name_, store_)                                                 \
    {                                                                          \
        .name = (name_), .mode = FILE_MODE(0200), .store = (store_)            \
    }
#define LINK(name_, to_)                                                       \
    {                                                                          \
        .name = (name_), .mode = LINK_MODE, .to = (to_)                        \
    }
#define LINKS(set_, to_)                                                       \
    {                                                                          \
        .mode = LINK_MODE, .set = &(set_), .to = (to_)                         \
    }
#define LINKS_UNTIL(set_, to_, until_)                                         \
    {                                                                          \
        .mode = LINK_MODE, .set = &(set_), .to = (to_), .until = (until_)      \
    }
#define FOLDER(name_, to_)                                                     \
    {                                                                          \
        .name = (name_), .mode = DIR_MODE, .to = (to_)                         \
    }
#define FOLDERS(set_, to_)                                                     \
    {                                                                          \
        .mode = DIR_MODE, .set = &(set_), .to = (to_)                          \
    }

#endif
