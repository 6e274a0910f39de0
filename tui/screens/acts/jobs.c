/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts under way: owns the jobs. Nothing here waits; a job is read when its descriptor is readable. A stop that
 * reached its time limit is joined again without a limit, so that its survivors are told on; where that cannot be it
 * stays in the list without a job, with those last told, until someone decides or the guest is gone.
 */
#include "screens/acts/bulk.h"
#include "screens/view.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *doing, *done;
} words[] = {
	[AUBERGE_START] = {"starting", "started"},   [AUBERGE_STOP] = {"stopping", "stopped"},
	[AUBERGE_RESTART] = {"restarting", "restarted"}, [AUBERGE_FREEZE] = {"freezing", "frozen"},
	[AUBERGE_THAW] = {"thawing", "thawed"},      [AUBERGE_KILL] = {"killing", "killed"},
};

struct app_job *jobs_find(struct app *app, const char *name, enum auberge_act act)
{
	for (size_t i = 0; i < app->jobs_count; i++)
		if (app->jobs[i].act == act && strcmp(app->jobs[i].name, name) == 0)
			return &app->jobs[i];
	return NULL;
}

void jobs_forget(struct app *app, struct app_job *job)
{
	size_t index = (size_t)(job - app->jobs);

	if (job->job)
		app->source->act_free(job->job);
	app->jobs_count--;
	memmove(job, job + 1, (app->jobs_count - index) * sizeof *job);
}

/* Said, and kept: the next message must not take it away. */
static void note(struct app *app, const char *name, enum auberge_act act, const struct auberge_error *error)
{
	app_say_error(app, error);
	bulk_note(app, name, act, app->message);
}

struct app_job *jobs_begin(struct app *app, const char *name, enum auberge_act act, int64_t timeout_seconds)
{
	struct auberge_act_options options = {.timeout_seconds = timeout_seconds};
	struct auberge_error error = {0};
	struct app_job *job = jobs_find(app, name, act);
	struct auberge_job *begun;

	if (!job && app->jobs_count == JOBS_MAX) {
		app_say(app, ROLE_WARN, "%s: too many acts are under way", name);
		return NULL;
	}
	begun = app->source->act_begin(app->source, name, act, &options, &error);
	if (!begun) {
		note(app, name, act, &error);
		return NULL;
	}
	if (job)
		jobs_forget(app, job);
	job = &app->jobs[app->jobs_count++];
	memset(job, 0, sizeof *job);
	snprintf(job->name, sizeof job->name, "%s", name);
	job->act = act;
	job->job = begun;
	job->begun_ms = job->told_ms = app->now_ms;
	job->left_seconds = -1;
	app_say(app, ROLE_INFO, "%s %s", words[act].doing, name);
	return job;
}

/* Goes on in the place of the stop that is shown already, if there is one. */
struct app_job *jobs_join(struct app *app, const char *name, int64_t timeout_seconds)
{
	struct auberge_act_options options = {.timeout_seconds = timeout_seconds, .join = true};
	struct auberge_error error = {0};
	struct app_job *job = jobs_find(app, name, AUBERGE_STOP);
	struct auberge_job *begun;

	if (!job && app->jobs_count == JOBS_MAX) {
		app_say(app, ROLE_WARN, "%s: too many acts are under way", name);
		return NULL;
	}
	begun = app->source->act_begin(app->source, name, AUBERGE_STOP, &options, &error);
	if (!begun) {
		app_say_error(app, &error);
		return NULL;
	}
	if (!job) {
		job = &app->jobs[app->jobs_count++];
		memset(job, 0, sizeof *job);
		snprintf(job->name, sizeof job->name, "%s", name);
		job->act = AUBERGE_STOP;
		job->begun_ms = app->now_ms;
	} else if (job->job) {
		app->source->act_free(job->job);
	}
	job->job = begun;
	job->told_ms = app->now_ms;
	job->left_seconds = timeout_seconds;
	job->timed_out = job->timed_out && timeout_seconds < 0;
	return job;
}

int64_t jobs_left(const struct app_job *job, int64_t now_ms)
{
	int64_t left = job->left_seconds - (now_ms - job->told_ms) / 1000;

	if (job->left_seconds < 0)
		return -1;
	return left < 0 ? 0 : left;
}

static void take_survivors(struct app *app, struct app_job *job, const struct auberge_job_event *event)
{
	struct model_row *row = model_find(app->model, job->name);

	job->survivors_total = event->survivors_total;
	job->survivors_count = event->survivors_count < SURVIVORS_KEPT ? event->survivors_count : SURVIVORS_KEPT;
	memcpy(job->survivors, event->survivors, job->survivors_count * sizeof job->survivors[0]);
	if (row)
		row->survivors = (int)event->survivors_total;
}

static void done(struct app *app, struct app_job *job)
{
	double seconds = (double)(app->now_ms - job->begun_ms) / 1000;
	struct app_job *stop;
	char name[sizeof job->name];

	snprintf(name, sizeof name, "%s", job->name);
	if (job->act == AUBERGE_STOP && jobs_find(app, name, AUBERGE_KILL)) { /* that says it */
		jobs_forget(app, job);
		return;
	}
	if (seconds < 1)
		app_say(app, ROLE_OK, "%s %s", name, words[job->act].done);
	else
		app_say(app, ROLE_OK, "%s %s in %.1f s", name, words[job->act].done, seconds);
	jobs_forget(app, job);
	stop = jobs_find(app, name, AUBERGE_STOP);
	if (stop)
		jobs_forget(app, stop);
}

static struct app_job *join_again(struct app *app, struct app_job *job)
{
	struct app_job *joined = jobs_join(app, job->name, -1);

	return joined ? joined : job;
}

static void failed(struct app *app, struct app_job *job, const struct auberge_error *error)
{
	char where[48] = "";

	if (job->act != AUBERGE_STOP || error->code != AUBERGE_TIMEOUT) {
		note(app, job->name, job->act, error);
		if (job->act == AUBERGE_STOP)
			stop_failed(app, job->name);
		jobs_forget(app, job);
		return;
	}
	app->source->act_free(job->job);
	job->job = NULL;
	job->timed_out = true;
	job = join_again(app, job);
	if (app->views[app->views_count - 1].view != &stop_view) /* which shows them */
		snprintf(where, sizeof where, ": x%s shows them", app_key_place(app, 'x'));
	app_say(app, ROLE_WARN, "%s: the stop's time limit is over, %zu left%s", job->name, job->survivors_total, where);
}

void jobs_ready(struct app *app, struct app_job *job)
{
	struct auberge_job_event event;
	struct auberge_error error = {0};

	app->data_due = true;
	for (int i = 0; i < 16; i++) { /* a chatty job does not hold the others up */
		int result = app->source->act_next(job->job, &event, &error);

		if (result == 0)
			return;
		if (result < 0 || event.kind == AUBERGE_EVENT_DONE) {
			app->round_ms = app->now_ms; /* the list has changed: look at once */
			if (result < 0)
				failed(app, job, &error);
			else
				done(app, job);
			return;
		}
		if (event.survivors)
			take_survivors(app, job, &event);
		if (event.text[0])
			snprintf(job->text, sizeof job->text, "%s", event.text);
		job->told_ms = app->now_ms;
		job->left_seconds = event.left_seconds;
	}
}

void jobs_tick(struct app *app)
{
	for (size_t i = 0; i < app->jobs_count; i++) {
		struct app_job *job = &app->jobs[i];
		const struct model_row *row = model_find(app->model, job->name);
		bool at_rest = !row || row->guest.state == AUBERGE_STOPPED || row->guest.state == AUBERGE_FAILED_STATE;

		if (!job->job && at_rest) { /* it ended after all */
			jobs_forget(app, job);
			i--;
			continue;
		}
		if (job->show && app->now_ms >= job->begun_ms + STOP_SHOWN_AFTER_MS && app->dialog.kind == DIALOG_NONE &&
		    app->views_count == 1) {
			job->show = false;
			app_push(app, &stop_view, job->name);
		}
	}
}

int64_t jobs_deadline(const struct app *app)
{
	int64_t first = -1;

	for (size_t i = 0; i < app->jobs_count; i++) {
		int64_t at = app->jobs[i].begun_ms + STOP_SHOWN_AFTER_MS;

		if (app->jobs[i].show && at > app->now_ms && (first < 0 || at < first))
			first = at;
	}
	return first;
}

void jobs_close(struct app *app)
{
	while (app->jobs_count > 0)
		jobs_forget(app, &app->jobs[app->jobs_count - 1]);
}

/* --- a child with the terminal */

static pid_t spawn(struct app *app, const char *verb, const char *name, int errors)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(errors, STDERR_FILENO);
	app->source->child_environment(app->source);
	execl("/proc/self/exe", "auberge", verb, name, (char *)NULL);
	_exit(127);
}

/* Passes on what the child complains of, and keeps the beginning for the line of messages. */
static void relay(int from, char *kept, size_t size)
{
	char block[512];
	ssize_t got = read(from, block, sizeof block);
	size_t length = strlen(kept);

	if (got <= 0)
		return;
	if (write(STDERR_FILENO, block, (size_t)got) < 0)
		return; /* the terminal is gone; its end comes by SIGHUP */
	for (ssize_t i = 0; i < got && length + 1 < size; i++)
		kept[length++] = block[i];
	kept[length] = '\0';
}

static void child_signal(struct app *app, pid_t pid)
{
	struct signalfd_siginfo info;

	while (read(app->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP) {
			kill(pid, (int)info.ssi_signo);
			app_quit(app, 128 + (int)info.ssi_signo);
		}
		if (info.ssi_signo == SIGTSTP) /* the child got it too, and the shell wants both to stop */
			app_stop();
	}
}

static int wait_child(struct app *app, pid_t pid, int errors, char *kept, size_t size)
{
	struct pollfd wait[2] = {{.fd = app->signals, .events = POLLIN}, {.fd = errors, .events = POLLIN}};
	int status = 0;

	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid || (ended < 0 && errno != EINTR))
			break;
		poll(wait, 2, 1000);
		if (wait[0].revents)
			child_signal(app, pid);
		if (wait[1].revents & POLLIN)
			relay(errors, kept, size);
		else if (wait[1].revents)
			wait[1].fd = -1;
	}
	while (wait[1].fd >= 0 && poll(&wait[1], 1, 0) == 1 && wait[1].revents & POLLIN)
		relay(errors, kept, size);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void jobs_run_child(struct app *app, const char *verb, const char *name, const char *hint)
{
	char kept[512] = "", clean[300], line[256];
	int errors[2], status, length;
	const char *text = kept;
	pid_t pid;

	if (pipe2(errors, O_CLOEXEC) < 0) {
		app_say(app, ROLE_CRIT, "%s %s: pipe: %s", verb, name, strerror(errno));
		return;
	}
	screen_suspend(app->screen);
	length = snprintf(line, sizeof line, "%s of %s: %s\r\n", verb, name, hint);
	if (write(STDOUT_FILENO, line, (size_t)length) < 0)
		app_quit(app, 128 + SIGHUP);
	pid = spawn(app, verb, name, errors[1]);
	close(errors[1]);
	status = pid < 0 ? -errno : wait_child(app, pid, errors[0], kept, sizeof kept);
	close(errors[0]);
	screen_resume(app->screen);
	app_drop_input(app);
	app->round_ms = 0;
	app->message[0] = '\0';
	if (status == 0 || (status > 0 && kept[0] == '\0'))
		return;
	if (strncmp(text, "auberge: ", 9) == 0)
		text += 9;
	auberge_text_clean(clean, sizeof clean, text, strcspn(text, "\r\n"), 0);
	app_say(app, ROLE_CRIT, "%s", pid < 0 ? strerror(-status) : clean);
}
