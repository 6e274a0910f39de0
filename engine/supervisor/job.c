/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts on guests as seen from outside: a job is one connection (to the supervisor, to the report of a new one, or to an
 * auberge-build that cleans up after a dead one) and a timer, joined in one epoll descriptor, so that nobody need block.
 */
#include "auberge.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/history.h"
#include "guest/lock.h"
#include "guest/order.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/build.h"
#include "supervisor/launch.h"
#include "supervisor/ledger.h"
#include "supervisor/protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 1000 /* DESIGN: "not answering" after 1 s */
#define AGAIN_USEC 3000000u /* for the next supervisor to be there */
#define TRIES_MAX 1000
#define RETRY_MS 10    /* while a supervisor is between lock and socket */
#define SURVIVORS_MAX 256

enum stage { STAGE_CONNECTING, STAGE_ADOPTING, STAGE_ASKED, STAGE_STARTING, STAGE_CLEANING, STAGE_OVER };

struct auberge_job {
	struct auberge *auberge;
	char name[AUBERGE_NAME_MAX + 1];
	enum auberge_act act;
	struct auberge_act_options options;
	char by[64];
	enum stage stage;
	int epoll, timer, fd;
	pid_t pid; /* to reap; 0 none */
	bool answered; /* by some supervisor */
	bool heard;    /* from the one that is asked now */
	bool asked;    /* some supervisor: one that dies hands what it was asked to its successor */
	bool gone;     /* what was asked to end has ended */
	bool adopted;  /* tried to give it a supervisor again */
	bool readying; /* started; now it is waited for until it is up */
	unsigned tries;
	uint64_t give_up_usec;  /* of connecting */
	uint64_t deadline_usec; /* of the stop, as asked or told; 0 not known */
	struct frame_reader in;
	struct auberge_error cleaning; /* what auberge-build told */
	struct auberge_survivor survivors[SURVIVORS_MAX]; /* as last told */
	size_t survivors_count, survivors_total;
	struct auberge_error limit; /* said after the survivors: the stop's time limit came */
};

static void set_timer(struct auberge_job *job, unsigned milliseconds)
{
	struct itimerspec at = {.it_value = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000}};

	timerfd_settime(job->timer, 0, &at, NULL);
}

static void disconnect(struct auberge_job *job)
{
	if (job->fd >= 0)
		close(job->fd); /* and so out of the epoll */
	job->fd = -1;
	frame_reader_free(&job->in);
	/* It ends by itself, and goes on where the job is left before that. */
	if (job->pid > 0 && waitpid(job->pid, NULL, WNOHANG) == 0)
		set_launched(job->auberge, job->pid);
	job->pid = 0;
}

static int take_descriptor(struct auberge_job *job, int fd, enum stage stage, struct auberge_error *error)
{
	struct epoll_event event = {.events = EPOLLIN};

	job->fd = fd;
	job->stage = stage;
	if (epoll_ctl(job->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return error_set(error, errno, "cannot wait for %s", job->name);
	return 0;
}

static int over(struct auberge_job *job)
{
	job->stage = STAGE_OVER;
	disconnect(job);
	return -1;
}

/* Between two runs of a guest that is restarted by its policy: its supervisor is asked to go on at once. */
static bool waits_to_restart(struct auberge_job *job)
{
	cleanup_close int run_fd = set_open_run(job->auberge, job->name);
	struct auberge_error ignored = {0};
	struct ledger ledger;

	return run_fd >= 0 && ledger_read(run_fd, &ledger, &ignored) == 0 && ledger.this_boot && ledger.phase == PHASE_AWAITING &&
	       lock_held(job->auberge, job->name, LOCK_SUPERVISOR) > 0;
}

static int begin_start(struct auberge_job *job, struct auberge_error *error)
{
	int fd;

	disconnect(job);
	set_timer(job, 0);
	fd = launch(job->auberge, job->name, job->by, false, error);
	return fd < 0 ? -1 : take_descriptor(job, fd, STAGE_STARTING, error);
}

/* Supervisor and keeper are dead: a new pair takes the guest over, and is asked then. */
static int begin_adopting(struct auberge_job *job, struct auberge_error *error)
{
	int fd;

	disconnect(job);
	set_timer(job, 0);
	job->adopted = true;
	fd = launch(job->auberge, job->name, job->by, true, error);
	return fd < 0 ? -1 : take_descriptor(job, fd, STAGE_ADOPTING, error);
}

/* Nobody supervises it: what is left is reclaimed, and killed where that was asked. */
static int begin_cleaning(struct auberge_job *job, struct auberge_error *error)
{
	int fd;

	disconnect(job);
	set_timer(job, 0);
	fd = build_spawn(job->auberge, job->name, job->act == AUBERGE_KILL ? "kill" : "reclaim", &job->pid, error);
	return fd < 0 ? -1 : take_descriptor(job, fd, STAGE_CLEANING, error);
}

static int not_running(const struct auberge_job *job, struct auberge_error *error)
{
	error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: not running", job->name);
	return error_remedy(error, "start it by: auberge start %s", job->name);
}

/* Asked again of the next supervisor, a stop has what is left of its time. */
static int64_t time_limit(const struct auberge_job *job)
{
	uint64_t now = now_monotonic_usec();

	if (job->deadline_usec == 0)
		return job->options.timeout_seconds;
	return job->deadline_usec > now ? (int64_t)((job->deadline_usec - now + 999999u) / 1000000u) : 0;
}

static int ask(struct auberge_job *job, struct auberge_error *error)
{
	const char *verb = job->readying ? "ready" : job->act == AUBERGE_RESTART ? "stop" : auberge_act_word(job->act);
	int64_t timeout = job->readying && job->act == AUBERGE_RESTART ? -1 : time_limit(job); /* was the stop's */
	bool again = job->asked;
	int result = frame_sendf(job->fd, FRAME_REQUEST, "%d %s\nby=%s\ntimeout=%" PRId64 "\nkill=%d\nmany=%d\njoin=%d\nagain=%d\n",
	                         PROTOCOL_VERSION, verb, job->by, timeout, job->options.kill, job->options.many, job->options.join,
	                         again);

	if (result < 0 && result != -EPIPE && result != -ECONNRESET) /* these: it died just now, and that is heard in its turn */
		return error_set(error, -result, "cannot ask the supervisor of %s", job->name);
	job->asked |= result >= 0;
	set_timer(job, ANSWER_MS);
	return 0;
}

static int not_answering(const struct auberge_job *job, struct auberge_error *error)
{
	error_set(error, 0, "%s: its supervisor is not answering", job->name);
	return error_remedy(error, "look at it by: auberge show %s", job->name);
}

static bool ends(enum auberge_act act)
{
	return act == AUBERGE_STOP || act == AUBERGE_KILL || act == AUBERGE_RESTART;
}

/* What had been asked of a supervisor that died was done by the next, or by the guest. */
static int ended_meanwhile(struct auberge_job *job)
{
	job->stage = STAGE_CONNECTING;
	job->gone = true;
	set_timer(job, 1);
	return 0;
}

static bool is_untold(const struct auberge_job *job)
{
	return !ledger_exists(job->auberge, job->name) && cgroup_populated(job->auberge, job->name) > 0;
}

/* It runs, and its run directory was deleted, so that no supervisor can be reached or found again. */
static int act_untold(struct auberge_job *job, struct auberge_error *error)
{
	if (job->act == AUBERGE_KILL)
		return begin_cleaning(job, error);
	error_set(error, 0, "%s runs, but %s/%s was deleted: nobody can be asked to %s it", job->name, auberge_run_dir(job->auberge),
	          job->name, auberge_act_word(job->act));
	return error_remedy(error, "halt it from within, or end it by: auberge kill %s", job->name);
}

/* Connects, or finds out why that cannot be. 0 also when it is to be tried again. */
static int connect_or_wait(struct auberge_job *job, struct auberge_error *error)
{
	int fd = control_connect(job->auberge, job->name), held;

	if (fd >= 0) {
		job->heard = false;
		return take_descriptor(job, fd, STAGE_ASKED, error) < 0 ? -1 : ask(job, error);
	}
	if (fd == -EACCES || fd == -EPERM)
		return error_set_code(error, AUBERGE_NOT_PERMITTED, -fd, "cannot reach the supervisor of %s", job->name);
	if (fd == -ENOENT && is_untold(job))
		return act_untold(job, error);
	held = lock_held(job->auberge, job->name, LOCK_SUPERVISOR);
	if (held == 0)
		held = lock_held(job->auberge, job->name, LOCK_KEEPER);
	if (held < 0)
		return error_set(error, -held, "cannot ask for the locks of %s", job->name);
	if (held == 0) {
		if (job->readying)
			return error_set(error, 0, "%s: it ended before it was ready", job->name);
		if (job->act == AUBERGE_START)
			return begin_start(job, error);
		cleanup_close int run_fd = set_open_run(job->auberge, job->name);

		if (run_fd < 0 && errno != ENOENT)
			return error_set(error, errno, "%s/%s", auberge_run_dir(job->auberge), job->name);
		if (run_fd < 0)
			return job->asked && ends(job->act) ? ended_meanwhile(job) : not_running(job, error);
		return job->adopted ? begin_cleaning(job, error) : begin_adopting(job, error);
	}
	if (now_monotonic_usec() > job->give_up_usec)
		return not_answering(job, error);
	set_timer(job, RETRY_MS);
	return 0;
}

struct auberge_job *auberge_job_begin(struct auberge *auberge, const char *name, enum auberge_act act,
                                      const struct auberge_act_options *options, struct auberge_error *error)
{
	struct auberge_job *job;
	struct epoll_event event = {.events = EPOLLIN};
	int result;

	if (set_require_guest(auberge, name, error) < 0)
		return NULL;
	/* A restart that could not start again must not stop either. */
	if ((act == AUBERGE_START || act == AUBERGE_RESTART) && !(options && options->ordered) &&
	    order_check(auberge, name, NULL, 0, error) < 0)
		return NULL;
	if (geteuid() != 0) {
		error_set_code(error, AUBERGE_NOT_PERMITTED, EPERM, "cannot %s %s", auberge_act_word(act), name);
		error_remedy(error, "run it as root");
		return NULL;
	}
	job = calloc(1, sizeof *job);
	if (!job) {
		error_set(error, ENOMEM, "cannot %s %s", auberge_act_word(act), name);
		return NULL;
	}
	job->auberge = auberge;
	job->act = act;
	job->fd = -1;
	job->options = options ? *options : (struct auberge_act_options){.timeout_seconds = -1};
	snprintf(job->name, sizeof job->name, "%s", name);
	if (job->options.by)
		snprintf(job->by, sizeof job->by, "%s", job->options.by);
	else
		process_user(job->by, sizeof job->by);
	job->epoll = epoll_create1(EPOLL_CLOEXEC);
	job->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	job->give_up_usec = now_monotonic_usec() + ANSWER_MS * 1000u;
	if (job->options.timeout_seconds >= 0 && (act == AUBERGE_STOP || act == AUBERGE_RESTART))
		job->deadline_usec = now_monotonic_usec() + (uint64_t)job->options.timeout_seconds * 1000000u;
	if (job->epoll < 0 || job->timer < 0 || epoll_ctl(job->epoll, EPOLL_CTL_ADD, job->timer, &event) < 0)
		result = error_set(error, errno, "cannot %s %s", auberge_act_word(act), name);
	else
		result = act == AUBERGE_START && !waits_to_restart(job) ? begin_start(job, error) : connect_or_wait(job, error);
	if (result < 0) {
		auberge_job_free(job);
		return NULL;
	}
	return job;
}

int auberge_job_fd(const struct auberge_job *job)
{
	return job->epoll;
}

static int complete(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error)
{
	if (job->act == AUBERGE_RESTART && job->stage != STAGE_STARTING) {
		if (begin_start(job, error) < 0)
			return over(job);
		*event = (struct auberge_job_event){.kind = AUBERGE_EVENT_PROGRESS, .left_seconds = -1};
		snprintf(event->text, sizeof event->text, "stopped, starting");
		return 1;
	}
	if (job->options.ready && !job->readying && (job->act == AUBERGE_START || job->stage == STAGE_STARTING)) {
		disconnect(job);
		job->readying = true;
		job->stage = STAGE_CONNECTING;
		job->give_up_usec = now_monotonic_usec() + ANSWER_MS * 1000u;
		return connect_or_wait(job, error) < 0 ? over(job) : 0;
	}
	over(job);
	*event = (struct auberge_job_event){.kind = AUBERGE_EVENT_DONE, .left_seconds = -1};
	return 1;
}

/* Nothing to supervise: what is left is cleaned up, and where that is not all of it, killed if that was asked. */
static int not_adopted(struct auberge_job *job, struct auberge_error *error)
{
	error_clear(error);
	return begin_cleaning(job, error) < 0 ? over(job) : 0;
}

/* The connection ended without a last word. */
static int ended(struct auberge_job *job, struct auberge_error *error)
{
	if (job->stage == STAGE_STARTING) {
		error_set(error, 0, "%s: auberge-supervisor ended without a word", job->name);
		return over(job);
	}
	if (job->stage == STAGE_ADOPTING)
		return not_adopted(job, error);
	/* It died: its keeper starts another, or we do; or it was ending as we came. */
	disconnect(job);
	job->stage = STAGE_CONNECTING;
	job->answered = true;
	job->adopted = false;
	job->give_up_usec = now_monotonic_usec() + AGAIN_USEC;
	if (job->tries++ < TRIES_MAX) {
		set_timer(job, RETRY_MS);
		return 0;
	}
	error_set(error, 0, "%s: its supervisor is gone", job->name);
	error_remedy(error, "look at it by: auberge show %s", job->name);
	return over(job);
}

static int adopted(struct auberge_job *job, struct auberge_error *error)
{
	disconnect(job);
	job->stage = STAGE_CONNECTING;
	job->answered = false;
	job->give_up_usec = now_monotonic_usec() + AGAIN_USEC;
	return connect_or_wait(job, error) < 0 ? over(job) : 0;
}

static void put_survivors(struct auberge_job *job, struct auberge_job_event *event)
{
	event->survivors = job->survivors;
	event->survivors_count = job->survivors_count;
	event->survivors_total = job->survivors_total;
}

static int take_frame(struct auberge_job *job, char type, const char *body, size_t length, struct auberge_job_event *event,
                      struct auberge_error *error)
{
	job->answered = job->heard = true;
	set_timer(job, 0);
	*event = (struct auberge_job_event){.kind = AUBERGE_EVENT_PROGRESS, .left_seconds = -1};
	switch (type) {
	case FRAME_DONE:
		return job->stage == STAGE_ADOPTING ? adopted(job, error) : complete(job, event, error);
	case FRAME_ERROR:
		frame_parse_error(body, length, error);
		if (job->stage == STAGE_ADOPTING)
			return not_adopted(job, error);
		if (error->code == AUBERGE_TIMEOUT && job->survivors_total > 0) {
			job->limit = *error;
			event->kind = AUBERGE_EVENT_SURVIVORS;
			event->left_seconds = 0;
			put_survivors(job, event);
			return 1;
		}
		return over(job);
	case FRAME_PROGRESS: {
		char text[sizeof event->text], *blank;

		snprintf(text, sizeof text, "%.*s", (int)length, body);
		event->left_seconds = strtoll(text, &blank, 10);
		if (job->deadline_usec == 0 && event->left_seconds > 0)
			job->deadline_usec = now_monotonic_usec() + (uint64_t)event->left_seconds * 1000000u;
		auberge_text_clean(event->text, sizeof event->text, blank, strlen(blank), 0);
		memmove(event->text, event->text + strspn(event->text, " "), strlen(event->text + strspn(event->text, " ")) + 1);
		put_survivors(job, event);
		return 1;
	}
	case FRAME_SURVIVORS: /* the event they belong to follows; body ends with NUL */
		job->survivors_count = survivors_parse(body, job->survivors, SURVIVORS_MAX, &job->survivors_total);
		return 0;
	default:
		return 0;
	}
}

/* The supervisor that would have is dead, and with it init's status. */
static void write_down_kill(const struct auberge_job *job)
{
	struct auberge_end end = {.known = true, .cause = "killed", .status = -1, .time_seconds = time(NULL)};
	struct auberge_history_event event = {.event = "end", .cause = "killed", .status = -1, .seconds = -1};
	struct auberge_error ignored = {0};

	event.time_seconds = end.time_seconds;
	snprintf(event.name, sizeof event.name, "%s", job->name);
	snprintf(event.by, sizeof event.by, "%s", job->by);
	history_write_end(job->auberge, job->name, &end, &ignored);
	history_add(job->auberge, job->name, &event, &ignored);
}

/* auberge-build speaks in whole messages. */
static int next_cleaning(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error)
{
	char data[8192];
	int status = 0;
	size_t none;
	ssize_t got = recv(job->fd, data, 1, MSG_DONTWAIT | MSG_PEEK);

	if (got < 0 && errno == EAGAIN)
		return 0;
	got = receive_with_fds(job->fd, data, sizeof data - 1, NULL, 0, &none);
	if (got > 0) {
		data[got] = '\0';
		if (data[0] == FRAME_ERROR)
			frame_parse_error(data + 1, (size_t)got - 1, &job->cleaning);
		return 0;
	}
	while (job->pid > 0 && waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	job->pid = 0;
	if (job->cleaning.code == AUBERGE_OK && got < 0)
		error_set(&job->cleaning, (int)-got, "cannot hear auberge-build");
	else if (job->cleaning.code == AUBERGE_OK && WIFSIGNALED(status))
		error_set(&job->cleaning, 0, "auberge-build was killed by signal %d", WTERMSIG(status));
	else if (job->cleaning.code == AUBERGE_OK && status != 0)
		error_set(&job->cleaning, 0, "auberge-build ended with status %d and no word", WEXITSTATUS(status));
	if (job->cleaning.code != AUBERGE_OK) {
		*error = job->cleaning;
		return over(job);
	}
	if (job->act == AUBERGE_KILL) {
		write_down_kill(job);
		return complete(job, event, error);
	}
	if (job->asked && ends(job->act))
		return complete(job, event, error);
	not_running(job, error);
	return over(job);
}

static int timed_out(struct auberge_job *job, struct auberge_error *error)
{
	uint64_t expirations;

	if (read(job->timer, &expirations, sizeof expirations) != sizeof expirations)
		return 0;
	if (job->stage == STAGE_CONNECTING && !job->gone)
		return connect_or_wait(job, error) < 0 ? over(job) : 0;
	if (job->stage == STAGE_ASKED && !job->heard) {
		not_answering(job, error);
		return over(job);
	}
	return 0;
}

int auberge_job_next(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error)
{
	char type, *body;
	size_t length;
	bool readying = job->readying;
	int result;

	if (job->stage == STAGE_OVER)
		return error_set(error, 0, "%s: the act is over", job->name);
	if (job->limit.code != AUBERGE_OK) {
		*error = job->limit;
		return over(job);
	}
	if (timed_out(job, error) < 0)
		return -1;
	if (job->gone)
		return complete(job, event, error);
	if (job->fd < 0)
		return 0;
	if (job->stage == STAGE_CLEANING)
		return next_cleaning(job, event, error);
	result = frame_fill(&job->in, job->fd);
	if (result < 0 && result != -ECONNRESET && result != -EPIPE) {
		error_set(error, -result, "cannot hear the supervisor of %s", job->name);
		return over(job);
	}
	while (frame_next(&job->in, &type, &body, &length) > 0) {
		cleanup_free char *copy = malloc(length + 1); /* taking it may end the connection */
		int taken;

		if (!copy) {
			error_set(error, ENOMEM, "cannot hear the supervisor of %s", job->name);
			return over(job);
		}
		memcpy(copy, body, length);
		copy[length] = '\0';
		frame_drop(&job->in);
		taken = take_frame(job, type, copy, length, event, error);
		if (taken != 0 || job->readying != readying) /* another connection: result was the old one's */
			return taken;
	}
	return result < 0 ? ended(job, error) : 0;
}

void auberge_job_free(struct auberge_job *job)
{
	if (!job)
		return;
	disconnect(job);
	if (job->timer >= 0)
		close(job->timer);
	if (job->epoll >= 0)
		close(job->epoll);
	free(job);
}
