/* SPDX-License-Identifier: MIT */
#include "guest/house.h"

#include "host/change_words.h"
#include "host/devices.h"
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>

/* --- the host --------------------------------------------------------------
 */

static int
change(struct owner *owner, const struct origin *origin,
       const struct host_request *list, size_t n, struct refusal *refusal)
{
    struct house *house = (struct house *)owner; /* its first member */
    struct refusal ignored;
    int r;

    (void)origin;
    if (house->store_full)
        return -ENOSPC;
    r = devices_plan(owner->host, list, n, refusal ? refusal : &ignored);
    if (r != 0 && r != -EINPROGRESS)
        return r;
    for (uint32_t i = 0; i < owner->host->change->n_effects; i++)
        owner->tally.updates += owner->host->change->effects[i].updates;
    guests_take(house->guests);
    host_apply(owner->host);
    guests_give(house->guests);
    if (r == -EINPROGRESS)
        guests_ask(house->guests, origin, list[0].engine.mdev);
    return r;
}

static void
make_host(struct house *house)
{
    struct host_boot boot = {
        .rule = &vap_rule_state,
        .kernel = VAP_LINUX_7_2,
        .config = { .apxa = true, .last_adapter = 0x0a, .last_domain = 0x54 }
    };
    static const unsigned adapters[] = { 3, 5, 0x0a };
    static const unsigned domains[] = { 4, 0x47, 0x54 };

    for (int i = 0; i < 3; i++) {
        vap_mask_add(&boot.config.ids.adapters, adapters[i]);
        vap_mask_add(&boot.config.ids.domains, domains[i]);
    }
    boot.config.ids.control = boot.config.ids.domains;
    CHECK_INT(host_new(&boot, &house->owner.host), 0);
    CHECK(host_set_card_type(house->owner.host, 3, "CEX8A"));
    CHECK(host_set_card_type(house->owner.host, 5, "CEX8A"));
    CHECK(host_set_card_type(house->owner.host, 0x0a, "CEX8C"));
}

/* --- the loop --------------------------------------------------------------
 */

static void
called(uv_async_t *async)
{
    struct house *house = async->data;

    (void)pthread_mutex_lock(&house->lock);
    if (house->what)
        house->what(house, house->data);
    house->what = NULL;
    (void)pthread_cond_signal(&house->done);
    (void)pthread_mutex_unlock(&house->lock);
}

void
house_call(struct house *house, void (*what)(struct house *house, void *data),
           void *data)
{
    (void)pthread_mutex_lock(&house->lock);
    house->what = what;
    house->data = data;
    (void)uv_async_send(&house->call);
    while (house->what)
        (void)pthread_cond_wait(&house->done, &house->lock);
    (void)pthread_mutex_unlock(&house->lock);
}

static void *
live(void *data)
{
    struct house *house = data;

    (void)uv_run(&house->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void
begin(struct house *house)
{
    struct guests_options options = { .socket = house->socket,
                                      .held = house->held,
                                      .threads = 2,
                                      .again_ms = 100 };

    CHECK_INT(uv_loop_init(&house->loop), 0);
    CHECK_INT(uv_async_init(&house->loop, &house->call, called), 0);
    house->call.data = house;
    CHECK_INT(guests_new(&house->owner, &house->loop, &options, &house->guests),
              0);
    CHECK_INT(pthread_create(&house->thread, NULL, live, house), 0);
}

static void
stop(struct house *house, void *data)
{
    (void)data;
    uv_stop(&house->loop);
}

static void
close_one(uv_handle_t *handle, void *none)
{
    (void)none;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void
finish(struct house *house)
{
    house_call(house, stop, NULL);
    (void)pthread_join(house->thread, NULL);
    guests_end(house->guests);
    uv_walk(&house->loop, close_one, NULL);
    (void)uv_run(&house->loop, UV_RUN_DEFAULT);
    CHECK_INT(uv_loop_close(&house->loop), 0);
    guests_free(house->guests);
    house->guests = NULL;
    (void)unlink(house->socket);
}

void
house_up(struct house *house)
{
    *house = (struct house){ .owner = { .change = change },
                             .dir = "/tmp/vap-house-XXXXXX" };
    (void)pthread_mutex_init(&house->lock, NULL);
    (void)pthread_cond_init(&house->done, NULL);
    CHECK(mkdtemp(house->dir));
    (void)snprintf(house->socket, sizeof(house->socket), "%s/guest",
                   house->dir);
    (void)snprintf(house->held, sizeof(house->held), "%s/held", house->dir);
    make_host(house);
    begin(house);
    house_do_all(house, (const char *const[]){ "create a", "create b", NULL });
}

/* Nothing can be recorded by the dead. */
void
house_die(struct house *house)
{
    house->store_full = true;
    finish(house);
    house->store_full = false;
}

void
house_return(struct house *house)
{
    begin(house);
}

void
house_down(struct house *house)
{
    finish(house);
    host_free(house->owner.host);
    (void)pthread_mutex_destroy(&house->lock);
    (void)pthread_cond_destroy(&house->done);
    (void)unlink(house->held);
    (void)rmdir(house->dir);
}

/* --- what tests do ---------------------------------------------------------
 */

struct words {
    const char *text;
    int answer;
};

static void
do_words(struct house *house, void *data)
{
    struct words *words = data;
    struct host_request request = { .setting = HOST_ENGINE };
    char error[CHANGE_WORDS_ERROR];
    struct origin origin = { .door = "test" };
    struct refusal refusal;

    words->answer = change_words_read(house->owner.host, words->text,
                                      &request.engine, error);
    if (words->answer == 0)
        words->answer = change(&house->owner, &origin, &request, 1, &refusal);
}

int
house_do(struct house *house, const char *words)
{
    struct words asked = { words, 0 };

    house_call(house, do_words, &asked);
    return asked.answer;
}

void
house_do_all(struct house *house, const char *const *words)
{
    for (; *words; words++) {
        test_note("%s", *words);
        CHECK_INT(house_do(house, *words), 0);
    }
}

struct vap_guest *
house_guest(const struct house *house, const char *mdev, unsigned flags)
{
    struct vap_guest *guest = NULL;
    int r = vap_guest_open(house->socket, mdev, mdev, flags, &guest);

    test_note("%s", vap_guest_why());
    CHECK_INT(r, 0);
    return guest;
}

void
house_wait_updates(struct vap_guest *guest, uint64_t updates)
{
    struct vap_apcb apcb;

    do {
        (void)sched_yield();
        vap_guest_apcb(guest, &apcb);
    } while (apcb.updates < updates);
}

void
house_await(struct vap_guest *guest, enum vap_event_kind kind)
{
    struct pollfd fd = { vap_guest_fd(guest), POLLIN, 0 };
    struct vap_event event;

    do {
        if (!vap_guest_event(guest, &event))
            CHECK_INT(poll(&fd, 1, 60000), 1);
    } while (event.kind != kind);
}

int
house_ask(struct vap_guest *guest, uint16_t apqn, const void *message,
          size_t length, void *reply, size_t room)
{
    struct vap_reply r = { .gr0 = VAP_DQAP_NEW | apqn };
    struct vap_answer a =
        vap_nqap(guest, VAP_NQAP_LAST | apqn, 1, message, length);

    while (a.cc == 0) {
        a = vap_dqap(guest, &r, reply, room);
        if (a.cc == 0)
            return (int)r.stored;
        if (VAP_STATUS_RC(a.status) != VAP_RESPONSE_NO_REPLY ||
            a.status & VAP_STATUS_EMPTY)
            break; /* empty: a reset has come between */
        a.cc = 0;
        (void)sched_yield();
    }
    return -(int)VAP_STATUS_RC(a.status);
}
