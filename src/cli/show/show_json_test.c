/* SPDX-License-Identifier: MIT */
#include "cli/show/show.h"

#include "base/auto.h"
#include "observe/hostfile.h"

#include <string.h>

#include "test.h"

/* A host with so many mdevs that have all adapters and no domain: each adapter
 * of each is kept back, and told of. */
static struct host *
one_sided(unsigned n_mdevs)
{
    AUTO(free_done) char *text = NULL;
    struct hostfile_error error;
    struct host *host = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    (void)fputs("cards: [{id: 0-255, type: CEX8C}]\ndomains: [0-3]\n"
                "apmask: -0-255\n",
                f);
    (void)fputs(n_mdevs ? "mdevs:\n" : "", f);
    for (unsigned i = 0; i < n_mdevs; i++)
        (void)fprintf(f, "  - {name: m%u, adapters: [0-255]}\n", i);
    CHECK(fclose(f) == 0);
    if (hostfile_parse(text, size, &host, &error))
        FAIL("line %lu: %s", error.line, error.text);
    return host;
}

static long blocks; /* of jansson's, now */
static long most_blocks;

static void *
count_in(size_t size)
{
    most_blocks = ++blocks > most_blocks ? blocks : most_blocks;
    return malloc(size);
}

static void
count_out(void *block)
{
    blocks -= block != NULL;
    free(block);
}

static long
blocks_for(unsigned n_mdevs)
{
    AUTO(host_done) struct host *host = one_sided(n_mdevs);
    AUTO(file_done) FILE *out = fopen("/dev/null", "we");

    CHECK(out != NULL);
    most_blocks = 0;
    CHECK_INT(show_json(out, host), 0);
    CHECK_INT(blocks, 0);
    return most_blocks;
}

TEST(many_mdevs_take_no_more_memory_than_one)
{
    json_set_alloc_funcs(count_in, count_out);

    long one = blocks_for(1);

    CHECK(one > 256);
    CHECK_INT(blocks_for(64), one);
    json_set_alloc_funcs(malloc, free);
}

/* As jansson prints it in one piece. */
TEST(what_is_written_bit_by_bit_is_as_if_written_at_once)
{
    for (unsigned n = 0; n < 3; n++) {
        AUTO(host_done) struct host *host = one_sided(n);
        AUTO(free_done) char *written = NULL;
        AUTO(free_done) char *whole = NULL;
        size_t size;
        FILE *out = open_memstream(&written, &size);
        json_t *json;

        CHECK_INT(show_json(out, host), 0);
        CHECK(fclose(out) == 0);
        json = json_loads(written, 0, NULL);
        CHECK(json != NULL);
        whole = json_dumps(json, JSON_INDENT(2));
        json_decref(json);
        written[size - 1] = '\0'; /* its last newline */
        CHECK_STR(written, whole);
    }
}
