/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PostgreSQL and MariaDB as Debian ships them, in systemd guests under write load: a clean stop is one by the database's
 * own word. At the next start its log tells of a clean shutdown and of no recovery, and every row that a client was told
 * as committed is there. A kill shows that the same look would find a recovery.
 *
 * The guests' trees come from AUBERGE_TEST_TREES (a directory that holds databases/rootfs): /usr of it for all, read-only;
 * the rest is each guest's own. The load (tests/system/databases/load) is out of systemd's reach until the end of the
 * shutdown.
 */
#include "place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(databases, .init = place_begin, .fini = place_end, .timeout = 7200);

#define DATABASES 2
#define CONNECTIONS 3
#define GUESTS 10
#define STOPS_MAX 32
#define TOLD_BYTES 300 /* of ids that each connection must have been told before a stop: some fifty commits */
#define STOP_SECONDS 90.0
#define READY_SECONDS 120.0

enum { POSTGRESQL = 1, MARIADB = 2 }; /* bits, in the order of the table */

static const struct database {
	const char *name, *log;
	const char *ready;
	const char *clean;      /* said at a start after a clean shutdown; NULL: nothing is */
	const char *ended;      /* the last word of a clean shutdown */
	const char *unclean[6]; /* any of them at a start: a recovery */
} databases[DATABASES] = {
	{"postgresql", "var/log/postgresql/postgresql-15-main.log", "database system is ready to accept connections",
	 "database system was shut down at", "database system is shut down",
	 {"was not properly shut down", "automatic recovery", "was interrupted", "redo starts at"}},
	{"mariadb", "var/log/mysql/error.log", "ready for connections", NULL, "Shutdown complete",
	 {"Starting crash recovery", "Aria engine: starting recovery", "not shut down normally", "marked as crashed",
	  "must be rolled back"}},
};

struct guest {
	char name[16];
	unsigned has; /* databases */
	struct {
		off_t log, told[CONNECTIONS], held; /* lengths of the log and of what the load writes */
	} at_start[DATABASES], at_stop[DATABASES];
};

struct figures {
	double seconds[STOPS_MAX];
	unsigned count, under_load; /* stops; and those during which a client was told of a further commit */
};

static void want_long(void)
{
	if (!getenv("AUBERGE_TEST_LONG"))
		cr_skip_test("a long test: AUBERGE_TEST_LONG=1, as make check-long sets it");
}

static off_t length_of(const struct guest *guest, const char *path)
{
	struct stat status;

	return stat(guest_file(guest->name, path), &status) == 0 ? status.st_size : 0;
}

static off_t told(const struct guest *guest, size_t database, unsigned connection)
{
	char path[64];

	snprintf(path, sizeof path, "srv/load/%s.%u", databases[database].name, connection + 1);
	return length_of(guest, path);
}

static off_t held(const struct guest *guest, size_t database)
{
	char path[64];

	snprintf(path, sizeof path, "srv/load/%s.held", databases[database].name);
	return length_of(guest, path);
}

/* What the database's log has said since the guest was started last; free() it. */
static char *log_since(const struct guest *guest, size_t database)
{
	int fd = open(guest_file(guest->name, databases[database].log), O_RDONLY | O_CLOEXEC);
	size_t size = 1 << 18;
	char *text = calloc(1, size);
	ssize_t length;

	cr_assert_not_null(text);
	if (fd >= 0) {
		length = pread(fd, text, size - 1, guest->at_start[database].log);
		cr_assert(length >= 0 && length < (ssize_t)size - 1, "%s: its log cannot be read", databases[database].name);
		close(fd);
	}
	return text;
}

static bool log_has(const struct guest *guest, size_t database, const char *words)
{
	char *text = log_since(guest, database);
	bool found = strstr(text, words) != NULL;

	free(text);
	return found;
}

static bool is_ready(const void *data)
{
	const struct guest *guest = data;

	for (size_t i = 0; i < DATABASES; i++)
		if (guest->has & 1u << i && !log_has(guest, i, databases[i].ready))
			return false;
	return true;
}

/* Each connection has been told of commits since the start, and the transaction that stays open has written its rows. */
static bool is_under_load(const void *data)
{
	const struct guest *guest = data;

	for (size_t i = 0; i < DATABASES; i++) {
		if (!(guest->has & 1u << i))
			continue;
		for (unsigned c = 0; c < CONNECTIONS; c++)
			if (told(guest, i, c) < guest->at_start[i].told[c] + TOLD_BYTES)
				return false;
		if (held(guest, i) <= guest->at_start[i].held)
			return false;
	}
	return true;
}

static void guest_make(struct guest *guest, const char *name, unsigned has, double stop_seconds)
{
	const char *trees = getenv("AUBERGE_TEST_TREES"), *source = getenv("AUBERGE_TEST_SOURCE");
	char tree[512];

	snprintf(tree, sizeof tree, "%s/databases", trees ? trees : "");
	if (!trees || access(tree, R_OK) != 0)
		cr_skip_test("no tree of databases: set AUBERGE_TEST_TREES (tests/debian-tree -k databases unpack makes one)");
	if (!source)
		cr_skip_test("AUBERGE_TEST_SOURCE does not say where the sources are");
	*guest = (struct guest){.has = has};
	snprintf(guest->name, sizeof guest->name, "%s", name);
	cr_assert_eq(au("create %s --template none --set guest.stop_timeout=%.0fs --set 'mount usr.source=%s/rootfs/usr' "
	                "--set 'mount usr.target=/usr' --set 'mount usr.idmap=yes' --set 'mount usr.readonly=yes'",
	                name, stop_seconds * run_time_factor(), tree),
	             0, "%s", got.errors);
	cr_assert_eq(sh("%s/tests/system/databases/guest %s %s %s %s", source, tree, guest_file(name, ""),
	                has & POSTGRESQL ? "postgresql" : "", has & MARIADB ? "mariadb" : ""),
	             0, "%s", got.errors);
}

static void note_start(struct guest *guest)
{
	for (size_t i = 0; i < DATABASES; i++) {
		guest->at_start[i].log = length_of(guest, databases[i].log);
		guest->at_start[i].held = held(guest, i);
		for (unsigned c = 0; c < CONNECTIONS; c++)
			guest->at_start[i].told[c] = told(guest, i, c);
	}
}

static void note_stop(struct guest *guest)
{
	for (size_t i = 0; i < DATABASES; i++)
		for (unsigned c = 0; c < CONNECTIONS; c++)
			guest->at_stop[i].told[c] = told(guest, i, c);
}

static bool told_since_stop(const struct guest *guest)
{
	for (size_t i = 0; i < DATABASES; i++)
		for (unsigned c = 0; c < CONNECTIONS; c++)
			if (told(guest, i, c) > guest->at_stop[i].told[c])
				return true;
	return false;
}

static void wait_ready(const struct guest *guest)
{
	char what[64];

	snprintf(what, sizeof what, "the databases of %.15s to be ready", guest->name);
	wait_until(is_ready, guest, READY_SECONDS, what);
}

static void wait_load(const struct guest *guest)
{
	char what[64];

	snprintf(what, sizeof what, "the write load of %.15s", guest->name);
	wait_until(is_under_load, guest, READY_SECONDS, what);
}

/* The first word of a recovery since the last start, or NULL. */
static const char *recovery(const struct guest *guest, size_t database)
{
	const struct database *kind = &databases[database];

	for (size_t i = 0; i < sizeof kind->unclean / sizeof *kind->unclean && kind->unclean[i]; i++)
		if (log_has(guest, database, kind->unclean[i]))
			return kind->unclean[i];
	return NULL;
}

static void complain(const struct guest *guest, size_t database, const char *what)
{
	char *text = log_since(guest, database);

	cr_expect_fail("%s: %s: %s; its log since the start:\n%s", guest->name, databases[database].name, what, text);
	free(text);
}

/* After a start, when the databases are ready. */
static void expect_clean_start(const struct guest *guest)
{
	for (size_t i = 0; i < DATABASES; i++) {
		const char *word;

		if (!(guest->has & 1u << i))
			continue;
		if ((word = recovery(guest, i)))
			complain(guest, i, word);
		if (databases[i].clean && !log_has(guest, i, databases[i].clean))
			complain(guest, i, "no word of a clean shutdown");
	}
}

/* All rows told as committed are there, those of the open transaction are not. */
static void expect_rows(const struct guest *guest)
{
	for (size_t i = 0; i < DATABASES; i++) {
		unsigned long count = 0, missing = 1, open_rows = 1;

		if (!(guest->has & 1u << i))
			continue;
		cr_assert_eq(au("exec %s -- /srv/load/load judge %s", guest->name, databases[i].name), 0, "%s", got.errors);
		cr_assert_eq(sscanf(got.output, "told %lu missing %lu held %lu", &count, &missing, &open_rows), 3, "%s%s",
		             got.output, got.errors);
		cr_expect_gt(count, 0);
		cr_expect_eq(missing, 0, "%s: %s: %lu of %lu committed rows are lost", guest->name, databases[i].name, missing,
		             count);
		cr_expect_eq(open_rows, 0, "%s: %s: %lu rows that were never committed", guest->name, databases[i].name, open_rows);
	}
}

/* After a stop: nothing was killed, and each database said its last word. */
static void expect_stopped(const struct guest *guest, struct figures *figures)
{
	struct auberge_guest look = guest_look(guest->name);

	cr_expect_eq(look.state, AUBERGE_STOPPED, "%s: %s", guest->name, auberge_state_word(look.state));
	cr_expect_str_eq(look.last_end.cause, "stopped");
	cr_expect_not(look.last_end.bad);
	for (size_t i = 0; i < DATABASES; i++)
		if (guest->has & 1u << i && !log_has(guest, i, databases[i].ended))
			complain(guest, i, "no word of the end of its shutdown");
	figures->under_load += told_since_stop(guest);
}

static int ascending(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static void tell(const char *what, struct figures *figures)
{
	unsigned count = figures->count;

	if (count == 0)
		return;
	qsort(figures->seconds, count, sizeof *figures->seconds, ascending);
	cr_log_info("%s: %u stops, seconds min %.2f median %.2f max %.2f; %u guests were told of commits during the stop", what,
	            count, figures->seconds[0], figures->seconds[count / 2], figures->seconds[count - 1], figures->under_load);
}

static void start(struct guest *guest)
{
	note_start(guest);
	cr_assert_eq(au("start %s", guest->name), 0, "%s", got.errors);
}

static void stop_under_load(struct guest *guest, struct figures *figures)
{
	wait_load(guest);
	note_stop(guest);
	cr_assert_eq(au("stop %s", guest->name), 0, "%s%s", got.output, got.errors);
	figures->seconds[figures->count++] = got.seconds;
	expect_stopped(guest, figures);
}

static void cycles(struct guest *guest, unsigned count, struct figures *figures)
{
	for (unsigned cycle = 0; cycle < count; cycle++) {
		start(guest);
		wait_ready(guest);
		expect_clean_start(guest);
		if (cycle > 0)
			expect_rows(guest);
		stop_under_load(guest, figures);
	}
	start(guest);
	wait_ready(guest);
	expect_clean_start(guest);
	expect_rows(guest);
}

static void one_guest(const char *name, unsigned has, unsigned count)
{
	struct guest guest;
	struct figures figures = {0};

	guest_make(&guest, name, has, STOP_SECONDS);
	command_seconds = STOP_SECONDS + 60;
	cycles(&guest, count, &figures);
	cr_assert_eq(au("stop %s", name), 0, "%s%s", got.output, got.errors);
	expect_nothing_left();
	tell(name, &figures);
}

Test(databases, both_stop_clean_under_write_load)
{
	one_guest("both", POSTGRESQL | MARIADB, 2);
}

/* The counter-proof: were a stop unclean, the look above would see it. No committed row is lost by a kill either. */
Test(databases, a_kill_under_write_load_is_seen_as_one)
{
	struct guest guest;
	struct figures figures = {0};

	guest_make(&guest, "cut", POSTGRESQL | MARIADB, STOP_SECONDS);
	command_seconds = STOP_SECONDS + 60;
	start(&guest);
	wait_load(&guest);
	cr_assert_eq(au("kill cut"), 0, "%s", got.errors);
	cr_expect_str_eq(guest_look("cut").last_end.cause, "killed");
	start(&guest);
	wait_ready(&guest);
	for (size_t i = 0; i < DATABASES; i++)
		if (!recovery(&guest, i))
			complain(&guest, i, "no word of a recovery after a kill");
	expect_rows(&guest);
	stop_under_load(&guest, &figures);
	start(&guest);
	wait_ready(&guest);
	expect_clean_start(&guest);
	expect_rows(&guest);
}

Test(databases, postgresql_stops_clean_twenty_times)
{
	want_long();
	one_guest("postgresql", POSTGRESQL, 20);
}

Test(databases, mariadb_stops_clean_twenty_times)
{
	want_long();
	one_guest("mariadb", MARIADB, 20);
}

Test(databases, ten_guests_at_once_stop_clean)
{
	static struct guest guests[GUESTS];
	struct figures figures = {0};
	char name[16];

	want_long();
	for (size_t i = 0; i < GUESTS; i++) {
		snprintf(name, sizeof name, "db%zu", i);
		guest_make(&guests[i], name, POSTGRESQL | MARIADB, 4 * STOP_SECONDS);
	}
	command_seconds = 4 * STOP_SECONDS + 60;
	for (unsigned round = 0; round < 3; round++) { /* two stops of each; the third time only the look */
		for (size_t i = 0; i < GUESTS; i++)
			start(&guests[i]);
		for (size_t i = 0; i < GUESTS; i++) {
			wait_ready(&guests[i]);
			expect_clean_start(&guests[i]);
			if (round > 0)
				expect_rows(&guests[i]);
		}
		for (size_t i = 0; i < GUESTS; i++)
			wait_load(&guests[i]);
		for (size_t i = 0; i < GUESTS; i++)
			note_stop(&guests[i]);
		cr_assert_eq(au("stop --all --yes"), 0, "%s%s", got.output, got.errors);
		figures.seconds[figures.count++] = got.seconds;
		for (size_t i = 0; i < GUESTS; i++)
			expect_stopped(&guests[i], &figures);
		expect_nothing_left();
	}
	tell("stop --all of ten", &figures);
}
