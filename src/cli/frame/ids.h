/* SPDX-License-Identifier: MIT */
#ifndef VAP_CLI_FRAME_IDS_H
#define VAP_CLI_FRAME_IDS_H

#include "matrix/mask.h"

/* Ids in hex as the kernel prints them, "03,05-0a"; "-" for none, "all" for
 * all 256. digits: 2 for adapters, 4 for domains. With $VAP_DECIMAL in decimal
 * as well, "03,05-0a(5-10)", where that looks different. */
#define IDS_TEXT 2048
const char *ids_text(const struct vap_mask *mask, int digits,
                     char text[IDS_TEXT]);

#endif
