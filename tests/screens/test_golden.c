/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every screen as it looks: a row of this table is a screen or a dialog, the keys that lead there, and what must be
 * there before it is looked at. Each is led to at 80x24, then the terminal becomes 140x40 and 40x10, in mono and in 16
 * colours: six golden screens a row, NAME-mono, -16, -140x40, -140x40-16, -40x10, -40x10-16.
 */
#include "screen_steps.h"

#include <ftw.h>
#include <signal.h>

#define STEPS_MAX 40

struct step {
	const char *keys;
	const char *shows;              /* what they lead to; -TEXT: TEXT is gone; NULL: nothing to be seen */
	void (*does)(const char *keys); /* NULL: they are pressed */
};

struct row {
	const char *name;
	const char *mode;   /* of frozen */
	const char *begins; /* what is there before the first key */
	const char *wide, *small; /* what is there at 140x40 and 40x10; NULL: all that was there before */
	struct step steps[STEPS_MAX];
};

static char directory[PATH_MAX];

/* --- steps */

#define AT(guest) {"/", " search: ", NULL}, {guest, " search: " guest, NULL}, {"\r", "- search: ", NULL}
#define OPEN(guest) AT(guest), {"\r", "< >", NULL}
#define TAGGED(guest, count) AT(guest), {"t", " tagged " count, NULL}
#define SEVERAL TAGGED("web3", "1"), TAGGED("mail", "2"), TAGGED("ns1", "3"), TAGGED("ns2", "4"), TAGGED("old-app", "5")
#define VIEW(keys, shows) {"v", "Enter takes it", NULL}, {keys, shows, NULL}
#define ANSWER(keys, shows) {keys, shows, answer}
#define FIELD(label) {label, NULL, to_field}
#define CREATE {"c", "New guest", NULL}, {"web4", "# web4: see", NULL}
#define EDIT(guest) AT(guest), {"e", "Edit " guest, NULL}, {"\t", NULL, NULL}
#define PIDS(pids) FIELD("pids"), {"\025" pids, "pids                " pids, NULL}, {"\023", "Save web3?", NULL}, ANSWER("y", "web3 saved")

/* Someone else's edit, as a shell would do it. */
static void elsewhere(const char *line)
{
	char path[PATH_MAX + 32];
	FILE *file;

	snprintf(path, sizeof path, "%s/web3/guest.ini", directory);
	file = fopen(path, "a");
	cr_assert_not_null(file, "%s", path);
	fputs(line, file);
	fclose(file);
}

/* A message goes with the first key after a second: what is pressed later than that takes it along each time. */
static void later(const char *keys)
{
	harness_read(&harness, 1100);
	harness_send(&harness, keys);
}

static void take(const struct step *step)
{
	if (step->does)
		step->does(step->keys);
	else
		harness_send(&harness, step->keys);
	if (!step->shows && !step->does)
		harness_settle(&harness, 60);
	if (!step->shows)
		return;
	if (step->shows[0] == '-')
		cr_assert(harness_wait_gone(&harness, step->shows + 1, WAIT), "%s stays", step->shows + 1);
	else
		seen(step->shows);
}

/* --- sizes */

/* All is cleared and painted anew from top to bottom: the last row tells. */
static void become(int rows, int columns, const char *shows)
{
	int64_t until = harness_now_ms() + WAIT;
	char last[1024] = "";

	harness_settle(&harness, 20);
	vterm_input_write(harness.terminal, "\033[2J", 4);
	harness_resize(&harness, rows, columns);
	while (last[0] == '\0' && harness_now_ms() < until) {
		harness_read(&harness, 10);
		harness_row(&harness, rows - 1, last, sizeof last);
	}
	cr_assert(last[0], "nothing was painted at %dx%d", columns, rows);
	if (shows)
		seen(shows);
	harness_settle(&harness, 80);
}

static void look(const struct row *row, const char *suffix)
{
	char name[96];

	snprintf(name, sizeof name, "%s-%s", row->name, suffix);
	for (char *at = name; *at; at++)
		*at = *at == '_' ? '-' : *at;
	compare(name);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void begin(const struct row *row, const char *const *environment)
{
	const char *const argv[] = {frozen(), row->mode, NULL}, *tmp = getenv("AUBERGE_TEST_TMP");
	const char *with[16];
	static char own[PATH_MAX + 32];
	size_t count = 0;

	snprintf(directory, sizeof directory, "%s/golden-XXXXXX", tmp ? tmp : "/tmp");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(own, sizeof own, "FROZEN_DIRECTORY=%s", directory);
	for (; environment[count]; count++)
		with[count] = environment[count];
	with[count++] = own;
	with[count++] = "FROZEN_SETTINGS=/home/admin/.config/auberge/settings";
	with[count] = NULL;
	cr_assert(harness_start(&harness, argv, with, 24, 80));
	seen("F10");
	seen(row->begins);
}

/* The screens with text fields take no Q: all are ended as a shutdown would end them. */
static void end(void)
{
	int status;

	kill(harness.pid, SIGTERM);
	status = harness_finish(&harness, WAIT);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM, "wait status %x", status);
	cr_assert(harness_restored(&harness));
	harness_free(&harness);
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void show(const struct row *row, bool colour)
{
	begin(row, colour ? colours : mono);
	for (size_t i = 0; row->steps[i].keys; i++)
		take(&row->steps[i]);
	harness_settle(&harness, 80);
	look(row, colour ? "16" : "mono");
	become(40, 140, row->wide);
	look(row, colour ? "140x40-16" : "140x40");
	become(10, 40, row->small);
	look(row, colour ? "40x10-16" : "40x10");
	end();
}

/* SCREEN(name, mode, begins, wide, small, steps...) */
#define SCREEN(name, mode, begins, wide, small, ...)                                                \
	static const struct row row_##name = {#name, mode, begins, wide, small, {__VA_ARGS__}};     \
	Test(golden_mono, name, .timeout = 60)                                                      \
	{                                                                                           \
		show(&row_##name, false);                                                           \
	}                                                                                           \
	Test(golden_16, name, .timeout = 60)                                                        \
	{                                                                                           \
		show(&row_##name, true);                                                            \
	}

#define ROUND "cpu 37%"  /* the second round of figures */
#define DETAIL "  61 "   /* the processes beside the list have their shares */
#define EVENTS "12 times" /* the events below the list are there */

/* --- all over the guests */

SCREEN(dashboard, "--history", ROUND, EVENTS, NULL, {0})
SCREEN(dashboard_web3, "--history", ROUND, DETAIL, NULL, AT("web3"))
SCREEN(dashboard_empty, "--empty", ROUND, NULL, NULL, {0})
SCREEN(dashboard_reader, "--reader", ROUND, EVENTS, NULL, {0})
SCREEN(dashboard_tags, "", ROUND, EVENTS, NULL, SEVERAL, {"\\state:running\r", "hidden)", NULL})
SCREEN(bridges, "--bridges", "90K", NULL, NULL, {0})
SCREEN(processes, "--history", ROUND, NULL, NULL, VIEW("Gk\r", "61.0"))
SCREEN(events, "--history", ROUND, NULL, NULL, VIEW("G\r", "6 of 6"))

/* --- one guest */

SCREEN(guest_triage, "--history", ROUND, NULL, NULL, OPEN("web3"), {"2", "61.0", NULL}, {"1", "Verdict", NULL})
SCREEN(guest_processes, "--history", ROUND, NULL, NULL, OPEN("web3"), {"2", "61.0", NULL})
SCREEN(guest_resources, "--history", ROUND, NULL, NULL, OPEN("web3"), {"3", "88.1%", NULL})
SCREEN(guest_network, "--history", ROUND, NULL, NULL, OPEN("web3"), {"4", "1.2M", NULL})
SCREEN(guest_log, "--history", ROUND, NULL, NULL, OPEN("web3"), {"5", "web3 login:", NULL})
SCREEN(guest_config, "--history", ROUND, NULL, NULL, OPEN("web3"), {"6", "address", NULL})
SCREEN(guest_events, "--history", ROUND, NULL, NULL, OPEN("web3"), {"7", "12 times", NULL})
SCREEN(guest_failed, "--history", ROUND, NULL, NULL, AT("old-app"), {"\r", "what it last wrote", NULL})
SCREEN(signal_dialog, "", ROUND, NULL, NULL, OPEN("web3"), {"2", "61.0", NULL}, AT("mysqld"),
       {"s", "Signal for mysqld", NULL})

SCREEN(signal_question, "", ROUND, NULL, NULL, OPEN("web3"), {"2", "61.0", NULL}, AT("mysqld"),
       {"s", "Signal for mysqld", NULL}, {"\r", "Send TERM to mysqld", NULL})

/* --- its console */

SCREEN(console, "", ROUND, NULL, NULL, AT("web3"), {"a", "root@web3", NULL})
SCREEN(console_prefix, "", ROUND, NULL, NULL, AT("web3"), {"a", "root@web3", NULL}, {"\035", "d detach", NULL})
SCREEN(console_back, "", ROUND, NULL, NULL, AT("db2"), {"a", "db2 login", NULL}, {"\035[", "back 0 of", NULL},
       {"/", "search:", NULL}, {"failed", "search: failed", NULL}, {"\r", "200 checkpoint FAILED", NULL},
       {"n", "150 checkpoint FAILED", NULL})
SCREEN(console_dead, "", ROUND, NULL, NULL, AT("web3"), {"a", "root@web3", NULL}, {"exit\r", "Enter leaves", NULL})
SCREEN(console_refused, "", ROUND, NULL, NULL, AT("ns2"), {"a", "could not be opened", NULL})

/* --- making one, and its config */

SCREEN(create, "", ROUND, NULL, NULL, CREATE)
SCREEN(create_pick, "", ROUND, NULL, NULL, CREATE, FIELD("bridge"), {"\r", "Enter takes it", NULL})
SCREEN(create_errors, "", ROUND, NULL, NULL, CREATE, {"\025web 4\t\t", NULL, NULL},
       {"\025nosuch\t\t10.0.0.300\t", NULL, NULL}, {"\023", "! not a name", NULL})
SCREEN(create_dry_run, "", ROUND, NULL, NULL, CREATE, {"\004", "would write", NULL})
SCREEN(create_command, "", ROUND, NULL, NULL, CREATE, {"\033[17~", "auberge create web4", NULL})
SCREEN(create_making, "", ROUND, NULL, NULL, {"c", "New guest", NULL}, {"slow1\023", "10% making", NULL})
SCREEN(create_leave, "", ROUND, NULL, NULL, CREATE, {"\033", "Drop the new guest?", NULL})
SCREEN(edit, "", ROUND, NULL, NULL, EDIT("web3"))
SCREEN(edit_raw, "", ROUND, NULL, NULL, EDIT("web3"), {"\022", NULL, NULL},
       {"\033[B\033[B\033[B# n\303\266te\rmemory = much", "memory = much", NULL})
SCREEN(edit_errors, "", ROUND, NULL, NULL, AT("old-app"), {"e", "Edit old-app", NULL}, {"\023", "nothing was saved", NULL})
SCREEN(edit_drift, "", ROUND, NULL, NULL, AT("db2"), {"e", "Edit db2", NULL}, FIELD("cpus"))
SCREEN(edit_diff, "", ROUND, NULL, NULL, EDIT("web3"), FIELD("memory"), {"\025" "512M", NULL, NULL}, FIELD("bridge"),
       {"\025V2003", NULL, NULL}, FIELD("pids"), {"200", NULL, NULL}, {"\023", "Save web3?", NULL})
SCREEN(edit_conflict, "", ROUND, NULL, NULL, EDIT("web3"), FIELD("pids"), {"100", NULL, NULL},
       {"mtu = 1400\n", "someone else changed", elsewhere}, {"\023", "Someone else changed web3 meanwhile", later})
SCREEN(edit_versions, "", ROUND, NULL, NULL, EDIT("web3"), PIDS("100"), PIDS("200"),
       {"\017", "Earlier versions of web3", later})

SCREEN(edit_back, "", ROUND, NULL, NULL, EDIT("web3"), PIDS("100"), PIDS("200"),
       {"\017", "Earlier versions of web3", later}, {"\r", "Bring version 2 of web3 back?", NULL})
SCREEN(edit_force, "", ROUND, NULL, NULL, EDIT("web3"), FIELD("memory"), {"\025" "512M", NULL, NULL},
       {"\023", "512M is below the 1.0G", NULL}, ANSWER("F", "The kernel may end"))

/* --- acts on one */

SCREEN(stop_question, "", ROUND, DETAIL, NULL, AT("web3"), {"x", "Stop web3?  y stop", NULL})
SCREEN(stop_one, "", ROUND, NULL, NULL, AT("web3"), {"x", "Stop web3?", NULL}, ANSWER("y", "3 processes left"),
       {"", "mysqld", NULL})
SCREEN(stop_limit, "", ROUND, NULL, NULL, AT("db2"), {"x", "Stop db2?", NULL}, ANSWER("y", "time limit reached"),
       {"", "time limit is over, 3 left", NULL})
SCREEN(stop_two, "", ROUND, NULL, NULL, AT("web3"), {"x", "Stop web3?", NULL}, ANSWER("y", "mysqld"),
       {"b", "goes on stopping", NULL}, AT("mail"), {"x", "Stop mail?", NULL}, ANSWER("y", "Stop 2 guests: mail, web3"),
       {"", "[", NULL})
SCREEN(kill, "", ROUND, DETAIL, NULL, AT("web3"), {"X", "Kill web3", NULL})
SCREEN(acting_destroy, "", ROUND, EVENTS, NULL, AT("old-app"), {"D", "Destroy old-app", NULL}, ANSWER("old", "name: old"))
SCREEN(destroyed, "", ROUND, NULL, NULL, AT("test"), {"D", "Destroy test", NULL}, ANSWER("test-\303\2741\r", "1 failed (B)"),
       {"B", "resource busy", later})

/* --- acts on several */

SCREEN(acting_dialog, "", ROUND, EVENTS, NULL, SEVERAL, {"\\state:running\r", "hidden)", NULL}, {"X", "Kill 4", NULL})
SCREEN(acting_stop, "", ROUND, EVENTS, NULL, SEVERAL, {"x", "Stop 4", NULL})
SCREEN(acting_start, "", ROUND, EVENTS, NULL, TAGGED("old-app", "1"), TAGGED("test", "2"), TAGGED("ns1", "3"), {"u", "Start 2", NULL})
SCREEN(acting_destroy_several, "", ROUND, EVENTS, NULL, TAGGED("old-app", "1"), TAGGED("test", "2"), TAGGED("mail", "3"),
       {"D", "Destroy 2", NULL}, ANSWER("old-app", "old-app"))
SCREEN(acting_bulk, "", ROUND, NULL, NULL, SEVERAL, {"x", "Stop 4", NULL}, ANSWER("y", "failed: its"))
SCREEN(acting_started, "", ROUND, NULL, NULL, TAGGED("old-app", "1"), TAGGED("test", "2"), TAGGED("ns1", "3"), {"u", "Start 2", NULL},
       ANSWER("y", "Start of 3: 2 started"))
SCREEN(acting_killed, "", ROUND, NULL, NULL, SEVERAL, {"X", "Kill 4", NULL}, ANSWER("y", "Kill of 5: 3 killed"))
SCREEN(acts, "", ROUND, NULL, NULL, AT("ns2"), {"r", "Restart ns2?", NULL}, ANSWER("y", "not answering"), {"B", "Failed acts", later})
SCREEN(quit, "", ROUND, EVENTS, NULL, TAGGED("mail", "1"), TAGGED("web3", "2"), {"x", "Stop 2", NULL}, ANSWER("y", "waits for web3"),
       {"b", "goes on in the background", NULL}, {"Q", "Quit?", NULL})

/* --- what is typed and chosen */

SCREEN(search, "", ROUND, EVENTS, NULL, {"/", " search: ", NULL}, {"V20", " search: V20", NULL})
SCREEN(filter, "", ROUND, EVENTS, NULL, {"\\", " filter: ", NULL}, {"state:running cpu>10", "cpu>10", NULL})
SCREEN(filter_wrong, "", ROUND, "php-fpm (pid 44)", NULL, {"\\", " filter: ", NULL}, {"nonsense<\r", NULL, NULL})
SCREEN(sort, "", ROUND, EVENTS, NULL, {"o", "Sort by", NULL})
SCREEN(view, "", ROUND, EVENTS, NULL, {"v", "Enter takes it", NULL})
SCREEN(settings, "", ROUND, NULL, NULL, {"O", "Settings of the screens", NULL})
SCREEN(grey_key, "", ROUND, EVENTS, NULL, AT("ns1"), {"u", "u: ns1 is running", NULL})

/* --- help */

SCREEN(help, "", ROUND, NULL, NULL, {"?", "the guest above", NULL})
SCREEN(help_filter, "", ROUND, NULL, NULL, {"?", "the guest above", NULL}, {"/freeze", "-the guest above", NULL})
SCREEN(help_guest, "--history", ROUND, NULL, NULL, {"\r", "< >", NULL}, {"?", "Help: guest", NULL})
SCREEN(help_console, "", ROUND, NULL, NULL, AT("web3"), {"a", "root@web3", NULL}, {"\035", "d detach", NULL},
       {"?", "Help: console", NULL})
SCREEN(help_edit, "", ROUND, NULL, NULL, EDIT("web3"), {"\007", "Help: config editor", NULL})
SCREEN(help_bridges, "--bridges", "90K", NULL, NULL, {"?", "Help: bridges", NULL})
