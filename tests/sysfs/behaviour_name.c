/* SPDX-License-Identifier: MIT */
/* What surrounds a file: its inode, its name, its directory. */
#include "sysfs/behaviour.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

void
do_stat(struct place *p)
{
    static const char *const files[] = { RW, RO, "uevent", "power" };
    struct stat st;

    for (size_t i = 0; i < ROWS(files); i++) {
        answer(p, files[i], lstat(in(p, files[i]), &st));
        say(p, "%o %jd %jd %ju %jd; ", st.st_mode, (intmax_t)st.st_size,
            (intmax_t)st.st_blocks, (uintmax_t)st.st_nlink,
            (intmax_t)st.st_blksize);
    }
    answer(p, "link", lstat(p->link, &st));
    say(p, "%o %jd", st.st_mode, (intmax_t)st.st_size);
}

void
do_change_inode(struct place *p)
{
    int fd = open_in(p, RW, O_RDWR);
    struct stat st;

    answer(p, "truncate", truncate(in(p, RW), 0));
    answer(p, "truncate ro", truncate(in(p, RO), 0));
    answer(p, "ftruncate", ftruncate(fd, 10));
    answer(p, "grow", ftruncate(fd, 10000));
    answer(p, "stat", lstat(in(p, RW), &st));
    answer(p, "truncate a directory", truncate(in(p, "power"), 0));
    answer(p, "chmod", chmod(in(p, RW), 0644));
    answer(p, "fchmod", fchmod(fd, 0644));
    answer(p, "chown", chown(in(p, RW), (uid_t)-1, (gid_t)-1));
    answer(p, "utimens", utimensat(AT_FDCWD, in(p, RW), NULL, 0));
    answer(p, "fsync", fsync(fd));
    answer(p, "fdatasync", fdatasync(fd));
    answer(p, "flock", flock(fd, LOCK_EX));
    answer(p, "fallocate", fallocate(fd, 0, 0, 100));
    answer(p, "punch", fallocate(fd, 3, 0, 100));
    (void)close(fd);
}

void
do_names(struct place *p)
{
    static char name[300];

    answer(p, "mkdir", mkdir(in(p, "new"), 0755));
    answer(p, "mkdir there", mkdir(in(p, "power"), 0755));
    answer(p, "rmdir", rmdir(in(p, "power")));
    answer(p, "rmdir a file", rmdir(in(p, RW)));
    answer(p, "unlink", unlink(in(p, RW)));
    answer(p, "unlink a directory", unlink(in(p, "power")));
    answer(p, "unlink a link", unlink(p->link));
    answer(p, "unlink nothing", unlink(in(p, "new")));
    answer(p, "rename", rename(in(p, RW), in(p, "power/new")));
    answer(p, "rename over", rename(in(p, RW), in(p, RO)));
    answer(p, "rename a directory", rename(in(p, "power"), in(p, "new")));
    answer(p, "rename away", rename(in(p, RW), "/tmp/new"));
    answer(p, "rename nothing", rename(in(p, "new"), in(p, "newer")));
    answer(p, "symlink", symlink("x", in(p, "new")));
    answer(p, "symlink there", symlink("x", in(p, RW)));
    answer(p, "link", link(in(p, RW), in(p, "new")));
    answer(p, "link away", link(in(p, RW), "/tmp/new"));
    answer(p, "mknod", mknod(in(p, "new"), S_IFREG | 0644, 0));
    answer(p, "fifo", mknod(in(p, "new"), S_IFIFO | 0644, 0));
    memset(name, 'x', 255);
    answer(p, "long name", access(in(p, name), F_OK));
    memset(name, 'x', 256);
    answer(p, "too long", access(in(p, name), F_OK));
}

void
do_access(struct place *p)
{
    answer(p, "rw R", access(in(p, RW), R_OK));
    answer(p, "rw W", access(in(p, RW), W_OK));
    answer(p, "rw X", access(in(p, RW), X_OK));
    answer(p, "ro R", access(in(p, RO), R_OK));
    answer(p, "ro W", access(in(p, RO), W_OK));
    answer(p, "dir X", access(in(p, "power"), X_OK));
    answer(p, "dir W", access(in(p, "power"), W_OK));
}

void
do_list_xattrs(struct place *p)
{
    char b[16];

    answer(p, "list", listxattr(in(p, RW), b, sizeof(b)));
    answer(p, "size", listxattr(in(p, RW), NULL, 0));
}

void
do_xattr(struct place *p)
{
    char b[16];

    answer(p, "get", getxattr(in(p, RW), "user.x", b, sizeof(b)));
    answer(p, "set", setxattr(in(p, RW), "user.x", "1", 1, 0));
}

void
do_statfs(struct place *p)
{
    struct statfs st;

    answer(p, "statfs", statfs(in(p, RO), &st));
    say(p, "%jx %jd", (uintmax_t)st.f_type, (intmax_t)st.f_bsize);
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

void
do_list(struct place *p)
{
    struct dirent **list;
    int n = scandir(in(p, "power"), &list, NULL, compare_names);

    for (int i = 0; i < n; i++) {
        say(p, "%s %d; ", list[i]->d_name, list[i]->d_type);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    answer(p, "entries", n);
}
