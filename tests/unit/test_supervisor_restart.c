/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The restart policy: who is started again, after how long, and when it is given up. */
#include "supervisor/restart.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct auberge_end end_of(const char *cause, int status, bool bad, double ran)
{
	struct auberge_end end = {.known = true, .status = status, .bad = bad, .ran_seconds = ran};

	snprintf(end.cause, sizeof end.cause, "%s", cause);
	return end;
}

Test(restart, who_is_started_again)
{
	static const struct {
		const char *cause;
		bool bad, asked, rebooting, automatic, wanted[3]; /* no on-failure always */
	} cases[] = {
		{"exited", false, false, false, false, {false, false, true}},
		{"exited", true, false, false, false, {false, true, true}},
		{"signalled", true, false, false, false, {false, true, true}},
		{"oom", true, false, false, true, {false, true, true}},
		{"unknown", true, false, false, true, {false, true, true}},
		{"poweroff", false, false, false, false, {false, false, true}},
		{"reboot", false, false, true, false, {true, true, true}},
		{"stopped", false, true, false, true, {false, false, false}},
		{"killed", false, true, false, false, {false, false, false}},
		{"exited", true, true, false, false, {false, false, false}}, /* a kill came while it ran empty */
		{"start-failed", true, false, false, false, {false, false, false}},
		{"start-failed", true, false, false, true, {false, true, true}},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int policy = 0; policy < 3; policy++) {
			struct auberge_end end = end_of(cases[i].cause, 1, cases[i].bad, 1);
			struct restart_history history = {0};
			struct restart_question question = {(enum config_restart)policy, &end, cases[i].asked, cases[i].rebooting,
			                                    cases[i].automatic, 100};
			bool again = restart_decide(&question, &history).verdict == RESTART_AGAIN;

			cr_expect_eq(again, cases[i].wanted[policy], "case %zu, policy %d", i, policy);
			cr_expect_eq(history.count, again ? 1u : 0u);
		}
}

Test(restart, the_delay_doubles_and_ten_in_ten_minutes_are_the_end)
{
	static const int64_t delays[] = {1, 2, 4, 8, 16, 32, 60, 60, 60, 60};
	struct auberge_end end = end_of("exited", 1, true, 0);
	struct restart_history history = {0};
	struct restart_question question = {.policy = CONFIG_RESTART_ON_FAILURE, .end = &end, .now_seconds = 5000};
	struct restart_decision decision;

	for (size_t i = 0; i < RESTART_LIMIT; i++) {
		decision = restart_decide(&question, &history);
		cr_assert_eq(decision.verdict, RESTART_AGAIN, "%zu", i);
		cr_expect_eq(decision.delay_seconds, delays[i]);
		question.now_seconds += delays[i];
	}
	decision = restart_decide(&question, &history);
	cr_expect_eq(decision.verdict, RESTART_GIVEN_UP);
	cr_expect_eq(decision.span_seconds, 303);
	cr_expect_eq(history.count, 10u);
}

Test(restart, one_that_lives_a_while_each_time_goes_on_for_ever)
{
	struct auberge_end end = end_of("exited", 1, true, 120);
	struct restart_history history = {0};
	struct restart_question question = {.policy = CONFIG_RESTART_ALWAYS, .end = &end};

	for (int i = 0; i < 1000; i++) {
		struct restart_decision decision = restart_decide(&question, &history);

		cr_assert_eq(decision.verdict, RESTART_AGAIN, "%d", i);
		cr_expect(i < 6 || decision.delay_seconds == 60);
		question.now_seconds += decision.delay_seconds + 120;
	}
	cr_expect_eq(history.count, 1000u);
	end.ran_seconds = RESTART_CALM;
	cr_expect_eq(restart_decide(&question, &history).delay_seconds, 1);
	cr_expect_eq(history.count, 1u);
	cr_expect_eq(restart_count(&history, -1), 1u);
	cr_expect_eq(restart_count(&history, RESTART_CALM - 1), 1u);
	cr_expect_eq(restart_count(&history, RESTART_CALM), 0u);
}

Test(restart, reboots_are_delayed_only_in_a_loop)
{
	struct auberge_end end = end_of("reboot", 129, false, 2);
	struct restart_history history = {0};
	struct restart_question question = {.end = &end, .rebooting = true};
	static const int64_t delays[] = {0, 0, 0, 1, 2, 4, 8, 16, 32, 60};

	for (size_t i = 0; i < RESTART_LIMIT; i++) {
		cr_expect_eq(restart_decide(&question, &history).delay_seconds, delays[i]);
		question.now_seconds += delays[i] + 2;
	}
	cr_expect_eq(restart_decide(&question, &history).verdict, RESTART_GIVEN_UP);
	end.ran_seconds = 3600;
	cr_expect_eq(restart_decide(&question, &history).delay_seconds, 0);
}

Test(restart, history_as_text)
{
	static const char *const bad[] = {"", "x", "2 5", "-1", "1 x", "99999999999"};
	struct restart_history history = {0}, back;
	char text[300];

	restart_format(&history, text, sizeof text);
	cr_expect_str_eq(text, "0");
	for (unsigned i = 0; i < 12; i++) {
		struct auberge_end end = end_of("exited", 1, true, 1);
		struct restart_question question = {.policy = CONFIG_RESTART_ALWAYS, .end = &end, .now_seconds = 1000 + 700 * i};

		restart_decide(&question, &history);
	}
	restart_format(&history, text, sizeof text);
	cr_expect_str_eq(text, "12 2400 3100 3800 4500 5200 5900 6600 7300 8000 8700");
	cr_assert(restart_parse(text, &back));
	cr_expect_eq(memcmp(&history, &back, sizeof back), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(restart_parse(bad[i], &back), "%s", bad[i]);
	cr_expect_eq(back.count, 0u);
}
