/* SPDX-License-Identifier: MIT */
/* A line of a trace file: whatever it is, it is refused with a reason or
 * carried out, and what comes of it adds up. Its length says under which
 * rule. */
#include "replay/replay.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

static void
replay(const json_t *trace, const struct vap_rule *rule, enum vap_kernel kernel)
{
    struct replay_result result;
    struct trace_error error = { 0 };
    int r = replay_trace(trace, rule, kernel, &result, &error);

    assert(r == 0 || r == -EBADMSG);
    if (r) {
        assert(*error.text && !strchr(error.text, '\n'));
        return;
    }
    assert(result.n_steps && result.n_agree <= result.n_steps);
    assert(!result.agrees || result.n_agree == result.n_steps);
    assert(result.agrees == !result.first.recorded);
    assert(result.agrees || result.first.step <= result.n_steps);
    replay_done(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_error error = { 0 };
    json_t *trace = NULL;

    if (trace_parse((const char *)data, size, &trace, &error) < 0) {
        assert(*error.text && !strchr(error.text, '\n'));
        return 0;
    }
    replay(trace, vap_rules[size % vap_n_rules],
           size & 16 ? VAP_LINUX_7_2 : VAP_LINUX_6_12);
    json_decref(trace);
    return 0;
}
