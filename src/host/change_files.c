/* SPDX-License-Identifier: MIT */
/* What is written to a file of the kernel's is read as the kernel reads it.
 * The last part of the path says which file it is, the part before it
 * whose. */
#include "host/change_reading.h"

#include "host/words.h"
#include "matrix/grammar.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A text that the kernel would refuse. */
static int
refused(struct reading *r, enum vap_verdict v, const char *file,
        const char *text, const char *expected)
{
    (void)reading_wrong(r, "%s: \"%.64s\" found, %s expected", file, text,
                        v == VAP_RANGE ? "a number below 2^64" : expected);
    return (int)v;
}

typedef int file_function(struct reading *r, const char *dir, const char *file,
                          const char *text);

static int
file_mask(struct reading *r, const char *dir, const char *file,
          const char *text)
{
    enum vap_verdict v = words_bus(file, text, strlen(text),
                                   r->host->engine->kernel, r->request);

    (void)dir;
    return v == VAP_OK ? 0
                       : refused(r, v, file, text,
                                 "a mask in hex, or a list of +N, -N, +N-N "
                                 "up to 255,");
}

static int
file_scans(struct reading *r, const char *dir, const char *file,
           const char *text)
{
    (void)dir;
    (void)file;
    (void)text;
    r->request->op = VAP_SCAN;
    return 0;
}

static int
file_probe(struct reading *r, const char *dir, const char *file,
           const char *text)
{
    (void)dir;
    (void)file;
    r->request->op = VAP_PROBE;
    return reading_apqn(r, text);
}

static int
file_bind(struct reading *r, const char *dir, const char *file,
          const char *text)
{
    int bad = reading_driver(r, dir);

    r->request->op = *file == 'b' ? VAP_BIND : VAP_UNBIND;
    return bad ? bad : reading_apqn(r, text);
}

static int
file_override(struct reading *r, const char *dir, const char *file,
              const char *text)
{
    unsigned driver;

    (void)file;
    if (*text == '-') /* echo would take it for an option */
        return reading_wrong(r, "\"%.64s\" found, a driver expected", text);
    driver = host_driver(r->host, text);
    if (driver > UINT8_MAX)
        return -ENOMEM;
    r->request->op = VAP_OVERRIDE;
    r->request->driver = (uint8_t)driver;
    return reading_apqn(r, dir);
}

/* "card05" */
static bool
read_card(const char *word, uint64_t *id)
{
    uint16_t apqn;
    char name[] = "00.0000";

    if (strncmp(word, "card", 4) != 0 || strlen(word) != 6)
        return false;
    memcpy(name, word + 4, 2);
    if (vap_read_apqn(name, strlen(name), &apqn) != VAP_OK)
        return false;
    *id = VAP_ADAPTER_OF(apqn);
    return true;
}

static int
file_config(struct reading *r, const char *dir, const char *file,
            const char *text)
{
    if (!read_card(dir, &r->request->id))
        return reading_wrong(
            r, "\"%.64s\" found, a card expected, as in card05", dir);
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return refused(r, VAP_INVALID, file, text, "0 or 1");
    r->request->op = VAP_CARD_STATE;
    r->request->rc = *text == '0' ? VAP_RC_DECONFIGURED : VAP_RC_NORMAL;
    return 0;
}

static int
file_create(struct reading *r, const char *dir, const char *file,
            const char *text)
{
    (void)dir;
    (void)file;
    r->request->op = VAP_CREATE;
    return reading_mdev(r, text);
}

static int
file_remove(struct reading *r, const char *dir, const char *file,
            const char *text)
{
    uint64_t n = 0;

    if (vap_read_number(text, strlen(text), &n) != VAP_OK || !n)
        return refused(r, VAP_INVALID, file, text, "1");
    r->request->op = VAP_REMOVE;
    return reading_mdev(r, dir);
}

static int
file_mdev(struct reading *r, const char *dir, const char *file,
          const char *text)
{
    enum vap_verdict v = words_mdev(file, text, strlen(text), r->request);
    int bad;

    if (v == VAP_NO_ATTRIBUTE)
        return reading_wrong(r,
                             "\"%.64s\" found, a file of an mdev expected: "
                             "assign_adapter, unassign_domain, ap_config, "
                             "remove ...",
                             file);
    bad = reading_mdev(r, dir);
    if (bad || v == VAP_OK)
        return bad;
    return refused(
        r, v, file, text,
        r->request->op == VAP_AP_CONFIG ? "three masks in hex, by commas,"
        : *text == '0' && isdigit((unsigned char)text[1])
            ? "0x in front, or digits up to 7, as a 0 in front means octal,"
            : "a number");
}

/* By the last part of the path; what is not here is an mdev's. */
static const struct {
    const char *name;
    file_function *read;
    bool of_bus; /* stands in the bus's own directory */
} files[] = {
    { "apmask", file_mask, true },
    { "aqmask", file_mask, true },
    { "scans", file_scans, true },
    { "drivers_probe", file_probe, true },
    { "create", file_create, true },
    { "bind", file_bind, false },
    { "unbind", file_bind, false },
    { "driver_override", file_override, false },
    { "config", file_config, false },
    { "remove", file_remove, false },
};

/* Directories that may be left out, each after those before it. */
static const char *const upper_dirs[] = {
    "/sys/",
    "devices/vfio_ap/matrix/",
    "mdev_supported_types/vfio_ap-passthrough/",
    "bus/mdev/devices/",
    "bus/ap/",
    "devices/ap/",
    "devices/",
    "drivers/",
};

/* "card05/05.0047/driver_override" without the card */
static char *
below_card(char *path)
{
    char *slash = strchr(path, '/');
    bool card;
    uint64_t id;

    if (!slash || !strchr(slash + 1, '/'))
        return path;
    *slash = '\0';
    card = read_card(path, &id);
    *slash = '/';
    return card ? slash + 1 : path;
}

static char *
short_path(char *path)
{
    for (size_t i = 0; i < ROWS(upper_dirs); i++)
        if (strncmp(path, upper_dirs[i], strlen(upper_dirs[i])) == 0)
            path += strlen(upper_dirs[i]);
    return below_card(path);
}

int
reading_write(struct reading *r, char *path, const char *text)
{
    char *name = short_path(path);
    char *slash = strrchr(name, '/');
    const char *dir = slash ? name : "";
    const char *file = slash ? slash + 1 : name;

    if (slash)
        *slash = '\0';
    for (size_t i = 0; i < ROWS(files); i++)
        if (strcmp(files[i].name, file) == 0 && files[i].of_bus == !slash)
            return files[i].read(r, dir, file, text);
    if (slash)
        return file_mdev(r, dir, file, text);
    return reading_wrong(r,
                         "\"%.64s\" is not a change; one is "
                         "\"U/unassign_domain 0x47\", another \"bind vfio_ap "
                         "05.0047\"",
                         name);
}
