/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What service managers call: `start --stay` and the sysv script. With systemd itself: tests/vm/systemd. */
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(units, .init = place_begin, .fini = place_end);

static const char quick[] = "trap 'exit 0' TERM\necho up\nwhile :; do sleep 1000 & wait $!; done\n";
static char notify_path[160];

static int manager_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(notify_path, sizeof notify_path, "%s/notify", place_directory);
	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", notify_path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0, "%s: %s", notify_path, strerror(errno));
	return fd;
}

static void expect_word(int fd, const char *word)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char text[512] = "";

	cr_assert_eq(poll(&wait, 1, (int)run_patience(20000)), 1, "no %s came", word);
	cr_assert_gt(recv(fd, text, sizeof text - 1, 0), 0);
	cr_assert_not_null(strstr(text, word), "%s", text);
}

static pid_t stay(const char *name)
{
	const char *program = getenv("AUBERGE_PROGRAM");
	pid_t pid = fork();

	if (pid == 0) {
		setenv("NOTIFY_SOCKET", notify_path, 1);
		execl(program ? program : "./auberge", "auberge", "start", "--stay", name, NULL);
		_exit(127);
	}
	return pid;
}

struct waited {
	pid_t pid;
	int status;
};

static bool is_over(const void *data)
{
	struct waited *waited = (struct waited *)(uintptr_t)data;

	return waitpid(waited->pid, &waited->status, WNOHANG) == waited->pid;
}

static int exit_status(pid_t pid)
{
	struct waited waited = {.pid = pid};

	wait_until(is_over, &waited, 20, "start --stay to end");
	return WIFEXITED(waited.status) ? WEXITSTATUS(waited.status) : -1;
}

Test(units, a_guest_as_the_process_of_a_service_manager)
{
	int manager = manager_socket();
	pid_t pid;

	guest_script("job", quick, NULL);
	pid = stay("job");
	expect_word(manager, "READY=1");
	cr_expect_str_eq(guest_state("job"), "running");
	cr_assert_eq(au("restart job"), 0, "%s", got.errors);
	cr_expect_eq(waitpid(pid, NULL, WNOHANG), 0, "a restart is not an end");
	kill(pid, SIGTERM);
	expect_word(manager, "STOPPING=1");
	cr_expect_eq(exit_status(pid), 0);
	cr_expect_str_eq(guest_state("job"), "stopped");
	cr_expect_str_eq(guest_look("job").last_end.cause, "stopped");

	pid = stay("job");
	expect_word(manager, "READY=1");
	cr_assert_eq(au("stop job"), 0, "%s", got.errors);
	cr_expect_eq(exit_status(pid), 0, "it was stopped by another");

	cr_assert_eq(au("start job"), 0, "%s", got.errors);
	pid = stay("job");
	expect_word(manager, "READY=1");
	kill(guest_look("job").init_pid, SIGKILL);
	cr_expect_eq(exit_status(pid), 1, "it ended badly");
	cr_expect_eq(au("start --stay job other"), 2);
	cr_expect_eq(au("start --stay nobody"), 3);
	close(manager);
	expect_nothing_left();
}

Test(units, the_sysv_script)
{
	const char *program = getenv("AUBERGE_PROGRAM");
	char script[160], here[4096], *real = realpath(program ? program : "./auberge", NULL);

	if (access("/run/systemd/system", F_OK) == 0)
		cr_skip_test("pid 1 is systemd: the script hands over to the unit");
	if (access("auberge-init/auberge", R_OK) < 0)
		cr_skip_test("not in a build tree: %s", getcwd(here, sizeof here));
	snprintf(script, sizeof script, "%s/init-auberge", place_directory);
	cr_assert_eq(sh("cp auberge-init/auberge %s", script), 0);
	cr_assert_eq(sh("sed -i s|^AUBERGE=.*|AUBERGE=%s| %s", real, script), 0, "%s", got.errors);
	free(real);
	guest_script("job", quick, "--set guest.autostart=yes");
	cr_expect_eq(sh("sh %s status", script), 3, "%s", got.output);
	cr_expect_eq(sh("sh %s stop", script), 0, "nothing runs: nothing to do");
	cr_expect_eq(sh("sh %s start", script), 0, "%s", got.errors);
	cr_expect_str_eq(guest_state("job"), "running");
	cr_expect_eq(sh("sh %s start", script), 0, "it runs already");
	cr_expect_eq(sh("sh %s status", script), 0, "%s", got.output);
	cr_expect_eq(sh("sh %s restart", script), 0, "%s", got.errors);
	cr_expect_eq(sh("sh %s stop", script), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("job").last_end.cause, "stopped");
	cr_expect_eq(sh("sh %s dance", script), 2);
	expect_nothing_left();
}
