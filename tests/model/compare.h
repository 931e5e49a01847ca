/* SPDX-License-Identifier: MIT */
/* The engine beside the model, a request at a time. */
#ifndef VAP_TESTS_COMPARE_H
#define VAP_TESTS_COMPARE_H

#include "model/history.h"

/** Verdict and why, matrices, guests, APCBs, bindings, resets and guest
 *  updates are those of the model after every request; and what holds of the
 *  engine alone: a second look changes nothing, a plan changes nothing. */
history_fails compare_with_model;

#endif
