/* SPDX-License-Identifier: MIT */
/* vap guest --linux: a machine whose mdev is a host's. */
#include "cli/guest/guest.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/client.h"
#include "run/machine.h"

#include <errno.h>
#include <string.h>

/* Beside this program as in a build directory, or as it is installed. */
static bool
find_plugin(char path[PATH_MAX])
{
    static const char *const places[] = { "src/qemu/vap-qemu.so",
                                          "../" VAP_LIBDIR "/vap/vap-qemu.so" };
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program));
    int folder;

    while (n > 0 && program[n - 1] != '/')
        n--;
    folder = (int)n;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (n > 0 &&
            snprintf(path, PATH_MAX, "%.*s%s", folder, program, places[i]) <
                PATH_MAX &&
            access(path, R_OK) == 0)
            return true;
    return false;
}

/* A comma within a value is two. */
static void
put_value(FILE *out, const char *before, const char *value)
{
    (void)fputs(before, out);
    for (; *value; value++) {
        if (*value == ',')
            (void)fputc(',', out);
        (void)fputc(*value, out);
    }
}

static char *
plugin_of(const struct guest_wish *wish, const char *path, const char *mdev)
{
    struct place place;
    char name[32];
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out || client_place(client_name(wish->name), &place) != CLI_DONE)
        return NULL;
    put_value(out, "", path);
    put_value(out, ",mdev=", mdev);
    put_value(out, ",socket=", place.guests);
    (void)snprintf(name, sizeof(name), "linux.%d", (int)getpid());
    put_value(out, ",name=", wish->as ? wish->as : name);
    if (wish->again)
        put_value(out, ",again=", "on");
    return text_closed(out, &text);
}

static int
boot(const struct guest_wish *wish, const char *plugin)
{
    char to[PATH_MAX];
    const char *name = wish->put ? strrchr(wish->put, '/') : NULL;
    struct machine_file file = { .from = wish->put, .to = to };
    struct machine_wish machine = { .plugin = plugin,
                                    .n_cpus = wish->cpus,
                                    .console = wish->console,
                                    .files = &file,
                                    .n_files = wish->put ? 1 : 0,
                                    .argv = wish->argv };
    char why[1024];
    int status;

    if (wish->put)
        (void)snprintf(to, sizeof(to), "root/%s", name ? name + 1 : wish->put);
    if (machine_run(&machine, &status, why, sizeof(why)) == 0)
        return status;
    say_error("guest: %s", why);
    return CLI_FAILED;
}

int
guest_linux(const struct guest_wish *wish)
{
    AUTO(free_done) char *plugin = NULL;
    struct guest_all all;
    char path[PATH_MAX];
    const char *lack = machine_lack();
    int status;

    if (lack || !find_plugin(path)) {
        say_error("guest: %s", lack ? lack
                                    : "vap-qemu.so is not there; it is "
                                      "installed with vap");
        return CLI_FAILED;
    }
    status = guest_choose(wish, &all);
    if (status != CLI_DONE)
        return status;
    plugin = plugin_of(wish, path, all.one[0].mdev);
    guest_let_go(&all);
    return plugin ? boot(wish, plugin) : CLI_FAILED;
}
