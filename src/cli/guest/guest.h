/* SPDX-License-Identifier: MIT */
/* A guest made of software: vap guest. */
#ifndef VAP_CLI_GUEST_GUEST_H
#define VAP_CLI_GUEST_GUEST_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <vap/vap.h>

#include "matrix/mask.h"

/* The most that one command is. */
#define GUEST_MOST 1024

/** What was typed. */
struct guest_wish {
    const char *name; /* of the host; NULL: as client_name() has it */
    const char *mdev; /* its name, or the beginning of it; NULL: any */
    const char
        *as; /* what the guest is called; NULL: vap or linux, and the pid */
    unsigned guests; /* how many, each with an mdev of its own */
    unsigned seconds; /* 0: until it is ended */
    bool json;
    /* Of --linux alone. */
    unsigned cpus;
    bool console;
    bool again; /* the mdev is taken whenever it is there */
    const char *put; /* a file for the guest's /root, or NULL */
    char **argv; /* ended by NULL; NULL for a shell */
};

/** One guest. */
struct guest_one {
    char *mdev;
    struct vap_guest *guest;
};

struct guest_all {
    struct guest_one *one;
    unsigned n;
};

/* guest_take.c: takes as many mdevs as are wished for; what is wrong is said.
 * CLI_DONE, then guest_let_go(); CLI_REFUSED, CLI_USAGE, CLI_FAILED. */
int guest_take(const struct guest_wish *wish, struct guest_all *out);

/* The same, but that they are only named: whoever is to take them is another.
 * Each guest is NULL. */
int guest_choose(const struct guest_wish *wish, struct guest_all *out);

void guest_let_go(struct guest_all *all);

/* The APCB as masks. */
struct vap_matrix guest_matrix_of(struct vap_guest *guest);

/** A queue as TAPQ shows it. */
struct guest_queue {
    uint16_t apqn;
    uint8_t rc;
    char card[8]; /* "CEX8A"; "" unknown */
    unsigned depth;
};
struct guest_queue guest_queue_of(struct vap_guest *guest, unsigned apqn);

/* What a response code says of a queue. */
const char *guest_state_text(unsigned rc);

/* The actions. */
int guest_list(const struct guest_wish *wish);
int guest_run(const struct guest_wish *wish);
int guest_soak(const struct guest_wish *wish);
int guest_watch(const struct guest_wish *wish);

/* A real one: boots Linux in QEMU, and answers the status of the command that
 * ran in it. */
int guest_linux(const struct guest_wish *wish);

/* Has somebody ended us, or is the time over? Once asked for, signals only
 * say so. */
void guest_catch_signals(void);
bool guest_is_over(void);

#endif
