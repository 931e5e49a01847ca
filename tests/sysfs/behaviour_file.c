/* SPDX-License-Identifier: MIT */
/* A file: opened, read, written, mapped, polled. */
#include "sysfs/behaviour.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static void
try_open(struct place *p, const char *path, const char *what, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0644);

    answer(p, what, fd < 0 ? -1 : 0);
    if (fd >= 0)
        (void)close(fd);
}

void
do_open(struct place *p)
{
    char wo[300];

    (void)snprintf(wo, sizeof(wo), "%s/uevent", p->bus);
    try_open(p, in(p, RO), "read", O_RDONLY);
    try_open(p, in(p, RO), "write ro", O_WRONLY);
    try_open(p, in(p, RO), "both ro", O_RDWR);
    try_open(p, wo, "read wo", O_RDONLY);
    try_open(p, wo, "write wo", O_WRONLY);
    try_open(p, wo, "both wo", O_RDWR);
    try_open(p, in(p, RW), "truncate", O_WRONLY | O_TRUNC);
    try_open(p, in(p, RO), "truncate ro", O_WRONLY | O_TRUNC);
    try_open(p, in(p, RO), "truncate for reading", O_RDONLY | O_TRUNC);
    try_open(p, in(p, RW), "append", O_WRONLY | O_APPEND);
    try_open(p, in(p, RW), "create what is there", O_WRONLY | O_CREAT);
    try_open(p, in(p, RW), "all of them", O_WRONLY | O_CREAT | O_TRUNC);
    try_open(p, in(p, RW), "exclusive", O_WRONLY | O_CREAT | O_EXCL);
    try_open(p, in(p, "new"), "create", O_WRONLY | O_CREAT);
    try_open(p, in(p, "new"), "create exclusive", O_RDWR | O_CREAT | O_EXCL);
    try_open(p, in(p, "new"), "not there", O_RDONLY);
    try_open(p, in(p, RW "/new"), "below a file", O_RDONLY);
    try_open(p, in(p, RW "/"), "file with a slash", O_RDONLY);
    try_open(p, in(p, "power"), "directory", O_RDONLY);
    try_open(p, in(p, "power"), "directory for writing", O_WRONLY);
    try_open(p, in(p, RW), "as a directory", O_RDONLY | O_DIRECTORY);
    try_open(p, in(p, "power"), "nameless", O_RDWR | O_TMPFILE);
    try_open(p, in(p, RO), "path", O_PATH);
    try_open(p, p->link, "link itself", O_RDONLY | O_NOFOLLOW);
    try_open(p, in(p, RO), "nonblocking", O_RDONLY | O_NONBLOCK);
    try_open(p, in(p, RO), "without atime", O_RDONLY | O_NOATIME);
    try_open(p, in(p, RW), "synchronous", O_WRONLY | O_SYNC);
}

void
do_read(struct place *p)
{
    int fd = open_in(p, RO, O_RDONLY);
    char b[64];
    struct iovec iov[2] = { { b, 3 }, { b + 8, 4 } };

    for (int i = 0; i < 14; i++)
        got(p, "one", b, read(fd, b, 1));
    answer(p, "back", lseek(fd, 0, SEEK_SET));
    got(p, "all", b, read(fd, b, sizeof(b)));
    got(p, "more", b, read(fd, b, sizeof(b)));
    answer(p, "to 5", lseek(fd, 5, SEEK_SET));
    got(p, "from 5", b, read(fd, b, sizeof(b)));
    got(p, "at 2", b, pread(fd, b, 4, 2));
    got(p, "at 11", b, pread(fd, b, 4, 11));
    got(p, "at 12", b, pread(fd, b, 4, 12));
    got(p, "at 4096", b, pread(fd, b, 4, 4096));
    got(p, "below 0", b, pread(fd, b, 4, -1));
    answer(p, "end", lseek(fd, 0, SEEK_END));
    got(p, "at the end", b, read(fd, b, 4));
    answer(p, "below the start", lseek(fd, -1, SEEK_SET));
    answer(p, "beyond", lseek(fd, 10000, SEEK_SET));
    got(p, "there", b, read(fd, b, 4));
    answer(p, "back", lseek(fd, 0, SEEK_SET));
    answer(p, "none", read(fd, b, 0));
    answer(p, "in parts", readv(fd, iov, 2));
    say(p, "\"%.3s%.4s\" ", b, b + 8);
    answer(p, "write to it", write(fd, "x", 1));
    (void)close(fd);
}

void
do_write(struct place *p)
{
    static char big[5000] = "auto\n";
    int fd = open_in(p, RW, O_RDWR | O_TRUNC);
    struct iovec iov[2] = { { (char *)"au", 2 }, { (char *)"to\n", 3 } };
    char b[16];

    answer(p, "auto", write(fd, "auto", 4));
    answer(p, "again", write(fd, "auto\n", 5));
    answer(p, "where", lseek(fd, 0, SEEK_CUR));
    got(p, "what is behind", b, read(fd, b, sizeof(b)));
    answer(p, "wrong", write(fd, "wrong", 5));
    answer(p, "where", lseek(fd, 0, SEEK_CUR));
    answer(p, "nothing", write(fd, "", 0));
    answer(p, "a newline", write(fd, "\n", 1));
    answer(p, "two newlines", write(fd, "auto\n\n", 6));
    answer(p, "NUL", write(fd, "auto\0wrong", 10));
    answer(p, "only NUL", write(fd, "\0", 1));
    answer(p, "at 100", pwrite(fd, "auto", 4, 100));
    answer(p, "at 10000", pwrite(fd, "auto", 4, 10000));
    answer(p, "half", pwrite(fd, "au", 2, 0));
    answer(p, "other half", pwrite(fd, "to", 2, 2));
    answer(p, "in parts", writev(fd, iov, 2));
    answer(p, "4095", pwrite(fd, big, 4095, 0));
    answer(p, "4096", pwrite(fd, big, 4096, 0));
    answer(p, "4097", pwrite(fd, big, 4097, 0));
    answer(p, "5000", pwrite(fd, big, 5000, 0));
    got(p, "afterwards", b, pread(fd, b, sizeof(b), 0));
    (void)close(fd);
    fd = open_in(p, RW, O_WRONLY | O_APPEND);
    answer(p, "appended", write(fd, "auto", 4));
    answer(p, "read", read(fd, b, 1));
    (void)close(fd);
}

void
do_write_more(struct place *p)
{
    size_t size = 1 << 20;
    char *big = calloc(1, size);
    int fd = open_in(p, RW, O_WRONLY);

    if (!big)
        FAIL("no memory");
    (void)snprintf(big, size, "auto");
    answer(p, "a million", write(fd, big, size));
    memset(big, 'x', size);
    answer(p, "wrong", write(fd, big, size));
    (void)close(fd);
    free(big);
}

/* Snapshots: two files, and one read in two goes around a write. */
void
do_open_twice(struct place *p)
{
    int a = open_in(p, RO, O_RDONLY);
    int b = open_in(p, RO, O_RDONLY);
    char x[16];

    got(p, "a", x, read(a, x, 5));
    got(p, "b", x, read(b, x, sizeof(x)));
    got(p, "a", x, read(a, x, sizeof(x)));
    (void)close(a);
    (void)close(b);
}

void
do_odd_calls(struct place *p)
{
    int fd = open_in(p, RW, O_RDWR);
    AUTO(fd_done) int out = memfd_create("out", 0);
    AUTO(fd_done) int notify = inotify_init1(IN_CLOEXEC);
    int n = 0;
    char b[16];

    answer(p, "ioctl", ioctl(fd, FIOCLEX) ? -1 : 0);
    answer(p, "tty", isatty(fd) ? 1 : (errno == ENOTTY ? 0 : -1));
    answer(p, "bytes waiting", ioctl(fd, FIONREAD, &n));
    answer(p, "sendfile", sendfile(out, fd, NULL, 100));
    answer(p, "sendfile to it", sendfile(fd, out, &(off_t){ 0 }, 5));
    got(p, "sent", b, pread(out, b, sizeof(b), 0));
    answer(p, "watch",
           inotify_add_watch(notify, in(p, RW), IN_MODIFY) < 0 ? -1 : 0);
    (void)close(fd);
}

void
do_private_map(struct place *p)
{
    int fd = open_in(p, RO, O_RDONLY);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

    answer(p, "map", map == MAP_FAILED ? -1 : 0);
    if (map != MAP_FAILED)
        (void)munmap(map, 4096);
    (void)close(fd);
}

void
do_shared_map(struct place *p)
{
    int fd = open_in(p, RW, O_RDWR);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    answer(p, "map", map == MAP_FAILED ? -1 : 0);
    if (map != MAP_FAILED)
        (void)munmap(map, 4096);
    (void)close(fd);
}

void
do_poll(struct place *p)
{
    int fd = open_in(p, RO, O_RDONLY);
    struct pollfd f = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };

    for (int i = 0; i < 2; i++) {
        char text[4];

        answer(p, "poll", poll(&f, 1, 0));
        say(p, "%x; ", (unsigned)f.revents);
        answer(p, "read", pread(fd, text, sizeof(text), 0));
    }
    (void)close(fd);
}
