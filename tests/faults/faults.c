/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/faults/faults: rows F2, F3, F4 and F9 of the fault matrix. Each step is run once to count the system calls of
 * each process of ours, then once for every call and every fault that it can have: SIGKILL there, or an error. Passed
 * is a run in which nothing crashed or hung, an error was said with its errno and a success was true, and the next
 * command led to a clean state, with nothing left on the host. Needs root; see usage.
 */
#include "errors.h"
#include "steps.h"

#include "base/fault_points.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: faults [--step STEP]... [--fault FAULT]... [--at ROLE:NUMBER] [--seconds N] [--seed N] [--jobs N]\n"
	"              [--calls] [--verbose] [PROGRAMS]\n"
	"       faults --points\n"
	"       faults save DIRECTORY\n"
	"Injects faults into the steps of a guest's life. PROGRAMS is the build tree, . by default.\n"
	"  --step STEP       only these: start stop start-over start-lost kill-lost exec create destroy destroy-half save config-set\n"
	"  --fault FAULT     only these: KILL ENOMEM ENOSPC EIO EPERM EINTR EAGAIN\n"
	"  --at ROLE:NUMBER  only there, as told of a failure\n"
	"  --seconds N       a share of so many seconds, drawn at random; else all\n"
	"  --seed N          of that share\n"
	"  --jobs N          at a time; default: one for each processor\n"
	"  --calls           only count, and print every call\n"
	"  --points          prints the named fail points, which AUBERGE_FAULT takes: NAME STEP WHAT\n";

#define RUN_SECONDS 20
#define SLOTS 64
#define KINDS_MAX 8
#define STEPS_MAX 16

struct options {
	const char *steps[STEPS_MAX], *kinds[KINDS_MAX];
	size_t steps_count, kinds_count;
	const char *at, *programs, *results, *world;
	double seconds;
	unsigned long seed;
	long jobs;
	bool calls, verbose;
};

struct point {
	size_t step, kind;
	struct injection injection;
	int nr;
};

/* Shared by the workers. */
struct tally {
	unsigned planned, tried, passed, missed;
};
static struct shared {
	struct tally tallies[STEPS_MAX][KINDS_MAX];
	unsigned next;
} *shared;

static volatile sig_atomic_t given_up;

static void give_up(int number)
{
	given_up = number;
}

static struct point *points;
static size_t points_count, points_room;
static size_t calls_of_step[STEPS_MAX];

static bool among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return count == 0;
}

/* --- one run ---------------------------------------------------------------------------------------------------- */

static int inject(struct site *site, const struct step *step, const struct injection *injection, struct calls *calls,
                  struct traced *traced)
{
	char saver[600], directory[96];
	const char *const save[] = {saver, "save", directory, NULL};
	pid_t pids[SITE_PIDS_MAX];
	size_t count = step->seizes ? site_programs(site, pids) : 0;

	snprintf(saver, sizeof saver, "%s/tests/faults/faults", site->programs);
	snprintf(directory, sizeof directory, "%s/save", site->directory);
	return traced_run(site->programs, step->words[0] ? site_argv(site, step->words) : save, pids, count, injection,
	                  RUN_SECONDS * site->factor, calls, traced);
}

/* "auberge: WHAT: WHY", or ld.so's and our helper's own words. */
static bool said(const struct traced *traced, const struct fault_kind *kind, char *why, size_t size)
{
	if (traced->output[0] == '\0') {
		snprintf(why, size, "exit status %d and not a word", traced->status);
		return false;
	}
	if (kind->error && !strstr(traced->output, strerror(kind->error))) {
		snprintf(why, size, "exit status %d, and the message does not say \"%s\": %.300s", traced->status,
		         strerror(kind->error), traced->output);
		return false;
	}
	return true;
}

static bool judge(struct site *site, const struct step *step, const struct fault_kind *kind, const struct traced *traced,
                  char *why, size_t size)
{
	bool killed_itself = kind->error == 0 && traced->status == 128 + SIGKILL;

	if (traced->crash[0]) {
		snprintf(why, size, "%s at %s", traced->crash, traced->where);
		return false;
	}
	if (traced->hung) {
		snprintf(why, size, "it hangs: %.300s", traced->output);
		return false;
	}
	if (step->survives && !site_lives(site->init)) {
		snprintf(why, size, "it cost the guest: %.300s", traced->output);
		return false;
	}
	if (step->survives && traced->status == 4)
		return true;
	site->killed = kind->error == 0 && traced->hit;
	if (traced->status == 0)
		return step->done(site, why, size);
	return killed_itself || said(traced, kind, why, size);
}

/* Puts the site back for the next run after a failure, however that may be. */
static void mend(struct site *site)
{
	static const char *const names[] = {SITE_GUEST, SITE_NEW};
	char why[64];
	pid_t pids[SITE_PIDS_MAX];
	size_t count = site_programs(site, pids);

	for (size_t i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	for (size_t i = 0; i < 2; i++)
		site_do(site, 10, "kill", names[i]);
	site_do(site, 10, "destroy", SITE_NEW, "--yes");
	site_remove(site, "save");
	site_force(site);
	steps[0].recover(site, why, sizeof why);
}

static void try_point(struct site *site, const struct point *point, const struct options *options)
{
	const struct step *step = &steps[point->step];
	const struct fault_kind *kind = &fault_kinds[point->kind];
	struct tally *tally = &shared->tallies[point->step][point->kind];
	struct traced traced;
	char why[1024] = "", after[1024] = "";
	bool passed;

	if (!step->prepare(site, why, sizeof why) || inject(site, step, &point->injection, NULL, &traced) < 0) {
		printf("FAILED %s: cannot be prepared: %s\n", step->name, why);
		mend(site);
		__atomic_add_fetch(&tally->tried, 1, __ATOMIC_RELAXED);
		return;
	}
	passed = judge(site, step, kind, &traced, why, sizeof why);
	if (passed)
		why[0] = '\0'; /* what it waited for */
	if (step->recover(site, after, sizeof after)) {
		after[0] = '\0';
	} else {
		passed = false;
		mend(site);
	}
	__atomic_add_fetch(&tally->tried, 1, __ATOMIC_RELAXED);
	if (passed)
		__atomic_add_fetch(&tally->passed, 1, __ATOMIC_RELAXED);
	if (!traced.hit)
		__atomic_add_fetch(&tally->missed, 1, __ATOMIC_RELAXED);
	if (!passed)
		printf("FAILED %s %s at %s:%u %s%s: %s%s%s\n       again: tests/faults/faults --step %s --fault %s --at %s:%u\n",
		       step->name, kind->name, point->injection.role, point->injection.number,
		       call_name(traced.hit ? traced.at.nr : point->nr), traced.hit ? "" : " (not reached)", why,
		       *why && *after ? "; then " : "", after, step->name, kind->name, point->injection.role,
		       point->injection.number);
	else if (options->verbose)
		printf("passed %s %s at %s:%u %s%s: exit status %d: %s%s", step->name, kind->name, point->injection.role,
		       point->injection.number, call_name(traced.hit ? traced.at.nr : point->nr), traced.hit ? "" : " (not reached)",
		       traced.status, traced.output, traced.output[0] ? "" : "\n");
	fflush(stdout);
}

/* --- counting --------------------------------------------------------------------------------------------------- */

static void add_point(size_t step, size_t kind, const struct call *call)
{
	struct point *point;

	if (points_count == points_room) {
		points_room = points_room ? points_room * 2 : 4096;
		points = realloc(points, points_room * sizeof *points);
		if (!points)
			abort();
	}
	point = &points[points_count++];
	*point = (struct point){.step = step, .kind = kind, .nr = call->nr};
	point->injection = (struct injection){.number = call->number, .nr = call->nr, .error = fault_kinds[kind].error};
	memcpy(point->injection.role, call->role, sizeof call->role);
	shared->tallies[step][kind].planned++;
}

/* A run without a fault must pass all that the others must. */
static bool count_step(struct site *site, size_t index, const struct options *options)
{
	const struct step *step = &steps[index];
	const struct injection nowhere = {.number = 0};
	struct calls calls = {0};
	struct traced traced;
	char why[1024] = "";

	if (!step->prepare(site, why, sizeof why) || inject(site, step, &nowhere, &calls, &traced) < 0 ||
	    !judge(site, step, &fault_kinds[0], &traced, why, sizeof why) || (traced.status != 0 && !step->survives) ||
	    !step->recover(site, why, sizeof why)) {
		printf("FAILED %s without any fault: exit status %d: %s %s\n", step->name, traced.status, why, traced.output);
		return false;
	}
	calls_of_step[index] = calls.count;
	for (size_t i = 0; i < calls.count; i++) {
		struct call *call = &calls.items[i];

		if (options->calls)
			printf("%s %s:%u %s\n", step->name, call->role, call->number, call_name(call->nr));
		for (size_t kind = 0; kind < fault_kinds_count; kind++)
			if (fault_can_be(call, &fault_kinds[kind]) &&
			    among(fault_kinds[kind].name, options->kinds, options->kinds_count))
				add_point(index, kind, call);
	}
	free(calls.items);
	return true;
}

static void shuffle(unsigned long seed)
{
	unsigned short state[3] = {(unsigned short)seed, (unsigned short)(seed >> 16), (unsigned short)(seed >> 32)};

	for (size_t i = points_count; i > 1; i--) {
		size_t other = (size_t)nrand48(state) % i;
		struct point kept = points[i - 1];

		points[i - 1] = points[other];
		points[other] = kept;
	}
}

/* --- workers ------------------------------------------------------------------------------------------------------ */

static void work(const struct options *options, unsigned worker, const char *bridge, double until)
{
	struct site site;
	char why[1024] = "";

	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (!site_begin(&site, options->programs, worker, bridge)) {
		printf("FAILED: no place for worker %u: %s\n", worker, site.output);
		exit(1);
	}
	/* What a start and a create should make, taken before anything goes wrong. */
	for (size_t i = 0; i < steps_count; i++) {
		bool first = strcmp(steps[i].name, "start") == 0 || strcmp(steps[i].name, "create") == 0;

		if (first && (!steps[i].prepare(&site, why, sizeof why) || site_run(&site, steps[i].words, 20) != 0 ||
		              !steps[i].done(&site, why, sizeof why) || !steps[i].recover(&site, why, sizeof why))) {
			printf("FAILED %s without any fault: %s %s\n", steps[i].name, why, site.output);
			site_end(&site);
			exit(1);
		}
	}
	for (;;) {
		size_t index = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);

		if (index >= points_count || site_now() > until || given_up)
			break;
		try_point(&site, &points[index], options);
	}
	site_end(&site);
	exit(0);
}

static bool work_all(const struct options *options, const char *bridge)
{
	double until = options->seconds > 0 ? site_now() + options->seconds : 1e18;
	bool whole = true, told = false;
	int status;

	fflush(stdout);
	for (long i = 0; i < options->jobs; i++)
		if (fork() == 0)
			work(options, (unsigned)i + 1, bridge, until);
	for (pid_t pid; (pid = wait(&status)) > 0 || errno == EINTR;) {
		if (pid < 0 && given_up && !told)
			told = kill(0, SIGTERM) == 0;
		else if (pid > 0)
			whole = whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return whole && !given_up;
}

static char *copy_of(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	value = value ? value : otherwise;
	return value ? strdup(value) : NULL;
}

static const char *row_of(const char *step, const struct fault_kind *kind)
{
	bool start = strncmp(step, "start", 5) == 0;

	if (strcmp(step, "save") == 0 && kind->error == ENOSPC)
		return "F9";
	return start && kind->error == 0 ? "F2" : start ? "F3" : "F4";
}

static int summary(const struct options *options, bool whole, double begin)
{
	unsigned passed = 0, failed = whole ? 0 : 1, untried = 0;

	for (size_t i = 0; i < steps_count; i++)
		for (size_t k = 0; k < fault_kinds_count; k++) {
			const struct tally *tally = &shared->tallies[i][k];

			if (tally->planned == 0)
				continue;
			printf("%-3s %-12s %-7s %5zu calls, %5u can fail so, %5u tried, %5u passed, %u not reached\n",
			       row_of(steps[i].name, &fault_kinds[k]), steps[i].name, fault_kinds[k].name, calls_of_step[i],
			       tally->planned, tally->tried, tally->passed, tally->missed);
			passed += tally->passed;
			failed += tally->tried - tally->passed;
			untried += tally->planned - tally->tried;
		}
	printf("faults: %u passed, %u failed, %u not in this share, %.0f s\n", passed, failed, untried, site_now() - begin);
	FILE *file = options->results ? fopen(options->results, "ae") : NULL;
	if (file) {
		fprintf(file, "%s faults %u %u 0 %.0f\n", options->world, passed, failed, site_now() - begin);
		fclose(file);
	}
	return failed > 0 || passed == 0;
}

/* --- arguments ------------------------------------------------------------------------------------------------------ */

static bool parse(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--calls") == 0)
			options->calls = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			options->verbose = true;
		else if (argv[i][0] != '-')
			options->programs = argv[i];
		else if (!value)
			return false;
		else if (strcmp(argv[i], "--step") == 0 && options->steps_count < STEPS_MAX)
			options->steps[options->steps_count++] = value, i++;
		else if (strcmp(argv[i], "--fault") == 0 && options->kinds_count < KINDS_MAX)
			options->kinds[options->kinds_count++] = value, i++;
		else if (strcmp(argv[i], "--at") == 0)
			options->at = value, i++;
		else if (strcmp(argv[i], "--seconds") == 0)
			options->seconds = atof(value), i++;
		else if (strcmp(argv[i], "--seed") == 0)
			options->seed = strtoul(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--jobs") == 0)
			options->jobs = atol(value), i++;
		else
			return false;
	}
	return options->jobs > 0;
}

/* The counted calls, or the one that was asked for, whether counted or not. */
static void choose(const struct options *options)
{
	size_t kept = 0;

	if (options->at) {
		for (size_t i = 0; i < points_count; i++) {
			char at[ROLE_SIZE + 16];

			snprintf(at, sizeof at, "%s:%u", points[i].injection.role, points[i].injection.number);
			if (strcmp(at, options->at) == 0)
				points[kept++] = points[i];
		}
		points_count = kept;
		return;
	}
	if (options->seconds > 0) {
		printf("a share of %.0f s, --seed %lu\n", options->seconds, options->seed);
		shuffle(options->seed);
	}
}

static int run(const struct options *options, const char *bridge)
{
	double begin = site_now();
	struct site site;
	bool whole = true;

	if (!site_begin(&site, options->programs, 0, bridge)) {
		fprintf(stderr, "faults: cannot make a guest: %s\n", site.output);
		site_end(&site);
		return 1;
	}
	for (size_t i = 0; i < steps_count; i++)
		if (among(steps[i].name, options->steps, options->steps_count) && !count_step(&site, i, options))
			whole = false;
	site_end(&site);
	if (options->calls)
		return !whole;
	choose(options);
	return summary(options, work_all(options, bridge) && whole, begin);
}

static int print_points(void)
{
	static const struct {
		const char *name, *step, *what;
	} rows[] = {
#define X(constant, name, step, fails, what) {name, step, what},
		FAULT_POINTS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		printf("%-22s %-8s %s\n", rows[i].name, rows[i].step, rows[i].what);
	for (int i = 0; i < LEDGER_RECORDS_COUNT; i++) {
		const char *word = ledger_record_word((enum ledger_record)i);

		printf("before-%-15s %-8s the ledger does not have that record yet\n", word, "start");
		printf("after-%-16s %-8s the ledger has it, and what it announces is not made\n", word, "start");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.programs = ".", .seed = (unsigned long)time(NULL), .jobs = sysconf(_SC_NPROCESSORS_ONLN)};
	char bridge[16], command[128];
	int status;

	if (argc == 3 && strcmp(argv[1], "save") == 0)
		return save_main(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--points") == 0)
		return print_points();
	if (!parse(argc, argv, &options) || !(options.programs = realpath(options.programs, NULL))) {
		fputs(usage, stderr);
		return 2;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "faults: needs root\n");
		return 77;
	}
	options.results = copy_of("AUBERGE_TEST_RESULTS", NULL);
	options.world = copy_of("AUBERGE_TEST_WORLD", "native");
	site_take_environment();
	sigaction(SIGINT, &(struct sigaction){.sa_handler = give_up}, NULL);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = give_up}, NULL);
	setpgid(0, 0); /* the workers are told together */
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	snprintf(bridge, sizeof bridge, "agf%d", (int)getpid() % 1000000);
	snprintf(command, sizeof command, "ip link add %s type bridge && ip link set %s up", bridge, bridge);
	if (system(command) != 0) /* a test may */
		return 1;
	status = run(&options, bridge);
	snprintf(command, sizeof command, "ip link del %s", bridge);
	if (system(command) != 0)
		status = 1;
	return status;
}
