/* SPDX-License-Identifier: MIT */
#include "host/json.h"

#include "matrix/text.h"

json_t *
json_of_ids(const struct vap_mask *ids)
{
    json_t *list = json_array();

    VAP_EACH (id, ids)
        if (json_array_append_new(list, json_integer(id))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

json_t *
json_of_set(const struct vap_mask *ids)
{
    char text[VAP_SET_TEXT];

    (void)vap_set_text(ids, text, sizeof(text));
    return json_string(text);
}

json_t *
json_of_mask(const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, text, sizeof(text));
    return json_string(text);
}

json_t *
json_of_matrix(const struct vap_matrix *m)
{
    return json_pack("{s:o, s:o, s:o}", "adapters", json_of_set(&m->adapters),
                     "domains", json_of_set(&m->domains), "control",
                     json_of_set(&m->control));
}

json_t *
json_of_apqn(unsigned apqn)
{
    char name[VAP_APQN_TEXT + 1];

    (void)vap_apqn_text(apqn, name, sizeof(name));
    return json_string(name);
}

json_t *
json_with(json_t *object, const char *key, json_t *value)
{
    if (object && json_object_set_new(object, key, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}
