/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config editor and the screen that makes a guest, with real guests: made, broken off, left to itself; a running
 * guest's limit changed and read back from its cgroup; two admins at one config.
 */
#include "place.h"
#include "terminal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAVE "\023"
#define ESCAPE "\033"
#define IDLE "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n"

TestSuite(forms, .init = place_begin, .fini = place_end, .timeout = 300);

/* A question is deaf for 300 ms after it was painted. */
static void answer(const char *keys)
{
	terminal_rest((int)(600 * run_time_factor()));
	terminal_type(keys);
}

/* The focus to a field that begins so. */
static void to_field(const char *text)
{
	for (int i = 0; i < 80 && !terminal_has(text); i++) {
		terminal_type("\t");
		terminal_rest(40);
	}
	terminal_see(text);
}

static void edit(const char *name)
{
	char keys[64];

	terminal_see(name);
	snprintf(keys, sizeof keys, "/%s\r", name);
	terminal_type(keys);
	terminal_rest(300); /* what is typed right behind a text field is dropped */
	terminal_type("e");
	snprintf(keys, sizeof keys, "Edit %s", name);
	terminal_see(keys);
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
	terminal_open(24, 80);
	terminal_see("no guests yet: c creates one");
	terminal_type("c");
	terminal_see("New guest");
	terminal_type("web4\004");
	terminal_see("would write");
	cr_expect_not(exists("web4"), "a dry run changes nothing");
	to_field("> pids");
	terminal_type("200" SAVE);
	terminal_see("web4 created: u starts it");
	terminal_see("stopped");
	cr_expect_not_null(strstr(slurp("web4"), "pids = 200"));
	terminal_type("c");
	terminal_see("New guest");
	terminal_type("web4" SAVE);
	terminal_see("! web4: there is a guest of this name already");
	terminal_type(ESCAPE);
	terminal_see("Drop the new guest?");
	answer("y");
	terminal_rest(300);
	if (au("config check web4") == 0) { /* else its disk can map no ids, and it cannot start here */
		terminal_type("u");
		terminal_see("web4 started");
		wait_state("web4", "running", 20);
	}
	terminal_close("Q");
}

#ifdef AUBERGE_FAULTS
static char fifo[200];

/* The making stands still at its first fail point until someone reads. */
static void begin_held(void)
{
	snprintf(fifo, sizeof fifo, "%s/held", place_directory);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	setenv("AUBERGE_FAULT_TRACE", fifo, 1);
	terminal_open(24, 80);
	unsetenv("AUBERGE_FAULT_TRACE");
	terminal_type("c");
	terminal_see("New guest");
	terminal_type("web4" SAVE);
	terminal_see("Making web4");
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
	terminal_type(ESCAPE);
	terminal_see("Break off the making of web4?");
	answer("y");
	terminal_rest(200);
	reader = let_go();
	terminal_see("web4: broken off, nothing is left");
	cr_expect_not(exists("web4"));
	cr_expect_not(exists(".create-web4"));
	terminal_type("\021");
	terminal_see("Drop the new guest?");
	answer("y");
	terminal_close("");
	close(reader);
	expect_nothing_left();
}

Test(forms, a_making_goes_on_when_the_screens_end)
{
	int reader;

	begin_held();
	wait_until(is_there, ".create-web4", 10, "the making has begun");
	terminal_close("\021");
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
	terminal_open(24, 80);
	edit("web");
	to_field("> memory");
	terminal_type("\025" "64M");
	to_field("> ttys");
	terminal_type("3" SAVE);
	terminal_see("now            limits.memory: 256M -> 64M");
	terminal_see("at next start  console.ttys: 1 -> 3");
	answer("y");
	terminal_see("web saved: 1 now, 1 at its next start");
	cr_expect_eq(kernel_limit("web"), 64ll << 20);
	cr_expect_not_null(strstr(slurp("web"), "memory = 64M"));
	to_field("> ttys");
	terminal_see("~ running with 1 until its next start");
	to_field("> memory");
	terminal_type("\025" "32M" SAVE);
	terminal_see("Save web?");
	answer("l");
	terminal_see("Edit web");
	cr_expect_eq(kernel_limit("web"), 64ll << 20, "for the next start only");
	terminal_type("\017");
	terminal_see("Earlier versions of web");
	terminal_type("j\r");
	terminal_see("limits.memory: 32M -> 256M");
	answer("y");
	terminal_see("Edit web"); /* which the question has covered */
	cr_expect_eq(kernel_limit("web"), 256ll << 20);
	terminal_type(ESCAPE);
	terminal_see("sort trouble");
	terminal_close("Q");
}

Test(forms, the_second_admin_is_told)
{
	start_limited("web", "--set limits.memory=256M");
	terminal_open(24, 80);
	edit("web");
	to_field("> memory");
	terminal_type("\025" "64M" SAVE);
	terminal_see("Save web?");
	cr_assert_eq(au("config set web limits.pids=77"), 0, "%s", got.errors);
	answer("y");
	terminal_see("Someone else changed web meanwhile");
	terminal_see("+pids = 77");
	terminal_see("limits.memory: 256M -> 64M");
	cr_expect_eq(kernel_limit("web"), 256ll << 20);
	cr_expect_null(strstr(slurp("web"), "64M"));
	answer("m");
	terminal_see("yours on top of theirs");
	terminal_type(SAVE);
	terminal_see("Save web?");
	answer("y");
	terminal_see("web saved");
	cr_expect_eq(kernel_limit("web"), 64ll << 20);
	cr_expect_not_null(strstr(slurp("web"), "pids = 77"));
	terminal_type(ESCAPE);
	terminal_see("sort trouble");
	terminal_close("Q");
}
