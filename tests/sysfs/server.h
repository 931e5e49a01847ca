/* SPDX-License-Identifier: MIT */
/* A tree for tests: a process that owns a host, serves it and does what it is
 * told, without a store. */
#ifndef VAP_TESTS_SERVER_H
#define VAP_TESTS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "host/request.h"

struct server_options {
    const struct host *host; /* a copy of it; what follows is not looked at */
    const char *rule; /* NULL: state */
    enum vap_kernel kernel;
    bool old_kernel; /* 6.12; else 7.2 */
    const char *adapters; /* sets: "0-1"; NULL: none */
    const char *domains;
    const char *control;
    const char *apmask; /* NULL: as the built-in host */
    const char *aqmask;
    unsigned last_adapter; /* 0: 255 */
    unsigned last_domain;
};

/** What there is without any option: adapters 03 (CEX8A), 05 (CEX8C) and 0a
 *  (CEX8P), domains 0004, 0047 and 0054; 03.0004 is the host's. */
extern const struct server_options server_builtin;
extern const struct server_options server_large; /* 256 x 256 */

struct server {
    pid_t pid;
    int socket;
    char dir[64]; /* where the tree is */
};

/* Why there can be none here, in words; NULL: there can. */
const char *server_impossible(void);

/* Starts one at a new directory; the test fails if it cannot. */
void server_start(struct server *server, const struct server_options *options);

/* So where there can be one; else the test is skipped, and false. */
bool server_start_or_skip(struct server *server,
                          const struct server_options *options);

void server_stop(struct server *server);

/* What a dead server leaves mounted. */
void server_unmount(const struct server *server);

/* Asks as vap's other doors do. mdev: NULL, or the name for the request's
 * slot. Returns 0, an errno number, or EINPROGRESS. */
int server_ask(const struct server *server, const struct host_request *request,
               const char *mdev);
int server_ask_engine(const struct server *server,
                      const struct vap_request *request, const char *mdev);

/* The uevents since the last call, a line each: "change@/devices/ap ACTION=...
 * SUBSYSTEM=ap BINDINGS=complete ...". The caller's to free. */
char *server_events(const struct server *server);

/* The host of a process that serves: struct owner's change without a store. */
struct served {
    struct owner owner;
    struct sysfs *sysfs;
    char *events;
    size_t n_events;
};
int served_new(struct served *served, const struct server_options *options,
               const char *dir);
void served_done(struct served *served);
void served_boot(const struct server_options *options, struct host **out);

#endif
