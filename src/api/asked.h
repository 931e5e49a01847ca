/* SPDX-License-Identifier: MIT */
/* What a body of POST /v1/change asks, HTTP aside. It is hostile input. */
#ifndef VAP_API_ASKED_H
#define VAP_API_ASKED_H

#include <jansson.h>

#include "host/request.h"

/* The most requests in one change. */
#define ASKED_MAX 65536

struct asked {
    struct host_request *list;
    size_t n;
    bool plan; /* only say what it would do */
};

/** What is wrong with a body. */
struct asked_fault {
    char message[512];
    const char *words; /* the request in words that a file would refuse; lent
                        * from asked_fault.json. NULL: it is another fault */
    json_t *json;
};

void asked_done(struct asked *asked);
void asked_fault_done(struct asked_fault *fault);

/**
 * Reads {"requests": [...], "plan": true}; a request is an object as of
 * request_json.h or a string as of change_words.h. An mdev to be created is
 * a UUID, as for the kernel.
 *
 * host   its names get numbers; its state is left alone
 * fault  zeroed by the caller; filled on EINVAL, ERANGE
 *
 * Returns  0; > 0 refused: errno number; -ENOMEM
 */
int asked_read(struct host *host, const char *body, size_t length,
               struct asked *out, struct asked_fault *fault);

#endif
