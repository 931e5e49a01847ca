/* SPDX-License-Identifier: MIT */
/* One configuration file, read after all of the machine's, turns apt's
 * directories to ours and its hooks off. Architecture and sources go with
 * it, so apt believes that it is on a machine of that kind with nothing
 * installed, and its own resolver says what belongs to a package. */
#include "run/apt_own.h"

#include "base/auto.h"
#include "base/files.h"
#include "run/program.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* Only Packages of all index targets: no translations, no file lists, no
 * pictures; the target's texts are apt's own. Below Dir:: names are relative
 * to State and Cache. */
static const char config[] =
    "#clear APT::Update::Pre-Invoke;\n"
    "#clear APT::Update::Post-Invoke;\n"
    "#clear APT::Update::Post-Invoke-Success;\n"
    "#clear DPkg::Pre-Invoke;\n"
    "#clear DPkg::Post-Invoke;\n"
    "#clear DPkg::Pre-Install-Pkgs;\n"
    "#clear APT::Architectures;\n"
    "#clear Acquire::IndexTargets;\n"
    "#clear Acquire::Languages;\n"
    "APT::Install-Recommends \"false\";\n"
    "APT::Sandbox::User \"root\";\n"
    "Acquire::Languages { \"none\"; };\n"
    "Acquire::IndexTargets::deb::Packages {\n"
    "    MetaKey \"$(COMPONENT)/binary-$(ARCHITECTURE)/Packages\";\n"
    "    flatMetaKey \"Packages\";\n"
    "    ShortDescription \"Packages\";\n"
    "    Description \"$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Packages\";\n"
    "    flatDescription \"$(RELEASE) Packages\";\n"
    "};\n"
    "Dir::State::Lists \"lists\";\n"
    "Dir::State::status \"status\";\n"
    "Dir::State::extended_states \"extended_states\";\n"
    "Dir::Cache::archives \"archives\";\n"
    "Dir::Cache::pkgcache \"\";\n"
    "Dir::Cache::srcpkgcache \"\";\n";

FILE *
apt_create(const char *dir, const char *name)
{
    AUTO(free_done) char *path = path_below(dir, name);

    return path ? fopen(path, "we") : NULL;
}

static int
make_folders(const char *dir)
{
    static const char *const names[] = { "lists/partial", "archives/partial" };
    int r = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names) && r == 0; i++) {
        AUTO(free_done) char *path = path_below(dir, names[i]);

        r = path ? make_dirs(path) : -ENOMEM;
    }
    return r;
}

static int
write_status(const char *dir, const char *arch, const char *const *pretend)
{
    FILE *f = apt_create(dir, "status");

    if (!f)
        return -errno;
    for (; pretend && *pretend; pretend++)
        (void)fprintf(f,
                      "Package: %s\nStatus: install ok installed\n"
                      "Version: 9999:0\nArchitecture: %s\nMulti-Arch: allowed\n"
                      "Maintainer: none\nDescription: none\n\n",
                      *pretend, arch);
    return file_written(f);
}

/* sources: those of ours only. */
static int
write_config(const struct apt *apt, const char *arch, bool sources)
{
    FILE *f = apt_create(apt->dir, "apt.conf");

    if (!f)
        return -errno;
    (void)fprintf(f,
                  "%sDir::State \"%s\";\nDir::Cache \"%s\";\n"
                  "Dir::Log \"%s\";\n",
                  config, apt->dir, apt->dir, apt->dir);
    if (*arch)
        (void)fprintf(f,
                      "APT::Architecture \"%s\";\n"
                      "APT::Architectures { \"%s\"; };\n",
                      arch, arch);
    if (sources)
        (void)fprintf(f,
                      "Dir::Etc::sourcelist \"/dev/null\";\n"
                      "Dir::Etc::sourceparts \"%s/sources\";\n",
                      apt->dir);
    return file_written(f);
}

enum { MAX_ARGS = 24 };

int
apt_get(struct apt *apt, const char *const *more, const char *const *packages,
        void (*line)(void *, char *), void *data)
{
    AUTO(free_done) char *path = NULL;
    const char *argv[MAX_ARGS] = { "apt-get", "-qq", "-y", "-c" };
    size_t n = 4;

    if (asprintf(&path, "%s/apt.conf", apt->dir) < 0)
        return -ENOMEM;
    argv[n++] = path;
    if (*apt->release && packages) {
        argv[n++] = "-t";
        argv[n++] = apt->release;
    }
    for (; *more; more++)
        argv[n++] = *more;
    for (; packages && *packages && n < MAX_ARGS - 1; packages++)
        argv[n++] = *packages;
    argv[n] = NULL;
    return program_run(argv, line, data, apt->complaint,
                       sizeof(apt->complaint));
}

int
apt_begin(struct apt *apt, const char *dir, const char *arch,
          const char *const *pretend)
{
    int r;

    if (snprintf(apt->dir, sizeof(apt->dir), "%s", dir) >=
        (int)sizeof(apt->dir))
        return -ENAMETOOLONG;
    if (strchr(dir, '"') || strchr(dir, '\n'))
        return -EINVAL; /* apt has no way to quote it */
    r = make_folders(dir);
    if (r == 0)
        r = write_status(dir, arch, pretend);
    if (r == 0)
        r = write_config(apt, arch, false);
    if (r == 0)
        r = apt_sources(apt, arch);
    return r < 0 ? r : write_config(apt, arch, true);
}

/* dlstatus:FILE:PERCENT:WORDS */
static void
progress_line(void *data, char *line)
{
    const struct apt *apt = data;
    const char *percent;

    if (!apt->progress || strncmp(line, "dlstatus:", 9) != 0)
        return;
    percent = strchr(line + 9, ':');
    if (percent)
        apt->progress(apt->data, (int)strtol(percent + 1, NULL, 10));
}

int
apt_update(struct apt *apt)
{
    static const char *const command[] = { "-o", "APT::Status-Fd=1", "update",
                                           NULL };
    int r = apt_get(apt, command, NULL, progress_line, apt);

    return r < 0 ? r : 0; /* what is missing shows when it is looked for */
}

/* Inst NAME (VERSION RELEASE... [ARCH]), and more */
static bool
parse_inst(const char *line, struct prefix_package *p)
{
    const char *open = strchr(line, '(');
    const char *arch = open ? strchr(open, '[') : NULL;

    return arch &&
           sscanf(line, "Inst %63[^ :] (%63[^ ]", p->name, p->version) == 2 &&
           sscanf(arch, "[%15[^]]", p->arch) == 1;
}

static void
inst_line(void *data, char *line)
{
    struct apt_list *list = data;
    struct prefix_package *more;

    if (strncmp(line, "Inst ", 5) != 0)
        return;
    more = reallocarray(list->packages, list->n + 1, sizeof(*more));
    if (more)
        list->packages = more;
    if (more && parse_inst(line, &more[list->n]))
        list->n++;
    else
        list->lost = true;
}

/* 'ADDRESS' FILE BYTES HASH */
static void
uri_line(void *data, char *line)
{
    struct apt_list *list = data;
    const char *file = strstr(line, "' ");
    const char *bytes = file ? strchr(file + 2, ' ') : NULL;

    if (bytes)
        list->bytes += strtoull(bytes, NULL, 10);
}

static int
resolve(struct apt *apt, const char *const *packages, struct apt_list *list)
{
    static const char *const all[] = { "--simulate", "install", NULL };
    static const char *const to_come[] = { "--print-uris", "install", NULL };
    int r;

    *list = (struct apt_list){ 0 };
    r = apt_get(apt, all, packages, inst_line, list);
    if (r == 0 && list->n)
        r = apt_get(apt, to_come, packages, uri_line, list);
    if (r < 0 || list->lost)
        return r < 0 ? r : -EBADMSG;
    return r == 0 && list->n ? 0 : -ENOENT;
}

/* A mirror may have no backports; apt refuses to prefer what it has not. */
int
apt_resolve(struct apt *apt, const char *const *packages, struct apt_list *list)
{
    int r = resolve(apt, packages, list);

    if (r != -ENOENT || !*apt->release)
        return r;
    apt_list_done(list);
    *apt->release = '\0';
    return resolve(apt, packages, list);
}

void
apt_list_done(struct apt_list *list)
{
    free(list->packages);
    *list = (struct apt_list){ 0 };
}

int
apt_download(struct apt *apt, const char *const *packages)
{
    static const char *const command[] = { "-o", "APT::Status-Fd=1",
                                           "--download-only", "install", NULL };
    int r = apt_get(apt, command, packages, progress_line, apt);

    return r < 0 ? r : r == 0 ? 0 : -EIO;
}
