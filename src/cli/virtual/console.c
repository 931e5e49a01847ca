/* SPDX-License-Identifier: MIT */
#include "cli/virtual/console.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/effect.h"
#include "cli/frame/event_words.h"
#include "cli/frame/out.h"
#include "host/json.h"
#include "host/words.h"
#include "observe/hostfile.h"

/* "adapter 05 leaves, scan" */
static void
put_requests(const json_t *requests, bool plan)
{
    AUTO(host_done) struct host *scratch = NULL;
    const char *before = plan ? "plan: " : "";

    if (hostfile_builtin(&scratch) < 0)
        return;
    for (size_t i = 0; i < json_array_size(requests); i++) {
        AUTO(free_done)
        char *words = event_words(scratch, json_array_get(requests, i));

        (void)printf("%s%s", before, words ? words : "?");
        before = ", ";
    }
    (void)putchar('\n');
}

int
console_do(const struct console *console, json_t *requests)
{
    AUTO(client_done) struct client *client = NULL;
    AUTO(json_done) json_t *asked = requests;
    AUTO(json_done) json_t *answer = NULL;
    int status = client_new(client_name(console->name), &client);

    if (status == CLI_DONE)
        status =
            client_change(client, json_incref(asked), console->plan, &answer);
    if (status != CLI_DONE)
        return status;
    if (console->json)
        return out_json(TAKE(answer));
    put_requests(asked, console->plan);
    effect_put(stdout, json_object_get(answer, "effect"), console->plan);
    return CLI_DONE;
}

json_t *
console_then_scan(json_t *requests)
{
    (void)json_array_append_new(requests, json_pack("{s:s}", "op", "scan"));
    return requests;
}

bool
console_read_ids(int n, char *const *operands, struct vap_mask *out)
{
    *out = vap_mask_none();
    for (int i = 0; i < n; i++) {
        struct vap_mask some = vap_mask_none();

        if (words_set(operands[i], &some) != VAP_OK || vap_mask_empty(&some)) {
            say_error("%s found, an id from 0 to 255 expected, or a set of "
                      "them: 5, 0x0a, 0-2,7",
                      operands[i]);
            return false;
        }
        *out = vap_mask_or(*out, some);
    }
    return true;
}
