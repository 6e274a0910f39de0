/* SPDX-License-Identifier: GPL-2.0-or-later */
/* auberge_exec() into a real running guest: statuses, users, files, ttys, and nothing of the caller's inside. */
#include "container_guest.h"

#include "guest/lock.h"
#include "supervisor/ledger.h"
#include "host/process.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct auberge *set;
static pid_t guest_builder, guest_init;
static int guest_masters[PLAN_TTYS_MAX];

/* The guest's init on the host: the only child of the builder. */
static pid_t child_of(pid_t parent)
{
	char path[64], text[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
	return file_read_at(AT_FDCWD, path, text, sizeof text) > 0 ? (pid_t)atoi(text) : 0;
}

/* The builder here keeps its end of the channel, so there is no end of file to wait for. */
static void await_init(void)
{
	char path[64], text[64] = "";

	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)guest_init);
	for (int i = 0; i < 500 && strcmp(text, "/bin/busybox") != 0; i++) {
		usleep(10000);
		file_read_at(AT_FDCWD, path, text, sizeof text);
	}
	cr_assert_str_eq(text, "/bin/busybox");
}

static void write_ledger(int run)
{
	struct auberge_error error = {0};
	int ledger = ledger_begin(run, &error);

	cr_assert(ledger >= 0, "%s", error.text);
	cr_assert(ledger_append(ledger, &error, LEDGER_INIT, "%d %llu", (int)guest_init,
	                        (unsigned long long)process_start_time(guest_init)) == 0);
	cr_assert(ledger_append(ledger, &error, LEDGER_PHASE, "running") == 0);
	close(ledger);
}

static void open_set(void)
{
	struct auberge_options options = {.state_dir = base, .cgroup = "auberge-test-container-enter"};
	struct auberge_error error = {0};
	char run[256], log[256], path[256];

	in_base("run", run);
	in_base("log", log);
	options.run_dir = run;
	options.log_dir = log;
	mkdir(run, 0755);
	in_base("run/g", path);
	mkdir(path, 0711);
	in_base("g/guest.ini", path);
	put(path, "[guest]\nkind = container\n", 0600);
	set = auberge_open(&options, &error);
	cr_assert_not_null(set, "%s", error.text);
}

static void begin_guest(void)
{
	static struct bench bench;
	char path[256], byte;
	int sockets[2];
	size_t count;

	make_base();
	bench_begin(&bench, false);
	if (!can_map(&bench))
		cr_skip_test("the file system of TMPDIR, or /var/tmp, cannot map ids");
	in_base("g/rootfs/etc", path);
	mkdir(path, 0755);
	in_base("g/rootfs/etc/passwd", path);
	put(path, "root:x:0:0::/root:/bin/sh\njoe:x:1000:1001::/home/joe:/bin/sh\n", 0644);
	in_base("g/rootfs/etc/group", path);
	put(path, "root:x:0:\nusers:x:1001:\naudio:x:29:joe\n", 0644);
	init_script("#!/bin/sh\nexec /bin/busybox sleep 1000\n");
	cr_assert(rootfs_prepare(&bench.plan, &bench.error) == 0, "%s", bench.error.text);
	cr_assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
	guest_builder = fork();
	if (guest_builder == 0)
		builder(&bench, sockets[1]);
	close(sockets[1]);
	cr_assert(receive_with_fds(sockets[0], &byte, 1, guest_masters, PLAN_TTYS_MAX, &count) == 1 && count == 3);
	close(sockets[0]);
	guest_init = child_of(guest_builder);
	cr_assert(guest_init > 0);
	await_init();
	open_set();
	in_base("run/g", path);
	int run_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_ledger(run_fd);
	close(run_fd);
	/* As its supervisor would: nobody is to give it another. */
	cr_assert(lock_try(lock_open(set, "g"), LOCK_SUPERVISOR) == 0);
}

static void end_guest(void)
{
	if (guest_init > 0)
		kill(guest_init, SIGKILL);
	if (guest_builder > 0)
		waitpid(guest_builder, NULL, 0);
	if (set) {
		struct auberge_error error = {0};

		cr_expect(cgroup_remove(set, "g", &error) == 0, "%s", error.text);
		cgroup_leave_supervisor(set, "g", 0);
		auberge_close(set);
	}
	remove_base();
}

static void drain(int fd, char *out, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (fd >= 0 && length < size - 1 && (got = read(fd, out + length, size - 1 - length)) > 0)
		length += (size_t)got;
	out[length] = '\0';
}

/* Runs a shell line inside; returns the status. */
static int inside_as(const char *user, const char *line, bool tty, char *output, size_t size)
{
	const char *const arguments[] = {"/bin/busybox", "sh", "-c", line, NULL};
	struct auberge_exec exec = {.argv = arguments, .user = user, .tty = tty, .rows = 31, .columns = 97};
	struct auberge_exec_process process;
	struct auberge_error error = {0};
	int status;

	if (auberge_exec(set, "g", &exec, &process, &error) < 0) {
		snprintf(output, size, "%s", error.text);
		return -(int)error.code;
	}
	if (!tty)
		close(process.input);
	drain(process.output, output, size);
	close(process.output);
	if (process.errors >= 0)
		close(process.errors);
	cr_assert(waitpid(process.pid, &status, 0) == process.pid);
	return WEXITSTATUS(status);
}

TestSuite(container_enter, .init = begin_guest, .fini = end_guest);

Test(container_enter, namespaces_users_and_status)
{
	static char output[16384];

	cr_expect_eq(inside_as(NULL, "busybox id; busybox hostname; busybox tr '\\0' '\\n' < /proc/1/cmdline; pwd; exit 9", false,
	                       output, sizeof output), 9, "%s", output);
	has(output, "uid=0(root) gid=0(root)\n");
	has(output, "\ng\n/bin/busybox\nsleep\n1000\n/\n");
	cr_expect_eq(inside_as("joe", "busybox id; echo $HOME $USER $SHELL $container; echo out > /dev/stdout; kill -9 $$", false,
	                       output, sizeof output), 128 + 9, "%s", output);
	has(output, "uid=1000(joe) gid=1001(users) groups=29(audio)");
	has(output, "/home/joe joe /bin/sh auberge\nout\n");
	cr_expect_eq(inside_as("1234:77", "busybox id -u; busybox id -g; busybox id -G; busybox grep ^Cap /proc/self/status", false,
	                       output, sizeof output), 0);
	has(output, "1234\n77\n77\n");
	has(output, "CapEff:\t0000000000000000");
	cr_expect_eq(inside_as(NULL, "for n in mnt pid net uts ipc user cgroup time; do"
	                       " [ $(busybox readlink /proc/1/ns/$n) = $(busybox readlink /proc/self/ns/$n) ] || echo BAD $n; done;"
	                       " busybox grep -h CapBnd /proc/1/status /proc/self/status | busybox uniq | busybox wc -l",
	                       false, output, sizeof output), 0);
	cr_expect_str_eq(output, "1\n");
}

Test(container_enter, nothing_of_the_callers)
{
	static char output[16384];
	int directory = open("/", O_RDONLY), fds[64];

	for (size_t i = 0; i < COUNT_OF(fds); i++)
		fds[i] = dup(directory); /* not close-on-exec: a careless caller's */
	cr_expect_eq(inside_as(NULL, "busybox ls -l /proc/self/fd | busybox grep -v -E 'pipe|total|/proc/';"
	                       " busybox grep -E '^Sig(Blk|Ign)|^Cap(Inh|Amb)' /proc/self/status; umask; busybox env", false, output, sizeof output), 0, "%s", output);
	has_not(output, "->");
	has(output, "CapInh:\t0000000000000000");
	has(output, "SigBlk:\t0000000000000000");
	has(output, "0022");
	has_not(output, "LANG=");
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		char cwd[64];
		const char *const arguments[] = {"/bin/busybox", "pwd", NULL};
		struct auberge_exec exec = {.argv = arguments, .directory = cwd};
		struct auberge_exec_process process;
		struct auberge_error error = {0};

		snprintf(cwd, sizeof cwd, "/proc/self/fd/%d", fds[i]);
		cr_expect(auberge_exec(set, "g", &exec, &process, &error) < 0 && error.code == AUBERGE_FAILED);
		has(error.text, "working directory");
		if (i > 3)
			break;
	}
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
	close(directory);
}

Test(container_enter, tty_is_the_guests)
{
	static char output[16384];

	cr_expect_eq(inside_as("joe", "busybox tty; busybox stty size; busybox stat -c '%u %g %a' $(busybox tty); echo x > /dev/tty", true,
	                       output, sizeof output), 0, "%s", output);
	has(output, "/dev/pts/3\r\n31 97\r\n1000 5 620\r\nx\r\n");
}

Test(container_enter, failures)
{
	static char output[16384];
	const char *const missing[] = {"no-such-command", NULL}, *const text[] = {"/etc/passwd", NULL};
	const char *const *const commands[] = {missing, text};
	const int statuses[] = {127, 126};
	struct auberge_exec_process process;
	struct auberge_error error = {0};

	cr_expect_eq(inside_as("nobody", "true", false, output, sizeof output), -AUBERGE_FAILED);
	cr_expect_str_eq(output, "g: no user \"nobody\" in the guest's /etc/passwd");
	cr_expect_eq(inside_as("70000:70000", "true", false, output, sizeof output), -AUBERGE_FAILED, "%s", output);
	for (size_t i = 0; i < 2; i++) {
		struct auberge_exec exec = {.argv = commands[i]};
		int status;

		cr_assert(auberge_exec(set, "g", &exec, &process, &error) == 0, "%s", error.text);
		drain(process.errors, output, sizeof output);
		close(process.input);
		close(process.output);
		close(process.errors);
		waitpid(process.pid, &status, 0);
		cr_expect_eq(WEXITSTATUS(status), statuses[i]);
		has(output, "in the guest");
	}
	kill(guest_init, SIGKILL);
	waitpid(guest_builder, NULL, 0);
	guest_init = guest_builder = 0;
	cr_expect_eq(inside_as(NULL, "true", false, output, sizeof output), -AUBERGE_WRONG_STATE);
	cr_expect_str_eq(output, "g: not running");
}

Test(container_enter, login_shell)
{
	struct auberge_exec exec = {.user = "joe"};
	struct auberge_exec_process process;
	struct auberge_error error = {0};
	char output[1024];
	int status;

	cr_assert(auberge_exec(set, "g", &exec, &process, &error) == 0, "%s", error.text);
	cr_assert(write_all(process.input, "echo $0; pwd; exit 5\n", 21) == 0);
	close(process.input);
	drain(process.output, output, sizeof output);
	close(process.output);
	close(process.errors);
	waitpid(process.pid, &status, 0);
	cr_expect_eq(WEXITSTATUS(status), 5);
	cr_expect_str_eq(output, "-sh\n/\n"); /* no /home/joe in this guest */
}
