/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixed answers of `frozen`; see frozen_answers.h. */
#include "frozen_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000

#define GIVEN_EVERY_USEC 3000000

/* Each answer is three seconds of the one before, so that shares are always the same. */
void frozen_processes(const char *name, struct source_answer *answer)
{
	static const struct {
		const char *guest;
		double percent;
		struct auberge_process process;
	} fixed[] = {
		{"web3", 0, {1, 4120, 0, "root", 'S', 120000, 2u << 20, 3 * 86400, "/sbin/init", 100}},
		{"web3", 9.1, {12, 4188, 100, "100", 'S', 9000000, 140u << 20, 3 * 86400, "mysqld --basedir=/usr", 101}},
		{"web3", 61, {30, 4410, 33, "33", 'D', 61000000, 812u << 20, 3600, "php-fpm: pool www", 102}},
		{"web3", 0.4, {44, 4425, 0, "root", 'S', 300000, 9u << 20, 3 * 86400, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", 103}},
		{"db2", 0, {1, 5120, 0, "root", 'S', 120000, 2u << 20, 41 * 86400, "/sbin/init", 104}},
		{"guest", 0, {1, 6120, 0, "root", 'S', 120000, 2u << 20, 41 * 86400, "/sbin/init", 106}},
		{"guest", 20, {9, 6140, 105, "105", 'S', 7000000, 300u << 20, 41 * 86400, "worker --number 1", 107}},
		{"guest", 7, {10, 6141, 105, "105", 'S', 8000000, 200u << 20, 41 * 86400, "worker --number 2", 108}},
		{"guest", 3, {11, 6142, 105, "105", 'S', 9000000, 100u << 20, 41 * 86400, "worker --number 3", 109}},
		{"db2", 12.2, {9, 5140, 105, "105", 'S', 7000000, 3000u << 20, 41 * 86400, "postgres: checkpointer", 105}},
	};
	static unsigned given;
	struct source_process *items = calloc(sizeof fixed / sizeof fixed[0], sizeof *items);
	uint64_t usec = (uint64_t)++given * GIVEN_EVERY_USEC;

	for (size_t i = 0; items && i < sizeof fixed / sizeof fixed[0]; i++) {
		struct source_process *item = &items[answer->count];

		bool any = strcmp(fixed[i].guest, "guest") == 0;

		/* The many are all alike, and their shares move. */
		if (any ? strncmp(name, "guest", 5) != 0 : name[0] && strcmp(name, fixed[i].guest) != 0)
			continue;
		snprintf(item->guest, sizeof items->guest, "%s", any ? name : fixed[i].guest);
		item->process = fixed[i].process;
		item->process.cpu_usec += (uint64_t)(fixed[i].percent / 100 * (double)usec);
		if (any)
			item->process.cpu_usec += (uint64_t)given * (7919 + i * 104729) % 100 * (uint64_t)fixed[i].process.pid * 1000;
		answer->count++;
	}
	answer->items = items;
	answer->time_usec += usec;
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
