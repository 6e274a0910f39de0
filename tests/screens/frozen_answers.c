/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixed answers of `frozen`; see frozen_answers.h. */
#include "frozen_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000

void frozen_processes(const char *name, struct source_answer *answer)
{
	static const struct {
		const char *guest;
		struct auberge_process process;
	} fixed[] = {
		{"web3", {1, 4120, 0, "root", 'S', 120000, 2u << 20, 3 * 86400, "/sbin/init"}},
		{"web3", {12, 4188, 100, "100", 'S', 9000000, 140u << 20, 3 * 86400, "mysqld --basedir=/usr"}},
		{"web3", {30, 4410, 33, "33", 'D', 61000000, 812u << 20, 3600, "php-fpm: pool www"}},
		{"db2", {1, 5120, 0, "root", 'S', 120000, 2u << 20, 41 * 86400, "/sbin/init"}},
		{"db2", {9, 5140, 105, "105", 'S', 7000000, 3000u << 20, 41 * 86400, "postgres: checkpointer"}},
	};
	struct source_process *items = calloc(sizeof fixed / sizeof fixed[0], sizeof *items);

	for (size_t i = 0; items && i < sizeof fixed / sizeof fixed[0]; i++) {
		if (name[0] && strcmp(name, fixed[i].guest) != 0)
			continue;
		snprintf(items[answer->count].guest, sizeof items->guest, "%s", fixed[i].guest);
		items[answer->count++].process = fixed[i].process;
	}
	answer->items = items;
}

void frozen_events(const char *name, struct source_answer *answer)
{
	static const struct auberge_history_event fixed[] = {
		{"web3", NOW - 3 * 86400, "start", "", -1, "root", -1, 0, ""},
		{"old-app", NOW - 3690, "start", "", -1, "root", -1, 0, ""},
		{"old-app", NOW - 3600, "end", "exited", 1, "", 90, 0, ""},
		{"web3", NOW - 290, "oom", "memory", -1, "", -1, 1, "php-fpm (pid 30)"},
		{"web3", NOW - 120, "oom", "memory", -1, "", -1, 1, "php-fpm (pid 44)"},
		{"web3", NOW - 60, "limit", "memory", -1, "", -1, 12, ""},
	};
	struct auberge_history_event *items = calloc(sizeof fixed / sizeof fixed[0], sizeof *items);

	for (size_t i = 0; items && i < sizeof fixed / sizeof fixed[0]; i++)
		if (!name[0] || strcmp(name, fixed[i].name) == 0)
			items[answer->count++] = fixed[i];
	answer->items = items;
}

void frozen_answer(enum source_topic topic, const char *name, struct source_answer *answer)
{
	if (topic == TOPIC_PROCESSES)
		frozen_processes(name, answer);
	else if (topic == TOPIC_EVENTS)
		frozen_events(name, answer);
	else
		frozen_network(answer);
}
