/* SPDX-License-Identifier: MIT */
/* Names of files and errors come from the kernel, and stand here once. */
#include "host/words.h"

#include "matrix/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum vap_op op;
} mdev_words[] = {
    { "assign_adapter", VAP_ASSIGN_ADAPTER },
    { "unassign_adapter", VAP_UNASSIGN_ADAPTER },
    { "assign_domain", VAP_ASSIGN_DOMAIN },
    { "unassign_domain", VAP_UNASSIGN_DOMAIN },
    { "assign_control_domain", VAP_ASSIGN_CONTROL },
    { "unassign_control_domain", VAP_UNASSIGN_CONTROL },
    { "ap_config", VAP_AP_CONFIG },
};

enum vap_verdict
words_mdev(const char *attribute, const char *text, size_t length,
           struct vap_request *request)
{
    for (size_t i = 0; i < sizeof(mdev_words) / sizeof(mdev_words[0]); i++)
        if (strcmp(mdev_words[i].name, attribute) == 0) {
            request->op = mdev_words[i].op;
            return request->op == VAP_AP_CONFIG
                       ? vap_read_config(text, length, &request->matrix)
                       : vap_read_number(text, length, &request->id);
        }
    return VAP_NO_ATTRIBUTE;
}

enum vap_verdict
words_bus(const char *attribute, const char *text, size_t length,
          enum vap_kernel kernel, struct vap_request *request)
{
    bool adapters = strcmp(attribute, "apmask") == 0;

    if (!adapters && strcmp(attribute, "aqmask") != 0)
        return VAP_NO_ATTRIBUTE;
    request->op = adapters ? VAP_APMASK : VAP_AQMASK;
    return vap_read_mask(text, length, kernel,
                         adapters ? &request->edit.adapters
                                  : &request->edit.domains);
}

static const char *const driver_names[] = {
    [VAP_NO_DRIVER] = "",
    [VAP_DEFAULT] = "cex4queue",
    [VAP_VFIO_AP] = "vfio_ap",
};

enum vap_driver
words_driver(const char *name)
{
    for (int i = VAP_NO_DRIVER; i <= VAP_VFIO_AP; i++)
        if (strcmp(driver_names[i], name) == 0)
            return (enum vap_driver)i;
    return VAP_OTHER_DRIVER;
}

const char *
words_driver_name(enum vap_driver driver)
{
    return driver <= VAP_VFIO_AP ? driver_names[driver] : "another";
}

char *
words_escape(const char *bytes, size_t length)
{
    char *name = malloc(4 * length + 1);
    char *at = name;

    for (size_t i = 0; name && i < length; i++)
        if (bytes[i] >= '!' && bytes[i] <= '~' && bytes[i] != '\\')
            *at++ = bytes[i];
        else
            at += sprintf(at, "\\x%02x", (unsigned char)bytes[i]);
    if (name)
        *at = '\0';
    return name;
}

static int
nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

size_t
words_unescape(const char *name, char *bytes)
{
    char *at = bytes;

    for (; *name; name++) {
        bool escaped = name[0] == '\\' && name[1] == 'x' &&
                       nibble(name[2]) >= 0 && nibble(name[3]) >= 0;

        *at++ =
            escaped ? (char)(nibble(name[2]) << 4 | nibble(name[3])) : *name;
        name += escaped ? 3 : 0;
    }
    return (size_t)(at - bytes);
}

/* One id, and on to what follows it; VAP_IDS when there is none. */
static unsigned
read_id(const char **text)
{
    char *end;
    bool hex = (*text)[0] == '0' && ((*text)[1] | 32) == 'x';
    unsigned long id;

    if ((*text)[0] < '0' || (*text)[0] > '9')
        return VAP_IDS;
    id = strtoul(*text, &end, hex ? 16 : 10);
    *text = end;
    return id < VAP_IDS ? (unsigned)id : VAP_IDS;
}

/* "7" or "0-2" into the mask. */
static bool
read_range(const char **text, struct vap_mask *mask)
{
    unsigned first = read_id(text);
    unsigned last = first;

    if (**text == '-') {
        (*text)++;
        last = read_id(text);
    }
    for (unsigned id = first; id <= last && last < VAP_IDS; id++)
        vap_mask_add(mask, id);
    return first <= last && last < VAP_IDS;
}

enum vap_verdict
words_set(const char *text, struct vap_mask *out)
{
    struct vap_mask mask = vap_mask_none();

    while (*text) {
        if (!read_range(&text, &mask))
            return VAP_INVALID;
        if (*text == ',' && text[1])
            text++;
        else if (*text)
            return VAP_INVALID;
    }
    *out = mask;
    return VAP_OK;
}

bool
words_is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    size_t length = strlen(name);
    uint16_t apqn;

    return length && length <= 64 && *name != '-' && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0 && strspn(name, letters) == length &&
           vap_read_apqn(name, length, &apqn) != VAP_OK;
}

/* The kernel's answers. A held remove has none: it waits. */
static const int errors[VAP_VERDICTS] = {
    [VAP_INVALID] = EINVAL,      [VAP_RANGE] = ERANGE,
    [VAP_NO_SUCH_ID] = ENODEV,   [VAP_RESERVED] = EADDRNOTAVAIL,
    [VAP_SHARED] = EADDRINUSE,   [VAP_IN_USE] = EBUSY,
    [VAP_OVERRIDDEN] = EINVAL,   [VAP_MASKED] = EINVAL,
    [VAP_NO_ATTRIBUTE] = ENOENT, [VAP_NO_QUEUE] = ENODEV,
    [VAP_NOT_BOUND] = ENODEV,    [VAP_BOUND] = EBUSY,
    [VAP_FORBIDDEN] = ENODEV,    [VAP_NO_MDEV] = ENOENT,
    [VAP_EXISTS] = EEXIST,       [VAP_NO_INSTANCE] = EUSERS,
    [VAP_NO_VM] = EINVAL,        [VAP_VM_TWICE] = EPERM,
    [VAP_OPEN] = EBUSY,          [VAP_NOT_OPEN] = EBADF,
    [VAP_HELD] = EINPROGRESS,    [VAP_RESET_FAILED] = EIO,
    [VAP_NO_ROOM] = ENOMEM,
};

int
words_error(enum vap_verdict verdict)
{
    return errors[verdict];
}

const char *
words_errno(enum vap_verdict verdict)
{
    if (verdict == VAP_HELD)
        return "BLOCKED";
    return verdict == VAP_OK ? "0" : strerrorname_np(errors[verdict]);
}
