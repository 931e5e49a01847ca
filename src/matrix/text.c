/* SPDX-License-Identifier: MIT */
/* The bytes a reader of sysfs gets, and never one beyond the buffer: all go
 * through put(), which counts each and stores those that fit. */
#include "matrix/text.h"

struct sink {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, fitting or not */
};

static struct sink
into(char *buffer, size_t size)
{
    struct sink s = { .length = 0 };

    s.buffer = buffer;
    s.size = size;
    return s;
}

static void
put(struct sink *s, char c)
{
    if (s->length + 1 < s->size)
        s->buffer[s->length] = c;
    s->length++;
}

/* The NUL, behind the text or, when it is cut, in the last byte. */
static size_t
finish(struct sink *s)
{
    if (s->size)
        s->buffer[s->length < s->size ? s->length : s->size - 1] = '\0';
    return s->length;
}

static void
put_hex(struct sink *s, uint64_t value, unsigned digits)
{
    while (digits--)
        put(s, "0123456789abcdef"[value >> (4 * digits) & 15]);
}

/* 0 to 999 */
static void
put_decimal(struct sink *s, unsigned n)
{
    if (n >= 100)
        put(s, (char)('0' + n / 100));
    if (n >= 10)
        put(s, (char)('0' + n / 10 % 10));
    put(s, (char)('0' + n % 10));
}

static void
put_mask(struct sink *s, const struct vap_mask *mask)
{
    put(s, '0');
    put(s, 'x');
    for (int i = 0; i < 4; i++)
        put_hex(s, mask->word[i], 16);
}

size_t
vap_mask_text(const struct vap_mask *mask, char *buffer, size_t size)
{
    struct sink s = into(buffer, size);

    put_mask(&s, mask);
    return finish(&s);
}

size_t
vap_config_text(const struct vap_matrix *m, char *buffer, size_t size)
{
    struct sink s = into(buffer, size);

    put_mask(&s, &m->adapters);
    put(&s, ',');
    put_mask(&s, &m->domains);
    put(&s, ',');
    put_mask(&s, &m->control);
    put(&s, '\n');
    return finish(&s);
}

/* ".0004\n" each; before each the adapter, if there is one */
static void
put_domains(struct sink *s, const struct vap_mask *domains,
            const unsigned *adapter)
{
    VAP_EACH (domain, domains) {
        if (adapter)
            put_hex(s, *adapter, 2);
        put(s, '.');
        put_hex(s, domain, 4);
        put(s, '\n');
    }
}

size_t
vap_matrix_text(const struct vap_matrix *m, char *buffer, size_t size)
{
    struct sink s = into(buffer, size);

    if (vap_mask_empty(&m->adapters))
        put_domains(&s, &m->domains, NULL);
    VAP_EACH (adapter, &m->adapters) {
        put_domains(&s, &m->domains, &adapter);
        if (vap_mask_empty(&m->domains)) {
            put_hex(&s, adapter, 2);
            put(&s, '.');
            put(&s, '\n');
        }
    }
    return finish(&s);
}

size_t
vap_control_text(const struct vap_matrix *m, char *buffer, size_t size)
{
    struct sink s = into(buffer, size);

    VAP_EACH (domain, &m->control) {
        put_hex(&s, domain, 4);
        put(&s, '\n');
    }
    return finish(&s);
}

/* The last of the ids in a row that begins with first, which is in it. */
static unsigned
run_end(const struct vap_mask *mask, unsigned first)
{
    while (first + 1 < VAP_IDS && vap_mask_has(mask, first + 1))
        first++;
    return first;
}

size_t
vap_set_text(const struct vap_mask *mask, char *buffer, size_t size)
{
    struct sink s = into(buffer, size);

    VAP_EACH (first, mask) {
        unsigned last = run_end(mask, first);

        if (s.length)
            put(&s, ',');
        put_decimal(&s, first);
        if (last > first) {
            put(&s, '-');
            put_decimal(&s, last);
        }
        first = last;
    }
    return finish(&s);
}

size_t
vap_apqn_text(unsigned apqn, char *buffer, size_t size)
{
    struct sink s = into(buffer, size);

    put_hex(&s, apqn >> 8 & 255, 2);
    put(&s, '.');
    put_hex(&s, apqn & 255, 4);
    return finish(&s);
}
