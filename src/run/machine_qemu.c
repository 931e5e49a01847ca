/* SPDX-License-Identifier: MIT */
/* QEMU as vap fetch got it, on this machine's own C library; else the
 * machine's own. */
#include "run/machine_parts.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/prefix.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static const char *const way_names[N_WAYS] = {
    [WAY_IN] = "in",   [WAY_OUT] = "out",         [WAY_ERR] = "err",
    [WAY_END] = "end", [WAY_CONSOLE] = "console",
};

enum { MAX_ARGS = 64 };

/** What QEMU is called with. */
struct command {
    char *argv[MAX_ARGS]; /* ours to free; NULL behind the last */
    size_t n;
    bool lost; /* there was no memory */
};

static void add(struct command *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct command *c, const char *format, ...)
{
    va_list values;
    char *word = NULL;

    va_start(values, format);
    if (c->n == MAX_ARGS - 1 || vasprintf(&word, format, values) < 0)
        c->lost = true;
    else
        c->argv[c->n++] = word;
    va_end(values);
}

static void
command_done(struct command *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->argv[i]);
}

/* Commas end a value, unless doubled. */
static void
add_machine(struct command *c, const struct machine *m)
{
    add(c, "-nodefaults");
    add(c, "-no-user-config");
    add(c, "-no-reboot");
    add(c, "-display");
    add(c, "none");
    add(c, "-machine");
    add(c, "s390-ccw-virtio");
    add(c, "-accel");
    add(c, "tcg,thread=multi");
    add(c, "-cpu");
    add(c, "max");
    add(c, "-m");
    add(c, "512");
    add(c, "-smp");
    add(c, "%u", m->wish->n_cpus);
    add(c, "-kernel");
    add(c, "%s", m->kernel);
    add(c, "-initrd");
    add(c, "/proc/self/fd/%d", m->initrd);
    add(c, "-append");
    /* no word that there is no random number to be had for kaslr */
    add(c, "console=ttysclp0 quiet panic=-1 nokaslr");
    if (m->wish->plugin) {
        add(c, "-plugin");
        add(c, "%s", m->wish->plugin);
    }
}

static void
add_ways(struct command *c, const struct machine *m)
{
    add(c, "-device");
    add(c, "virtio-serial-ccw");
    for (int i = 0; i < N_WAYS; i++) {
        const char *name = way_names[i];

        add(c, "-chardev");
        add(c, "socket,id=%s,fd=%d", name, m->theirs[i]);
        add(c, "-device");
        if (i == WAY_CONSOLE)
            add(c, "sclpconsole,chardev=%s", name);
        else
            add(c, "virtserialport,chardev=%s,name=%s", name, name);
    }
}

/* Its libraries are below a folder whose name is the machine's kind. */
static int
use_libraries(const struct prefix *prefix)
{
    AUTO(free_done) char *pattern = NULL;
    AUTO(free_done) char *path = NULL;
    AUTO(free_done) char *modules = NULL;
    glob_t found = { 0 };
    int r = -ENOMEM;

    if (asprintf(&pattern, "%s/usr/lib/*-linux-gnu*", prefix->path) < 0)
        return r;
    if (glob(pattern, 0, NULL, &found) != 0)
        return -ENOENT;
    if (asprintf(&path, "%s:%s/lib/%s", found.gl_pathv[0], prefix->path,
                 strrchr(found.gl_pathv[0], '/') + 1) >= 0 &&
        asprintf(&modules, "%s/qemu", found.gl_pathv[0]) >= 0 &&
        setenv("LD_LIBRARY_PATH", path, 1) == 0 &&
        setenv("QEMU_MODULE_DIR", modules, 1) == 0)
        r = 0;
    globfree(&found);
    return r;
}

/* The child, until it is QEMU. */
_Noreturn static void
be_qemu(struct command *c, const struct machine *m, const struct prefix *prefix,
        pid_t parent)
{
    AUTO(free_done) char *path = NULL;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    (void)fcntl(m->initrd, F_SETFD, 0);
    for (int i = 0; i < N_WAYS; i++)
        (void)fcntl(m->theirs[i], F_SETFD, 0);
    if (prefix->n_packages && use_libraries(prefix) == 0)
        path = path_below(prefix->path, "usr/bin/qemu-system-s390x");
    if (dup2(open("/dev/null", O_RDWR | O_CLOEXEC), STDIN_FILENO) == 0 &&
        dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO)
        (void)execvp(path ? path : c->argv[0], c->argv);
    (void)fprintf(stderr, "vap: qemu-system-s390x: %s\n", strerror(errno));
    _exit(127);
}

int
machine_start(struct machine *m)
{
    AUTO(command_done) struct command c = { 0 };
    struct prefix prefix;
    pid_t parent = getpid();

    (void)prefix_read("qemu", &prefix);
    add(&c, "qemu-system-s390x");
    if (prefix.n_packages) {
        add(&c, "-L");
        add(&c, "%s/usr/share/qemu", prefix.path);
    }
    add_machine(&c, m);
    add_ways(&c, m);
    m->qemu = c.lost ? -1 : fork();
    if (m->qemu == 0)
        be_qemu(&c, m, &prefix, parent);
    prefix_done(&prefix);
    return m->qemu < 0 ? -ENOMEM : 0;
}
