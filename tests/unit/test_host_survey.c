/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is left, worst first, and what stuck ones are stuck in: kernel stacks as seen, and processes of our own. */
#include "host/stuck.h"
#include "host/survey.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_stuck(const char *stack, const char *wait, long call, const char *wanted)
{
	char text[72];

	stuck_format(stack, wait, call, text, sizeof text);
	cr_expect_str_eq(text, wanted);
}

Test(host_survey, a_stack_says_what_it_is_stuck_in)
{
	expect_stuck("[<0>] request_wait_answer+0x13f/0x210 [fuse]\n[<0>] fuse_simple_request+0x2b9/0x320 [fuse]\n"
	             "[<0>] vfs_read+0xbb/0x3d0\n", "request_wait_answer", 0, "request_wait_answer (FUSE)");
	expect_stuck("[<0>] io_schedule+0x46/0x70\n[<0>] folio_wait_bit_common+0x12a/0x2d0\n[<0>] folio_wait_writeback+0x2b/0x80\n"
	             "[<0>] __filemap_fdatawait_range+0x7a/0xe0\n[<0>] ext4_sync_file+0x9a/0x320 [ext4]\n",
	             "folio_wait_bit_common", 74, "folio_wait_writeback (disk)");
	expect_stuck("[<0>] rpc_wait_bit_killable+0x11/0x70 [sunrpc]\n[<0>] __wait_on_bit+0x42/0x110\n", "", -1,
	             "rpc_wait_bit_killable (NFS)");
	expect_stuck("[<0>] rwsem_down_write_slowpath+0x2ab/0x6a0\n[<0>] do_unlinkat+0x10b/0x2c0\n[<0>] do_syscall_64+0x5d/0x90\n",
	             "do_unlinkat", -1, "do_unlinkat");
	expect_stuck("", "kernel_clone", -1, "kernel_clone (vfork: waits for its child)");
	expect_stuck("", "", -1, "");
	expect_stuck("[<0>]\n[<0>] \nnonsense\n[", "w", -1, "w");
	expect_stuck("[<0>] \033[2J+0x1/0x2 [\001]\n", "", -1, "^[[2J");
}

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

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* In state D by vfork(2), as long as its child lives; the child tells its pid. */
static pid_t vforker(pid_t *child)
{
	pid_t *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), pid;

	cr_assert_neq(shared, MAP_FAILED);
	*shared = 0;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "stuck one");
		if (vfork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			*(volatile pid_t *)shared = getpid();
			for (;;)
				pause();
		}
		_exit(0);
	}
	for (int tries = 0; *(volatile pid_t *)shared == 0 && tries < 2000; tries++)
		usleep(5000);
	*child = *shared;
	munmap(shared, sizeof *shared);
	return pid;
}

static const struct auberge_survivor *find(const struct auberge_survivor *survivors, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (survivors[i].host_pid == pid)
			return &survivors[i];
	return NULL;
}

Test(host_survey, one_process, .timeout = 60)
{
	const struct auberge_survivor *survivors;
	struct survey *survey = survey_open();
	pid_t pid = sleeper("described");
	siginfo_t info;

	cr_assert_eq(survey_look(survey, &pid, 1, 8, &survivors), 1);
	cr_expect_eq(survivors[0].host_pid, pid);
	cr_expect_eq(survivors[0].pid, pid);
	cr_expect_leq(survivors[0].age_seconds, 60);
	cr_expect_gt(survivors[0].start_time, 0);
	cr_expect_eq(survivors[0].stuck_seconds, -1);
	cr_expect_neq(survivors[0].command[0], '\0');
	kill(pid, SIGKILL);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	cr_assert_eq(survey_look(survey, &pid, 1, 8, &survivors), 1);
	cr_expect_eq(survivors[0].state, 'Z');
	cr_expect_str_eq(survivors[0].command, "[described]");
	waitpid(pid, NULL, 0);
	cr_expect_eq(survey_look(survey, &pid, 1, 8, &survivors), 0);
	cr_expect_eq(survey_look(survey, NULL, 0, 8, &survivors), 0);
	survey_close(survey);
}

Test(host_survey, the_stuck_one_is_first_and_its_memory_is_not_read, .timeout = 60)
{
	const struct auberge_survivor *survivors, *stuck;
	struct survey *survey = survey_open();
	pid_t pids[3] = {sleeper("old"), 0, 0};
	size_t count;

	pids[1] = vforker(&pids[2]);
	cr_assert_gt(pids[2], 0);
	do
		count = survey_look(survey, pids, 3, 8, &survivors);
	while (count == 3 && survivors[0].state != 'D');
	cr_assert_eq(count, 3);
	cr_expect_eq(survivors[0].host_pid, pids[1]);
	cr_expect_str_eq(survivors[0].command, "stuck one", "its name, not its command line");
	cr_expect(strstr(survivors[0].stuck_in, "vfork") || survivors[0].wait[0] == '\0', "%s", survivors[0].stuck_in);
	cr_expect_geq(survivors[0].stuck_seconds, 0);
	do /* the time it is stuck goes on from look to look */
		count = survey_look(survey, pids, 3, 1, &survivors);
	while (count == 1 && survivors[0].stuck_seconds < 1);
	cr_assert_eq(count, 1);
	cr_expect_eq(survivors[0].host_pid, pids[1]);
	reap(pids[2]);
	reap(pids[1]);
	count = survey_look(survey, pids, 3, 8, &survivors);
	stuck = find(survivors, count, pids[1]);
	cr_expect_null(stuck);
	cr_expect_not_null(find(survivors, count, pids[0]));
	reap(pids[0]);
	survey_close(survey);
}

Test(host_survey, of_very_many_each_look_reads_a_part_and_keeps_the_worst, .timeout = 60)
{
	enum { MANY = 4000 };
	static pid_t pids[MANY];
	const struct auberge_survivor *survivors;
	struct survey *survey = survey_open();
	pid_t old = sleeper("oldest"), child, stuck = vforker(&child);
	size_t count = 0;
	int looks = 0;

	for (size_t i = 0; i < MANY; i++) /* our own stands for the many: what counts is how many are looked at */
		pids[i] = getpid();
	pids[MANY - 1] = stuck;
	pids[MANY - 2] = old;
	do
		count = survey_look(survey, pids, MANY, 4, &survivors);
	while (count > 0 && survivors[0].host_pid != stuck && ++looks < 1000);
	cr_assert_gt(count, 0);
	cr_expect_eq(survivors[0].host_pid, stuck);
	cr_expect_gt(looks, 2, "all at once would hold the loop up");
	count = survey_look(survey, pids, MANY, 4, &survivors);
	cr_expect_eq(survivors[0].host_pid, stuck, "kept");
	cr_expect_leq(count, 4);
	reap(child);
	reap(stuck);
	reap(old);
	survey_close(survey);
}
