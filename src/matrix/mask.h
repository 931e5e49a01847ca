/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_MASK_H
#define VAP_MATRIX_MASK_H

#include <stdbool.h>
#include <stdint.h>

/* Ids of adapters, and of domains, are 0 to 255. */
#define VAP_IDS 256

/** Which of 256 adapters, or of 256 domains. Id 0 is the leftmost bit: the
 *  most significant of word[0]. Host byte order; guest/ and cards/ swap. */
struct vap_mask {
    uint64_t word[4];
};

/** What an mdev has been assigned, what its guest may use, what KVM has been
 *  told: always adapters, usage domains and control domains. */
struct vap_matrix {
    struct vap_mask adapters; /* Linux: apm */
    struct vap_mask domains; /* Linux: aqm */
    struct vap_mask control; /* Linux: adm */
};

/** A change of a mask: first clear, then set. Absolute masks clear all 256;
 *  a relative list (+5,-6) ends as the last term on each bit says. */
struct vap_edit {
    struct vap_mask clear;
    struct vap_mask set;
};

static inline uint64_t
vap_bit(unsigned id)
{
    return UINT64_C(1) << (63 - (id & 63));
}

static inline bool
vap_mask_has(const struct vap_mask *m, unsigned id)
{
    return (m->word[(id & 255) >> 6] & vap_bit(id)) != 0;
}

static inline void
vap_mask_add(struct vap_mask *m, unsigned id)
{
    m->word[(id & 255) >> 6] |= vap_bit(id);
}

static inline void
vap_mask_drop(struct vap_mask *m, unsigned id)
{
    m->word[(id & 255) >> 6] &= ~vap_bit(id);
}

static inline bool
vap_mask_empty(const struct vap_mask *m)
{
    return (m->word[0] | m->word[1] | m->word[2] | m->word[3]) == 0;
}

static inline struct vap_mask
vap_mask_none(void)
{
    return (struct vap_mask){ { 0, 0, 0, 0 } };
}

static inline struct vap_mask
vap_mask_all(void)
{
    return (struct vap_mask){ { ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
                                ~UINT64_C(0) } };
}

static inline struct vap_mask
vap_mask_one(unsigned id)
{
    struct vap_mask m = vap_mask_none();

    vap_mask_add(&m, id);
    return m;
}

static inline struct vap_mask
vap_mask_and(struct vap_mask a, struct vap_mask b)
{
    for (int i = 0; i < 4; i++)
        a.word[i] &= b.word[i];
    return a;
}

static inline struct vap_mask
vap_mask_or(struct vap_mask a, struct vap_mask b)
{
    for (int i = 0; i < 4; i++)
        a.word[i] |= b.word[i];
    return a;
}

/* In a and not in b. */
static inline struct vap_mask
vap_mask_less(struct vap_mask a, struct vap_mask b)
{
    for (int i = 0; i < 4; i++)
        a.word[i] &= ~b.word[i];
    return a;
}

static inline bool
vap_mask_equal(const struct vap_mask *a, const struct vap_mask *b)
{
    return ((a->word[0] ^ b->word[0]) | (a->word[1] ^ b->word[1]) |
            (a->word[2] ^ b->word[2]) | (a->word[3] ^ b->word[3])) == 0;
}

static inline bool
vap_mask_meets(const struct vap_mask *a, const struct vap_mask *b)
{
    return ((a->word[0] & b->word[0]) | (a->word[1] & b->word[1]) |
            (a->word[2] & b->word[2]) | (a->word[3] & b->word[3])) != 0;
}

/* Is every id of a also in b? */
static inline bool
vap_mask_within(const struct vap_mask *a, const struct vap_mask *b)
{
    return ((a->word[0] & ~b->word[0]) | (a->word[1] & ~b->word[1]) |
            (a->word[2] & ~b->word[2]) | (a->word[3] & ~b->word[3])) == 0;
}

/* Ids 0 to last. */
struct vap_mask vap_mask_up_to(unsigned last);

/* How many ids, 0 to 256. */
unsigned vap_mask_count(const struct vap_mask *m);

/* The first id at or above from; VAP_IDS when there is none. */
unsigned vap_mask_next(const struct vap_mask *m, unsigned from);

/* The edit carried out. */
static inline struct vap_mask
vap_mask_edited(struct vap_mask old, const struct vap_edit *edit)
{
    return vap_mask_or(vap_mask_less(old, edit->clear), edit->set);
}

/* The edit that makes every mask into to. */
static inline struct vap_edit
vap_edit_to(struct vap_mask to)
{
    return (struct vap_edit){ vap_mask_all(), to };
}

/* A loop over the ids of *mask, ascending: VAP_EACH (id, &mask) ...; the mask
 * may change behind the id. */
#define VAP_EACH(id, mask)                                                     \
    for (unsigned id = vap_mask_next((mask), 0); (id) < VAP_IDS;               \
         (id) = vap_mask_next((mask), (id) + 1))

bool vap_matrix_equal(const struct vap_matrix *a, const struct vap_matrix *b);

static inline bool
vap_matrix_empty(const struct vap_matrix *m)
{
    return vap_mask_empty(&m->adapters) && vap_mask_empty(&m->domains) &&
           vap_mask_empty(&m->control);
}

static inline struct vap_matrix
vap_matrix_and(const struct vap_matrix *a, const struct vap_matrix *b)
{
    return (struct vap_matrix){ vap_mask_and(a->adapters, b->adapters),
                                vap_mask_and(a->domains, b->domains),
                                vap_mask_and(a->control, b->control) };
}

#endif
