/* SPDX-License-Identifier: MIT */
/* Unit tests as sentences, thin over cmocka:
 *
 *     TEST(an_empty_mask_has_no_id)
 *     {
 *         CHECK_INT(vap_mask_count(&none), 0);
 *     }
 *
 * A test file is TEST blocks alone; main() comes with test.c. A CHECK that
 * fails says file, line and both values, and ends its test, not the program.
 * The program's one argument, if any, is a pattern: mask_test 'an_empty_*'. */
#ifndef VAP_TESTS_TEST_H
#define VAP_TESTS_TEST_H

#include <stddef.h>
#include <stdint.h>

/* One test, linked into the list of all in this program. Made by TEST. */
struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

#define TEST(sentence)                                                         \
    static void test_that_##sentence(void);                                    \
    __attribute__((constructor)) static void test_adds_##sentence(void)        \
    {                                                                          \
        static struct test self = { #sentence, test_that_##sentence, NULL };   \
        test_add(&self);                                                       \
    }                                                                          \
    static void test_that_##sentence(void)

#define CHECK(expr) test_check(!!(expr), #expr, __FILE__, __LINE__)
#define CHECK_INT(a, b)                                                        \
    test_check_int((intmax_t)(a), (intmax_t)(b), #a " == " #b, __FILE__,       \
                   __LINE__)
#define CHECK_STR(a, b)                                                        \
    test_check_str((a), (b), #a " == " #b, __FILE__, __LINE__)

void test_add(struct test *test);
void test_check(int holds, const char *expr, const char *file, int line);
void test_check_int(intmax_t a, intmax_t b, const char *expr, const char *file,
                    int line);
/* NULL equals NULL only. */
void test_check_str(const char *a, const char *b, const char *expr,
                    const char *file, int line);

/* Ends the test as failed, with a reason in the manner of printf. */
#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says that this machine lacks what the test needs, and what that is; the
 * test then returns. The program says 77 to Meson unless a test has failed. */
void test_skip(const char *reason);

/* AddressSanitizer does, and finds leaks itself, at the end. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEPS_WHAT_IS_FREED 1
#elif defined(__has_feature)
#define KEEPS_WHAT_IS_FREED __has_feature(address_sanitizer)
#else
#define KEEPS_WHAT_IS_FREED 0
#endif

/* ThreadSanitizer does, and needs memory for it. */
#if defined(__SANITIZE_THREAD__)
#define KEEPS_WHO_TOUCHED 1
#elif defined(__has_feature)
#define KEEPS_WHO_TOUCHED __has_feature(thread_sanitizer)
#else
#define KEEPS_WHO_TOUCHED 0
#endif

/* Tells about the failure that may follow: the case, the row of a table. It
 * is printed with the next failure of this test only; the last note counts. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * Where this run's randomness begins: $VAP_SEED (decimal or 0x hex), else
 * random. Printed once, when first asked for, so that a failure can be
 * repeated.
 */
uint64_t test_seed(void);

/** splitmix64: small, good enough, the same on every machine. */
struct test_rng {
    uint64_t state;
};

uint64_t test_next(struct test_rng *rng);

/* 0 to n - 1; n above 0. */
uint64_t test_below(struct test_rng *rng, uint64_t n);

#endif
