/* SPDX-License-Identifier: MIT */
/* Any text is a host or is refused in one line; a host that was read is
 * written, read again as the same and written as the same text. Written and
 * read again it also is after it has been changed. */
#include "base/auto.h"
#include "observe/hostfile.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
written(const struct host *host)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    assert(f);
    int r = hostfile_write(f, host);
    assert(fclose(f) == 0 && r == 0);
    return text;
}

static void
round_trip(const struct host *host)
{
    AUTO(free_done) char *text = written(host);
    AUTO(host_done) struct host *again = NULL;
    struct hostfile_error error;
    int r = hostfile_parse(text, strlen(text), &again, &error);

    if (r)
        (void)fprintf(stderr, "%s\nline %lu: %s\n", text, error.line,
                      error.text);
    assert(r == 0);
    AUTO(free_done) char *text_again = written(again);
    assert(host_equal(host, again));
    assert(strcmp(text, text_again) == 0);
}

/* Requests made of the text's own bytes: what they lead to is written, too. */
static void
shake(struct host *host, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 8 <= size && i < 32; i += 8) {
        struct vap_request r = {
            .op = data[i] % VAP_OPS,
            .mdev = data[i + 1] % 4,
            .id = data[i + 2],
            .apqn = VAP_APQN(data[i + 3], data[i + 4]),
            .driver = data[i + 5] % (VAP_OTHER_DRIVER + 1),
            .rc = data[i + 6],
            .times = data[i + 7],
            .vm = 1,
        };

        vap_mask_add(&r.edit.adapters.set, data[i + 2]);
        vap_mask_add(&r.edit.domains.clear, data[i + 3]);
        vap_mask_add(&r.matrix.adapters, data[i + 3]);
        vap_mask_add(&r.matrix.domains, data[i + 4]);
        if (r.op == VAP_CREATE || r.op == VAP_OPEN_MDEV)
            r.mdev = host_slot(host, (char[]){ (char)('a' + r.mdev), 0 });
        if (r.op == VAP_OPEN_MDEV)
            r.vm = host_vm(host, "k");
        if (r.driver == VAP_OTHER_DRIVER)
            r.driver = (uint8_t)host_driver(host, "other");
        (void)host_do(host, &r, NULL);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(host_done) struct host *host = NULL;
    struct hostfile_error error = { .text = "" };
    int r = hostfile_parse((const char *)data, size, &host, &error);

    if (r) {
        assert(r == 1 && *error.text && !strchr(error.text, '\n'));
        return 0;
    }
    round_trip(host);
    shake(host, data, size);
    round_trip(host);
    return 0;
}
