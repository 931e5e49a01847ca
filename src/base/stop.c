/* SPDX-License-Identifier: MIT */
#include "base/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void
ask(int signal_number)
{
    (void)signal_number;
    asked = 1;
}

void
stop_catch(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    const struct sigaction action = { .sa_handler = ask,
                                      .sa_flags = SA_RESTART };

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaction(signals[i], &action, NULL);
}

bool
stop_asked(void)
{
    return asked;
}
