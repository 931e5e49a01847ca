/* SPDX-License-Identifier: MIT */
/* Whom vap believes: a folder where others make names, a pid in a file, and a
 * socket of another user's are no virtual host. */
#include "base/auto.h"
#include "base/files.h"
#include "base/place.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define NOBODY 65534

/** Folders of a test's own. */
struct folders {
    char dir[64];
    char run[96];
    struct place place;
};

static void
folders_done(struct folders *f)
{
    (void)remove_tree(f->dir);
}

static struct folders
new_folders(void)
{
    struct folders f = { .dir = "/tmp/vap-trust-XXXXXX" };
    char state[96];

    CHECK(mkdtemp(f.dir));
    (void)snprintf(f.run, sizeof(f.run), "%s/run", f.dir);
    (void)snprintf(state, sizeof(state), "%s/state", f.dir);
    (void)setenv("VAP_RUNTIME_DIR", f.run, 1);
    (void)setenv("VAP_STATE_DIR", state, 1);
    (void)unsetenv("VAP_NAME");
    CHECK_INT(place_of(PLACE_DEFAULT, &f.place), 0);
    return f;
}

/* Its exit status; what it says on both channels is in a static buffer. */
static int
vap(const char *arguments, const char **said)
{
    static char text[4096];
    char command[PATH_MAX];
    FILE *f;
    size_t n;

    (void)snprintf(command, sizeof(command), "'%s' %s 2>&1", getenv("VAP"),
                   arguments);
    f = popen(command, "re"); /* NOLINT(cert-env33-c) */
    CHECK(f);
    n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    *said = text;
    return WEXITSTATUS(pclose(f));
}

static void
check_all_refuse(const char *why)
{
    static const char *const commands[] = {
        "up",   "down", "down --all", "list",    "show", "host adapter add 1",
        "tree", "log",  "check",      "run true"
    };

    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        const char *said;

        test_note("%s", commands[i]);
        CHECK_INT(vap(commands[i], &said), 3);
        test_note("%s: %s", commands[i], said);
        CHECK(strstr(said, why) && strstr(said, "set VAP_RUNTIME_DIR to"));
    }
}

TEST(a_folder_that_others_can_write_has_no_hosts)
{
    AUTO(folders_done) struct folders f = new_folders();

    CHECK(mkdir(f.run, 0700) == 0 && chmod(f.run, 0777) == 0);
    check_all_refuse("run: can be written by others, mode 0777");
    CHECK(chmod(f.run, 0720) == 0);
    CHECK_INT(place_check(f.run), -EPERM);
    CHECK(chmod(f.run, 0755) == 0);
    CHECK_INT(place_check(f.run), 0);
}

TEST(a_link_has_no_hosts)
{
    AUTO(folders_done) struct folders f = new_folders();
    char there[128];

    (void)snprintf(there, sizeof(there), "%s/there", f.dir);
    CHECK(mkdir(there, 0700) == 0 && symlink(there, f.run) == 0);
    check_all_refuse("run: is a link");
}

TEST(a_folder_of_another_user_has_no_hosts)
{
    AUTO(folders_done) struct folders f = new_folders();

    if (geteuid() != 0)
        return; /* only root can give a folder away */
    CHECK(mkdir(f.run, 0700) == 0 && chown(f.run, NOBODY, NOBODY) == 0);
    check_all_refuse("run: belongs to uid 65534");
}

/* --- a pid in a file --------------------------------------------------------
 */

static pid_t
bystander(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            (void)pause();
    }
    return pid;
}

TEST(who_has_not_the_lock_is_not_ended)
{
    AUTO(folders_done) struct folders f = new_folders();
    pid_t pid = bystander(); /* before there is a lock to inherit */
    AUTO(fd_done) int lock = place_lock(&f.place);
    const char *said;
    int status;

    CHECK(pid > 0 && lock >= 0 && ftruncate(lock, 0) == 0);
    CHECK(lseek(lock, 0, SEEK_SET) == 0 && dprintf(lock, "%d\n", pid) > 0);
    status = vap("down", &said);
    test_note("%s", said);
    CHECK_INT(status, 3);
    CHECK(strstr(said, "has not the lock"));
    CHECK_INT(waitpid(pid, &status, WNOHANG), 0);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
}

/* --- a socket ---------------------------------------------------------------
 */

/* The kernel notes who begins to listen, as whom. */
static int
listen_as(const char *path, uid_t uid)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(at.sun_path, path, strlen(path) + 1);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    CHECK(seteuid(uid) == 0 && listen(fd, 4) == 0 && seteuid(0) == 0);
    return fd;
}

TEST(who_answers_as_another_user_is_not_asked)
{
    AUTO(folders_done) struct folders f = new_folders();
    AUTO(fd_done) int lock = place_lock(&f.place);
    AUTO(fd_done) int listening = -1;
    const char *said;

    if (geteuid() != 0)
        return; /* only root can listen as another user */
    CHECK(lock >= 0);
    listening = listen_as(f.place.socket, NOBODY);
    CHECK_INT(vap("show", &said), 3);
    test_note("%s", said);
    CHECK(listening >= 0 && strstr(said, "uid 65534 listens there"));
}
