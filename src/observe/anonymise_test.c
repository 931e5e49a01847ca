/* SPDX-License-Identifier: MIT */
#include "observe/anonymise.h"

#include "base/auto.h"
#include "parsed.h"
#include "test.h"

#include <string.h>

#define ZERO "00000000-0000-4000-8000-00000000000"

/* Names that are in each other's way, and a driver of nobody's. */
#define HOST                                                                   \
    "cards: [{id: 3}]\ndomains: [4, 5]\naqmask: -4\n"                          \
    "queues: [{adapters: [3], domains: [5], driver_override: secret}]\n"       \
    "mdevs:\n"                                                                 \
    "  - {name: " ZERO "2, adapters: [3], domains: [4], guest: guest-2}\n"     \
    "  - {name: bank, guest: guest-1}\n"                                       \
    "  - {name: " ZERO "1}\n"

TEST(names_go_by_their_order_and_all_else_stays)
{
    AUTO(host_done) struct host *host = parsed(HOST);
    AUTO(host_done) struct host *again = NULL;
    const struct vap_queue *q = &host->engine->queue[3][5];

    CHECK_INT(anonymise(host), 0);
    CHECK_STR(host_mdev_name(host, 0), ZERO "1");
    CHECK_STR(host_mdev_name(host, 1), ZERO "2");
    CHECK_STR(host_mdev_name(host, 2), ZERO "3");
    CHECK_STR(host_vm_name(host, host->slots[0].vm), "guest-1");
    CHECK_STR(host_vm_name(host, host->slots[1].vm), "guest-2");
    CHECK_STR(host_driver_name(host, q->override), "driver-1");
    CHECK(vap_mask_has(&host->slots[0].guest.adapters, 3));
    CHECK_INT(host_copy(host, &again), 0);
    CHECK_INT(anonymise(again), 0);
    CHECK(host_equal(host, again));
}
