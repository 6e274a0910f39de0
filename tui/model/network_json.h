/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of `net --json`; names as the manual's. */
#ifndef MODEL_NETWORK_JSON_H
#define MODEL_NETWORK_JSON_H

#include "model/network.h"

#include <jansson.h>

/* Rates are null unless two readings were taken; what is not known is null. Links of guests that are on no bridge come as
 * "ports" beside "bridges", which is there only when there are some. The caller owns it; NULL: no memory. */
json_t *model_json_network(const struct model_network *network);

#endif
