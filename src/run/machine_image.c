/* SPDX-License-Identifier: MIT */
/* The fetched initramfs has programs and no more. What starts there, and what
 * for, is of each boot, and is a second archive behind it. */
#include "run/machine_parts.h"

#include "base/auto.h"
#include "run/cpio.h"
#include "run/prefix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

/* Ports come when their driver has talked to QEMU; the cards that are there
 * are bound when "bindings" says so. */
static const char init[] =
    "#!/bin/busybox sh\n"
    "b=/bin/busybox\n"
    "$b mkdir -p /dev /etc /proc /root /run/lock /sys /tmp /var\n"
    "$b ln -s /run /var/run; $b ln -s /run/lock /var/lock\n"
    "$b mount -t devtmpfs dev /dev\n"
    "$b mkdir /dev/shm\n"
    "$b mount -t proc proc /proc\n"
    "$b mount -t sysfs sys /sys\n"
    "$b --install -s /bin\n"
    "export PATH=/bin HOME=/root USER=root\n"
    "echo root:x:0:0:root:/root:/bin/sh >/etc/passwd\n"
    "hostname guest\n"
    "ifconfig lo up 2>/dev/null\n"
    "for m in /lib/modules/*; do\n"
    "    xzcat $m >/tmp/m 2>/dev/null || cp $m /tmp/m\n"
    "    insmod /tmp/m\n"
    "done\n"
    "rm /tmp/m\n"
    "while [ ! \"$end\" ]; do\n"
    "    for p in /sys/class/virtio-ports/*; do\n"
    "        [ ! -e $p/name ] || read n <$p/name && eval $n=/dev/${p##*/}\n"
    "    done\n"
    "    [ \"$end\" ] || usleep 20000\n"
    "done\n"
    "for i in 1 2 3 4 5 6 7 8 9 10; do\n"
    "    case $(cat /sys/bus/ap/bindings 2>&1) in\n"
    "    *complete*|*such*) break;;\n"
    "    esac\n"
    "    usleep 100000\n"
    "done\n"
    "cd /root\n"
    ". /vap/settings\n"
    "if [ \"$terminal\" ]; then\n"
    "    stty $terminal </dev/ttysclp0\n"
    "    export PS1='guest:\\w# '\n"
    "    setsid -c sh -l <>/dev/ttysclp0 >&0 2>&1\n"
    "else\n"
    "    setsid sh /vap/command <$in >$out 2>$err\n"
    "fi\n"
    "echo $? >$end\n"
    "while :; do sleep 1000; done\n";

static int
add_fetched(int to)
{
    AUTO(fd_done) int from = -1;
    struct prefix prefix;
    char path[PATH_MAX + 16];
    struct stat st;
    int r = prefix_read("guest", &prefix);

    (void)snprintf(path, sizeof(path), "%s/vap/initramfs", prefix.path);
    prefix_done(&prefix);
    from = r < 0 ? r : open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0 || fstat(from, &st) < 0)
        return r < 0 ? r : -errno;
    for (off_t left = st.st_size; left > 0;) {
        ssize_t n = sendfile(to, from, NULL, (size_t)left);

        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        left -= n;
    }
    return 0;
}

/* As a shell reads it back, whatever is in it. */
static void
quote(FILE *out, const char *word)
{
    (void)fputc('\'', out);
    for (; *word; word++)
        if (*word == '\'')
            (void)fputs("'\\''", out);
        else
            (void)fputc(*word, out);
    (void)fputs("' ", out);
}

static void
write_command(const struct machine *m, FILE *out)
{
    char *const *argv = m->wish->argv;

    (void)fputs("exec ", out);
    for (; argv && *argv; argv++)
        quote(out, *argv);
    (void)fputs(m->wish->argv ? "\n" : "sh\n", out);
}

/* The size of our terminal, and what it is. */
static void
write_settings(const struct machine *m, FILE *out)
{
    const char *term = getenv("TERM");
    struct winsize size = { 0 };

    if (!m->terminal)
        return;
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    (void)fprintf(out, "terminal='sane rows %u cols %u'\nexport TERM=",
                  size.ws_row ? size.ws_row : 24U,
                  size.ws_col ? size.ws_col : 80U);
    quote(out, term && *term ? term : "vt220");
    (void)fputc('\n', out);
}

static void
add_text(const struct machine *m, struct cpio *cpio, const char *name,
         void (*write)(const struct machine *, FILE *))
{
    AUTO(free_done) char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return;
    write(m, out);
    if (fclose(out) == 0)
        cpio_bytes(cpio, name, 0644, text, n);
}

static int
add_files(const struct machine *m, struct cpio *cpio, char *why, size_t size)
{
    for (size_t i = 0; i < m->wish->n_files; i++) {
        const struct machine_file *file = &m->wish->files[i];
        AUTO(fd_done) int fd = open(file->from, O_RDONLY | O_CLOEXEC);
        struct stat st = { 0 };
        int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

        if (r == 0)
            r = S_ISREG(st.st_mode)
                    ? cpio_file(cpio, file->to + strspn(file->to, "/"),
                                st.st_mode & 0777, fd)
                    : -EISDIR;
        if (r < 0) {
            (void)snprintf(why, size, "%s: %s", file->from, strerror(-r));
            return r;
        }
    }
    return 0;
}

static int
add_own(const struct machine *m, char *why, size_t size)
{
    FILE *out = fdopen(dup(m->initrd), "w");
    struct cpio cpio = { .out = out };
    bool lost;
    int r;

    if (!out)
        return -ENOMEM;
    cpio_bytes(&cpio, "init", 0755, init, sizeof(init) - 1);
    add_text(m, &cpio, "vap/command", write_command);
    add_text(m, &cpio, "vap/settings", write_settings);
    r = add_files(m, &cpio, why, size);
    cpio_end(&cpio);
    lost = ferror(out);
    return (fclose(out) < 0 || lost) && r == 0 ? -ENOMEM : r;
}

int
machine_image(struct machine *m, char *why, size_t size)
{
    int r;

    m->initrd = memfd_create("initramfs", MFD_CLOEXEC);
    r = m->initrd < 0 ? -errno : add_fetched(m->initrd);
    if (r < 0) {
        (void)snprintf(why, size, "the guest's initramfs: %s", strerror(-r));
        return r;
    }
    *why = '\0';
    r = add_own(m, why, size);
    if (r < 0 && !*why)
        (void)snprintf(why, size, "the guest's initramfs: %s", strerror(-r));
    return r;
}
