/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes through /proc, and a guest's processes through its cgroup. */
#include "base/cleanup.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pid_t sleeper(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		signal(SIGUSR1, SIG_IGN);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

Test(host_process, start_time_is_identity, .timeout = 20)
{
	pid_t pid = sleeper("odd ) name (");
	uint64_t start = process_start_time(pid);
	struct pollfd event = {.events = POLLIN};

	cr_assert_gt(start, 0);
	cr_assert_eq(process_open(pid, start + 1), -ESRCH);
	cr_assert_eq(process_open(pid, 0), -ESRCH);
	event.fd = process_open(pid, start);
	cr_assert_geq(event.fd, 0);
	kill(pid, SIGKILL);
	cr_assert_eq(poll(&event, 1, 5000), 1);
	cr_assert_eq(process_start_time(pid), 0, "a zombie has none");
	cr_assert_eq(process_open(pid, start), -ESRCH);
	waitpid(pid, NULL, 0);
	cr_assert_eq(process_start_time(pid), 0);
	close(event.fd);
}

Test(host_process, signals, .timeout = 20)
{
	uint64_t caught, blocked, ignored;
	pid_t pid = sleeper("signals");

	cr_assert_eq(process_signals(pid, &caught, &blocked, &ignored), 0);
	cr_assert(ignored & (uint64_t)1 << (SIGUSR1 - 1));
	cr_assert(!(blocked & (uint64_t)1 << (SIGUSR1 - 1)));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert_lt(process_signals(pid, &caught, &blocked, &ignored), 0);
}

/* In a child, since a process whose pid namespace has ended can fork no more. */
static int inner_pid_of_child(void)
{
	pid_t pid, inner, after;

	if (unshare(CLONE_NEWPID) < 0)
		return 9;
	pid = sleeper("inner");
	inner = process_inner_pid(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	after = process_inner_pid(pid);
	return inner == 1 && after == 0 ? 0 : 1;
}

Test(host_process, inner_pid, .timeout = 20)
{
	int status;
	pid_t child;

	cr_assert_eq(process_inner_pid(getpid()), getpid());
	if (geteuid() != 0)
		cr_skip_test("needs root");
	child = fork();
	if (child == 0)
		_exit(inner_pid_of_child());
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 9)
		cr_skip_test("needs pid namespaces");
	cr_assert_eq(status, 0);
}

Test(host_process, boot_id_and_user)
{
	char id[37], again[37], user[33];

	cr_assert_eq(process_boot_id(id), 0);
	cr_assert_eq(process_boot_id(again), 0);
	cr_assert_str_eq(id, again);
	cr_assert_eq(strlen(id), 36);
	process_user(user, sizeof user);
	cr_assert_neq(user[0], '\0');
}

Test(host_process, of_a_guest, .timeout = 30)
{
	const struct cgroup_limits none = {AUBERGE_UNLIMITED, AUBERGE_UNLIMITED, AUBERGE_UNLIMITED, AUBERGE_UNLIMITED};
	char root[64];
	struct auberge auberge = {.cgroup_root = root};
	struct auberge_error error;
	struct auberge_process *processes;
	const struct cgroup_layout *layout;
	size_t count;
	pid_t pids[2];

	snprintf(root, sizeof root, "auberge-test-host-%d", (int)getpid());
	if (geteuid() != 0)
		cr_skip_test("needs root");
	layout = cgroup_layout(&auberge, &error);
	if (!layout || layout->count == 0)
		cr_skip_test("no cgroup hierarchy");
	cr_assert_lt(auberge_processes(&auberge, "one", &processes, &count, &error), 0);
	cr_assert_eq(error.code, AUBERGE_WRONG_STATE);
	cr_assert_eq(cgroup_create(&auberge, "one", &none, 0, &error), 0, "%s", error.text);
	for (int i = 0; i < 2; i++) {
		pids[i] = sleeper("guest's");
		cr_assert_eq(cgroup_attach(&auberge, "one", pids[i], 0, 0, &error), 0, "%s", error.text);
	}
	cr_assert_eq(auberge_processes(&auberge, "one", &processes, &count, &error), 0, "%s", error.text);
	cr_assert_eq(count, 2);
	cr_assert_lt(processes[0].pid, processes[1].pid);
	cr_assert_eq(processes[0].uid, 0);
	cr_assert_str_eq(processes[0].user, "root");
	cr_assert_gt(processes[0].memory_bytes, 0);
	free(processes);
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	cr_assert_eq(cgroup_remove(&auberge, "one", &error), 0, "%s", error.text);
	cgroup_leave_supervisor(&auberge, "one", 0);
	free(auberge.cgroups);
}
