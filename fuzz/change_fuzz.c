/* SPDX-License-Identifier: MIT */
/* A change that was read, printed in vap's words and as a shell's, is read
 * again as the same change; one that was refused has been explained. */
#include "base/auto.h"
#include "host/change_words.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(expr)                                                            \
    do {                                                                       \
        if (!(expr)) {                                                         \
            (void)fprintf(stderr, "line %d: %s\n", __LINE__, #expr);           \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* A host is large, and reading leaves only names in it: it serves for some
 * inputs more. */
static struct host *
host_of(enum vap_kernel kernel)
{
    static struct host *hosts[VAP_KERNELS];
    struct host_boot boot = { .rule = &vap_rule_state, .kernel = kernel };
    struct host **host = &hosts[kernel];

    if (*host && (*host)->mdevs.n < 100 && (*host)->vms.n < 100 &&
        (*host)->drivers.n < 100)
        return *host;
    host_free(*host);
    HOLDS(host_new(&boot, host) == 0);
    return *host;
}

/* What an edit does to a mask, which is all there is to it. */
static struct vap_edit
plain(struct vap_edit edit)
{
    edit.clear = vap_mask_less(edit.clear, edit.set);
    return edit;
}

static bool
same_edit(struct vap_edit a, struct vap_edit b)
{
    a = plain(a);
    b = plain(b);
    return vap_mask_equal(&a.clear, &b.clear) && vap_mask_equal(&a.set, &b.set);
}

static bool
same(const struct vap_request *a, const struct vap_request *b)
{
    return a->op == b->op && a->mdev == b->mdev && a->vm == b->vm &&
           a->id == b->id && a->apqn == b->apqn && a->driver == b->driver &&
           a->rc == b->rc && a->times == b->times &&
           vap_matrix_equal(&a->matrix, &b->matrix) &&
           same_edit(a->edit.adapters, b->edit.adapters) &&
           same_edit(a->edit.domains, b->edit.domains) &&
           same_edit(a->edit.control, b->edit.control);
}

static void
check_again(struct host *host, const struct vap_request *r,
            enum change_dialect in)
{
    AUTO(free_done) char *text = NULL;
    char error[CHANGE_WORDS_ERROR];
    struct vap_request again;

    HOLDS(change_words_text(host, r, in, &text) == 0);
    HOLDS(change_words_read(host, text, &again, error) == 0);
    HOLDS(same(r, &again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum vap_kernel kernel = size % 2 ? VAP_LINUX_6_12 : VAP_LINUX_7_2;
    struct host *host = host_of(kernel);
    AUTO(free_done) char *text = strndup(size ? (const char *)data : "", size);
    char error[CHANGE_WORDS_ERROR];
    struct vap_request request;
    int answer;

    HOLDS(text);
    answer = change_words_read(host, text, &request, error);
    HOLDS((answer == 0) == (error[0] == '\0'));
    for (int in = CHANGE_WORDS; answer == 0 && in <= CHANGE_SYSFS; in++)
        check_again(host, &request, (enum change_dialect)in);
    return 0;
}
