/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page that a helper and its parent share: written by the helper only. */
#ifndef MODEL_HELPER_PRIVATE_H
#define MODEL_HELPER_PRIVATE_H

#include "model/helper.h"

#include <stdatomic.h>

enum { HELPER_WAITS, HELPER_READS, HELPER_SENDS }; /* only reading can hang: sending waits for the parent */

struct helper_page {
	_Atomic uint32_t turn;  /* counts up with each thing that is read */
	_Atomic uint32_t doing;
	char name[HELPER_NAME_SIZE]; /* written before turn; looked at when turn has not changed for long */
};

#endif
