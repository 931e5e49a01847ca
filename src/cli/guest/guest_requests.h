/* SPDX-License-Identifier: MIT */
/* Requests whose answers are known beforehand: libcrypto has made both. */
#ifndef VAP_CLI_GUEST_GUEST_REQUESTS_H
#define VAP_CLI_GUEST_GUEST_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vap/vap.h>

enum {
    REQUEST_LONGEST = 2048,
    REQUEST_KINDS = 7 /* rows of the table in guest_requests.c */
};

/** A request for a card, and what it has to answer. */
struct request {
    unsigned kind;
    size_t length;
    uint8_t bytes[REQUEST_LONGEST];
    size_t n_expected; /* 0: any answer that is well-formed */
    uint8_t expected[512];
};

/* "modexp 2048"; NULL: there is no such kind. */
const char *request_name(unsigned kind);

/* Is it for such a card, 'A', 'C' or 'P'? */
bool request_is_for(unsigned kind, char mode);

/* Fills it, with other numbers each time; a key of each size is made once. 0
 * or -ENOMEM. Not for two threads at once. */
int request_make(unsigned kind, struct request *out);

/* Puts it into a queue of the guest's: vap_nqap(), a coprocessor's with the
 * queue's domain in it. */
struct vap_answer request_ask(const struct request *request,
                              struct vap_guest *guest, unsigned apqn,
                              uint64_t psmid);

/** What an answer is. */
enum verdict {
    REPLY_RIGHT,
    REPLY_WRONG, /* or malformed */
    REPLY_REFUSED /* an error reply: *code is why */
};
enum verdict request_check(const struct request *request, const uint8_t *reply,
                           size_t length, uint8_t *code);

#endif
