/* SPDX-License-Identifier: MIT */
/* "adapters 5,6 domains 0-7 come, control-domain 3 leaves" */
#include "host/change_reading.h"

#include <errno.h>
#include <string.h>

/* What the ids after it are ids of; NULL when it is no such word. */
static struct vap_edit *
edit_named(struct vap_request *request, const char *word)
{
    size_t length = strlen(word);

    length -= length && word[length - 1] == 's';
    if (length == 7 && strncmp(word, "adapter", length) == 0)
        return &request->edit.adapters;
    if (length == 6 && strncmp(word, "domain", length) == 0)
        return &request->edit.domains;
    if (length == 14 && strncmp(word, "control-domain", length) == 0)
        return &request->edit.control;
    return NULL;
}

/* "comes", "leave", ...: 1, -1; 0 for any other word. */
static int
direction(const char *word)
{
    if (strcmp(word, "comes") == 0 || strcmp(word, "come") == 0)
        return 1;
    return strcmp(word, "leaves") == 0 || strcmp(word, "leave") == 0 ? -1 : 0;
}

static void
edit_ids(struct vap_edit *edit, struct vap_mask ids, int direction)
{
    if (direction > 0) {
        edit->set = vap_mask_or(edit->set, ids);
        edit->clear = vap_mask_less(edit->clear, ids);
    } else {
        edit->clear = vap_mask_or(edit->clear, ids);
        edit->set = vap_mask_less(edit->set, ids);
    }
}

/* The next word but "and", without a comma. */
static char *
next_but_and(char **rest)
{
    char *word = reading_next(rest);
    size_t length;

    if (strcmp(word, "and") == 0)
        word = reading_next(rest);
    length = strlen(word);
    if (length && word[length - 1] == ',')
        word[length - 1] = '\0';
    return word;
}

static int
read_more_ids(struct reading *r, const char *word, struct vap_edit *edit)
{
    struct vap_mask ids = vap_mask_none();
    int bad = reading_ids(r, word, &ids);

    edit->set = vap_mask_or(edit->set, ids);
    return bad;
}

/* "adapters 5,6 domains 0-7 come": ids of the three kinds, up to the word
 * that says where they go. */
static int
read_clause(struct reading *r, char **rest)
{
    struct vap_request *to = r->request;
    struct vap_request ids = { 0 }; /* edit.*.set */
    const char *word = next_but_and(rest);
    struct vap_edit *edit = edit_named(&ids, word);
    int where;

    if (!edit)
        return reading_wrong(r,
                             "\"%.64s\" found, adapter, domain or "
                             "control-domain expected",
                             word);
    for (; edit; edit = edit_named(&ids, word)) {
        if (read_more_ids(r, next_but_and(rest), edit))
            return -EINVAL;
        word = next_but_and(rest);
    }
    where = direction(word);
    if (!where)
        return reading_wrong(r, "\"%.64s\" found, comes or leaves expected",
                             word);
    edit_ids(&to->edit.adapters, ids.edit.adapters.set, where);
    edit_ids(&to->edit.domains, ids.edit.domains.set, where);
    edit_ids(&to->edit.control, ids.edit.control.set, where);
    return 0;
}
int
reading_clauses(struct reading *r, char *rest)
{
    int bad;

    do
        bad = read_clause(r, &rest);
    while (!bad && *rest);
    return bad;
}
