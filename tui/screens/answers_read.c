/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers read from the engine: processes, events, the network; and the process that does nothing else. */
#include "screens/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct auberge *auberge;
	bool (*before)(void *data, const char *name);
	void *data;
};

static bool may_read(const struct reading *reading, const char *name)
{
	return !reading->before || reading->before(reading->data, name);
}

/* Never an empty list: that would say that nothing runs there. */
static void say_left_out(const char *name, struct auberge_error *error)
{
	*error = (struct auberge_error){.code = AUBERGE_FAILED};
	snprintf(error->text, sizeof error->text, "reading %s hung: it is left out for a while", name);
}

static void add_processes(const struct reading *reading, const char *name, struct source_answer *answer)
{
	struct auberge_process *processes = NULL;
	struct source_process *items;
	size_t count = 0;

	if (!may_read(reading, name)) {
		say_left_out(name, &answer->error);
		return;
	}
	if (auberge_processes(reading->auberge, name, &processes, &count, &answer->error) < 0)
		return;
	items = realloc(answer->items, (answer->count + count + 1) * sizeof *items);
	if (items)
		answer->items = items;
	for (size_t i = 0; items && i < count; i++) {
		struct source_process *item = &items[answer->count++];

		snprintf(item->guest, sizeof item->guest, "%s", name);
		item->process = processes[i];
	}
	free(processes);
}

static void read_processes(const struct reading *reading, const char *name, struct source_answer *answer)
{
	struct auberge_guest *guests = NULL;
	size_t count = 0;

	if (name[0]) {
		add_processes(reading, name, answer);
		return;
	}
	if (auberge_list_each(reading->auberge, 0, reading->before, reading->data, &guests, &count, &answer->error) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (guests[i].running)
			add_processes(reading, guests[i].name, answer);
	free(guests);
	answer->error = (struct auberge_error){0}; /* one that has just ended, or is left out, is no error of the whole */
}

static void read_network(const struct reading *reading, struct source_answer *answer)
{
	struct auberge_network *network = NULL;

	if (auberge_network_read(reading->auberge, &network, &answer->error) < 0)
		return;
	answer->items = network;
	answer->count = 1;
}

void answers_read(struct auberge *auberge, enum source_topic topic, const char *name,
                  bool (*before)(void *data, const char *name), void *data, struct source_answer *answer)
{
	const struct reading reading = {auberge, before, data};
	const char *const names[] = {name};

	free(answer->items);
	*answer = (struct source_answer){0};
	snprintf(answer->name, sizeof answer->name, "%s", name);
	if (topic == TOPIC_PROCESSES)
		read_processes(&reading, name, answer);
	else if (topic == TOPIC_EVENTS)
		auberge_history(auberge, names, name[0] ? 1 : 0, (struct auberge_history_event **)&answer->items, &answer->count,
		                &answer->error);
	else
		read_network(&reading, answer);
	answer->time_usec = model_clock_now().monotonic_usec;
}

/* --- the process */

static bool before_each(void *data, const char *name)
{
	return helper_reading(data, name);
}

/* As many of the newest items as a message holds; events are told oldest first. */
static void send_answer(struct helper_child *child, enum source_topic topic, struct source_answer *answer)
{
	static const size_t sizes[] = {[TOPIC_PROCESSES] = sizeof(struct source_process),
	                               [TOPIC_EVENTS] = sizeof(struct auberge_history_event)};
	struct message_answer head = {.topic = topic, .error = answer->error};
	size_t most, length, skipped = 0;
	const char *items = answer->items;

	memcpy(head.name, answer->name, sizeof head.name);
	if (topic == TOPIC_NETWORK) {
		struct auberge_network *network = answer->items;

		length = network ? network->size : 0;
		if (network)
			message_pack_network(network);
		head.count = network ? 1 : 0;
	} else {
		most = (MESSAGE_MAX - sizeof head) / sizes[topic];
		skipped = topic == TOPIC_EVENTS && answer->count > most ? answer->count - most : 0;
		head.count = (uint32_t)(answer->count < most ? answer->count : most);
		length = head.count * sizes[topic];
	}
	helper_send(child, MESSAGE_ANSWER, &head, sizeof head, length ? items + skipped * sizes[topic % TOPIC_NETWORK] : NULL,
	            length);
	helper_flush(child);
}

void answers_serve(struct helper_child *child, void *data)
{
	struct source_answer answer = {0};
	struct auberge_error error = {0};
	struct auberge *auberge = NULL;
	struct message message;
	struct message_ask ask;

	while (helper_receive(child, &message)) {
		if (!message_take_ask(&message, &ask) || ask.topic >= TOPICS_COUNT)
			continue;
		helper_take_left_out(child, &message, sizeof ask);
		if (!auberge && auberge_reopen(data, &error) == 0)
			auberge = data;
		if (!helper_reading(child, ask.name))
			say_left_out(ask.name, &answer.error);
		else if (auberge)
			answers_read(auberge, ask.topic, ask.name, before_each, child, &answer);
		else
			answer = (struct source_answer){.error = error};
		send_answer(child, ask.topic, &answer);
		free(answer.items);
		answer = (struct source_answer){0};
	}
}
