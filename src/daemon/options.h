/* SPDX-License-Identifier: MIT */
/* What vapd is told on its command line. */
#ifndef VAP_DAEMON_OPTIONS_H
#define VAP_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "matrix/rule.h"

struct daemon_options {
    const char *name;
    const char *host_file; /* NULL: the built-in host, or what was */
    const struct vap_rule *rule; /* NULL: as the file says */
    bool has_kernel;
    enum vap_kernel kernel;
    bool large; /* the built-in host of 256 x 256 */
    bool fresh; /* forget what was */
    bool scan; /* every config_time, like the kernel */
    uint64_t store_bytes; /* 0 no bound */
    int while_fd; /* it ends, and forgets what was, when the other end of this
                   * closes; -1 */
    int ready_fd; /* a byte is written there when it is ready; -1 */
};

enum options_read {
    OPTIONS_READ,
    OPTIONS_ANSWERED, /* --help, --version: printed */
    OPTIONS_WRONG /* and what is wrong has been said */
};

/* out: the defaults, then what argv says; lent from argv. */
enum options_read options_read(int argc, char **argv,
                               struct daemon_options *out);

#endif
