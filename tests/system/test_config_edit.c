/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auberge config edit` on a terminal: each of its questions and each answer to it, editors that fail or are killed, keys
 * that were meant for the editor. What was typed is never lost without a word where it is.
 */
#include "place.h"
#include "terminal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTROL_C "\003"
#define CONTROL_D "\004"
#define IDLE "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n"

#define ADDS "printf '[limits]\\npids = 50\\n' >> \"$1\"\n"
#define SPOILS "echo nonsense >> \"$1\"\n"

#define SAVE_IT "Save it? [Y/n, e: edit it again]"
#define AGAIN "Edit it again? [Y/n]"
#define KEPT "what was typed is in"

static void begin(void)
{
	place_begin();
	setenv("TMPDIR", place_directory, 1);
	guest_busybox("web", "");
}

TestSuite(config_edit, .init = begin, .fini = place_end, .timeout = 300);

static void editor(const char *script)
{
	static char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/editor", place_directory);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	fprintf(file, "#!/bin/sh\nHERE=%s\n%s\n", place_directory, script);
	fclose(file);
	cr_assert_eq(chmod(path, 0700), 0);
	unsetenv("VISUAL");
	setenv("EDITOR", path, 1);
}

static const char *program(void)
{
	const char *path = getenv("AUBERGE_PROGRAM");

	return path ? path : "./auberge";
}

/* option may be NULL. */
static void edit_with(const char *option, const char *script)
{
	editor(script);
	terminal_run(40, 160, (const char *const[]){program(), "config", "edit", "web", option, NULL});
}

static void edit(const char *script)
{
	edit_with(NULL, script);
}

static const char *slurp(const char *path)
{
	static char text[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	text[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static bool saved(const char *text)
{
	char path[300];

	snprintf(path, sizeof path, "%s/state/web/guest.ini", place_directory);
	return strstr(slurp(path), text) != NULL;
}

/* What the copy that was left says, NULL: none was; it is taken away. */
static const char *copy_left(void)
{
	const char *text = NULL;
	char pattern[300];
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s/auberge-edit-*/web.ini", place_directory);
	if (glob(pattern, 0, NULL, &found) == 0) {
		cr_expect_eq(found.gl_pathc, 1);
		text = slurp(found.gl_pathv[0]);
		unlink(found.gl_pathv[0]);
	}
	globfree(&found);
	sh("sh -c 'rmdir %s/auberge-edit-*'", place_directory);
	return text;
}

static void expect_kept(int status, int wanted, const char *typed)
{
	const char *copy = copy_left();

	cr_expect_eq(status, wanted, "status %d, not %d", status, wanted);
	cr_assert_not_null(copy);
	cr_expect_not_null(strstr(copy, typed), "%s", copy);
	cr_expect(!saved(typed), "it was saved");
}

static void touch(const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof path, "%s/%s", place_directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	close(fd);
}

/* --- "Save it?" ---------------------------------------------------------------------------------------------------- */

Test(config_edit, yes_in_every_spelling_saves)
{
	static const char *const answers[] = {"\r", "y\r", "Y\r", " yes\r", "x\rwhat\ry\r"};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		char script[100], wanted[40];

		snprintf(wanted, sizeof wanted, "pids = %zu", 60 + i);
		snprintf(script, sizeof script, "printf '[guest]\\nkind = container\\n[limits]\\n%s\\n' > \"$1\"", wanted);
		edit(script);
		terminal_see(SAVE_IT);
		terminal_type(answers[i]);
		cr_expect_eq(terminal_end(), 0, "answer %zu", i);
		cr_expect(saved(wanted), "answer %zu", i);
		cr_expect_null(copy_left());
	}
}

Test(config_edit, no_keeps_what_was_typed_and_says_where)
{
	static const char *const answers[] = {"n\r", "N\r", "no\r", CONTROL_D};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		edit(ADDS);
		terminal_see("+pids = 50");
		terminal_see(SAVE_IT);
		terminal_type(answers[i]);
		terminal_see("web: nothing was saved");
		terminal_see(KEPT);
		expect_kept(terminal_end(), 1, "pids = 50");
	}
}

Test(config_edit, interrupted_at_a_question_keeps_it_too)
{
	edit(ADDS);
	terminal_see(SAVE_IT);
	terminal_type(CONTROL_C);
	terminal_see(KEPT);
	expect_kept(terminal_end(), 130, "pids = 50");
	edit(ADDS);
	terminal_see(SAVE_IT);
	terminal_type("half an answer" CONTROL_C);
	terminal_see(KEPT);
	expect_kept(terminal_end(), 130, "pids = 50");
	edit(SPOILS);
	terminal_see(AGAIN);
	terminal_type(CONTROL_C);
	terminal_see(KEPT);
	expect_kept(terminal_end(), 130, "nonsense");
}

Test(config_edit, a_line_that_is_cut_loses_nothing)
{
	edit(ADDS);
	terminal_see(SAVE_IT);
	expect_kept(terminal_hang_up(), 129, "pids = 50");
	edit(SPOILS);
	terminal_see(AGAIN);
	expect_kept(terminal_hang_up(), 129, "nonsense");
}

Test(config_edit, it_is_edited_again_before_it_is_saved)
{
	edit("if grep -q pids \"$1\"; then sed -i 's/pids = 50/pids = 51/' \"$1\"; else printf '[limits]\\npids = 50\\n' >> \"$1\"; fi");
	terminal_see("+pids = 50");
	terminal_see(SAVE_IT);
	terminal_type("e\r");
	terminal_see("+pids = 51");
	terminal_see("edited");
	terminal_type("E\r");
	terminal_rest((int)(500 * run_time_factor()));
	terminal_type("y\r");
	cr_expect_eq(terminal_end(), 0);
	cr_expect(saved("pids = 51"));
	cr_expect_null(copy_left());
}

Test(config_edit, edited_back_to_what_it_was_nothing_changes)
{
	edit("if grep -q pids \"$1\"; then sed -i '/limits/d;/pids/d' \"$1\"; else printf '[limits]\\npids = 50\\n' >> \"$1\"; fi");
	terminal_see(SAVE_IT);
	terminal_type("e\r");
	terminal_see("web: nothing changed");
	cr_expect_eq(terminal_end(), 0);
	cr_expect_null(copy_left());
}

/* --- "Edit it again?" ---------------------------------------------------------------------------------------------- */

Test(config_edit, errors_are_all_told_and_edited_again)
{
	static const char *const answers[] = {"\r", "y\r", "Y\r", "x\ry\r"};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		char script[300];

		snprintf(script, sizeof script,
		         "if grep -q memroy \"$1\"; then printf '[guest]\\nkind = container\\n[limits]\\npids = %zu\\n' > \"$1\"; else "
		         "printf '[limits]\\nmemroy = 3\\npids = x\\n' > \"$1\"; fi", 70 + i);
		edit(script);
		terminal_see("guest.ini:2: unknown key \"memroy\" in [limits]: did you mean \"memory\"?");
		terminal_see("guest.ini:3: ");
		terminal_see(AGAIN);
		terminal_type(answers[i]);
		terminal_see(SAVE_IT);
		terminal_type("\r");
		cr_expect_eq(terminal_end(), 0, "answer %zu", i);
		snprintf(script, sizeof script, "pids = %zu", 70 + i);
		cr_expect(saved(script), "answer %zu", i);
		cr_expect_null(copy_left());
	}
}

Test(config_edit, errors_dropped_are_kept_beside)
{
	static const char *const answers[] = {"n\r", "N\r", CONTROL_D};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		edit(SPOILS);
		terminal_see(AGAIN);
		terminal_type(answers[i]);
		terminal_see("web: nothing was saved");
		terminal_see(KEPT);
		expect_kept(terminal_end(), 1, "nonsense");
	}
}

/* --- someone else -------------------------------------------------------------------------------------------------- */

Test(config_edit, changed_by_someone_else_while_it_asks)
{
	edit(ADDS);
	terminal_see(SAVE_IT);
	cr_assert_eq(au("config set web limits.pids=70"), 0, "%s", got.errors);
	terminal_type("y\r");
	terminal_see("someone else has changed it");
	terminal_see(KEPT);
	expect_kept(terminal_end(), 4, "pids = 50");
	cr_expect(saved("pids = 70"));
}

Test(config_edit, destroyed_while_it_asks)
{
	const char *copy;
	int status;

	edit(ADDS);
	terminal_see(SAVE_IT);
	cr_assert_eq(au("destroy web --yes"), 0, "%s", got.errors);
	terminal_type("y\r");
	terminal_see(KEPT);
	status = terminal_end();
	cr_expect(status == 3 || status == 4, "status %d", status);
	copy = copy_left();
	cr_expect(copy && strstr(copy, "pids = 50"));
}

/* --- the editor ---------------------------------------------------------------------------------------------------- */

Test(config_edit, an_editor_that_fails_after_it_has_written)
{
	edit(ADDS "exit 3");
	terminal_see("ended with status 3, nothing was saved");
	terminal_see(KEPT);
	expect_kept(terminal_end(), 1, "pids = 50");
	edit("exit 3");
	terminal_see("ended with status 3");
	cr_expect_eq(terminal_end(), 1);
	cr_expect_null(copy_left());
}

Test(config_edit, an_editor_that_is_killed)
{
	edit(ADDS "kill -9 $$");
	terminal_see("ended by signal 9, nothing was saved");
	terminal_see(KEPT);
	expect_kept(terminal_end(), 1, "pids = 50");
	edit(ADDS "kill -TERM $$");
	terminal_see("ended by signal 15");
	terminal_see(KEPT);
	expect_kept(terminal_end(), 1, "pids = 50");
	edit("kill -9 $$");
	terminal_see("ended by signal 9");
	cr_expect_eq(terminal_end(), 1);
	cr_expect_null(copy_left());
}

Test(config_edit, an_editor_that_ends_by_control_c)
{
	edit(ADDS "echo ready; exec sleep 1000");
	terminal_see("ready");
	terminal_type(CONTROL_C);
	terminal_see("ended by signal 2, nothing was saved");
	terminal_see(KEPT);
	expect_kept(terminal_end(), 130, "pids = 50");
}

Test(config_edit, control_c_is_the_editors_key)
{
	edit("trap 'echo caught; touch $HERE/go' INT\n" ADDS "echo ready; while ! [ -e $HERE/go ]; do sleep 0.1; done\nexit 0");
	terminal_see("ready");
	terminal_type(CONTROL_C);
	terminal_see("caught");
	terminal_see(SAVE_IT);
	terminal_type("y\r");
	cr_expect_eq(terminal_end(), 0);
	cr_expect(saved("pids = 50"));
}

Test(config_edit, keys_meant_for_the_editor_answer_nothing)
{
	edit(ADDS "echo ready; while ! [ -e $HERE/go ]; do sleep 0.1; done");
	terminal_see("ready");
	terminal_type("y\ry\ry\r");
	terminal_rest(200);
	touch("go");
	terminal_see(SAVE_IT);
	terminal_type("n\r");
	terminal_see(KEPT);
	expect_kept(terminal_end(), 1, "pids = 50");
}

Test(config_edit, an_editor_that_takes_the_file_away_or_fills_it_with_anything)
{
	edit("rm \"$1\"");
	terminal_see("web.ini: No such file or directory");
	cr_expect_eq(terminal_end(), 1);
	cr_expect_null(copy_left());
	edit("printf 'pids\\0\\n' >> \"$1\"");
	terminal_see("a NUL byte in it");
	terminal_see(KEPT);
	cr_expect_eq(terminal_end(), 1);
	cr_expect_not_null(copy_left());
	edit("head -c 2000000 /dev/zero | tr '\\0' '#' >> \"$1\"");
	terminal_see("a config has at most 1048576 bytes");
	terminal_see(KEPT);
	cr_expect_eq(terminal_end(), 2);
	cr_expect_not_null(copy_left());
	edit(": > \"$1\"");
	terminal_see(SAVE_IT);
	terminal_type("n\r");
	terminal_see(KEPT);
	cr_expect_eq(terminal_end(), 1);
	cr_expect_not_null(copy_left());
}

Test(config_edit, one_that_cannot_be_run_or_is_not_there)
{
	setenv("EDITOR", "/nonexistent/editor", 1);
	terminal_run(40, 160, (const char *const[]){program(), "config", "edit", "web", NULL});
	terminal_see("/nonexistent/editor: cannot be run: No such file or directory");
	cr_expect_eq(terminal_end(), 1);
	setenv("EDITOR", "vi 'web", 1);
	terminal_run(40, 160, (const char *const[]){program(), "config", "edit", "web", NULL});
	terminal_see("cannot be divided into words");
	cr_expect_eq(terminal_end(), 2);
	setenv("EDITOR", place_directory, 1);
	terminal_run(40, 160, (const char *const[]){program(), "config", "edit", "web", NULL});
	terminal_see("cannot be run: Permission denied");
	cr_expect_eq(terminal_end(), 1);
	cr_expect_null(copy_left());
}

/* An editor puts the terminal into a mode of its own; one that is killed leaves it there. */
Test(config_edit, the_terminals_mode_is_put_back)
{
	char line[600];

	editor("stty raw -echo; kill -9 $$");
	snprintf(line, sizeof line, "'%s' config edit web; stty -a | grep -o -- '-*icanon' | sed 's/^/mode: /'", program());
	terminal_run(40, 160, (const char *const[]){"sh", "-c", line, NULL});
	terminal_see("ended by signal 9");
	terminal_see("mode: icanon");
	terminal_end();
}

/* --- no terminal --------------------------------------------------------------------------------------------------- */

Test(config_edit, without_a_terminal_on_both_sides_it_asks_nothing)
{
	char line[600];

	editor(ADDS);
	snprintf(line, sizeof line, "'%s' config edit web >%s/out; echo status $?", program(), place_directory);
	terminal_run(40, 160, (const char *const[]){"sh", "-c", line, NULL});
	terminal_see("status 0");
	cr_expect_eq(terminal_end(), 0);
	cr_expect(saved("pids = 50"));
	editor("sed -i 's/pids = 50/pids = 51/' \"$1\"");
	snprintf(line, sizeof line, "'%s' config edit web </dev/null; echo status $?", program());
	terminal_run(40, 160, (const char *const[]){"sh", "-c", line, NULL});
	terminal_see("status 0");
	cr_expect_eq(terminal_end(), 0);
	cr_expect(saved("pids = 51"));
	editor(SPOILS);
	cr_expect_eq(au("config edit web"), 1);
	cr_expect_not_null(strstr(got.errors, "auberge: web: nothing was saved\n"), "%s", got.errors);
	cr_expect_not_null(copy_left());
	unsetenv("EDITOR");
	cr_expect_eq(au("config edit web"), 2);
	cr_expect_not_null(strstr(got.errors, "there is no terminal for an editor"), "%s", got.errors);
	cr_expect_null(copy_left());
}

/* --- a limit below what is used now -------------------------------------------------------------------------------- */

#define NEXT_START "The guest uses more than that now. Save all of it for the next start? [y/N, e: edit it again]"

static void start_guest(void)
{
	guest_script("app", IDLE, "--set limits.pids=100");
	if (au("config check app") != 0) {
		place_end();
		cr_skip_test("no limits here");
	}
	cr_assert_eq(au("start app"), 0, "%s", got.errors);
}

static void edit_app(const char *option, const char *limit)
{
	char script[200];

	snprintf(script, sizeof script, "sed -i '/pids/d' \"$1\"; printf '%s\\n' >> \"$1\"", limit);
	editor(script);
	terminal_run(40, 160, (const char *const[]){program(), "config", "edit", "app", option, NULL});
}

static bool app_saved(const char *text)
{
	char path[300];

	snprintf(path, sizeof path, "%s/state/app/guest.ini", place_directory);
	return strstr(slurp(path), text) != NULL;
}

Test(config_edit, a_limit_below_use_is_offered_for_the_next_start)
{
	start_guest();
	edit_app(NULL, "pids = 1");
	terminal_see("processes and threads now, and 1 is below that");
	terminal_see(NEXT_START);
	terminal_type("\r");
	terminal_see(KEPT);
	cr_expect_eq(terminal_end(), 1);
	cr_expect(app_saved("pids = 100"));
	edit_app(NULL, "pids = 1");
	terminal_see(NEXT_START);
	terminal_type("y\r");
	terminal_see("limits.pids 100 to 1, at next start");
	cr_expect_eq(terminal_end(), 0);
	cr_expect(app_saved("pids = 1\n"));
	cr_expect_eq(au("exec app -- true"), 0, "%s", got.errors);
}

Test(config_edit, force_says_what_the_kernel_may_do)
{
	start_guest();
	cr_assert_eq(au("exec app -- dd if=/dev/zero of=/dev/shm/fill bs=1048576 count=16"), 0, "%s", got.errors);
	edit_app("--force", "memory = 4M\\npids = 100");
	terminal_see(" of memory now, and 4.0M is below that");
	terminal_see("the kernel may kill processes inside it.");
	terminal_see("Save it? [y/N, e: edit it again]");
	terminal_type("\r");
	terminal_see(KEPT);
	cr_expect_eq(terminal_end(), 1);
	cr_expect(!app_saved("memory"));
	edit_app("--force", "pids = 1");
	terminal_see("The guest uses more than that now. Save it? [y/N, e: edit it again]");
	terminal_type("y\r");
	terminal_see("limits.pids 100 to 1, now");
	cr_expect_eq(terminal_end(), 0);
	cr_expect(app_saved("pids = 1\n"));
}

/* Left to the next start nothing is below anything. */
Test(config_edit, the_next_start_is_no_danger)
{
	start_guest();
	edit_app("--next-start", "pids = 1");
	terminal_see("limits.pids 100 to 1, at next start");
	terminal_see(SAVE_IT);
	terminal_type("y\r");
	cr_expect_eq(terminal_end(), 0);
	cr_expect(app_saved("pids = 1\n"));
}
