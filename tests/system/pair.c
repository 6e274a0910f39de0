/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See pair.h. */
#include "pair.h"

#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>

struct pair pair_of(const char *name)
{
	struct auberge *auberge = place_open();
	struct auberge_error error = {0};
	struct auberge_details *details = auberge_show(auberge, name, &error);
	struct pair pair = {0};

	if (details)
		pair = (struct pair){details->supervisor_pid, details->keeper_pid};
	auberge_details_free(details);
	auberge_close(auberge);
	return pair;
}

bool pair_is_whole(const void *name)
{
	struct pair pair = pair_of(name);

	return pair.supervisor > 0 && pair.keeper > 0;
}

static bool is_lost(const void *name)
{
	return guest_look(name).supervision == AUBERGE_SUPERVISION_LOST;
}

void pair_kill(const char *name)
{
	struct pair pair;

	wait_until(pair_is_whole, name, 10, "supervisor and keeper");
	pair = pair_of(name);
	kill(pair.keeper, SIGSTOP); /* so that it cannot be quicker */
	kill(pair.supervisor, SIGKILL);
	kill(pair.keeper, SIGKILL);
	wait_until(is_lost, name, 1, "the guest to be seen without a supervisor");
	cr_expect(guest_look(name).running);
}
