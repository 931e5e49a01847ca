/* SPDX-License-Identifier: MIT */
/* What is wanted of a virtual host, as one change. */
#include "cli/change/apply_run.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/client.h"
#include "cli/frame/effect.h"
#include "cli/frame/out.h"
#include "host/json.h"
#include "host/request_json.h"

static json_t *
requests_json(const struct apply *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->plan.n; i++) {
        const struct host_request request = { .engine =
                                                  a->plan.steps[i].request };

        if (json_array_append_new(list, request_to_json(a->host, &request))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Somebody may have been quicker. */
static int
check_result(const struct apply *a)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(free_done) struct plan_difference *list = NULL;
    int status = whose_host(&a->whose, &host, NULL);
    int n;

    if (status != CLI_DONE)
        return status;
    n = plan_differences(host, a->wanted, &list);
    if (n < 0)
        return out_no_memory();
    if (n)
        say_error("the change was made, but by now somebody else has made "
                  "another; vap assert says what is not as wanted");
    return n ? CLI_REFUSED : CLI_DONE;
}

int
apply_virtual(struct apply *a)
{
    AUTO(client_done) struct client *client = NULL;
    AUTO(json_done) json_t *answer = NULL;
    json_t *list = requests_json(a);
    int status;

    if (!list)
        return out_no_memory();
    status = client_new(client_name(a->whose.name), &client);
    if (status == CLI_DONE)
        status = client_change(client, list, false, &answer);
    else
        json_decref(list);
    if (status == CLI_DONE && !a->json)
        (void)puts("\ndone, as one change:");
    if (status == CLI_DONE && !a->json)
        effect_put(stdout, json_object_get(answer, "effect"), false);
    a->result.done = status == CLI_DONE ? a->plan.n : 0;
    return status == CLI_DONE ? check_result(a) : status;
}
