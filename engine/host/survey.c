/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at what is left in a guest: see survey.h. Owns what it knows of the worst ones between two looks. */
#include "host/survey.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "host/process_private.h"
#include "host/stuck.h"

#include <fcntl.h>
#include <string.h>

#define LOOK_PIDS 512      /* further processes whose state one look reads */
#define LOOK_USEC 20000u   /* and the time it may take to do so */
#define THREADS_MAX 64     /* of one process that are looked at */

/* What is told of a process, and what is kept of it for the next look. */
struct known {
	struct auberge_survivor told;
	char name[64];       /* as in its stat: another one means another command line */
	pid_t stuck_thread;  /* 0 none */
	uint64_t stuck_usec; /* CLOCK_MONOTONIC when it was first seen in this sleep */
	uint64_t switches;   /* that it had made by then */
};

struct candidate {
	pid_t pid;
	uint64_t start;
	int rank;
};

struct survey {
	struct known *known; /* of the last look, SURVEY_MAX at most */
	size_t known_count, next; /* next: index of the pid at which the next look goes on */
	struct auberge_survivor *told;
};

struct survey *survey_open(void)
{
	return calloc(1, sizeof(struct survey));
}

void survey_close(struct survey *survey)
{
	if (!survey)
		return;
	free(survey->known);
	free(survey->told);
	free(survey);
}

/* A zombie with threads is a process of which only the first thread has ended. */
static int rank_of(char state, uint64_t threads)
{
	if (state == 'D' || (state == 'Z' && threads > 1))
		return 0;
	return state == 'Z' ? 2 : 1;
}

static int by_rank(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static int by_told(const void *a, const void *b)
{
	const struct auberge_survivor *left = &((const struct known *)a)->told, *right = &((const struct known *)b)->told;
	const struct candidate one = {left->host_pid, left->start_time, rank_of(left->state, 1)};
	const struct candidate two = {right->host_pid, right->start_time, rank_of(right->state, 1)};

	return by_rank(&one, &two);
}

static struct known *find_known(const struct survey *survey, pid_t pid)
{
	for (size_t i = 0; i < survey->known_count; i++)
		if (survey->known[i].told.host_pid == pid)
			return &survey->known[i];
	return NULL;
}

static bool consider(pid_t pid, struct candidate *candidate)
{
	cleanup_close int directory = process_open_directory(pid);
	struct process_stat stat;

	if (directory < 0 || process_read_stat(directory, &stat) < 0 || stat.state == 'X')
		return false;
	*candidate = (struct candidate){pid, stat.start_ticks, rank_of(stat.state, stat.threads)};
	return true;
}

static bool listed(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* The worst ones so far, and as many more as one look may read. */
static size_t gather(struct survey *survey, const pid_t *pids, size_t count, struct candidate *found)
{
	uint64_t until = now_monotonic_usec() + LOOK_USEC;
	size_t gathered = 0, looked;

	for (size_t i = 0; i < survey->known_count; i++) {
		pid_t pid = survey->known[i].told.host_pid;

		if (listed(pids, count, pid))
			gathered += consider(pid, &found[gathered]);
	}
	if (survey->next >= count)
		survey->next = 0;
	for (looked = 0; looked < count && looked < LOOK_PIDS; looked++) {
		pid_t pid = pids[(survey->next + looked) % count];

		if (looked % 16 == 15 && now_monotonic_usec() > until)
			break;
		if (!find_known(survey, pid))
			gathered += consider(pid, &found[gathered]);
	}
	survey->next += looked;
	qsort(found, gathered, sizeof *found, by_rank);
	return gathered;
}

/* --- one process ---------------------------------------------------------------------------------------------- */

static uint64_t switches_of(const char *status)
{
	const char *at = strstr(status, "\nvoluntary_ctxt_switches:");

	return at ? strtoull(at + strlen("\nvoluntary_ctxt_switches:"), NULL, 10) : 0;
}

/* The directory of a thread in state D, its number in *thread; -1: none was seen. *all: every thread was looked at. */
static int stuck_thread(int directory, const struct process_stat *stat, pid_t pid, pid_t *thread, bool *all)
{
	cleanup_dir DIR *tasks = NULL;
	struct dirent *entry;
	int fd, seen = 0;

	*all = true;
	*thread = pid;
	if (stat->state == 'D')
		return openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = stat->threads > 1 ? openat(directory, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	tasks = fd < 0 ? NULL : fdopendir(fd);
	if (!tasks && fd >= 0)
		close(fd);
	while (tasks && (entry = readdir(tasks))) {
		struct process_stat one;

		if (entry->d_name[0] == '.')
			continue;
		if (seen++ == THREADS_MAX) {
			*all = false;
			break;
		}
		cleanup_close int task = openat(dirfd(tasks), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (task < 0 || process_read_stat(task, &one) < 0 || one.state != 'D')
			continue;
		*thread = (pid_t)strtol(entry->d_name, NULL, 10);
		return take_fd(&task);
	}
	return -1;
}

static void describe_stuck(int task, pid_t thread, const struct known *before, struct known *now)
{
	char status[4096] = "";
	uint64_t time = now_monotonic_usec();
	struct auberge_survivor *told = &now->told;

	told->state = 'D';
	stuck_read(task, told->wait, sizeof told->wait, told->stuck_in, sizeof told->stuck_in);
	if (file_read_at(task, "status", status, sizeof status) < 0)
		status[0] = '\0';
	now->stuck_thread = thread;
	now->switches = switches_of(status);
	now->stuck_usec = time;
	if (before && before->stuck_thread == thread && before->switches == now->switches)
		now->stuck_usec = before->stuck_usec;
	told->stuck_seconds = (int64_t)((time - now->stuck_usec) / 1000000u);
}

/*
 * The command line is in the process's own memory, and a thread that is stuck may hold that locked: then, or where not
 * all threads could be looked at, its name in the kernel does.
 */
static void describe_command(int directory, const struct process_stat *stat, bool safe, const struct known *before,
                             struct known *now)
{
	struct auberge_survivor *told = &now->told;

	snprintf(now->name, sizeof now->name, "%s", stat->name);
	if (before && stat->state != 'Z' && strcmp(before->name, stat->name) == 0 && before->told.command[0])
		memcpy(told->command, before->told.command, sizeof told->command);
	else if (safe || stat->state == 'Z')
		process_read_command(directory, stat, told->command, sizeof told->command);
	if (told->command[strspn(told->command, " ")] == '\0')
		auberge_text_clean(told->command, sizeof told->command, stat->name, strlen(stat->name), 0);
}

static bool describe(const struct candidate *candidate, const struct known *before, struct known *now)
{
	cleanup_close int directory = process_open_directory(candidate->pid);
	struct process_stat stat;
	char status[4096];
	pid_t thread;
	bool all;

	memset(now, 0, sizeof *now);
	if (directory < 0 || process_read_stat(directory, &stat) < 0 || stat.state == 'X')
		return false;
	if (before && before->told.start_time != stat.start_ticks)
		before = NULL;
	now->told.host_pid = candidate->pid;
	now->told.start_time = stat.start_ticks;
	now->told.state = stat.state;
	now->told.age_seconds = process_age_seconds(&stat);
	now->told.stuck_seconds = -1;
	if (before && before->told.pid > 0)
		now->told.pid = before->told.pid;
	else if (file_read_at(directory, "status", status, sizeof status) > 0)
		now->told.pid = process_inner_pid_of(status);
	cleanup_close int task = stuck_thread(directory, &stat, candidate->pid, &thread, &all);
	if (task >= 0)
		describe_stuck(task, thread, before, now);
	else
		stuck_read_wait(directory, now->told.wait, sizeof now->told.wait);
	describe_command(directory, &stat, task < 0 && all, before, now);
	return true;
}

size_t survey_look(struct survey *survey, const pid_t *pids, size_t count, size_t most,
                   const struct auberge_survivor **survivors)
{
	cleanup_free struct candidate *found = calloc(SURVEY_MAX + LOOK_PIDS, sizeof *found);
	size_t gathered = 0, told = 0;
	struct known *known;

	*survivors = NULL;
	if (most > SURVEY_MAX)
		most = SURVEY_MAX;
	if (!found || count == 0)
		return 0;
	gathered = gather(survey, pids, count, found);
	if (gathered > most)
		gathered = most;
	known = calloc(gathered + 1, sizeof *known);
	free(survey->told);
	survey->told = calloc(gathered + 1, sizeof *survey->told);
	if (!known || !survey->told) {
		free(known);
		return 0;
	}
	for (size_t i = 0; i < gathered; i++)
		told += describe(&found[i], find_known(survey, found[i].pid), &known[told]);
	qsort(known, told, sizeof *known, by_told);
	for (size_t i = 0; i < told; i++)
		survey->told[i] = known[i].told;
	free(survey->known);
	survey->known = known;
	survey->known_count = told;
	*survivors = survey->told;
	return told;
}
