/* SPDX-License-Identifier: MIT */
/* What can be asked. */
#include "api/call.h"

const struct route api_routes[] = {
    { "GET", "/v1", answer_about },
    { "GET", "/v1/state", answer_state },
    { "GET", "/v1/hostfile", answer_hostfile },
    { "POST", "/v1/change", answer_change },
    { "GET", "/v1/log", answer_log },
    { "GET", "/v1/events", answer_events },
    { "GET", "/metrics", answer_metrics },
    { NULL, NULL, NULL },
};
