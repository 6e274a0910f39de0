/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config editor and the screen that makes a guest, with real guests: made, broken off, left to itself; a running
 * guest's limit changed and read back from its cgroup; two admins at one config.
 */
#include "place.h"

#include "term/vt.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 20000
#define SAVE "\023"
#define ESCAPE "\033"
#define IDLE "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n"

TestSuite(forms, .init = place_begin, .fini = place_end, .timeout = 300);

static struct {
	pid_t pid;
	int fd;
	struct vt *vt;
} screens;

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool there(const char *text)
{
	int line = 0, column, width;

	return vt_search(screens.vt, text, false, &line, &column, &width);
}

static void read_some(int milliseconds)
{
	struct pollfd wait = {.fd = screens.fd, .events = POLLIN};
	char bytes[8192];
	ssize_t count;

	if (poll(&wait, 1, milliseconds) <= 0)
		return;
	count = read(screens.fd, bytes, sizeof bytes);
	for (size_t at = 0; count > 0 && at < (size_t)count;)
		at += vt_feed(screens.vt, bytes + at, (size_t)count - at);
}

static void rest(int milliseconds)
{
	int64_t end = now_ms() + milliseconds;

	while (now_ms() < end)
		read_some((int)(end - now_ms()));
}

static void seen(const char *text)
{
	int64_t end = now_ms() + (int64_t)(LIMIT_MS * run_time_factor());
	char picture[8192] = "";
	size_t length = 0;

	while (!there(text) && now_ms() < end)
		read_some(50);
	if (there(text))
		return;
	for (int row = 0; row < vt_rows(screens.vt) && length + 100 < sizeof picture; row++) {
		struct cell cells[80];

		vt_line(screens.vt, row, cells, 80);
		for (int i = 0; i < 80; i++)
			picture[length++] = cells[i].characters[0] < 0x7f && cells[i].characters[0] >= ' ' ? (char)cells[i].characters[0] : ' ';
		picture[length++] = '\n';
	}
	picture[length] = '\0';
	cr_assert_fail("no \"%s\" in\n%s", text, picture);
}

static void type(const char *keys)
{
	cr_assert_eq(write(screens.fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* A question is deaf for 300 ms after it was painted. */
static void answer(const char *keys)
{
	rest((int)(600 * run_time_factor()));
	type(keys);
}

static void open_screens(void)
{
	const char *program = getenv("AUBERGE_PROGRAM") ? getenv("AUBERGE_PROGRAM") : "./auberge";
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	screens.vt = vt_open(24, 80);
	screens.pid = forkpty(&screens.fd, NULL, NULL, &size);
	cr_assert_geq(screens.pid, 0);
	if (screens.pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execlp(program, "auberge", NULL);
		_exit(127);
	}
	fcntl(screens.fd, F_SETFD, FD_CLOEXEC);
	seen("F10");
}

static bool is_gone(const void *pid)
{
	read_some(10);
	return waitpid(*(const pid_t *)pid, NULL, WNOHANG) != 0;
}

static void close_screens(const char *keys)
{
	type(keys);
	wait_until(is_gone, &screens.pid, 10, "the screens end");
	close(screens.fd);
	vt_close(screens.vt);
}

/* The focus to a field that begins so. */
static void to_field(const char *text)
{
	for (int i = 0; i < 80 && !there(text); i++) {
		type("\t");
		rest(40);
	}
	seen(text);
}

static void edit(const char *name)
{
	char keys[64];

	snprintf(keys, sizeof keys, "/%s\r", name);
	type(keys);
	rest(300); /* what is typed right behind a text field is dropped */
	type("e");
	snprintf(keys, sizeof keys, "Edit %s", name);
	seen(keys);
}

static bool exists(const char *name)
{
	char path[300];
	struct stat status;

	snprintf(path, sizeof path, "%s/state/%s", place_directory, name);
	return lstat(path, &status) == 0;
}

static const char *slurp(const char *name)
{
	static char text[8192];
	char path[300];
	int fd;
	ssize_t length;

	snprintf(path, sizeof path, "%s/state/%s/guest.ini", place_directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	text[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* The guest's memory limit as the kernel has it. */
static long long kernel_limit(const char *name)
{
	static const char *const files[] = {"memory.max", "memory.limit_in_bytes"};
	struct auberge_error error;
	struct auberge *auberge = place_open();
	struct auberge_details *details = auberge_show(auberge, name, &error);
	long long limit = -1;

	cr_assert_not_null(details, "%s", error.text);
	for (size_t i = 0; limit < 0 && i < details->cgroups_count; i++)
		for (size_t k = 0; limit < 0 && k < 2; k++) {
			char path[1024];
			FILE *file;

			snprintf(path, sizeof path, "%s/%s", details->cgroups[i], files[k]);
			file = fopen(path, "re");
			if (file && fscanf(file, "%lld", &limit) != 1)
				limit = -1;
			if (file)
				fclose(file);
		}
	auberge_details_free(details);
	auberge_close(auberge);
	return limit;
}

static void start_limited(const char *name, const char *words)
{
	guest_script(name, IDLE, words);
	if (au("config check %s", name) != 0)
		cr_skip_test("%s", got.errors);
	cr_assert_eq(au("start %s", name), 0, "%s", got.errors);
}

Test(forms, a_guest_is_made_and_starts)
{
	open_screens();
	seen("no guests yet: c creates one");
	type("c");
	seen("New guest");
	type("web4\004");
	seen("would write");
	cr_expect_not(exists("web4"), "a dry run changes nothing");
	to_field("> pids");
	type("200" SAVE);
	seen("web4 created: u starts it");
	seen("stopped");
	cr_expect_not_null(strstr(slurp("web4"), "pids = 200"));
	type("c");
	seen("New guest");
	type("web4" SAVE);
	seen("! web4: there is a guest of this name already");
	type(ESCAPE);
	seen("Drop the new guest?");
	answer("y");
	rest(300);
	if (au("config check web4") == 0) { /* else its disk can map no ids, and it cannot start here */
		type("u");
		seen("web4 started");
		wait_state("web4", "running", 20);
	}
	close_screens("Q");
}

#ifdef AUBERGE_FAULTS
static char fifo[200];

/* The making stands still at its first fail point until someone reads. */
static void begin_held(void)
{
	snprintf(fifo, sizeof fifo, "%s/held", place_directory);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	setenv("AUBERGE_FAULT_TRACE", fifo, 1);
	open_screens();
	unsetenv("AUBERGE_FAULT_TRACE");
	type("c");
	seen("New guest");
	type("web4" SAVE);
	seen("Making web4");
}

static int let_go(void)
{
	return open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static bool is_there(const void *name)
{
	return exists(name);
}

static bool is_not_there(const void *name)
{
	return !exists(name);
}

Test(forms, a_making_that_is_broken_off_leaves_nothing)
{
	int reader;

	begin_held();
	wait_until(is_there, ".create-web4", 10, "the making has begun");
	type(ESCAPE);
	seen("Break off the making of web4?");
	answer("y");
	rest(200);
	reader = let_go();
	seen("web4: broken off, nothing is left");
	cr_expect_not(exists("web4"));
	cr_expect_not(exists(".create-web4"));
	type("\021");
	seen("Drop the new guest?");
	answer("y");
	close_screens("");
	close(reader);
	expect_nothing_left();
}

Test(forms, a_making_goes_on_when_the_screens_end)
{
	int reader;

	begin_held();
	wait_until(is_there, ".create-web4", 10, "the making has begun");
	close_screens("\021");
	reader = let_go();
	wait_until(is_not_there, ".create-web4", 10, "the making has ended");
	cr_expect_str_eq(guest_state("web4"), "stopped");
	cr_expect_not_null(strstr(slurp("web4"), "kind = container"));
	close(reader);
}
#endif

Test(forms, a_running_guests_memory_is_changed)
{
	start_limited("web", "--set limits.memory=256M --set limits.pids=200");
	open_screens();
	edit("web");
	to_field("> memory");
	type("\025" "64M");
	to_field("> ttys");
	type("3" SAVE);
	seen("now            limits.memory: 256M -> 64M");
	seen("at next start  console.ttys: 1 -> 3");
	answer("y");
	seen("web saved: 1 now, 1 at its next start");
	cr_expect_eq(kernel_limit("web"), 64ll << 20);
	cr_expect_not_null(strstr(slurp("web"), "memory = 64M"));
	to_field("> ttys");
	seen("~ running with 1 until its next start");
	to_field("> memory");
	type("\025" "32M" SAVE);
	seen("Save web?");
	answer("l");
	seen("Edit web");
	cr_expect_eq(kernel_limit("web"), 64ll << 20, "for the next start only");
	type("\017");
	seen("Earlier versions of web");
	type("j\r");
	seen("limits.memory: 32M -> 256M");
	answer("y");
	seen("Edit web"); /* which the question has covered */
	cr_expect_eq(kernel_limit("web"), 256ll << 20);
	type(ESCAPE);
	seen("sort trouble");
	close_screens("Q");
}

Test(forms, the_second_admin_is_told)
{
	start_limited("web", "--set limits.memory=256M");
	open_screens();
	edit("web");
	to_field("> memory");
	type("\025" "64M" SAVE);
	seen("Save web?");
	cr_assert_eq(au("config set web limits.pids=77"), 0, "%s", got.errors);
	answer("y");
	seen("Someone else changed web meanwhile");
	seen("+pids = 77");
	seen("limits.memory: 256M -> 64M");
	cr_expect_eq(kernel_limit("web"), 256ll << 20);
	cr_expect_null(strstr(slurp("web"), "64M"));
	answer("m");
	seen("yours on top of theirs");
	type(SAVE);
	seen("Save web?");
	answer("y");
	seen("web saved");
	cr_expect_eq(kernel_limit("web"), 64ll << 20);
	cr_expect_not_null(strstr(slurp("web"), "pids = 77"));
	type(ESCAPE);
	seen("sort trouble");
	close_screens("Q");
}
