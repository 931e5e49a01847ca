/* SPDX-License-Identifier: MIT */
/* A definition of mdevctl's, JSON:
 *
 *     { "mdev_type": "vfio_ap-passthrough", "start": "auto",
 *       "attrs": [ { "assign_adapter": "5" }, { "assign_domain": "0x47" } ] }
 *
 * Its attributes are written in their order, their values as they stand. */
#include "observe/stores.h"

#include "base/auto.h"
#include "host/json.h"
#include "host/words.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* One attribute is an object of one member; mdevctl writes no more. */
static int
add_step(struct stores_definition *d, const char *attribute,
         const json_t *value)
{
    const char *text = json_string_value(value);
    struct stores_step *grown = realloc(d->steps, (d->n + 1) * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    d->steps = grown;
    if (!text)
        return -EINVAL;
    grown += d->n++;
    *grown = (struct stores_step){ 0 };
    (void)snprintf(grown->text, sizeof(grown->text), "%.32s=%.40s", attribute,
                   text);
    grown->verdict = words_mdev(attribute, text, strlen(text), &grown->request);
    return 0;
}

static int
add_steps(struct stores_definition *d, const json_t *attrs)
{
    size_t i;
    const json_t *entry;
    int r = 0;

    json_array_foreach(attrs, i, entry)
    {
        void *at = json_object_iter((json_t *)entry);

        if (!at)
            return -EINVAL;
        for (; at && !r; at = json_object_iter_next((json_t *)entry, at))
            r = add_step(d, json_object_iter_key(at),
                         json_object_iter_value(at));
        if (r)
            return r;
    }
    return 0;
}

int
stores_add_definition(struct stores *stores, const char *name, const char *text,
                      size_t length)
{
    AUTO(json_done) json_t *json = json_loadb(text, length, 0, NULL);
    const json_t *attrs = json_object_get(json, "attrs");
    const char *start = json_string_value(json_object_get(json, "start"));
    struct stores_definition d = { .automatic =
                                       start && strcmp(start, "auto") == 0 };
    struct stores_definition *grown;
    int r;

    if (!json_is_object(json) || strlen(name) >= sizeof(d.name) ||
        (attrs && !json_is_array(attrs)))
        return -EINVAL;
    memcpy(d.name, name, strlen(name) + 1);
    r = add_steps(&d, attrs);
    grown = r ? NULL
              : realloc(stores->definitions,
                        (stores->n_definitions + 1) * sizeof(*grown));
    if (!grown) {
        free(d.steps);
        return r ? r : -ENOMEM;
    }
    stores->definitions = grown;
    grown[stores->n_definitions++] = d;
    return 0;
}
