/* SPDX-License-Identifier: MIT */
#include "base/place.h"

#include "base/auto.h"
#include "base/files.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

TEST(a_name_is_letters_digits_and_few_signs)
{
    CHECK(place_name_ok("default"));
    CHECK(place_name_ok("a.b-c_9"));
    CHECK(!place_name_ok(""));
    CHECK(!place_name_ok(".hidden"));
    CHECK(!place_name_ok("-x"));
    CHECK(!place_name_ok("../up"));
    CHECK(!place_name_ok("a/b"));
    CHECK(!place_name_ok(
        "x0123456789012345678901234567890123456789012345678901234567890123"));
}

/** Folders of a test's own, gone with it. */
static void
remove_all(const struct place *p)
{
    const char *state = getenv("VAP_STATE_DIR");
    char parent[PATH_MAX];

    (void)unlink(p->lock);
    (void)rmdir(p->runtime);
    (void)rmdir(p->state);
    (void)place_parent(parent);
    (void)rmdir(parent);
    if (state)
        (void)rmdir(state);
}

static struct place
new_place(void)
{
    static char run[64];
    static char state[64];
    struct place p;

    (void)snprintf(run, sizeof(run), "/tmp/vap-place-XXXXXX");
    (void)snprintf(state, sizeof(state), "/tmp/vap-place-XXXXXX");
    CHECK(mkdtemp(run) && mkdtemp(state));
    (void)setenv("VAP_RUNTIME_DIR", run, 1);
    (void)setenv("VAP_STATE_DIR", state, 1);
    CHECK_INT(place_of("one", &p), 0);
    CHECK_INT(place_make(&p), 0);
    return p;
}

TEST(the_folders_are_their_owners_alone)
{
    AUTO(remove_all) struct place p = new_place();
    struct stat st;

    CHECK_INT(stat(p.runtime, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    CHECK_INT(place_make(&p), 0);
    CHECK_INT(place_of("../one", &p), -EINVAL);
    CHECK_INT(place_of("one", &p), 0);
}

/* A process that holds the lock until its pipe closes. */
static pid_t
holder(const struct place *p, int hold[2])
{
    pid_t child = fork();
    char c;

    if (child == 0) {
        (void)close(hold[1]);
        if (place_lock(p) < 0)
            _exit(1);
        (void)!read(hold[0], &c, 1);
        _exit(0);
    }
    (void)close(hold[0]);
    return child;
}

TEST(a_lock_tells_its_holder_and_ends_with_it)
{
    AUTO(remove_all) struct place p = new_place();
    AUTO(fd_done) int mine = -1;
    int hold[2];
    pid_t child;

    CHECK_INT(place_pid(&p), 0);
    CHECK(pipe(hold) == 0);
    child = holder(&p, hold);
    while (place_pid(&p) == 0)
        (void)usleep(1000);
    CHECK_INT(place_pid(&p), child);
    CHECK_INT(place_lock(&p), -EBUSY);
    (void)close(hold[1]);
    (void)waitpid(child, NULL, 0);
    CHECK_INT(place_pid(&p), 0);
    mine = place_lock(&p);
    CHECK(mine >= 0);
}

/* As of a daemon that is killed while it starts a program. */
TEST(a_lock_that_a_child_of_a_dead_holder_still_has_is_waited_for)
{
    AUTO(remove_all) struct place p = new_place();
    AUTO(fd_done) int mine = -1;
    int dead[2];
    char c;
    pid_t killed;

    CHECK(pipe(dead) == 0);
    killed = fork();
    if (killed == 0) {
        if (place_lock(&p) < 0 || fork() != 0)
            _exit(0);
        (void)close(dead[1]);
        (void)!read(dead[0], &c, 1);
        (void)usleep(200000);
        _exit(0);
    }
    (void)waitpid(killed, NULL, 0);
    CHECK_INT(place_pid(&p), killed);
    (void)close(dead[1]);
    mine = place_lock(&p);
    CHECK(mine >= 0);
    CHECK_INT(place_pid(&p), getpid());
    (void)close(dead[0]);
}

/* Or who wants to end a host would end whoever clears away. */
TEST(who_holds_a_place_to_clear_it_is_no_host)
{
    AUTO(remove_all) struct place p = new_place();
    AUTO(fd_done) int held = place_hold(&p);

    CHECK(held >= 0);
    CHECK_INT(place_pid(&p), 0);
    (void)close(fd_take(&held));
    held = place_lock(&p);
    CHECK(held >= 0);
    CHECK_INT(place_pid(&p), getpid());
}

TEST(what_is_forgotten_is_gone_with_the_files_of_its_commands)
{
    AUTO(remove_all) struct place p = new_place();
    char deep[PATH_MAX + 16];
    struct stat st;
    FILE *store = fopen(p.store, "we");

    CHECK(store && fclose(store) == 0);
    (void)snprintf(deep, sizeof(deep), "%s/etc/mdevctl.d", p.files);
    CHECK_INT(make_dirs(deep), 0);
    place_forget(&p);
    CHECK(stat(p.state, &st) < 0 && errno == ENOENT);
}

TEST(a_path_too_long_for_a_socket_is_refused)
{
    static char longish[200];
    struct place p;

    memset(longish, 'a', sizeof(longish) - 1);
    longish[0] = '/';
    (void)setenv("VAP_RUNTIME_DIR", longish, 1);
    CHECK_INT(place_of("one", &p), -ENAMETOOLONG);
}

/* Root has /var/lib/vap whatever its home is. */
TEST(who_has_no_home_has_a_place_for_state_all_the_same)
{
    static const char *const homes[] = { NULL, "relative", "/nonexistent" };
    struct place p;

    (void)unsetenv("VAP_STATE_DIR");
    (void)unsetenv("XDG_STATE_HOME");
    (void)setenv("VAP_RUNTIME_DIR", "/tmp/vap-of-nobody", 1);
    for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
        if (homes[i])
            (void)setenv("HOME", homes[i], 1);
        else
            (void)unsetenv("HOME");
        CHECK_INT(place_of("one", &p), 0);
        CHECK_STR(p.state, geteuid() == 0 ? "/var/lib/vap/one"
                                          : "/tmp/vap-of-nobody/.state/one");
    }
    (void)setenv("HOME", "/tmp", 1);
    CHECK_INT(place_of("one", &p), 0);
    CHECK_STR(p.state, geteuid() == 0 ? "/var/lib/vap/one"
                                      : "/tmp/.local/state/vap/one");
}

TEST(who_leaves_takes_all_along_and_the_next_one_begins_anew)
{
    AUTO(remove_all) struct place p = new_place();
    AUTO(fd_done) int first = place_lock(&p);
    AUTO(fd_done) int second = -1;
    struct stat st;

    CHECK(first >= 0);
    CHECK(mkdir(p.tree, 0755) == 0);
    place_leave(&p);
    CHECK(stat(p.runtime, &st) < 0 && errno == ENOENT);
    second = place_lock(&p);
    CHECK(second >= 0);
    CHECK_INT(place_pid(&p), getpid());
}

/* A socket, a log and a folder where a tree was. */
TEST(what_a_dead_one_left_is_cleaned)
{
    AUTO(remove_all) struct place p = new_place();
    struct stat st;
    FILE *log = fopen(p.log, "we");

    CHECK(log && fclose(log) == 0);
    CHECK(mknod(p.socket, S_IFREG | 0600, 0) == 0);
    CHECK(mknod(p.guests, S_IFREG | 0600, 0) == 0);
    CHECK(mkdir(p.tree, 0755) == 0);
    CHECK_INT(place_clean(&p), 0);
    CHECK(stat(p.socket, &st) < 0 && stat(p.guests, &st) < 0);
    CHECK(stat(p.log, &st) < 0);
    CHECK_INT(rmdir(p.tree), 0);
}
