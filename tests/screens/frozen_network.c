/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixed bridges of `frozen`. */
#include "frozen_answers.h"

void frozen_network(struct source_answer *answer)
{
	answer->error = (struct auberge_error){.code = AUBERGE_FAILED, .text = "bridges: not yet"};
}
