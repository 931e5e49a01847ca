/* SPDX-License-Identifier: MIT */
/* What can be asked. */
#include "api/call.h"

const struct route api_routes[] = {
    // clang-format off
    { "GET",  "/v1",          { NULL },                                answer_about },
    { "GET",  "/v1/state",    { NULL },                                answer_state },
    { "GET",  "/v1/hostfile", { "at", "at_us" },                       answer_hostfile },
    { "POST", "/v1/change",   { NULL },                                answer_change },
    { "GET",  "/v1/log",      { "after", "until", "since_us", "mdev",
                                "limit", "first" },                    answer_log },
    { "GET",  "/v1/events",   { "after", "only" },                     answer_events },
    { "GET",  "/metrics",     { NULL },                                answer_metrics },
    { NULL,   NULL,           { NULL },                                NULL },
    // clang-format on
};
