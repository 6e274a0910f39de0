/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix where a file system does not answer: F20 an init that is stuck in the kernel, F21 a rootfs that whoever
 * asks for it waits for.
 */
#include "matrix.h"
#include "silence.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_quick(const char *line, double limit)
{
	cr_expect_eq(au("%s", line), 0, "%s: %s", line, got.errors);
	cr_expect_lt(got.seconds, run_patience(limit), "%s took %.2f s", line, got.seconds);
}

static void expect_others_unaffected(void)
{
	expect_quick("list", 1);
	expect_quick("start other", 5);
	expect_quick("exec other -- true", 5);
	expect_quick("freeze other", 5);
	expect_quick("thaw other", 5);
	expect_quick("stop other", 5);
	expect_quick("top --count 1 --json", 5);
}

static bool is_asked(int asked)
{
	struct pollfd reader = {.fd = asked, .events = POLLIN};

	return poll(&reader, 1, 0) > 0;
}

Test(matrix, f20_init_stuck_in_the_kernel)
{
	char path[256], words[512];
	int asked;
	struct pollfd reader = {.events = POLLIN};

	silence_mount(path, &asked);
	reader.fd = asked;
	guest_script("other", matrix_quick, NULL);
	snprintf(words, sizeof words, "--set 'mount silent.source=%s' --set 'mount silent.target=/silent'", path);
	matrix_start("web", "trap 'exit 0' TERM\necho up\nread line </silent/file\n", words);
	cr_assert_eq(poll(&reader, 1, (int)run_patience(20000)), 1);
	expect_others_unaffected();
	for (int round = matrix_rounds(2, 20); round > 0; round--) {
		cr_expect_eq(au("stop web --timeout 2s"), 5, "%s", got.errors);
		cr_expect_lt(got.seconds, 2 + run_patience(2), "stop took %.2f s", got.seconds);
		cr_expect(strstr(got.errors, "stuck in kernel") != NULL, "%s", got.errors);
		cr_expect_str_eq(guest_state("web"), "stopping");
		expect_others_unaffected();
	}
	cr_expect_eq(au("stop web --timeout 1s --kill"), 5, "what is stuck cannot be killed: %s", got.errors);
	expect_others_unaffected();
	silence_end();
	wait_state("web", "stopped", 20);
	umount2(path, MNT_DETACH);
	close(asked);
	expect_nothing_left();
}

static bool is_starting(const void *name)
{
	return guest_look(name).state == AUBERGE_STARTING;
}

Test(matrix, f21_rootfs_that_does_not_answer)
{
	int asked, status = 0;
	char rootfs[512];
	pid_t starter;

	guest_script("other", matrix_quick, NULL);
	guest_script("web", matrix_quick, NULL);
	snprintf(rootfs, sizeof rootfs, "%s", guest_file("web", ""));
	rootfs[strlen(rootfs) - 1] = '\0';
	silence_mount_on(rootfs, &asked);
	expect_others_unaffected();
	expect_quick("audit", 10);
	cr_expect_not(is_asked(asked), "the rootfs of a guest was looked at");
	/* Only who wants something of it waits. */
	starter = au_background(matrix_path("starter"), "start web");
	wait_until(is_starting, "web", 20, "the start to begin");
	expect_others_unaffected();
	cr_expect_eq(waitpid(starter, NULL, WNOHANG), 0);
	cr_expect_str_eq(guest_state("web"), "starting");
	kill(starter, SIGINT);
	cr_assert_eq(waitpid(starter, &status, 0), starter);
	silence_end();
	wait_state("web", "failed", 20);
	umount2(rootfs, MNT_DETACH);
	close(asked);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_expect_eq(au("stop web"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(matrix, f21_state_directory_that_does_not_answer)
{
	cr_skip_test("the configs of all guests lie in one file system, which list reads: it cannot do without");
}
