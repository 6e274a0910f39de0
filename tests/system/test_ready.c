/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readiness: a guest that is taken for systemd is up when its init says so on /run/host/notify, any other when its init
 * runs. The tests are root of the host, and so may speak with any credentials: as the guest's init, or as somebody else.
 */
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

TestSuite(ready, .init = place_begin, .fini = place_end, .timeout = 600);

static const char quick[] = "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n";
#define AS_SYSTEMD "--set guest.halt=systemd --set guest.halt_signal=SIGTERM"

static int connect_notify(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "/proc/%d/root/run/host/notify", guest_look(name).init_pid);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0, "%s: %s", address.sun_path, strerror(errno));
	return fd;
}

/* pid 0: with our own credentials. 0, or -errno. */
static int speak(int fd, const char *data, size_t length, pid_t pid, uid_t uid)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))] = {0};
	struct ucred who = {pid, uid, uid};
	struct iovec piece = {(void *)(uintptr_t)data, length};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	if (pid) {
		message.msg_control = control;
		message.msg_controllen = sizeof control;
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){CMSG_LEN(sizeof who), SOL_SOCKET, SCM_CREDENTIALS};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &who, sizeof who);
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Waits for room, as a guest would. */
static void say(const char *name, const char *text, pid_t pid, uid_t uid)
{
	int fd = connect_notify(name), result;

	while ((result = speak(fd, text, strlen(text), pid, uid)) == -EAGAIN)
		pause_ms(10);
	cr_assert_eq(result, 0, "%s", strerror(-result));
	close(fd);
}

static uid_t root_of(const char *name)
{
	char path[64], text[64] = "";
	unsigned inside, outside = 0;

	snprintf(path, sizeof path, "/proc/%d/uid_map", guest_look(name).init_pid);
	FILE *file = fopen(path, "re");
	cr_assert_not_null(file);
	cr_assert_not_null(fgets(text, sizeof text, file));
	fclose(file);
	cr_assert_eq(sscanf(text, "%u %u", &inside, &outside), 2);
	return outside;
}

static bool is_ready(const void *data)
{
	return guest_look(data).ready;
}

static const char *show_status(const char *name)
{
	static char text[256];
	const char *at;

	cr_assert_eq(au("show %s --json", name), 0, "%s", got.errors);
	at = strstr(got.output, "\"status\": \"");
	snprintf(text, sizeof text, "%s", at ? at + 11 : "");
	text[strcspn(text, "\"")] = '\0';
	return text;
}

struct status_wanted {
	const char *name, *text;
};

static bool status_is(const void *data)
{
	const struct status_wanted *wanted = data;

	return strcmp(show_status(wanted->name), wanted->text) == 0;
}

Test(ready, a_guest_without_systemd_is_ready_when_its_init_runs)
{
	guest_busybox("plain", NULL);
	cr_assert_eq(au("start plain --wait ready"), 0, "%s", got.errors);
	cr_expect(guest_look("plain").ready);
	cr_expect_eq(au("exec plain -- sh -c 'cat /run/host/container-manager; ls -l /run/host; touch /run/host/x; : > /run/host/notify'"), 1);
	cr_expect(strstr(got.output, "auberge\n") && strstr(got.output, "srw-rw-rw-"), "%s", got.output);
	cr_expect(strstr(got.errors, "Read-only file system") != NULL, "%s", got.errors);
	cr_expect_eq(au("exec plain -- sh -c 'tr \"\\\\0\" \"\\\\n\" < /proc/1/environ'"), 0);
	cr_expect(strstr(got.output, "NOTIFY_SOCKET=/run/host/notify") != NULL, "%s", got.output);
	cr_expect_eq(au("start plain --wait nothing"), 2);
	cr_assert_eq(au("stop plain"), 0, "%s", got.errors);
	cr_expect_not(guest_look("plain").ready);
	expect_nothing_left();
}

Test(ready, systemd_is_waited_for_until_its_init_says_so)
{
	pid_t starter;
	int status;

	guest_script("sys", quick, AS_SYSTEMD);
	starter = fork();
	if (starter == 0)
		_exit(au("start sys --wait ready"));
	wait_state("sys", "running", 20);
	uid_t root = root_of("sys");
	pid_t init = guest_look("sys").init_pid;
	say("sys", "READY=1", 0, 0);              /* root of the host: nobody here */
	say("sys", "READY=1", init, 0);           /* not of its ids */
	say("sys", "READY=1", getpid(), root);    /* of its ids, but not its init */
	say("sys", "READY=1", init, root + 65536); /* somebody else's ids */
	say("sys", "STATUS=half \x1b[1mway", getpid(), root + 7);
	wait_until(status_is, &(struct status_wanted){"sys", "half ^[[1mway"}, 10, "the status");
	cr_expect_not(guest_look("sys").ready);
	cr_expect_eq(waitpid(starter, &status, WNOHANG), 0);
	say("sys", "READY=1\nSTATUS=up", init, root);
	wait_until(is_ready, "sys", 10, "the guest to be ready");
	cr_assert_eq(waitpid(starter, &status, 0), starter);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_str_eq(show_status("sys"), "up");
	cr_expect(strstr(got.output, "\"ready\": true") != NULL, "%s", got.output);
	cr_assert_eq(au("stop sys"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(ready, at_the_limit_the_guest_runs_on_and_one_that_ends_is_told)
{
	struct auberge *auberge;
	struct auberge_error error = {0};
	struct auberge_act_options options = {.timeout_seconds = 1, .ready = true};
	struct auberge_job_event event;
	int result = 0;

	guest_script("slow", quick, AS_SYSTEMD);
	auberge = place_open();
	struct auberge_job *job = auberge_job_begin(auberge, "slow", AUBERGE_START, &options, &error);
	cr_assert_not_null(job, "%s", error.text);
	while (result >= 0) {
		struct pollfd wait = {.fd = auberge_job_fd(job), .events = POLLIN};

		poll(&wait, 1, 1000);
		result = auberge_job_next(job, &event, &error);
		cr_assert(result <= 0 || event.kind != AUBERGE_EVENT_DONE);
	}
	cr_expect_eq(error.code, AUBERGE_TIMEOUT);
	cr_expect_str_eq(error.text, "slow: still starting");
	auberge_job_free(job);
	auberge_close(auberge);
	cr_expect_str_eq(guest_state("slow"), "running");
	cr_assert_eq(au("stop slow"), 0, "%s", got.errors);

	guest_script("dies", "sleep 1\nexit 3\n", AS_SYSTEMD);
	cr_expect_eq(au("start dies --wait ready"), 1);
	cr_expect(strstr(got.errors, "dies: it ended before it was ready: exited, status 3") != NULL, "%s", got.errors);
}

/* F35: bounded, rate-limited, no crash; and what comes after the flood is still heard. */
Test(ready, a_guest_that_floods_the_socket_with_garbage_costs_little)
{
	static char data[100000];
	unsigned sent = 0;
	char path[64];
	int fd, pair[2];

	guest_script("loud", quick, AS_SYSTEMD);
	cr_assert_eq(au("start loud"), 0, "%s", got.errors);
	uid_t root = root_of("loud");
	pid_t init = guest_look("loud").init_pid;
	fd = connect_notify("loud");
	memset(data, 'S', sizeof data);
	memcpy(data, "STATUS=", 7);
	for (int round = 0; round < 3000; round++) {
		size_t length = (size_t)(round * 7919) % sizeof data;

		data[length] = '\n';
		sent += speak(fd, data, length, init, root) == 0;
		data[length] = (char)round;
		if (round % 100 == 0)
			pause_ms(1);
	}
	cr_expect_gt(sent, 5u);
	cr_expect_lt(sent, 3000u, "none was held up");
	/* Descriptors that come along are closed at once. */
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec piece = {data, 9};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	*CMSG_FIRSTHDR(&message) = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &pair[1], sizeof(int));
	while (sendmsg(fd, &message, MSG_NOSIGNAL) < 0 && errno == EAGAIN)
		pause_ms(10);
	close(pair[1]);
	struct pollfd wait = {.fd = pair[0], .events = POLLIN};
	cr_expect_eq(poll(&wait, 1, (int)run_patience(10000)), 1, "the descriptor is still open somewhere");
	close(pair[0]);
	close(fd);
	cr_expect_not(guest_look("loud").ready);
	snprintf(path, sizeof path, "/proc/%d", init);
	cr_expect_eq(access(path, F_OK), 0);
	say("loud", "READY=1", init, root);
	wait_until(is_ready, "loud", 10, "the guest to be ready after the flood");
	cr_assert_eq(au("stop loud"), 0, "%s", got.errors);
	expect_nothing_left();
}

Test(ready, a_privileged_guest_is_heard_too)
{
	guest_script("priv", quick, AS_SYSTEMD " --set security.privileged=yes");
	cr_assert_eq(au("start priv"), 0, "%s", got.errors);
	pid_t init = guest_look("priv").init_pid;
	say("priv", "READY=1", getpid(), 0);
	say("priv", "STATUS=a word", init, 0);
	wait_until(status_is, &(struct status_wanted){"priv", "a word"}, 10, "the status");
	cr_expect_not(guest_look("priv").ready);
	say("priv", "READY=1", init, 0);
	wait_until(is_ready, "priv", 10, "the guest to be ready");
	cr_assert_eq(au("stop priv"), 0, "%s", got.errors);
}
