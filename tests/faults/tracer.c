/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ptrace(2), see tracer.h. Each tracee is stopped at every system call until the injection took place, and afterwards
 * only at forks, execs and its end, which tells whether it crashed.
 */
#include "tracer.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined __x86_64__

#define TRACEES_MAX 64
#define QUIET_MS 30 /* so long without an event, all asleep: the run is over */
#define OPTIONS                                                                                                            \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

struct tracee {
	pid_t pid;
	char role[ROLE_SIZE];
	bool known;       /* its role is: the fork's event and the child's first stop come in any order */
	bool waiting;     /* stopped until it is known */
	bool counting;    /* main() has begun */
	bool failing;     /* its present call is to fail */
	bool asks;        /* and was made one that does not act */
	unsigned number, forks;
	uint64_t main_at; /* where the breakpoint is; 0 none */
	long main_word;
};

struct tracer {
	const char *directory;
	const struct injection *injection;
	struct calls *calls;
	struct traced *traced;
	struct tracee tracees[TRACEES_MAX];
	size_t count;
	pid_t program;
	bool ended, letting_go;
	char names[32][ROLE_SIZE]; /* roles given, to number the second of a kind */
	size_t names_count;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct tracee *find(struct tracer *tracer, pid_t pid)
{
	for (size_t i = 0; i < tracer->count; i++)
		if (tracer->tracees[i].pid == pid)
			return &tracer->tracees[i];
	return NULL;
}

static struct tracee *add(struct tracer *tracer, pid_t pid)
{
	struct tracee *tracee = find(tracer, pid);

	if (tracee || tracer->count == TRACEES_MAX)
		return tracee;
	tracee = &tracer->tracees[tracer->count++];
	*tracee = (struct tracee){.pid = pid};
	return tracee;
}

static void drop(struct tracer *tracer, struct tracee *tracee)
{
	*tracee = tracer->tracees[--tracer->count];
}

static bool slurp(pid_t pid, const char *file, char *text, size_t size, size_t *length)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	*length = got > 0 ? (size_t)got : 0;
	text[*length] = '\0';
	return got > 0;
}

/* "supervisor", "build-start", "save": the program's name without ours, and what tells its kinds apart. */
static void name_role(struct tracer *tracer, struct tracee *tracee, const char *executable)
{
	static const char *const modes[] = {"start", "check", "reclaim-held", "reclaim-many", "reclaim", "kill", "save", "stop"};
	const char *base = strrchr(executable, '/') ? strrchr(executable, '/') + 1 : executable, *mode = "";
	char text[4096], name[ROLE_SIZE];
	unsigned again = 1;
	size_t length;

	slurp(tracee->pid, "cmdline", text, sizeof text, &length);
	for (const char *word = text; word < text + length; word += strlen(word) + 1)
		for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
			if (word != text && strcmp(word, modes[i]) == 0)
				mode = modes[i];
	if (strncmp(base, "auberge-", 8) == 0)
		base += 8;
	if (strcmp(base, "build") == 0 && *mode)
		snprintf(name, sizeof name, "build-%s", mode);
	else
		snprintf(name, sizeof name, "%.30s", strcmp(base, "auberge") == 0 ? "client" : base);
	for (size_t i = 0; i < tracer->names_count; i++)
		again += strcmp(tracer->names[i], name) == 0;
	if (tracer->names_count < sizeof tracer->names / sizeof *tracer->names)
		memcpy(tracer->names[tracer->names_count++], name, sizeof name);
	if (again > 1)
		snprintf(tracee->role, sizeof tracee->role, "%.36s#%u", name, again % 1000);
	else
		memcpy(tracee->role, name, sizeof name);
	tracee->known = true;
	tracee->number = tracee->forks = 0;
}

/* --- main()'s address ------------------------------------------------------------------------------------------ */

static uint64_t symbol_of(const unsigned char *file, size_t size, uint64_t *entry)
{
	const Elf64_Ehdr *header = (const void *)file;
	const Elf64_Shdr *sections;

	if (size < sizeof *header || memcmp(file, ELFMAG, SELFMAG) != 0)
		return 0;
	*entry = header->e_entry;
	sections = (const void *)(file + header->e_shoff);
	for (size_t i = 0; i < header->e_shnum; i++) {
		const Elf64_Sym *symbols = (const void *)(file + sections[i].sh_offset);

		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		for (size_t k = 0; k < sections[i].sh_size / sizeof *symbols; k++)
			if (strcmp((const char *)file + sections[sections[i].sh_link].sh_offset + symbols[k].st_name, "main") == 0)
				return symbols[k].st_value;
	}
	return 0;
}

/* 0: cannot tell (stripped): the first call of the program counts then. */
static uint64_t main_of(pid_t pid)
{
	char path[64];
	uint64_t pairs[64], entry = 0, address = 0, running = 0;
	struct stat status;
	size_t length;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &status) == 0) {
		unsigned char *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (file != MAP_FAILED) {
			address = symbol_of(file, (size_t)status.st_size, &entry);
			munmap(file, (size_t)status.st_size);
		}
	}
	if (fd >= 0)
		close(fd);
	if (!address || !slurp(pid, "auxv", (char *)pairs, sizeof pairs, &length))
		return 0;
	for (size_t i = 0; i + 1 < length / sizeof *pairs; i += 2)
		if (pairs[i] == AT_ENTRY)
			running = pairs[i + 1];
	return running ? address + (running - entry) : 0;
}

static void set_breakpoint(struct tracee *tracee)
{
	tracee->main_at = main_of(tracee->pid);
	tracee->counting = tracee->main_at == 0;
	if (!tracee->main_at)
		return;
	tracee->main_word = ptrace(PTRACE_PEEKTEXT, tracee->pid, tracee->main_at, 0);
	ptrace(PTRACE_POKETEXT, tracee->pid, tracee->main_at, (tracee->main_word & ~0xffL) | 0xcc);
}

static void clear_breakpoint(struct tracee *tracee)
{
	if (tracee->main_at)
		ptrace(PTRACE_POKETEXT, tracee->pid, tracee->main_at, tracee->main_word);
	tracee->main_at = 0;
}

static bool take_breakpoint(struct tracee *tracee)
{
	struct user_regs_struct registers;

	if (!tracee->main_at || ptrace(PTRACE_GETREGS, tracee->pid, 0, &registers) < 0 || registers.rip != tracee->main_at + 1)
		return false;
	registers.rip--;
	ptrace(PTRACE_SETREGS, tracee->pid, 0, &registers);
	clear_breakpoint(tracee);
	tracee->counting = true;
	return true;
}

/* --- stops ----------------------------------------------------------------------------------------------------- */

static void resume(struct tracer *tracer, struct tracee *tracee, int signal)
{
	bool steps = tracee->failing || (tracee->counting && !tracer->traced->hit);

	if (tracer->letting_go) {
		clear_breakpoint(tracee);
		ptrace(PTRACE_DETACH, tracee->pid, 0, signal);
		drop(tracer, tracee);
		return;
	}
	ptrace(steps ? PTRACE_SYSCALL : PTRACE_CONT, tracee->pid, 0, signal);
}

static void note(struct tracer *tracer, const struct call *call)
{
	struct calls *calls = tracer->calls;

	if (!calls)
		return;
	if (calls->count == calls->room) {
		calls->room = calls->room ? calls->room * 2 : 1024;
		calls->items = realloc(calls->items, calls->room * sizeof *calls->items);
		if (!calls->items)
			abort();
	}
	calls->items[calls->count++] = *call;
}

/* How a call is made to fail: it is not made and its result is replaced; or only the latter, where it acts all the same. */
static void begin_failing(struct tracee *tracee, int nr)
{
	tracee->failing = true;
	switch (nr) {
	case SYS_close: /* reports errors of a descriptor that is closed all the same */
		break;
	case SYS_brk: /* reports no error, but where the break is: a question instead, and no result replaced */
		tracee->asks = true;
		ptrace(PTRACE_POKEUSER, tracee->pid, offsetof(struct user, regs.rdi), 0L);
		break;
	default:
		ptrace(PTRACE_POKEUSER, tracee->pid, offsetof(struct user, regs.orig_rax), -1L);
	}
}

/* False: the tracee is being killed, and is not to be resumed. */
static bool enter_call(struct tracer *tracer, struct tracee *tracee, const struct __ptrace_syscall_info *info)
{
	const struct injection *injection = tracer->injection;
	struct call call = {.number = ++tracee->number, .nr = (int)info->entry.nr};

	memcpy(call.role, tracee->role, sizeof call.role);
	for (int i = 0; i < 6; i++)
		call.arguments[i] = info->entry.args[i];
	note(tracer, &call);
	if (tracer->traced->hit || injection->number == 0 || call.number < injection->number || call.nr != injection->nr ||
	    strcmp(injection->role, call.role) != 0)
		return true;
	tracer->traced->hit = true;
	tracer->traced->at = call;
	if (injection->error == 0) {
		kill(tracee->pid, SIGKILL);
		return false;
	}
	begin_failing(tracee, call.nr);
	return true;
}

static bool at_call(struct tracer *tracer, struct tracee *tracee)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof info, &info) < 0)
		return true;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY && tracee->counting)
		return enter_call(tracer, tracee, &info);
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracee->failing) {
		if (tracee->asks) /* registers but the result's come back as they were */
			ptrace(PTRACE_POKEUSER, tracee->pid, offsetof(struct user, regs.rdi), tracer->traced->at.arguments[0]);
		else
			ptrace(PTRACE_POKEUSER, tracee->pid, offsetof(struct user, regs.rax), -(long)tracer->injection->error);
		tracee->failing = false;
	}
	return true;
}

static void at_fork(struct tracer *tracer, struct tracee *tracee)
{
	unsigned long message = 0;
	struct tracee *child;

	ptrace(PTRACE_GETEVENTMSG, tracee->pid, 0, &message);
	child = add(tracer, (pid_t)message);
	if (!child)
		return;
	snprintf(child->role, sizeof child->role, "%.36s/%u", tracee->role, ++tracee->forks % 1000);
	child->known = true;
	child->counting = tracee->counting;
	if (child->waiting) {
		child->waiting = false;
		resume(tracer, child, 0);
	}
}

/* False: it is the guest's now, and not ours to watch. */
static bool at_exec(struct tracer *tracer, struct tracee *tracee)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/%d/exe", (int)tracee->pid);
	length = readlink(link, path, sizeof path - 1);
	path[length > 0 ? length : 0] = '\0';
	tracee->main_at = 0;
	tracee->failing = false;
	if (strncmp(path, tracer->directory, strlen(tracer->directory)) != 0 || path[strlen(tracer->directory)] != '/') {
		ptrace(PTRACE_DETACH, tracee->pid, 0, 0);
		drop(tracer, tracee);
		return false;
	}
	name_role(tracer, tracee, path);
	set_breakpoint(tracee);
	return true;
}

/* Where a crash is: FILE+OFFSET, as addr2line takes it. */
static void locate(struct tracer *tracer, pid_t pid, int signal)
{
	struct user_regs_struct registers;
	char path[64], line[512];
	FILE *maps;

	if (signal != SIGSEGV && signal != SIGABRT && signal != SIGBUS && signal != SIGFPE && signal != SIGILL)
		return;
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	maps = ptrace(PTRACE_GETREGS, pid, 0, &registers) < 0 ? NULL : fopen(path, "re");
	while (maps && fgets(line, sizeof line, maps)) {
		unsigned long long first, end, offset;
		char file[256] = "";

		if (sscanf(line, "%llx-%llx %*s %llx %*s %*s %255s", &first, &end, &offset, file) >= 3 &&
		    registers.rip >= first && registers.rip < end)
			snprintf(tracer->traced->where, sizeof tracer->traced->where, "%s+%#llx", file,
			         (unsigned long long)registers.rip - first + offset);
	}
	if (maps)
		fclose(maps);
}

static void at_stop(struct tracer *tracer, struct tracee *tracee, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (!tracee->known && !tracer->letting_go) {
		tracee->waiting = true;
		return;
	}
	switch (event) {
	case 0:
		if (signal == (SIGTRAP | 0x80)) {
			if (at_call(tracer, tracee))
				resume(tracer, tracee, 0);
		} else if (signal == SIGTRAP && take_breakpoint(tracee)) {
			resume(tracer, tracee, 0);
		} else {
			locate(tracer, tracee->pid, signal);
			resume(tracer, tracee, signal);
		}
		return;
	case PTRACE_EVENT_FORK: case PTRACE_EVENT_VFORK: case PTRACE_EVENT_CLONE: {
		pid_t pid = tracee->pid;

		at_fork(tracer, tracee);
		tracee = find(tracer, pid); /* the child may have moved it */
		break;
	}
	case PTRACE_EVENT_EXEC:
		if (!at_exec(tracer, tracee))
			return;
		break;
	case PTRACE_EVENT_STOP:
		if (signal != SIGTRAP && !tracer->letting_go) {
			ptrace(PTRACE_LISTEN, tracee->pid, 0, 0);
			return;
		}
		break;
	}
	if (tracee)
		resume(tracer, tracee, 0);
}

static void at_end(struct tracer *tracer, struct tracee *tracee, int status)
{
	static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGPIPE, SIGTRAP};
	struct traced *traced = tracer->traced;

	for (size_t i = 0; WIFSIGNALED(status) && i < sizeof crashes / sizeof *crashes; i++)
		if (WTERMSIG(status) == crashes[i])
			snprintf(traced->crash, sizeof traced->crash, "%s: SIG%s", tracee->role, sigabbrev_np(crashes[i]));
	if (tracee->pid == tracer->program) {
		tracer->ended = true;
		traced->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	drop(tracer, tracee);
}

/* --- the run ----------------------------------------------------------------------------------------------------- */

static bool all_asleep(const struct tracer *tracer)
{
	char text[512], *end;
	size_t length;

	for (size_t i = 0; i < tracer->count; i++) {
		if (!slurp(tracer->tracees[i].pid, "stat", text, sizeof text, &length))
			continue;
		end = strrchr(text, ')');
		if (!end || (end[2] != 'S' && end[2] != 'T'))
			return false;
	}
	return true;
}

/* One event, or none within the time. False: there is no tracee any more. */
static bool one_event(struct tracer *tracer, int wait_ms, bool *quiet)
{
	struct timespec time = {.tv_nsec = (long)wait_ms * 1000000};
	sigset_t child;
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);

	*quiet = false;
	if (pid == 0) {
		sigemptyset(&child);
		sigaddset(&child, SIGCHLD);
		if (sigtimedwait(&child, NULL, &time) < 0 && errno == EAGAIN) {
			pid = waitpid(-1, &status, WNOHANG | __WALL);
			*quiet = pid == 0;
		}
	}
	if (pid < 0)
		return false;
	if (pid == 0)
		return true;
	struct tracee *tracee = find(tracer, pid);
	if (!tracee && WIFSTOPPED(status))
		tracee = add(tracer, pid);
	if (!tracee)
		return true;
	if (WIFSTOPPED(status))
		at_stop(tracer, tracee, status);
	else
		at_end(tracer, tracee, status);
	return true;
}

static void let_go(struct tracer *tracer, double until)
{
	bool quiet;

	tracer->letting_go = true;
	for (size_t i = tracer->count; i-- > 0;) {
		struct tracee *tracee = &tracer->tracees[i];

		if (tracee->waiting)
			resume(tracer, tracee, 0);
		else
			ptrace(PTRACE_INTERRUPT, tracee->pid, 0, 0);
	}
	while (tracer->count > 0 && now() < until && one_event(tracer, 10, &quiet))
		;
}

/* Its parent was killed before it could tell of the fork: nobody knows it by a role, and it goes on uncounted. */
static void resume_orphans(struct tracer *tracer)
{
	for (size_t i = tracer->count; i-- > 0;) {
		struct tracee *tracee = &tracer->tracees[i];

		if (!tracee->waiting)
			continue;
		snprintf(tracee->role, sizeof tracee->role, "orphan");
		tracee->known = true;
		tracee->waiting = false;
		resume(tracer, tracee, 0);
	}
}

static void watch(struct tracer *tracer, double until)
{
	bool quiet = false;

	while (tracer->count > 0) {
		if (!one_event(tracer, QUIET_MS, &quiet))
			break;
		if (quiet)
			resume_orphans(tracer);
		if (quiet && tracer->ended && all_asleep(tracer))
			break;
		if (now() > until) {
			tracer->traced->hung = true;
			if (!tracer->ended)
				kill(tracer->program, SIGKILL);
			break;
		}
	}
	let_go(tracer, now() + 5);
}

static _Noreturn void program(const char *const *argv, int go, int output)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;
	char byte;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(nothing, 0);
	dup2(output, 1);
	dup2(output, 2);
	if (read(go, &byte, 1) == 1)
		execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

int traced_run(const char *directory, const char *const *argv, const pid_t *also, size_t also_count,
               const struct injection *injection, double limit_seconds, struct calls *calls, struct traced *traced)
{
	struct tracer *tracer = calloc(1, sizeof *tracer);
	int output = memfd_create("output", MFD_CLOEXEC), go[2] = {-1, -1}, status;
	double begin = now();
	sigset_t child, former;
	ssize_t got;

	*traced = (struct traced){.status = -1};
	if (!tracer || output < 0 || pipe2(go, O_CLOEXEC) < 0)
		return -1;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &former);
	*tracer = (struct tracer){.directory = directory, .injection = injection, .calls = calls, .traced = traced};
	tracer->program = fork();
	if (tracer->program == 0)
		program(argv, go[0], output);
	add(tracer, tracer->program)->known = true;
	if (ptrace(PTRACE_SEIZE, tracer->program, 0, OPTIONS) < 0) {
		fprintf(stderr, "ptrace: %s\n", strerror(errno));
		kill(tracer->program, SIGKILL);
		waitpid(tracer->program, &status, 0);
		return -1;
	}
	for (size_t i = 0; i < also_count; i++) {
		char link[64], path[4096];
		struct tracee *tracee;
		ssize_t length;

		snprintf(link, sizeof link, "/proc/%d/exe", (int)also[i]);
		length = readlink(link, path, sizeof path - 1);
		if (length <= 0 || ptrace(PTRACE_SEIZE, also[i], 0, OPTIONS) < 0)
			continue;
		path[length] = '\0';
		tracee = add(tracer, also[i]);
		name_role(tracer, tracee, path);
		tracee->counting = true;
		ptrace(PTRACE_INTERRUPT, also[i], 0, 0);
	}
	if (write(go[1], "", 1) != 1)
		return -1;
	watch(tracer, begin + limit_seconds);
	if (!tracer->ended) {
		kill(tracer->program, SIGKILL);
		waitpid(tracer->program, &status, __WALL);
		traced->status = 128 + SIGKILL;
	}
	got = pread(output, traced->output, sizeof traced->output - 1, 0);
	traced->output[got > 0 ? got : 0] = '\0';
	close(output);
	close(go[0]);
	close(go[1]);
	free(tracer);
	sigprocmask(SIG_SETMASK, &former, NULL);
	traced->seconds = now() - begin;
	return 0;
}

#else

int traced_run(const char *directory, const char *const *argv, const pid_t *also, size_t also_count,
               const struct injection *injection, double limit_seconds, struct calls *calls, struct traced *traced)
{
	(void)directory, (void)argv, (void)also, (void)also_count, (void)injection, (void)limit_seconds, (void)calls, (void)traced;
	return -1;
}

#endif
