/* SPDX-License-Identifier: MIT */
/* vap guest run: each kind of request on each queue, one after the other. */
#include "cli/guest/guest.h"

#include "base/auto.h"
#include "cli/frame/cli.h"
#include "cli/frame/out.h"
#include "cli/frame/table.h"
#include "cli/guest/guest_requests.h"
#include "host/json.h"
#include "matrix/text.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* An answer that has not come by then does not come. */
#define PATIENCE_US 10000000

/** What came of a request. */
struct outcome {
    struct guest_queue queue;
    const char *request;
    int64_t us;
    bool right;
    char text[64];
};

typedef int show(void *context, const struct outcome *outcome);

static int64_t
now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Waits for the reply without keeping a processor from the card. */
static struct vap_answer
await(struct vap_guest *guest, struct vap_reply *reply, void *buffer,
      size_t room)
{
    int64_t end = now_us() + PATIENCE_US;
    struct vap_answer a;

    do {
        a = vap_dqap(guest, reply, buffer, room);
        if (VAP_STATUS_RC(a.status) != VAP_RESPONSE_NO_REPLY)
            return a;
        (void)sched_yield();
    } while (now_us() < end);
    return a;
}

static void
judge(const struct request *request, const uint8_t *reply, size_t length,
      struct outcome *out)
{
    uint8_t code;

    switch (request_check(request, reply, length, &code)) {
    case REPLY_RIGHT:
        out->right = true;
        (void)snprintf(out->text, sizeof(out->text), "right");
        break;
    case REPLY_WRONG:
        (void)snprintf(out->text, sizeof(out->text), "WRONG");
        break;
    case REPLY_REFUSED:
        (void)snprintf(out->text, sizeof(out->text), "refused, reply code %02x",
                       code);
        break;
    }
}

static void
try(struct vap_guest *guest, const struct request *request, struct outcome *out)
{
    uint8_t buffer[12288];
    uint16_t apqn = out->queue.apqn;
    struct vap_reply reply = { .gr0 = VAP_DQAP_NEW | apqn };
    int64_t begin = now_us();
    struct vap_answer a = request_ask(request, guest, apqn, 1);

    if (a.cc == 0)
        a = await(guest, &reply, buffer, sizeof(buffer));
    out->us = now_us() - begin;
    if (a.cc == 0)
        judge(request, buffer, reply.stored, out);
    else if (VAP_STATUS_RC(a.status) == VAP_RESPONSE_NO_REPLY)
        (void)snprintf(out->text, sizeof(out->text), "no answer");
    else
        (void)snprintf(out->text, sizeof(out->text), "%s",
                       guest_state_text(VAP_STATUS_RC(a.status)));
}

/* CLI_REFUSED: something was not right. */
static int
run_queue(struct vap_guest *guest, unsigned apqn, show *put, void *context)
{
    struct outcome out = { .queue = guest_queue_of(guest, apqn) };
    size_t end = strlen(out.queue.card);
    int status = CLI_DONE;

    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++) {
        struct request request;

        if (!end || !request_is_for(kind, out.queue.card[end - 1]))
            continue;
        if (request_make(kind, &request) < 0)
            return CLI_FAILED;
        out.request = request_name(kind);
        out.right = false;
        try(guest, &request, &out);
        if (put(context, &out) < 0)
            return CLI_FAILED;
        status = out.right ? status : CLI_REFUSED;
    }
    return status;
}

static int
run_all(const struct guest_all *all, show *put, void *context)
{
    int status = CLI_DONE;

    for (unsigned i = 0; i < all->n; i++) {
        struct vap_matrix m = guest_matrix_of(all->one[i].guest);

        VAP_EACH (a, &m.adapters)
            VAP_EACH (d, &m.domains) {
                int one =
                    run_queue(all->one[i].guest, a << 8 | d, put, context);

                status = one > status ? one : status;
            }
    }
    return status;
}

/* --- how it is shown -------------------------------------------------------
 */

static int
put_line(void *context, const struct outcome *o)
{
    char apqn[VAP_APQN_TEXT + 1];
    char ms[32];

    (void)vap_apqn_text(o->queue.apqn, apqn, sizeof(apqn));
    (void)snprintf(ms, sizeof(ms), "%.3f", (double)o->us / 1000);
    return table_add(context, (const char *[]){ apqn, o->queue.card, o->request,
                                                ms, o->text });
}

static int
run_table(const struct guest_all *all)
{
    static const struct table_column columns[] = {
        { "QUEUE", false }, { "CARD", false },   { "REQUEST", false },
        { "MS", true },     { "ANSWER", false }, { 0 },
    };
    AUTO(table_done) struct table table = { 0 };
    int status;

    if (table_init(&table, columns, NULL, true))
        return CLI_FAILED;
    status = run_all(all, put_line, &table);
    if (!table.n_lines)
        (void)puts("there is no queue that a request is known for");
    else if (table_print(&table, stdout))
        status = CLI_FAILED;
    return status;
}

static int
put_json(void *context, const struct outcome *o)
{
    return json_array_append_new(
        context, json_pack("{s:o, s:s, s:s, s:I, s:b, s:s}", "queue",
                           json_of_apqn(o->queue.apqn), "card", o->queue.card,
                           "request", o->request, "us", (json_int_t)o->us,
                           "right", o->right, "answer", o->text));
}

static int
run_json(const struct guest_all *all)
{
    json_t *list = json_array();
    int status = run_all(all, put_json, list);

    return out_json(list) == CLI_DONE ? status : CLI_FAILED;
}

int
guest_run(const struct guest_wish *wish)
{
    struct guest_all all;
    int status = guest_take(wish, &all);

    if (status != CLI_DONE)
        return status;
    status = wish->json ? run_json(&all) : run_table(&all);
    guest_let_go(&all);
    return status;
}
