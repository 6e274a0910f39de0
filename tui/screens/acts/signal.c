/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A signal to one process: which one, then a question. Owns nothing: the target is a copy in struct app, made at the key
 * press, and a process that ended meanwhile is known by its start.
 */
#include "screens/acts/acts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int number;
	const char *choice;
} signals[] = {
	{SIGTERM, "TERM  asks it to end"}, {SIGINT, "INT   interrupts it"},       {SIGHUP, "HUP   hangs up, or reloads"},
	{SIGQUIT, "QUIT  ends with a core"}, {SIGABRT, "ABRT  aborts with a core"}, {SIGUSR1, "USR1"},
	{SIGUSR2, "USR2"},                 {SIGCONT, "CONT  lets it go on"},      {SIGKILL, "KILL  ends it at once"},
};

static void sent(struct app *app, const struct dialog *dialog)
{
	const struct signal_target *target = &app->signal;
	struct auberge_error error = {0};

	(void)dialog;
	if (app->source->signal(app->source, target->guest, target->host_pid, target->start_time, target->number, &error) < 0)
		app_say_error(app, &error);
	else
		app_say(app, ROLE_OK, "signal sent to %.40s (%d) of %s", target->command, (int)target->pid, target->guest);
}

static void chosen(struct app *app, const struct dialog *dialog)
{
	struct signal_target *target = &app->signal;
	const char *choice = dialog->choices[dialog->chosen];
	char title[128];

	target->number = signals[dialog->chosen].number;
	if (target->number == SIGKILL && target->pid == 1) { /* without its init nothing of a guest lives */
		acts_ask_kill(app, target->guest);
		return;
	}
	snprintf(title, sizeof title, "Send %.*s to %.24s (%d) of %.30s?", (int)strcspn(choice, " "), choice, target->command,
	         (int)target->pid, target->guest);
	dialog_question(&app->dialog, title, "send", target->guest, "");
	acts_bind(app);
	app->dialog.confirmed = sent;
}

void signal_ask(struct app *app, const struct signal_target *target)
{
	char title[128];

	app->signal = *target;
	/* The pid has room beside it in 40 columns too. */
	snprintf(title, sizeof title, "Signal for %.*s (%d)", screen_columns(app->screen) < 60 ? 12 : 24, target->command,
	         (int)target->pid);
	dialog_choose(&app->dialog, title);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		dialog_choice(&app->dialog, signals[i].choice, signals[i].number == SIGTERM);
	app->dialog.confirmed = chosen;
}
