/* SPDX-License-Identifier: MIT */
/* A file may be anything: each table, and each string, is looked at only
 * where it lies in the file. */
#include "run/elf_needs.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct elf {
    const unsigned char *bytes;
    uint64_t size;
    bool big; /* its byte order */
    Elf64_Ehdr header;
};

static uint16_t
half(const struct elf *e, uint16_t value)
{
    return e->big ? be16toh(value) : le16toh(value);
}

static uint32_t
word(const struct elf *e, uint32_t value)
{
    return e->big ? be32toh(value) : le32toh(value);
}

static uint64_t
wide(const struct elf *e, uint64_t value)
{
    return e->big ? be64toh(value) : le64toh(value);
}

static bool
get(const struct elf *e, uint64_t at, void *out, size_t n)
{
    if (at > e->size || e->size - at < n)
        return false;
    memcpy(out, e->bytes + at, n);
    return true;
}

/* The string there, which ends within the file; else NULL. */
static const char *
string_at(const struct elf *e, uint64_t at)
{
    return at < e->size && memchr(e->bytes + at, '\0', e->size - at)
               ? (const char *)e->bytes + at
               : NULL;
}

/* The next segment of a type, from *i on, in the byte order of here. */
static bool
next_segment(const struct elf *e, uint32_t type, unsigned *i, Elf64_Phdr *out)
{
    for (; *i < half(e, e->header.e_phnum); (*i)++) {
        uint64_t at = wide(e, e->header.e_phoff) + *i * sizeof(*out);

        if (!get(e, at, out, sizeof(*out)))
            return false;
        out->p_offset = wide(e, out->p_offset);
        out->p_vaddr = wide(e, out->p_vaddr);
        out->p_filesz = wide(e, out->p_filesz);
        if (word(e, out->p_type) == type) {
            (*i)++;
            return true;
        }
    }
    return false;
}

/* Where the file has what is at an address when it runs; UINT64_MAX for
 * nowhere. */
static uint64_t
offset_of(const struct elf *e, uint64_t address)
{
    Elf64_Phdr load;

    for (unsigned i = 0; next_segment(e, PT_LOAD, &i, &load);)
        if (address >= load.p_vaddr && address - load.p_vaddr < load.p_filesz)
            return load.p_offset + (address - load.p_vaddr);
    return UINT64_MAX;
}

/* The value of the n-th entry of a tag. */
static bool
dynamic(const struct elf *e, const Elf64_Phdr *table, int64_t tag, unsigned n,
        uint64_t *value)
{
    Elf64_Dyn entry;

    for (uint64_t at = 0; at < table->p_filesz; at += sizeof(entry)) {
        if (!get(e, table->p_offset + at, &entry, sizeof(entry)))
            return false;
        if ((int64_t)wide(e, (uint64_t)entry.d_tag) != tag || n-- > 0)
            continue;
        *value = wide(e, entry.d_un.d_val);
        return true;
    }
    return false;
}

static int
tell(const struct elf *e, int (*need)(void *, const char *, bool), void *data)
{
    Elf64_Phdr segment;
    unsigned i = 0;
    uint64_t strings = 0;
    uint64_t name;
    int r = 0;

    if (next_segment(e, PT_INTERP, &i, &segment)) {
        const char *path = string_at(e, segment.p_offset);

        r = path ? need(data, path, true) : -ENOEXEC;
    }
    i = 0;
    if (r < 0 || !next_segment(e, PT_DYNAMIC, &i, &segment) ||
        !dynamic(e, &segment, DT_STRTAB, 0, &strings))
        return r;
    strings = offset_of(e, strings);
    for (unsigned n = 0; r >= 0 && dynamic(e, &segment, DT_NEEDED, n, &name);
         n++) {
        const char *library =
            strings < e->size ? string_at(e, strings + name) : NULL;

        r = library ? need(data, library, false) : -ENOEXEC;
    }
    return r;
}

static bool
read_header(struct elf *e)
{
    if (!get(e, 0, &e->header, sizeof(e->header)) ||
        memcmp(e->header.e_ident, ELFMAG, SELFMAG) != 0 ||
        e->header.e_ident[EI_CLASS] != ELFCLASS64)
        return false;
    e->big = e->header.e_ident[EI_DATA] == ELFDATA2MSB;
    return half(e, e->header.e_phentsize) == sizeof(Elf64_Phdr);
}

int
elf_needs(int fd, int (*need)(void *data, const char *name, bool interp),
          void *data)
{
    struct elf e = { 0 };
    struct stat st;
    void *bytes;
    int r;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size <= 0)
        return -ENOEXEC;
    bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return -errno;
    e.bytes = bytes;
    e.size = (uint64_t)st.st_size;
    r = read_header(&e) ? tell(&e, need, data) : -ENOEXEC;
    (void)munmap(bytes, (size_t)st.st_size);
    return r;
}
