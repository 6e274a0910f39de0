/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screens on fixed figures: what the golden screens are made from, and what counts their bytes.
 *
 *     frozen            ten guests of which none changes
 *     frozen --empty    none
 *     frozen --reader   the same ten without root
 *     frozen --history  the same ten with ten minutes behind them
 *     frozen --many     twenty, of which eight change at each refresh
 *     frozen --wide     thirty-six, of which fourteen change
 *     frozen --bridges  the ten, with the bridges before them
 *     frozen --changing the ten, looked at ten times a second; by SIGUSR1 ns1 is found stopped
 *     frozen --bench    runs --many at 80x24 and --wide at 140x40 in a pty and prints bytes per refresh, per Down, and of
 *                       the first paint
 *
 * db2's stop reaches its time limit, web3's takes for ever, mail's is over when mysqld is, any other act is done after
 * 50 ms. A process that gets a signal is gone.
 */
#include "app.h"
#include "frozen_answers.h"
#include "frozen_configs.h"
#include "frozen_console.h"
#include "frozen_jobs.h"
#include "screen_harness.h"
#include "screens/source.h"
#include "screens/view.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define GIB (1024.0 * 1024 * 1024)
#define DAY 86400
#define START_USEC 1000000000000

struct auberge_job {
	char name[AUBERGE_NAME_MAX + 1];
	enum auberge_act act;
	int timer, step;
	bool join;
	int64_t left_seconds;
	struct frozen *frozen;
};

struct fixed_guest {
	const char *name;
	enum auberge_state state;
	enum auberge_supervision supervision;
	bool privileged;
	double cpu_percent, memory_gib, limit_gib, stall[3], io_mib;
	const char *bridges[2];
	int64_t uptime;
	unsigned oom_kills;
};

#define OK AUBERGE_SUPERVISION_OK
static const struct fixed_guest fixed[] = {
	{"web3", AUBERGE_RUNNING, OK, false, 88.1, 1.0, 1, {2, 31, 4}, 4.3, {"br0"}, 3 * DAY + 4 * 3600, 2},
	{"old-app", AUBERGE_FAILED_STATE, AUBERGE_SUPERVISION_NONE, false, 0, 0, 0, {0}, 0, {"br0"}, -1, 0},
	{"ldap1-lmb-clus-long-name-serv", AUBERGE_STOPPING, OK, false, 0.4, 6.2, 8, {0, 2, 13}, 18, {"V2002", "V2003"},
	 41 * DAY, 0},
	{"db2", AUBERGE_RUNNING, OK, true, 12.4, 5.9, 8, {0, 0, 0}, 1.1, {"br0"}, 41 * DAY, 0},
	{"build7", AUBERGE_FROZEN, OK, false, 0, 0.4, 2, {0, 0, 0}, 0, {"br0"}, 12 * 60, 0},
	{"mail", AUBERGE_RUNNING, AUBERGE_SUPERVISION_LOST, false, 3.2, 0.7, 0, {0, 0, 0}, 0.2, {"V2003"}, 9 * DAY, 0},
	{"ns1", AUBERGE_RUNNING, OK, false, 0.2, 0.05, 0.25, {0, 0, 0}, 0, {"V2003"}, 41 * DAY, 0},
	{"ns2", AUBERGE_RUNNING, OK, false, 0.3, 0.05, 0.25, {0, 0, 0}, 0, {"V2003"}, 41 * DAY, 0},
	{"test-ü1", AUBERGE_STOPPED, AUBERGE_SUPERVISION_NONE, false, 0, 0, 0, {0}, 0, {NULL}, -1, 0},
	{"wiki", AUBERGE_STARTING, OK, false, 0, 0.01, 1, {0, 0, 0}, 0, {"br0"}, 1, 0},
};
#define FIXED_COUNT (sizeof fixed / sizeof fixed[0])
#define MANY 20
#define CHANGING 8
#define WIDE 36
#define WIDE_CHANGING 14
#define HISTORY 60
#define HISTORY_USEC 10000000

struct frozen {
	struct model model;
	struct auberge_guest guests[WIDE];
	struct auberge_counters counters[WIDE];
	size_t count, changing;
	bool many, lived;
	unsigned round;
	bool signalled[3]; /* the survivors that are gone */
	struct auberge_jobs *jobs; /* the last act on several */
	struct model_clock clock;
};

static struct frozen *the_frozen;

static void make_guest(struct auberge_guest *guest, const struct fixed_guest *from)
{
	memset(guest, 0, sizeof *guest);
	snprintf(guest->name, sizeof guest->name, "%s", from->name);
	guest->state = from->state;
	guest->supervision = from->supervision;
	guest->privileged = from->privileged;
	guest->uptime_seconds = from->uptime;
	guest->running = from->uptime >= 0;
	guest->init_pid = guest->running ? 4711 : 0;
	for (size_t i = 0; i < 2 && from->bridges[i]; i++)
		snprintf(guest->bridges[guest->bridges_count++], AUBERGE_LINK_SIZE, "%s", from->bridges[i]);
	if (strcmp(from->name, "web3") == 0)
		snprintf(guest->macs[0], sizeof guest->macs[0], "02:3c:91:5b:4a:11");
	if (from->state == AUBERGE_FAILED_STATE) {
		guest->last_end = (struct auberge_end){.known = true, .status = 1, .bad = true,
		                                       .time_seconds = 1700000000 - 3600, .ran_seconds = 90};
		snprintf(guest->last_end.cause, sizeof guest->last_end.cause, "exited");
	}
	if (from->state == AUBERGE_STOPPING)
		guest->stop_deadline_seconds = 100018;
}

static void make_counters(struct auberge_counters *counters, const struct fixed_guest *from, bool second)
{
	double seconds = second ? 2 : 0;

	*counters = (struct auberge_counters){
		.have = AUBERGE_HAVE_CPU | AUBERGE_HAVE_MEMORY | AUBERGE_HAVE_CACHE | AUBERGE_HAVE_LIMIT |
	                AUBERGE_HAVE_STALL | AUBERGE_HAVE_IO | AUBERGE_HAVE_PROCESSES | AUBERGE_HAVE_OOM |
	                (second && from->oom_kills > 0 ? AUBERGE_HAVE_OOM_KNOWN : 0u),
		.time_usec = START_USEC + (uint64_t)(seconds * 1000000),
		.cpu_usec = (uint64_t)(seconds * from->cpu_percent * 10000),
		.memory_bytes = (uint64_t)(from->memory_gib * GIB),
		.memory_limit_bytes = from->limit_gib > 0 ? (uint64_t)(from->limit_gib * GIB) : AUBERGE_UNLIMITED,
		.cpu_stall_percent = (float)from->stall[0],
		.memory_stall_percent = (float)from->stall[1],
		.io_stall_percent = (float)from->stall[2],
		.read_bytes = (uint64_t)(seconds * from->io_mib * 1024 * 1024),
		.processes = 41,
		.processes_limit = AUBERGE_UNLIMITED,
		.oom_kills = second ? from->oom_kills : 0,
		.oom_seconds = second && from->oom_kills > 0 ? 1700000000 - 600 : 0,
	};
}

static volatile sig_atomic_t told;

static void on_told(int number)
{
	(void)number;
	told = 1;
}

static struct model_clock frozen_clock(struct source *source)
{
	return ((struct frozen *)source->data)->clock;
}

static int frozen_list(struct source *source, struct auberge_error *error)
{
	struct frozen *frozen = source->data;

	(void)error;
	for (size_t i = 0; told && i < frozen->count; i++)
		if (strcmp(frozen->guests[i].name, "ns1") == 0)
			frozen->guests[i].state = AUBERGE_STOPPED;
	return model_update_guests(&frozen->model, frozen->guests, frozen->count, &frozen->clock);
}

static int frozen_host(struct source *source, struct auberge_error *error)
{
	struct frozen *frozen = source->data;
	struct auberge_host host = {
		.name = "host7", .uptime_seconds = 41 * DAY, .load = {2.3, 1.9, 1.4}, .processors = 8,
		.cpu_busy_ticks = 1000 + frozen->round * 370, .cpu_total_ticks = 10000 + frozen->round * 1000,
		.memory_bytes = (uint64_t)(31.2 * GIB), .memory_used_bytes = (uint64_t)(21.4 * GIB),
		.disk_bytes = 1000, .disk_used_bytes = 910,
		.cpu_stall_percent = 4, .memory_stall_percent = 0, .io_stall_percent = 12,
	};

	(void)error;
	model_update_host(&frozen->model, &host);
	return 0;
}

static void frozen_round(struct source *source)
{
	struct frozen *frozen = source->data;

	frozen->round++;
	if (frozen->many) {
		frozen->clock.monotonic_usec += 2000000;
		frozen->clock.wall_seconds += 2;
		frozen->clock.boot_seconds += 2;
	}
}

static bool frozen_slice(struct source *source, uint64_t budget_usec)
{
	struct frozen *frozen = source->data;

	(void)budget_usec;
	for (size_t i = 0; frozen->many && i < frozen->count; i++) {
		struct auberge_counters *counters = &frozen->counters[i];
		struct model_row *row = model_find(&frozen->model, frozen->guests[i].name);
		uint64_t turn = i < frozen->changing ? (frozen->round * 7919 + i * 104729) % 100 : 20;

		counters->time_usec = frozen->clock.monotonic_usec;
		counters->cpu_usec += 20000 * turn + 1000 * i;
		counters->read_bytes += i < frozen->changing ? turn * 40000 : 0;
		counters->memory_bytes = (uint64_t)(GIB * (1 + (double)i / 10) + (double)turn * 4e6);
		model_update_counters(row, counters, &frozen->clock);
	}
	return true;
}

static void set_timer(struct auberge_job *job, int milliseconds)
{
	struct itimerspec time = {.it_value = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000}};

	timerfd_settime(job->timer, 0, &time, NULL);
}

static struct auberge_job *frozen_begin(struct source *source, const char *name, enum auberge_act act,
                                        const struct auberge_act_options *options, struct auberge_error *error)
{
	struct auberge_job *job = calloc(1, sizeof *job);

	if (job)
		job->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (strcmp(name, "ns2") == 0 || !job) {
		free(job);
		*error = (struct auberge_error){.code = AUBERGE_FAILED};
		snprintf(error->text, sizeof error->text, "ns2: its supervisor is not answering");
		snprintf(error->remedy, sizeof error->remedy, "auberge show ns2");
		return NULL;
	}
	snprintf(job->name, sizeof job->name, "%s", name);
	job->act = act;
	job->join = options->join;
	job->left_seconds = options->join ? options->timeout_seconds : 3580;
	job->frozen = source->data;
	set_timer(job, 50);
	return job;
}

static int frozen_fd(const struct auberge_job *job)
{
	return job->timer;
}

static void put_survivors(const struct auberge_job *job, struct auberge_job_event *event)
{
	static const struct auberge_survivor all[] = {
		{12, 4012, "mysqld", 'D', "io_schedule", 3541000, 100, "folio_wait_writeback (disk)", 34},
		{40, 4040, "cron", 'S', "hrtimer_nanosleep", 3500, 101, "", -1},
		{41, 4041, "rsyslogd -n -iNONE --with-a-long-name", 'S', "", 3499, 102, "", -1},
	};
	static struct auberge_survivor left[3];
	size_t count = 0;

	for (size_t i = 0; i < 3; i++)
		if (!job->frozen->signalled[i])
			left[count++] = all[i];
	event->survivors = left;
	event->survivors_count = count;
	event->survivors_total = count;
}

static int say_progress(struct auberge_job *job, struct auberge_job_event *event)
{
	*event = (struct auberge_job_event){.kind = AUBERGE_EVENT_PROGRESS, .left_seconds = job->left_seconds};
	put_survivors(job, event);
	snprintf(event->text, sizeof event->text, "waiting: %zu processes left", event->survivors_count);
	if (strcmp(job->name, "db2") == 0 && !job->join)
		set_timer(job, 700);
	else
		set_timer(job, 100);
	return 1;
}

static int say_survivors(struct auberge_job *job, struct auberge_job_event *event)
{
	*event = (struct auberge_job_event){.kind = AUBERGE_EVENT_SURVIVORS, .left_seconds = 0};
	put_survivors(job, event);
	return 1;
}

static void set_state(void *data, const char *name, enum auberge_act act)
{
	static const enum auberge_state states[] = {
		[AUBERGE_START] = AUBERGE_RUNNING, [AUBERGE_STOP] = AUBERGE_STOPPED, [AUBERGE_RESTART] = AUBERGE_RUNNING,
		[AUBERGE_FREEZE] = AUBERGE_FROZEN, [AUBERGE_THAW] = AUBERGE_RUNNING, [AUBERGE_KILL] = AUBERGE_FAILED_STATE,
	};
	struct frozen *frozen = data;

	for (size_t i = 0; i < frozen->count; i++)
		if (strcmp(frozen->guests[i].name, name) == 0)
			frozen->guests[i].state = states[act];
	if (act == AUBERGE_KILL && frozen->jobs)
		frozen_jobs_killed(frozen->jobs, name);
}

static struct auberge_jobs *frozen_acts(struct source *source, enum auberge_act act, const char *const *names, size_t count,
                                        struct auberge_error *error)
{
	struct frozen *frozen = source->data;

	(void)error;
	frozen->jobs = frozen_jobs_begin(act, names, count, set_state, frozen);
	return frozen->jobs;
}

static void frozen_acts_free(struct auberge_jobs *jobs)
{
	the_frozen->jobs = jobs == the_frozen->jobs ? NULL : the_frozen->jobs;
	frozen_jobs_free(jobs);
}

static int frozen_belongings(struct source *source, const char *name, void (*found)(void *data, bool kept, const char *what),
                             void *data, struct auberge_error *error)
{
	char path[128];

	(void)source;
	(void)error;
	snprintf(path, sizeof path, "/var/lib/auberge/%s/", name);
	found(data, false, path);
	found(data, true, "/srv/ldap");
	return 0;
}

static bool held(const struct auberge_job *job)
{
	if (strcmp(job->name, "mail") == 0)
		return !job->frozen->signalled[0];
	return strcmp(job->name, "web3") == 0 || strcmp(job->name, "db2") == 0 || job->join;
}

static int frozen_next(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error)
{
	bool limited = strcmp(job->name, "db2") == 0 && !job->join;
	uint64_t expired;

	if (limited && job->step == 2) {
		*error = (struct auberge_error){.code = AUBERGE_TIMEOUT, .text = "db2: still stopping after 90 s"};
		return -1;
	}
	if (read(job->timer, &expired, sizeof expired) != (ssize_t)sizeof expired)
		return 0;
	job->step++;
	if (job->act == AUBERGE_STOP && held(job))
		return limited && job->step == 2 ? say_survivors(job, event) : say_progress(job, event);
	set_state(job->frozen, job->name, job->act);
	*event = (struct auberge_job_event){.kind = AUBERGE_EVENT_DONE, .left_seconds = -1};
	return 1;
}

static int frozen_signal(struct source *source, const char *name, pid_t host_pid, uint64_t start_time, int number,
                         struct auberge_error *error)
{
	struct frozen *frozen = source->data;
	static const pid_t pids[] = {4012, 4040, 4041};

	(void)number;
	for (size_t i = 0; i < 3; i++)
		if (pids[i] == host_pid && start_time == 100 + i && !frozen->signalled[i]) {
			frozen->signalled[i] = true;
			return 0;
		}
	*error = (struct auberge_error){.code = AUBERGE_WRONG_STATE};
	snprintf(error->text, sizeof error->text, "process %d of %s has ended", (int)host_pid, name);
	return -1;
}

static void frozen_free(struct auberge_job *job)
{
	close(job->timer);
	free(job);
}

/* Nothing is known beyond the model, but for what the fixtures of a screen give. */
static void frozen_ask(struct source *source, enum source_topic topic, const char *name)
{
	struct source_answer *answer = &source->answers[topic];

	free(answer->items);
	*answer = (struct source_answer){.time_usec = ((struct frozen *)source->data)->clock.monotonic_usec};
	snprintf(answer->name, sizeof answer->name, "%s", name);
	frozen_answer(topic, name, answer);
}

/* The files of a guest, in memory: no guest has others. */
static int frozen_open_file(struct source *source, enum source_file file, const char *name, char *path, size_t size)
{
	(void)source;
	return frozen_file(file, name, path, size);
}

static void frozen_environment(struct source *source)
{
	(void)source;
}

static int frozen_escape(struct source *source)
{
	(void)source;
	return 0x1d;
}

/* Ten minutes in which memory fills up and the rest goes up and down. */
static void live(struct frozen *frozen)
{
	for (int step = 0; step < HISTORY; step++) {
		struct model_clock clock = {.monotonic_usec = START_USEC - (uint64_t)(HISTORY - step) * HISTORY_USEC,
		                            .boot_seconds = 100000 - (HISTORY - step) * 10,
		                            .wall_seconds = 1700000000 - (HISTORY - step) * 10};

		for (size_t i = 0; i < frozen->count; i++) {
			struct auberge_counters counters;
			struct model_row *row = model_find(&frozen->model, frozen->guests[i].name);
			double part = (double)((step * 37 + (int)i * 11) % 100) / 100, grown = 0.4 + 0.6 * step / HISTORY;

			if (!row->guest.running)
				continue;
			make_counters(&counters, &fixed[i], false);
			counters.time_usec = clock.monotonic_usec;
			counters.cpu_usec = row->now.cpu_usec + (uint64_t)(HISTORY_USEC / 100 * fixed[i].cpu_percent * part);
			counters.read_bytes = row->now.read_bytes + (uint64_t)(10 * fixed[i].io_mib * 1024 * 1024 * part);
			counters.memory_bytes = (uint64_t)((double)counters.memory_bytes * grown);
			counters.memory_stall_percent *= (float)grown;
			counters.io_stall_percent *= (float)part;
			model_update_counters(row, &counters, &clock);
		}
	}
}

static void guest_ended(struct source *source, const char *name)
{
	struct frozen *frozen = source->data;

	for (size_t i = 0; i < frozen->count; i++) {
		struct auberge_guest *guest = &frozen->guests[i];

		if (strcmp(guest->name, name) != 0)
			continue;
		guest->state = AUBERGE_STOPPED;
		guest->running = false;
		guest->last_end = (struct auberge_end){.known = true, .time_seconds = 1700000000, .ran_seconds = 90};
		snprintf(guest->last_end.cause, sizeof guest->last_end.cause, "exited");
	}
}

static void fill(struct frozen *frozen)
{
	struct model_clock first = {.monotonic_usec = START_USEC, .boot_seconds = 100000, .wall_seconds = 1700000000};

	frozen->clock = first;
	for (size_t i = 0; i < frozen->count; i++) {
		struct fixed_guest from = fixed[i % FIXED_COUNT];
		char name[32];

		if (frozen->many) {
			from = fixed[6];
			snprintf(name, sizeof name, "guest%02zu", i);
			from.name = name;
			from.limit_gib = 4;
		}
		make_guest(&frozen->guests[i], &from);
		make_counters(&frozen->counters[i], &from, false);
	}
	model_update_guests(&frozen->model, frozen->guests, frozen->count, &first);
	if (frozen->many)
		return;
	if (frozen->lived)
		live(frozen);
	frozen->clock.monotonic_usec += 2000000;
	for (size_t i = 0; i < frozen->count; i++) {
		struct model_row *row = model_find(&frozen->model, frozen->guests[i].name);

		if (!row->guest.running)
			continue;
		model_update_counters(row, &frozen->counters[i], &first);
		make_counters(&frozen->counters[i], &fixed[i], true);
		model_update_counters(row, &frozen->counters[i], &frozen->clock);
	}
}

static int show(const char *mode)
{
	static struct frozen frozen;
	const char *every = getenv("FROZEN_ROUND_MS");
	struct app_options options = {.round_ms = every ? atoi(every) : 0, .theme = getenv("FROZEN_THEME"),
	                              .settings_file = getenv("FROZEN_SETTINGS")};
	struct source source = {
		.model = &frozen.model, .root = strcmp(mode, "--reader") != 0, .data = &frozen, .clock = frozen_clock,
		.refresh_list = frozen_list, .refresh_host = frozen_host, .begin_round = frozen_round,
		.slice = frozen_slice, .answer_fd = -1, .ask = frozen_ask, .open_file = frozen_open_file, .act_begin = frozen_begin, .act_fd = frozen_fd, .act_next = frozen_next,
		.act_free = frozen_free, .acts_begin = frozen_acts, .acts_fd = frozen_jobs_fd, .acts_next = frozen_jobs_next,
		.acts_held_by = frozen_jobs_held_by, .acts_free = frozen_acts_free, .belongings = frozen_belongings,
		.signal = frozen_signal, .child_environment = frozen_environment, .console_escape = frozen_escape,
		.console_open = frozen_console_open, .console_fd = frozen_console_fd, .console_read = frozen_console_read,
		.console_write = frozen_console_write, .console_resize = frozen_console_resize,
		.console_viewers = frozen_console_viewers, .console_close = frozen_console_close,
	};
	int status;

	options.view = strcmp(mode, "--bridges") == 0 ? &bridges_view : NULL;
	the_frozen = &frozen;
	if (strcmp(mode, "--changing") == 0) {
		options.round_ms = 100;
		signal(SIGUSR1, on_told);
	}
	frozen_configs(&source);
	frozen_guest_ended = guest_ended;
	frozen.many = strcmp(mode, "--many") == 0 || strcmp(mode, "--wide") == 0;
	frozen.lived = strcmp(mode, "--history") == 0;
	frozen.changing = strcmp(mode, "--wide") == 0 ? WIDE_CHANGING : CHANGING;
	frozen.count = frozen.many ? (frozen.changing == WIDE_CHANGING ? WIDE : MANY) : strcmp(mode, "--empty") == 0 ? 0 : FIXED_COUNT;
	model_init(&frozen.model);
	fill(&frozen);
	status = app_run_source(&source, &options);
	frozen_configs_close(&source);
	model_free(&frozen.model);
	for (size_t i = 0; i < TOPICS_COUNT; i++)
		free(source.answers[i].items);
	return status;
}

static uint64_t count_downs(struct harness *harness)
{
	uint64_t before = harness->bytes;

	for (int i = 0; i < 10; i++) {
		harness_send(harness, "\033[B");
		harness_settle(harness, 60);
	}
	return (harness->bytes - before) / 10;
}

struct bytes {
	uint64_t first, refresh, down;
};

static bool measure(const char *mode, int rows, int columns, struct bytes *bytes)
{
	const char *const argv[] = {"/proc/self/exe", mode, NULL};
	const char *const slow[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "FROZEN_ROUND_MS=60000", "NO_COLOR", NULL};
	const char *const fast[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "FROZEN_ROUND_MS=100", "NO_COLOR", NULL};
	struct harness harness;
	uint64_t before;

	if (!harness_start(&harness, argv, slow, rows, columns))
		return false;
	harness_wait(&harness, "F10", 3000);
	harness_settle(&harness, 100);
	bytes->first = harness.bytes;
	harness_settle(&harness, 400); /* the second round */
	bytes->down = count_downs(&harness);
	harness_send(&harness, "Q");
	harness_finish(&harness, 2000);
	harness_free(&harness);
	if (!harness_start(&harness, argv, fast, rows, columns))
		return false;
	harness_read(&harness, 1500);
	before = harness.bytes;
	harness_read(&harness, 5000);
	bytes->refresh = (harness.bytes - before) / 50;
	harness_send(&harness, "Q");
	harness_finish(&harness, 2000);
	harness_free(&harness);
	return true;
}

static int bench(void)
{
	static const struct {
		const char *mode, *what;
		int rows, columns;
		struct bytes most;
	} cases[] = {
		{"--many", "dashboard 80x24, 20 guests of which 8 change", 24, 80, {4500, 300, 200}},
		{"--wide", "dashboard 140x40, 36 guests of which 14 change", 40, 140, {9000, 450, 200}},
	};
	bool good = true;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct bytes *most = &cases[i].most;
		struct bytes bytes;

		if (!measure(cases[i].mode, cases[i].rows, cases[i].columns, &bytes))
			return 1;
		printf("%s: first paint %llu bytes, refresh %llu, Down %llu\n", cases[i].what, (unsigned long long)bytes.first,
		       (unsigned long long)bytes.refresh, (unsigned long long)bytes.down);
		good = good && bytes.first <= most->first && bytes.refresh <= most->refresh && bytes.down <= most->down;
	}
	return good ? 0 : 1;
}

static int pretend_child(const char *verb, const char *name)
{
	char line[16];

	printf("this is the %s of %s\n", verb, name);
	fflush(stdout);
	return fgets(line, sizeof line, stdin) ? 0 : 1;
}

/* `auberge destroy NAME --yes` in the background: old-app goes, the disk of any other is busy. */
static int pretend_destroy(const char *name)
{
	if (strcmp(name, "old-app") != 0) {
		fprintf(stderr, "auberge: destroy %s: /var/lib/auberge/%s: Device or resource busy\n", name, name);
		return 1;
	}
	printf("%s: kept /srv/ldap\n%s: destroyed\n", name, name);
	return 0;
}

int main(int argc, char **argv)
{
	setenv("TZ", "UTC", 1);
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	if (argc == 4 && strcmp(argv[1], "destroy") == 0)
		return pretend_destroy(argv[2]);
	if (argc > 3 && strcmp(argv[1], "create") == 0)
		return frozen_create(argv[2]);
	if (argc == 3)
		return pretend_child(argv[1], argv[2]);
	if (argc > 1 && strcmp(argv[1], "--bench") == 0)
		return bench();
	return show(argc > 1 ? argv[1] : "");
}
