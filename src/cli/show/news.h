/* SPDX-License-Identifier: MIT */
/* What has become of a host since it was looked at last, in words. */
#ifndef VAP_CLI_SHOW_NEWS_H
#define VAP_CLI_SHOW_NEWS_H

#include <stdio.h>

#include "host/host.h"

/* A line for each thing that is another now: masks and ids of the host, whose
 * queues are, mdevs and what their guests have. Each begins with stamp.
 * Returns how many. */
unsigned news_put(FILE *out, const char *stamp, const struct host *was,
                  const struct host *is);

#endif
