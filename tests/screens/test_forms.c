/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config editor and the screen that makes a guest, as they reach a terminal. */
#include "screen_steps.h"

#define ESCAPE "\033"
#define SAVE "\023"
#define RAW "\022"

/* The screens below the dashboard hold text: the program is ended as a shutdown would end it. */
static void end(void)
{
	int status;

	kill(harness.pid, SIGTERM);
	status = harness_finish(&harness, WAIT);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM, "wait status %x", status);
	cr_assert(harness_restored(&harness));
	harness_free(&harness);
}

static void save_pids(const char *pids)
{
	to_field("pids");
	press("\025");
	press(pids);
	press(SAVE);
	seen("Save web3?");
	answer("y");
	cr_assert(harness_wait_gone(&harness, "Save web3?", WAIT));
	seen("web3 saved");
}

static void begin_at(const char *name, const char *keys, const char *wanted)
{
	char search[64];

	start("", mono, 24, 80);
	snprintf(search, sizeof search, "/%s\r", name);
	press(search);
	press(keys);
	seen(wanted);
}

Test(forms, letters_are_text_and_keys_are_not_lost)
{
	begin_at("web3", "c", "New guest");
	press("Qq?xX\tq");
	seen("> kind");
	press("\033[Z\025web-\xc3\xb6\t");
	seen("! not a name");
	press("\033[Z\177" "5");
	seen("# web-5: see");
	press("\t\t\t\033[200~10.0.0.9/24\n\033[201~");
	seen("> bridge              10.0.0.9/24");
	press("\025\t\033[200~10.0.0.9/24\n\033[201~");
	seen("address = 10.0.0.9/24");
	end();
}

Test(forms, a_form_asks_only_when_something_was_edited)
{
	begin_at("web3", "c", "New guest");
	press(ESCAPE);
	cr_assert(harness_wait_gone(&harness, "New guest", WAIT));
	press("c");
	seen("New guest");
	press("w");
	press(ESCAPE);
	seen("Drop the new guest?");
	answer("n");
	seen("> name                w");
	press(ESCAPE);
	seen("Drop the new guest?");
	answer("y");
	cr_assert(harness_wait_gone(&harness, "New guest", WAIT));
	stop();
}

Test(forms, lists_open_and_fill_their_field)
{
	begin_at("web3", "c", "New guest");
	press("web4\t\r");
	seen("Enter takes it");
	press("j\r");
	seen("kind = vm: not yet");
	press("\177\t\r");
	seen("dir: PATH");
	press("j\r/srv/tree");
	seen("> template            dir:/srv/tree");
	press("\t");
	seen("rootfs = /srv/tree");
	press("\033[17~");
	seen("auberge create web4 --template dir:/srv/tree");
	press("\033[17~");
	seen("rootfs = /srv/tree");
	end();
}

Test(forms, a_bridge_is_picked_from_the_hosts)
{
	begin_at("web3", "c", "New guest");
	press("web4\t\t\t\r");
	seen("Enter takes it");
	seen("V2003");
	press("\r");
	seen("bridge = V");
	press(ESCAPE);
	seen("Drop the new guest?");
	answer("y");
	cr_assert(harness_wait_gone(&harness, "New guest", WAIT));
	press("e");
	seen("Edit web3");
	to_field("bridge");
	press("\r");
	seen("Enter takes it");
	press("g\r");
	cr_assert(harness_wait_gone(&harness, "Enter takes it", WAIT));
	cr_assert_not(harness_contains(&harness, "bridge              br0"));
	end();
}

Test(forms, a_guest_is_made)
{
	begin_at("web3", "c", "New guest");
	press(SAVE);
	seen("! it needs a name");
	press("web4" SAVE);
	seen("web4 created: u starts it");
	cr_assert_not(harness_contains(&harness, "New guest"));
	stop();
}

Test(forms, what_the_making_complains_of_stands_at_its_field)
{
	begin_at("web3", "c", "New guest");
	press("bad1" SAVE);
	seen("! bad1: there is a guest of this name already");
	press("\025web3\004");
	seen("! web3: there is a guest of this name already");
	seen("it would fail");
	end();
}

Test(forms, a_making_is_broken_off_or_left_alone)
{
	begin_at("web3", "c", "New guest");
	press("slow1" SAVE);
	seen("Making slow1");
	seen("10% making the root file system");
	press("zzz");
	press(ESCAPE);
	seen("Break off the making of slow1?");
	answer("n");
	seen("Making slow1");
	press(ESCAPE);
	seen("Break off the making of slow1?");
	answer("y");
	seen("slow1: broken off, nothing is left");
	seen("> name                slow1");
	press(SAVE);
	seen("Making slow1");
	press("b");
	seen("slow1 is being made");
	seen("old-app");
	press("c");
	seen("New guest");
	end(); /* which leaves slow1 to itself: the test's pretended child waits for SIGTERM */
}

Test(forms, an_edit_is_saved_and_taken_back)
{
	begin_at("web3", "e", "Edit web3");
	press(SAVE);
	seen("nothing is changed");
	save_pids("100");
	press(SAVE);
	seen("nothing is changed");
	save_pids("200");
	press("\017");
	press("j\r");
	seen("Bring version 1 of web3 back?");
	seen("limits.pids: 200 -> 16384");
	answer("y");
	seen("web3 saved");
	to_field("pids");
	seen("> pids                (16384)");
	press(ESCAPE);
	cr_assert(harness_wait_gone(&harness, "Edit web3", WAIT), "nothing is unsaved: no question");
	stop();
}

Test(forms, the_question_before_a_save_is_deaf_to_what_was_typed_before)
{
	begin_at("web3", "e", "Edit web3");
	to_field("pids");
	press("100" SAVE "y");
	seen("Save web3?");
	harness_settle(&harness, 100);
	press("y"); /* still within 300 ms */
	seen("Save web3?");
	answer("n");
	cr_assert(harness_wait_gone(&harness, "Save web3?", WAIT));
	seen("not saved");
	press(ESCAPE);
	seen("Drop the changes of web3?");
	answer("y");
	cr_assert(harness_wait_gone(&harness, "Edit web3", WAIT));
	stop();
}

Test(forms, a_limit_below_use_is_forced_only_when_asked)
{
	begin_at("web3", "e", "Edit web3");
	to_field("memory");
	press("\025" "512M" SAVE);
	seen("512M is below the 1.0G that it uses now");
	answer("y");
	seen("y: a limit is below what is used now: F forces it");
	press("F");
	seen("The kernel may end processes of it.");
	answer("y");
	seen("web3 saved");
	end();
}

Test(forms, raw_text_and_form_are_one)
{
	begin_at("web3", "e", "Edit web3");
	to_field("memory");
	press("\025" "3G" RAW);
	seen("memory = 3G");
	press("\033[1;5H\033[6~");
	press("[mount data]\rsource = /srv\rtarget = /mnt\r");
	press(RAW);
	to_field("target");
	seen("[mount data]");
	press("\030");
	seen("Remove [mount data] with all that it says?");
	answer("y");
	cr_assert(harness_wait_gone(&harness, "[mount data]", WAIT));
	press("\016");
	seen("Add a section");
	press("\r");
	press("\025" "eth7\r");
	seen("[net eth7]");
	seen("> bridge");
	to_field("mtu");
	press("12" RAW);
	seen("! out of range: 68..65535");
	end();
}

/* A set in a directory that the test knows, with its editor open at web3. */
static char directory[64];

static void begin_known(void)
{
	static char variable[128];
	const char *const environment[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1", "FROZEN_ROUND_MS=60000",
	                                   "ESCDELAY=", "SSH_CONNECTION=", "LANG", variable, NULL};

	snprintf(directory, sizeof directory, "/tmp/test-forms-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(variable, sizeof variable, "FROZEN_DIRECTORY=%s", directory);
	start("", environment, 24, 80);
	press("/web3\r");
	press("e");
	seen("Edit web3");
}

/* Someone else's edit of the same file, as a shell would do it. */
static void edit_elsewhere(const char *line)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof path, "%s/web3/guest.ini", directory);
	file = fopen(path, "a");
	cr_assert_not_null(file, "%s", path);
	fputs(line, file);
	fclose(file);
}

static void check_file(const char *wanted, bool there)
{
	char path[PATH_MAX], text[4096];
	FILE *file;
	size_t length;

	snprintf(path, sizeof path, "%s/web3/guest.ini", directory);
	file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	length = fread(text, 1, sizeof text - 1, file);
	text[length] = '\0';
	fclose(file);
	cr_assert_eq(strstr(text, wanted) != NULL, there, "%s in\n%s", wanted, text);
}

Test(forms, someone_elses_edit_is_told_and_not_overwritten)
{
	begin_known();
	to_field("pids");
	press("100");
	edit_elsewhere("mtu = 1400\n");
	seen("someone else changed web3's config just now: ^S shows what");
	seen("changed by someone else");
	press(SAVE);
	seen("Someone else changed web3 meanwhile");
	seen("+mtu = 1400");
	seen("limits.pids: 16384 -> 100");
	press("b");
	seen(">*pids                100");
	check_file("pids", false);
	press(SAVE);
	press("m"); /* deaf yet */
	seen("Someone else changed web3 meanwhile");
	answer("m");
	seen("yours on top of theirs");
	press(SAVE);
	seen("Save web3?");
	seen("limits.pids: 16384 -> 100");
	cr_assert_not(harness_contains(&harness, "+mtu"), "theirs is no change of ours");
	answer("y");
	seen("web3 saved");
	check_file("pids = 100", true);
	check_file("mtu = 1400", true);
	end();
}

Test(forms, someone_elses_edit_can_be_taken)
{
	begin_known();
	to_field("pids");
	press("100");
	press(SAVE);
	seen("Save web3?");
	edit_elsewhere("mtu = 1400\n");
	seen("someone else changed web3's config just now");
	answer("y");
	seen("Someone else changed web3 meanwhile");
	check_file("pids", false);
	answer("r");
	seen("Drop what was edited of web3 here?");
	answer("n");
	seen("Someone else changed web3 meanwhile");
	press("r");
	seen("Drop what was edited of web3 here?");
	answer("y");
	seen("web3: read anew; what was edited here is dropped");
	seen("> pids                (16384)");
	to_field("mtu");
	seen("> mtu                 1400");
	end();
}

Test(forms, what_is_not_saved_is_asked_about_from_whatever_is_in_front)
{
	begin_at("web3", "e", "Edit web3");
	to_field("pids");
	press("100\007");
	seen("Help: config editor");
	press("Q");
	seen("Drop the changes of web3?");
	answer("n");
	seen("Help: config editor");
	press("q" SAVE);
	seen("Save web3?");
	press("Q");
	seen("Drop the changes of web3?");
	answer("y");
	cr_assert_eq(harness_finish(&harness, WAIT), 0);
	harness_free(&harness);
}

Test(forms, a_save_that_hangs_can_be_left, .timeout = 60)
{
	begin_known();
	to_field("pids");
	press("\025" "4242" SAVE);
	seen("Save web3?");
	answer("y");
	seen("saving...");
	press("F");
	seen("F: it is being saved");
	press(ESCAPE);
	seen("saving...");
	seen("Esc leaves it going on");
	press(ESCAPE);
	seen("web3: the save goes on");
	seen("Edit web3");
	seen("web3 is saved now");
	check_file("pids = 4242", true);
	press(ESCAPE);
	cr_assert(harness_wait_gone(&harness, "Edit web3", WAIT), "nothing is unsaved: no question");
	stop();
}
