/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions beyond the model, to a process of the tests' own that hangs, crashes or lies at a guest of that name. */
#include "screens/answers.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct answers *answers;
static struct source source;

static void answer_events(struct helper_child *child, const struct message_ask *ask)
{
	struct message_answer head = {.topic = ask->topic, .count = 1};
	struct auberge_history_event event = {.status = 7};

	memcpy(head.name, ask->name, sizeof head.name);
	memset(event.detail, 'x', sizeof event.detail); /* no end: a lie */
	snprintf(event.name, sizeof event.name, "%s", ask->name);
	helper_send(child, MESSAGE_ANSWER, &head, sizeof head, &event, sizeof event);
	helper_flush(child);
}

/* All guests: web, stuck, mail, each a process. */
static void answer_processes(struct helper_child *child, const struct message_ask *ask)
{
	static const char *const names[] = {"web", "stuck", "mail"};
	struct message_answer head = {.topic = ask->topic};
	struct source_process items[3] = {0};

	for (size_t i = 0; i < 3; i++) {
		if (!helper_reading(child, names[i]))
			continue;
		if (strcmp(names[i], "stuck") == 0)
			pause();
		snprintf(items[head.count++].guest, sizeof items[0].guest, "%s", names[i]);
	}
	helper_send(child, MESSAGE_ANSWER, &head, sizeof head, items, head.count * sizeof items[0]);
	helper_flush(child);
}

static void serve(struct helper_child *child, void *data)
{
	struct message message;
	struct message_ask ask;

	(void)data;
	while (helper_receive(child, &message)) {
		cr_assert(message_take_ask(&message, &ask));
		helper_take_left_out(child, &message, sizeof ask);
		helper_reading(child, ask.name);
		if (strcmp(ask.name, "stuck") == 0)
			pause();
		if (strcmp(ask.name, "crash") == 0)
			_exit(1);
		if (strcmp(ask.name, "liar") == 0)
			helper_send(child, MESSAGE_ANSWER, &ask, sizeof ask, NULL, 0);
		if (ask.topic == TOPIC_PROCESSES)
			answer_processes(child, &ask);
		else
			answer_events(child, &ask);
	}
}

static void begin(void)
{
	memset(&source, 0, sizeof source);
	answers = answers_open(serve, NULL);
	cr_assert_not_null(answers);
}

static void end(void)
{
	answers_close(answers);
	for (size_t i = 0; i < TOPICS_COUNT; i++)
		free(source.answers[i].items);
}

TestSuite(screens_answers, .init = begin, .fini = end, .timeout = 120);

/* Until it is answered, as the loop does it. */
static const struct source_answer *await(enum source_topic topic)
{
	for (int i = 0; i < 1000 && source.answers[topic].pending; i++) {
		struct pollfd wait = {.fd = answers_fd(answers), .events = POLLIN};
		bool news = false;

		if (poll(&wait, 1, 50) > 0)
			answers_take(answers, &source);
		answers_check(answers, &source, &news);
	}
	cr_assert_not(source.answers[topic].pending);
	return &source.answers[topic];
}

Test(screens_answers, come_by_themselves)
{
	const struct auberge_history_event *events;

	cr_assert_eq(answers_fd(answers), -1, "none runs before it is asked");
	answers_ask(answers, &source, TOPIC_EVENTS, "web");
	cr_assert(source.answers[TOPIC_EVENTS].pending);
	cr_assert_eq(await(TOPIC_EVENTS)->count, 1);
	events = source.answers[TOPIC_EVENTS].items;
	cr_assert_str_eq(events->name, "web");
	cr_assert_eq(strlen(events->detail), sizeof events->detail - 1);
}

Test(screens_answers, only_the_newest_question_of_a_topic_counts)
{
	answers_ask(answers, &source, TOPIC_EVENTS, "web");
	answers_ask(answers, &source, TOPIC_EVENTS, "mail");
	answers_ask(answers, &source, TOPIC_EVENTS, "db");
	cr_assert_str_eq(source.answers[TOPIC_EVENTS].name, "db");
	cr_assert_str_eq(((const struct auberge_history_event *)await(TOPIC_EVENTS)->items)->name, "db");
}

Test(screens_answers, one_that_hangs_is_told_and_the_others_go_on)
{
	answers_ask(answers, &source, TOPIC_EVENTS, "stuck");
	answers_ask(answers, &source, TOPIC_PROCESSES, "");
	cr_assert_not_null(strstr(await(TOPIC_EVENTS)->error.text, "stuck"), "%s", source.answers[TOPIC_EVENTS].error.text);
	cr_assert_null(source.answers[TOPIC_EVENTS].items);
	cr_assert_eq(await(TOPIC_PROCESSES)->count, 2, "all but the one that hangs");
	cr_assert_eq(source.answers[TOPIC_PROCESSES].error.code, AUBERGE_OK);
}

Test(screens_answers, one_that_hung_is_not_asked_for_again_at_once)
{
	answers_ask(answers, &source, TOPIC_EVENTS, "stuck");
	cr_assert_neq(await(TOPIC_EVENTS)->error.code, AUBERGE_OK);
	/* what says nothing of it does not make it well */
	answers_ask(answers, &source, TOPIC_EVENTS, "web");
	cr_assert_eq(await(TOPIC_EVENTS)->error.code, AUBERGE_OK);
	answers_ask(answers, &source, TOPIC_EVENTS, "stuck");
	cr_assert_not(source.answers[TOPIC_EVENTS].pending);
	cr_assert_not_null(strstr(source.answers[TOPIC_EVENTS].error.text, "reading stuck hung: it is tried again in "), "%s",
	                   source.answers[TOPIC_EVENTS].error.text);
	cr_assert_null(source.answers[TOPIC_EVENTS].items);
	/* a question of another kind is asked */
	answers_ask(answers, &source, TOPIC_PROCESSES, "stuck");
	cr_assert(source.answers[TOPIC_PROCESSES].pending);
	cr_assert_neq(await(TOPIC_PROCESSES)->error.code, AUBERGE_OK);
	answers_ask(answers, &source, TOPIC_PROCESSES, "");
	cr_assert_eq(await(TOPIC_PROCESSES)->count, 2);
}

Test(screens_answers, what_is_left_out)
{
	struct helper helper = {0};
	int64_t seconds;

	cr_assert(helper_leave_out(&helper, "web", 1, "hung", 1000));
	cr_assert(helper_leave_out(&helper, "db", 3, "hung", 1000));
	cr_assert(helper_is_left_out(&helper, helper_find_left_out(&helper, "web"), 1000, &seconds));
	cr_assert_eq(seconds, 10);
	cr_assert_not(helper_is_left_out(&helper, helper_find_left_out(&helper, "web"), 11000, &seconds));
	helper_done(&helper, 1, NULL);
	cr_assert_eq(helper.left_out_count, 2, "not tried");
	helper.left_out[0].tried = helper.left_out[1].tried = true;
	helper_done(&helper, 1, "mail");
	cr_assert_eq(helper.left_out_count, 2, "something else was read");
	helper_done(&helper, 1, NULL);
	cr_assert_eq(helper.left_out_count, 1, "well, and the other in one of two ways");
	cr_assert_str_eq(helper.left_out[0].name, "db");
	cr_assert_eq(helper.left_out[0].what, 2);
	/* while the one that hung is there, no second one hangs */
	helper.graves_count = 1;
	helper.graves[0].pid = getpid();
	snprintf(helper.graves[0].name, sizeof helper.graves[0].name, "db");
	cr_assert(helper_is_left_out(&helper, &helper.left_out[0], 1000000, &seconds));
	cr_assert_eq(seconds, 0);
}

Test(screens_answers, one_that_crashes_or_lies)
{
	answers_ask(answers, &source, TOPIC_EVENTS, "crash");
	cr_assert_neq(await(TOPIC_EVENTS)->error.code, AUBERGE_OK);
	answers_ask(answers, &source, TOPIC_EVENTS, "liar");
	cr_assert_neq(await(TOPIC_EVENTS)->error.code, AUBERGE_OK);
	answers_ask(answers, &source, TOPIC_EVENTS, "web");
	cr_assert_eq(await(TOPIC_EVENTS)->count, 1);
}
