/* SPDX-License-Identifier: MIT */
#include "cli/frame/ids.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Asked for, for all that is printed. */
static bool
in_decimal(void)
{
    const char *value = getenv("VAP_DECIMAL");

    return value && *value;
}

static size_t
put_decimal(char *text, size_t size, unsigned first, unsigned last)
{
    if (last < 10)
        return 0;
    return (size_t)(first == last ? snprintf(text, size, "(%u)", last)
                    : last == first + 1
                        ? snprintf(text, size, "(%u,%u)", first, last)
                        : snprintf(text, size, "(%u-%u)", first, last));
}

const char *
ids_text(const struct vap_mask *mask, int digits, char text[IDS_TEXT])
{
    bool decimal = in_decimal();
    size_t n = 0;
    unsigned last;

    if (vap_mask_empty(mask) || vap_mask_count(mask) == VAP_IDS) {
        (void)snprintf(text, IDS_TEXT, vap_mask_empty(mask) ? "-" : "all");
        return text;
    }
    for (unsigned id = vap_mask_next(mask, 0); id < VAP_IDS;
         id = vap_mask_next(mask, last + 1)) {
        for (last = id; last + 1 < VAP_IDS && vap_mask_has(mask, last + 1);)
            last++;
        n += (size_t)snprintf(text + n, IDS_TEXT - n, "%s%0*x", n ? "," : "",
                              digits, id);
        if (last > id)
            n += (size_t)snprintf(text + n, IDS_TEXT - n, "%c%0*x",
                                  last == id + 1 ? ',' : '-', digits, last);
        if (decimal)
            n += put_decimal(text + n, IDS_TEXT - n, id, last);
    }
    return text;
}
