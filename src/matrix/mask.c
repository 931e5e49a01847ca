/* SPDX-License-Identifier: MIT */
/* Bit n of a mask is id n counted from the left, on every machine. */
#include "matrix/mask.h"

struct vap_mask
vap_mask_up_to(unsigned last)
{
    struct vap_mask m = vap_mask_none();

    for (unsigned id = 0; id <= last && id < VAP_IDS; id++)
        vap_mask_add(&m, id);
    return m;
}

/* By pairs, nibbles, bytes: a builtin would call libgcc. */
static unsigned
count_word(uint64_t w)
{
    w -= (w >> 1) & UINT64_C(0x5555555555555555);
    w = (w & UINT64_C(0x3333333333333333)) +
        ((w >> 2) & UINT64_C(0x3333333333333333));
    w = (w + (w >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)((w * UINT64_C(0x0101010101010101)) >> 56);
}

unsigned
vap_mask_count(const struct vap_mask *m)
{
    unsigned n = 0;

    for (int i = 0; i < 4; i++)
        n += count_word(m->word[i]);
    return n;
}

unsigned
vap_mask_next(const struct vap_mask *m, unsigned from)
{
    while (from < VAP_IDS) {
        uint64_t rest = m->word[from >> 6] << (from & 63);

        if (rest)
            return from + (unsigned)__builtin_clzll(rest);
        from = (from | 63) + 1;
    }
    return VAP_IDS;
}

bool
vap_matrix_equal(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return vap_mask_equal(&a->adapters, &b->adapters) &&
           vap_mask_equal(&a->domains, &b->domains) &&
           vap_mask_equal(&a->control, &b->control);
}
