/* SPDX-License-Identifier: MIT */
/* A host from its file's text. */
#ifndef VAP_TESTS_PARSED_H
#define VAP_TESTS_PARSED_H

#include <string.h>

#include "observe/hostfile.h"
#include "test.h"

static inline struct host *
parsed(const char *text)
{
    struct host *host = NULL;
    struct hostfile_error error;

    if (hostfile_parse(text, strlen(text), &host, &error))
        FAIL("line %lu: %s\n%s", error.line, error.text, text);
    return host;
}

#endif
