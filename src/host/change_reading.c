/* SPDX-License-Identifier: MIT */
#include "host/change_reading.h"

#include "host/words.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
reading_wrong(struct reading *r, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(r->error, CHANGE_WORDS_ERROR, format, values);
    va_end(values);
    return -EINVAL;
}

char *
reading_next(char **rest)
{
    char *word = *rest + strspn(*rest, BLANKS);
    char *end = word + strcspn(word, BLANKS);

    *rest = end + strspn(end, BLANKS);
    *end = '\0';
    return word;
}

int
reading_ids(struct reading *r, const char *word, struct vap_mask *ids)
{
    if (*word && words_set(word, ids) == VAP_OK)
        return 0;
    return reading_wrong(r,
                         "\"%.64s\" found, ids from 0 to 255 expected, in "
                         "decimal or 0x hex, as in 5 or 0-3,0x47",
                         word);
}

int
reading_apqn(struct reading *r, const char *word)
{
    if (vap_read_apqn(word, strlen(word), &r->request->apqn) == VAP_OK)
        return 0;
    return reading_wrong(r, "\"%.64s\" found, a queue expected, as in 05.0047",
                         word);
}

int
reading_driver(struct reading *r, const char *word)
{
    enum vap_driver driver = words_driver(word);

    r->request->driver = (uint8_t)driver;
    if (driver == VAP_DEFAULT || driver == VAP_VFIO_AP)
        return 0;
    return reading_wrong(
        r, "\"%.64s\" found, a driver expected: vfio_ap or cex4queue", word);
}

/* An mdev by name, whether it exists or not. When there are all that a host
 * can have, no slot is left: the engine says so to who creates one more. */
int
reading_mdev(struct reading *r, const char *name)
{
    if (!words_is_name(name))
        return reading_wrong(r, "\"%.64s\" found, the name of an mdev expected",
                             name);
    r->request->mdev = host_slot(r->host, name);
    if (r->request->mdev != NAMES_NONE)
        return 0;
    if (!host_full(r->host))
        return -ENOMEM;
    r->request->mdev = VAP_MDEVS;
    return r->request->op == VAP_CREATE
               ? 0
               : reading_wrong(r, "there is no mdev %.64s", name);
}
