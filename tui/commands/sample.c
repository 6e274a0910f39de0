/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples for the commands that print figures; see sample.h. */
#include "commands/sample.h"
#include "commands/command.h"
#include "commands/report.h"
#include "commands/terminal.h"

#include <signal.h>

int sample_take(struct model_source *source, struct model *model)
{
	struct auberge_error error = {0};
	struct model_clock clock;

	if (model_source_refresh_list(source, &error) < 0 || model_source_refresh_host(source, &error) < 0)
		return complain_error(&error);
	for (size_t i = 0; i < model->rows_count; i++)
		model->rows[i]->visible = true; /* there is no page: all figures are wanted */
	model_source_begin_round(source);
	model_source_refresh_counters_slice(source, 0);
	clock = model_clock_now();
	model_arrange(model, &clock);
	return 0;
}

int sample_wait(int64_t milliseconds)
{
	uint64_t until = model_clock_now().monotonic_usec + (uint64_t)milliseconds * 1000u;

	for (uint64_t now; (now = model_clock_now().monotonic_usec) < until;) {
		uint64_t left = (until - now) / 1000 + 1;
		int number = signals_wait(-1, left > 3600000 ? 3600000 : (int)left);

		if (number < 0)
			return number == -SIGINT ? STATUS_INTERRUPTED : 128 - number;
	}
	return 0;
}
