/* SPDX-License-Identifier: MIT */
/* A body of POST /v1/change: what is refused has been explained; what is
 * taken is written down and read again as the same, and its plan, or why
 * there is none, can be told. */
#include "api/asked.h"

#include "base/auto.h"
#include "host/devices.h"
#include "host/effect_json.h"
#include "host/json.h"
#include "host/refusal_json.h"
#include "host/request_json.h"
#include "observe/hostfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(expr)                                                            \
    do {                                                                       \
        if (!(expr)) {                                                         \
            (void)fprintf(stderr, "line %d: %s\n", __LINE__, #expr);           \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* Reading leaves only names in a host: it serves for some inputs more. */
static struct host *
host_of(void)
{
    static struct host *host;
    const struct vap_request create = { .op = VAP_CREATE };

    if (host && host->mdevs.n < 500 && host->vms.n < 500)
        return host;
    host_free(host);
    HOLDS(hostfile_builtin(&host) == 0);
    HOLDS(host_slot(host, "a") == 0);
    HOLDS(host_do(host, &create, NULL) == VAP_OK);
    return host;
}

static void
check_again(struct host *host, const struct host_request *request)
{
    AUTO(json_done) json_t *json = request_to_json(host, request);
    AUTO(json_done) json_t *same = NULL;
    struct host_request again;
    const char *what;

    /* a number that no host has, and JSON neither */
    if (request->setting == HOST_ENGINE && request->engine.id > INT64_MAX)
        return;
    HOLDS(json);
    HOLDS(request_from_json(host, json, &again, &what) == 0);
    same = request_to_json(host, &again);
    HOLDS(same && json_equal(json, same));
}

static void
check_plan(struct host *host, const struct asked *asked)
{
    struct refusal refusal;
    AUTO(json_done) json_t *told = NULL;
    int r = devices_plan(host, asked->list, asked->n, &refusal);

    HOLDS(r >= 0 || r == -EINPROGRESS || r == -ENOMEM);
    if (r > 0) {
        HOLDS(refusal.error == r && refusal.request < asked->n);
        told = refusal_json(host, asked->list, &refusal);
    } else {
        told = effect_json(host);
    }
    HOLDS(told);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host *host = host_of();
    AUTO(asked_done) struct asked asked = { 0 };
    AUTO(asked_fault_done) struct asked_fault fault = { 0 };
    int r = asked_read(host, (const char *)data, size, &asked, &fault);

    HOLDS(r >= 0);
    HOLDS((r == 0) == (fault.message[0] == '\0'));
    for (size_t i = 0; r == 0 && i < asked.n; i++)
        check_again(host, &asked.list[i]);
    if (r == 0)
        check_plan(host, &asked);
    return 0;
}
