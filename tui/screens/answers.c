/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screens' side of the process that answers; see answers.h. */
#include "screens/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 3000 /* the events of all guests are many files */
#define CHECK_MS 250

struct answers {
	struct helper helper;
	struct {
		bool waits;
		char name[AUBERGE_NAME_MAX + 1];
	} questions[TOPICS_COUNT];
	bool busy; /* with this one: */
	enum source_topic topic;
	char name[AUBERGE_NAME_MAX + 1];
};

static int64_t now_ms(void)
{
	return (int64_t)(model_clock_now().monotonic_usec / 1000);
}

struct answers *answers_open(void (*run)(struct helper_child *child, void *data), void *data)
{
	struct answers *answers = calloc(1, sizeof *answers);

	if (answers)
		answers->helper = (struct helper){.run = run ? run : answers_serve, .data = data, .title = "auberge-answers",
		                                  .limit_ms = LIMIT_MS, .fd = -1};
	return answers;
}

void answers_close(struct answers *answers)
{
	if (!answers)
		return;
	helper_close(&answers->helper);
	free(answers);
}

int answers_fd(const struct answers *answers)
{
	return answers->helper.pid > 0 ? answers->helper.fd : -1;
}

/* An answer about that guest. Takes items over. */
static void put(struct answers *answers, struct source *source, enum source_topic topic, const char *name, void *items,
                size_t count, const struct auberge_error *error)
{
	struct source_answer *answer = &source->answers[topic];

	if (strcmp(answer->name, name) != 0) { /* someone asks about another guest by now */
		free(items);
		return;
	}
	free(answer->items);
	answer->items = items;
	answer->count = items ? count : 0;
	answer->error = *error;
	answer->time_usec = model_clock_now().monotonic_usec;
	answer->pending = answers->questions[topic].waits;
}

/* The answer to the question under way. */
static void settle(struct answers *answers, struct source *source, void *items, size_t count,
                   const struct auberge_error *error)
{
	answers->busy = false;
	put(answers, source, answers->topic, answers->name, items, count, error);
}

/* A question about a guest that hung at one like it is answered at once, and asked of nobody. */
static bool refuse(struct answers *answers, struct source *source, enum source_topic topic)
{
	const char *name = answers->questions[topic].name;
	const struct helper_left_out *left = name[0] ? helper_find_left_out(&answers->helper, name) : NULL;
	struct auberge_error error = {.code = AUBERGE_FAILED};
	int64_t seconds;

	if (!left || !(left->what & 1u << topic) || !helper_is_left_out(&answers->helper, left, now_ms(), &seconds))
		return false;
	if (seconds > 0)
		snprintf(error.text, sizeof error.text, "reading %s %s: it is tried again in %d s", name, left->how, (int)seconds);
	else
		snprintf(error.text, sizeof error.text, "reading %s %s, and does still: it is tried again when the kernel lets it go",
		         name, left->how);
	answers->questions[topic].waits = false;
	put(answers, source, topic, name, NULL, 0, &error);
	return true;
}

/* The next question that waits, when the last is answered. */
static void put_next(struct answers *answers, struct source *source)
{
	for (size_t topic = 0; topic < TOPICS_COUNT && !answers->busy; topic++) {
		struct message_ask ask = {.topic = (uint32_t)topic};
		struct auberge_error error = {0};

		if (!answers->questions[topic].waits || refuse(answers, source, (enum source_topic)topic))
			continue;
		answers->questions[topic].waits = false;
		memcpy(ask.name, answers->questions[topic].name, sizeof ask.name);
		memcpy(answers->name, ask.name, sizeof answers->name);
		answers->topic = (enum source_topic)topic;
		answers->busy = true;
		if (answers->helper.pid == 0 && helper_start(&answers->helper, &error) < 0)
			settle(answers, source, NULL, 0, &error);
		else /* one that fails is seen to have ended */
			helper_request(&answers->helper, 1u << topic, MESSAGE_ASK, &ask, sizeof ask, now_ms());
	}
}

void answers_ask(struct answers *answers, struct source *source, enum source_topic topic, const char *name)
{
	struct source_answer *answer = &source->answers[topic];

	if (strcmp(answer->name, name) != 0 || answer->time_usec == 0) {
		free(answer->items);
		*answer = (struct source_answer){0};
		snprintf(answer->name, sizeof answer->name, "%s", name);
	}
	answer->pending = true;
	/* One that is just being answered may have been read before what made someone ask again. */
	snprintf(answers->questions[topic].name, sizeof answers->questions[topic].name, "%s", name);
	answers->questions[topic].waits = true;
	if (!refuse(answers, source, topic))
		put_next(answers, source);
}

/* --- what comes */

static void end_strings(enum source_topic topic, void *items, size_t count)
{
	struct source_process *processes = items;
	struct auberge_history_event *events = items;

	for (size_t i = 0; topic == TOPIC_PROCESSES && i < count; i++) {
		processes[i].guest[sizeof processes[i].guest - 1] = '\0';
		processes[i].process.user[sizeof processes[i].process.user - 1] = '\0';
		processes[i].process.command[sizeof processes[i].process.command - 1] = '\0';
	}
	for (size_t i = 0; topic == TOPIC_EVENTS && i < count; i++) {
		events[i].name[sizeof events[i].name - 1] = '\0';
		events[i].event[sizeof events[i].event - 1] = '\0';
		events[i].cause[sizeof events[i].cause - 1] = '\0';
		events[i].by[sizeof events[i].by - 1] = '\0';
		events[i].detail[sizeof events[i].detail - 1] = '\0';
	}
}

static bool take_one(struct answers *answers, struct source *source, const struct message *message)
{
	static const size_t sizes[] = {[TOPIC_PROCESSES] = sizeof(struct source_process),
	                               [TOPIC_EVENTS] = sizeof(struct auberge_history_event), [TOPIC_NETWORK] = 0};
	struct message_answer head;
	const char *data;
	size_t length;
	void *items;

	if (!answers->busy || !message_take_answer(message, sizes[answers->topic], &head, &data, &length) ||
	    head.topic != answers->topic || (answers->topic == TOPIC_NETWORK && head.count > 1))
		return false;
	items = head.count > 0 ? malloc(length + 1) : NULL;
	if (items)
		memcpy(items, data, length);
	end_strings(answers->topic, items, items ? head.count : 0);
	if (items && answers->topic == TOPIC_NETWORK && !message_unpack_network(items, length)) {
		free(items);
		return false;
	}
	settle(answers, source, items, head.count, &head.error);
	return true;
}

/* The process does not go on, or has gone: what it was asked is answered so, and the next question goes to another.
 * What it was at is left out; left: with these words. */
static void give_up(struct answers *answers, struct source *source, const char *how, const char *left)
{
	struct auberge_error error = {.code = AUBERGE_FAILED};
	const struct helper_left_out *before;
	char at[HELPER_NAME_SIZE];
	bool out;

	helper_at(&answers->helper, at, sizeof at);
	helper_end(&answers->helper);
	if (!answers->busy)
		return;
	before = helper_find_left_out(&answers->helper, at);
	out = before && before->what & 1u << answers->topic && !before->tried; /* it does not do as it is told */
	out = at[0] && helper_leave_out(&answers->helper, at, 1u << answers->topic, left, now_ms()) && !out;
	/* Of all guests: again without the one that it was at. */
	if (answers->name[0] == '\0' && out && !answers->questions[answers->topic].waits) {
		answers->questions[answers->topic].name[0] = '\0';
		answers->questions[answers->topic].waits = true;
		answers->busy = false;
	} else {
		if (at[0])
			snprintf(error.text, sizeof error.text, "reading %s %s", at, how);
		else
			snprintf(error.text, sizeof error.text, "reading it %s", how);
		settle(answers, source, NULL, 0, &error);
	}
	put_next(answers, source);
}

void answers_take(struct answers *answers, struct source *source)
{
	struct message message;
	int result;

	while ((result = helper_next(&answers->helper, &message)) > 0) {
		if (!take_one(answers, source, &message)) {
			result = -1;
			break;
		}
		/* Only what it read is known to be well. */
		helper_done(&answers->helper, 1u << answers->topic,
		            answers->topic == TOPIC_PROCESSES && answers->name[0] == '\0' ? NULL : answers->name);
		put_next(answers, source);
	}
	if (result < 0)
		give_up(answers, source, "ended the process that did it", "ended the process that did it");
}

int64_t answers_check(struct answers *answers, struct source *source, bool *news)
{
	if (helper_check(&answers->helper, now_ms()) == HELPER_HANGS) {
		give_up(answers, source, "hangs in the kernel", "hung");
		*news = true;
	}
	return answers->busy ? now_ms() + CHECK_MS : -1;
}
