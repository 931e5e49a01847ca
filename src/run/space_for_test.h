/* SPDX-License-Identifier: MIT */
/* For tests that mount: the whole program goes into a space of its own, where
 * /tmp is empty, and all that it makes ends with it. */
#ifndef VAP_RUN_SPACE_FOR_TEST_H
#define VAP_RUN_SPACE_FOR_TEST_H

/* Where no namespaces are to be had, says so and ends the program with 77,
 * which Meson counts as skipped. */
void test_in_space(void);

/* mkdir -p; a path that ends in .txt is a file that has its own name in it;
 * "PATH -> TARGET" is a link. */
void test_make(const char *const paths[]);

/* What the file says, up to its newline; lent until the next call. NULL when
 * it cannot be read. */
const char *test_read(const char *path);

#endif
