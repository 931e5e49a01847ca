/* SPDX-License-Identifier: MIT */
#include "run/elf_needs.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct needs {
    int interps;
    int libraries;
    bool c; /* the C library is among them */
    int answer;
};

static int
note(void *data, const char *name, bool interp)
{
    struct needs *needs = data;

    needs->interps += interp;
    needs->libraries += !interp;
    needs->c = needs->c || strncmp(name, "libc.so", 7) == 0;
    return needs->answer;
}

TEST(this_program_needs_an_interpreter_and_the_c_library)
{
    struct needs needs = { 0 };
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    CHECK_INT(elf_needs(fd, note, &needs), 0);
    CHECK_INT(needs.interps, 1);
    CHECK(needs.c);
    (void)close(fd);
}

TEST(whoever_is_told_can_end_it)
{
    struct needs needs = { .answer = -ENOENT };
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    CHECK_INT(elf_needs(fd, note, &needs), -ENOENT);
    CHECK_INT(needs.interps + needs.libraries, 1);
    (void)close(fd);
}

static int
memory(const void *bytes, size_t n)
{
    int fd = memfd_create("elf", MFD_CLOEXEC);

    CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    return fd;
}

TEST(what_is_no_program_is_refused)
{
    static const char *const texts[] = { "", "#!/bin/sh\n", "\177ELF" };
    struct needs needs = { 0 };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int fd = memory(texts[i], strlen(texts[i]));

        CHECK_INT(elf_needs(fd, note, &needs), -ENOEXEC);
        (void)close(fd);
    }
}

/* A program with one byte of its tables changed, or cut short anywhere, is
 * refused or read; nothing beyond it is touched. */
TEST(damage_is_borne)
{
    unsigned char start[4096];
    struct needs needs = { 0 };
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(self, start, sizeof(start));

    CHECK(n == sizeof(start));
    for (size_t i = 0; i < 1024; i++) {
        int fd;

        start[i] ^= 0x81;
        fd = memory(start, 256 + 3 * i);
        (void)elf_needs(fd, note, &needs);
        (void)close(fd);
        start[i] ^= 0x81;
    }
    (void)close(self);
}
