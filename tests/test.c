/* SPDX-License-Identifier: MIT */
/* Every TEST of the program is run, in the order of the file, and counted.
 * TEST_CMOCKA: cmocka runs them. Without it (a cross build, where only a C
 * library is at hand) a loop and a longjmp do, and nothing else differs. */
#include "test.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#ifdef TEST_CMOCKA
#include <cmocka.h>
#endif

#define MAX_TESTS 1024

static struct test *first;
static struct test **last = &first;
static char note[512];
static int skipped;

void
test_add(struct test *test)
{
    *last = test;
    last = &test->next;
}

void
test_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(note, sizeof(note), format, args);
    va_end(args);
}

/* Runners: run_all() returns how many failed, give_up() ends one test. */
#ifdef TEST_CMOCKA

static _Noreturn void
give_up(const char *file, int line)
{
    _fail(file, line);
    abort(); /* not reached: _fail jumps */
}

static void
run_one(void **state)
{
    const struct test *test = *state;

    note[0] = '\0';
    test->run();
}

static int
run_all(const char *pattern)
{
    static struct CMUnitTest all[MAX_TESTS];
    size_t n = 0;

    for (struct test *t = first; t && n < MAX_TESTS; t = t->next)
        if (fnmatch(pattern, t->name, 0) == 0)
            all[n++] = (struct CMUnitTest){ .name = t->name,
                                            .test_func = run_one,
                                            .initial_state = t };
    return _cmocka_run_group_tests("all", all, n, NULL, NULL);
}

#else

static jmp_buf out;

static _Noreturn void
give_up(const char *file, int line)
{
    (void)file;
    (void)line;
    longjmp(out, 1);
}

static int
run_one(const struct test *test)
{
    note[0] = '\0';
    if (setjmp(out)) {
        printf("[  FAILED  ] %s\n", test->name);
        return 1;
    }
    test->run();
    printf("[       OK ] %s\n", test->name);
    return 0;
}

static int
run_all(const char *pattern)
{
    int failed = 0;

    for (const struct test *t = first; t; t = t->next)
        if (fnmatch(pattern, t->name, 0) == 0)
            failed += run_one(t);
    return failed;
}

#endif

static _Noreturn void
end_test(const char *file, int line)
{
    if (note[0])
        (void)fprintf(stderr, "    with %s\n", note);
    give_up(file, line);
}

void
test_skip(const char *reason)
{
    (void)printf("SKIP: %s\n", reason);
    skipped = 1;
}

void
test_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    end_test(file, line);
}

void
test_check(int holds, const char *expr, const char *file, int line)
{
    if (!holds)
        test_fail(file, line, "%s does not hold", expr);
}

void
test_check_int(intmax_t a, intmax_t b, const char *expr, const char *file,
               int line)
{
    if (a != b)
        test_fail(file, line,
                  "%s does not hold:\n    %" PRIdMAX " (0x%" PRIxMAX
                  ") and\n    %" PRIdMAX " (0x%" PRIxMAX ")",
                  expr, a, (uintmax_t)a, b, (uintmax_t)b);
}

void
test_check_str(const char *a, const char *b, const char *expr, const char *file,
               int line)
{
    if (a == b || (a && b && strcmp(a, b) == 0))
        return;
    test_fail(file, line, "%s does not hold:\n    \"%s\" and\n    \"%s\"", expr,
              a ? a : "(NULL)", b ? b : "(NULL)");
}

static uint64_t
seed_given(const char *text)
{
    char *end = NULL;

    errno = 0;
    unsigned long long seed = strtoull(text, &end, 0);
    if (errno || end == text || *end) {
        (void)fprintf(stderr, "VAP_SEED: \"%s\" is not a number\n", text);
        exit(2);
    }
    return seed;
}

static uint64_t
seed_drawn(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct test_rng rng = { (uint64_t)now.tv_sec * 1000000000U +
                            (uint64_t)now.tv_nsec +
                            ((uint64_t)getpid() << 40) };
    return test_next(&rng) >> 32; /* short enough to type */
}

uint64_t
test_seed(void)
{
    static uint64_t seed;
    static int known;

    if (!known) {
        const char *text = getenv("VAP_SEED");

        seed = text && *text ? seed_given(text) : seed_drawn();
        known = 1;
        printf("VAP_SEED=%" PRIu64 "\n", seed);
    }
    return seed;
}

uint64_t
test_next(struct test_rng *rng)
{
    uint64_t x = rng->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t
test_below(struct test_rng *rng, uint64_t n)
{
    /* A multiple of n as limit: every answer is equally likely. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t x = test_next(rng);

    while (x >= limit)
        x = test_next(rng);
    return x % n;
}

int
main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (!first) {
        (void)fprintf(stderr, "%s: no test in it\n", argv[0]);
        return 1;
    }
    if (run_all(argc > 1 ? argv[1] : "*"))
        return 1;
    return skipped ? 77 : 0;
}
