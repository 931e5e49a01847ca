/* SPDX-License-Identifier: MIT */
/* SQLite's write-ahead log, looked at beside SQLite: what it cannot read there
 * it takes for what was never finished, and says nothing. */
#ifndef VAP_STORE_JOURNAL_H
#define VAP_STORE_JOURNAL_H

#include <stdbool.h>

/**
 * Has the log of a database lost something that was committed: is it there
 * without its database, is its header broken, or does a commit of its present
 * round, and more of it, stand behind the frames that could be read?
 *
 * path     of the database
 * frames   so many could be read; -1 that is not known yet: only whether the
 *          log is there without its database
 *
 * A log that ends early, as after a loss of power, has no such trace, and what
 * has damaged the last commit cannot be told from its not being finished.
 * Source  https://www.sqlite.org/fileformat2.html, 4.1 WAL File Format
 */
bool journal_lost(const char *path, int frames);

#endif
