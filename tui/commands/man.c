/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auberge help --man PAGE`: the man pages as roff. auberge(1) is made from the command and key tables,
 * auberge-guest.ini(5) from the schema table; the two programs that nobody calls by hand have their few sentences
 * here.
 */
#include "commands/command.h"
#include "screens/acts/bulk.h"
#include "screens/settings_view.h"
#include "screens/view.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct page {
	const char *name;
	const char *section;
	const char *summary;
	void (*body)(const struct page *page);
	const char *text; /* paragraphs, an empty line between */
};

/* roff takes a leading dot or quote for a request, a backslash for an escape and a plain '-' for a hyphen. */
static void put(const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
		start = *text == '\n';
	}
}

static void put_line(const char *text)
{
	put(text);
	putchar('\n');
}

static void put_paragraphs(const char *text)
{
	while (text && *text) {
		const char *end = strstr(text, "\n\n");
		char paragraph[2048];

		snprintf(paragraph, sizeof paragraph, "%.*s", (int)(end ? (size_t)(end - text) : strlen(text)), text);
		printf(".PP\n");
		put_line(paragraph);
		text += strlen(text) < strlen(paragraph) + 2 ? strlen(text) : strlen(paragraph) + 2;
	}
}

static void put_options(const struct option_row *row)
{
	for (; row && row->name; row++) {
		printf(".TP\n\\fB\\-\\-");
		put(row->name);
		printf("\\fR");
		if (row->argument) {
			printf(" \\fI");
			put(row->argument);
			printf("\\fR");
		}
		if (row->letter)
			printf(", \\fB\\-%c\\fR", row->letter);
		putchar('\n');
		put(row->help);
		if (row->choices) {
			printf(" (");
			put(row->choices);
			putchar(')');
		}
		printf(".\n");
	}
}

static void put_command(const struct command *command)
{
	char usage[512];

	help_usage_line(usage, sizeof usage, command);
	printf(".SS ");
	put_line(usage + strlen("usage: auberge "));
	putchar(toupper((unsigned char)command->summary[0]));
	put(command->summary + 1);
	printf(".\n");
	put_paragraphs(command->description);
	put_options(command->options);
	put_options(command->flags & COMMAND_JSON ? command_json_option : NULL);
}

static const char *const environment[][2] = {
	{"AUBERGE_CONFIG", "replaces /etc/auberge/auberge.ini"},
	{"AUBERGE_STATE_DIR", "replaces /var/lib/auberge; then run and log directories are .run and .log below it, "
	                      "and the cgroup is one of its own"},
	{"AUBERGE_RUN_DIR", "replaces /run/auberge"},
	{"AUBERGE_LOG_DIR", "replaces /var/log/auberge"},
	{"AUBERGE_CGROUP", "replaces auberge, the cgroup (in each hierarchy) below which guests live"},
	{"NO_COLOR", "no colours on the screens"},
	{"AUBERGE_THEMES", "a directory with themes of your own"},
};

static const char themes_text[] =
	"A theme is NAME.ini, looked for in $AUBERGE_THEMES and where the shipped ones are. [meta] has name, inherits (another "
	"theme) and background (any, dark or light: what the terminal's own has to be). [roles] has a line for each kind of "
	"text, as in crit = #ffffff on #b35900 bold | 16: white on yellow bold | mono: reverse bold: for 256 colours and more, "
	"for 16, and for none. A colour is default, a name, bright-NAME, 0 to 255 or #rrggbb; attributes are bold, dim, underline "
	"and reverse. What is wrong is said with file and line at the start, and so is a text that is hard to read.";

static const char *const files[][2] = {
	{"/etc/auberge/auberge.ini", "the host's settings; [screen] has theme, rate, sort and ascii of the screens"},
	{"~/.config/auberge/screen.ini", "your own [screen], which goes before that; written by the settings screen when asked"},
	{"/var/lib/auberge/NAME/guest.ini", "a guest's config, auberge-guest.ini(5)"},
	{"/var/lib/auberge/NAME/rootfs", "its files"},
	{"/run/auberge/NAME/ledger", "what a running guest holds on this host"},
	{"/var/log/auberge/NAME.console", "the console's log, with one predecessor .1"},
};

static void put_pairs(const char *heading, const char *const (*pairs)[2], size_t count)
{
	printf(".SH %s\n", heading);
	for (size_t i = 0; i < count; i++) {
		printf(".TP\n.B ");
		put_line(pairs[i][0]);
		put(pairs[i][1]);
		printf(".\n");
	}
}

static void put_keys(const char *heading, const struct key_row *(*table)(size_t *count))
{
	const char *group = "";
	const struct key_row *rows;
	char names[64];
	size_t count;

	rows = table(&count);
	printf(".SH %s\n", heading);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].group && strcmp(rows[i].group, group) != 0) {
			group = rows[i].group;
			printf(".SS ");
			put_line(group);
		}
		app_key_names(&rows[i], names, sizeof names);
		printf(".TP\n.B ");
		put_line(names);
		put_line(rows[i].help);
	}
}

/* The screens in the order of the man page. */
static const struct {
	const char *heading;
	const struct key_row *(*keys)(size_t *count);
} key_tables[] = {
	{"KEYS OF THE DASHBOARD", dashboard_keys},
	{"KEYS OF THE GUEST SCREEN", guest_keys},
	{"KEYS OF THE PROCESSES", processes_keys},
	{"KEYS OF THE EVENTS", events_keys},
	{"KEYS OF THE BRIDGES", bridges_keys},
	{"KEYS OF THE STOP SCREEN", stop_keys},
	{"KEYS OF THE ACTS SCREEN", bulk_keys},
	{"KEYS OF A NEW GUEST", create_keys},
	{"KEYS OF THE CONFIG EDITOR", edit_keys},
	{"KEYS BEFORE A CONFIG IS SAVED", edit_confirm_keys},
	{"KEYS WHEN SOMEONE ELSE HAS SAVED MEANWHILE", edit_conflict_keys},
	{"KEYS OF THE EARLIER CONFIGS", edit_versions_keys},
	{"KEYS OF THE SETTINGS", settings_keys},
	{"KEYS OF A CONSOLE, EACH BEHIND THE PREFIX", console_keys},
	{"KEYS OF A CONSOLE WHILE LOOKING BACK", console_scroll_keys},
	{"KEYS OF THE HELP", help_keys},
};

static void put_program(const struct page *page)
{
	size_t count, statuses_count;
	const struct command *const *table = command_table(&count);
	const struct command_status *statuses = command_statuses(&statuses_count);

	printf(".SH SYNOPSIS\n.B auberge\n[common options] [\\fIVERB\\fR ...]\n.SH DESCRIPTION\n");
	put_paragraphs(page->text);
	printf(".SH COMMON OPTIONS\nThey stand before the verb.\n");
	put_options(command_common_options);
	printf(".SH VERBS\n");
	for (size_t i = 0; i < count; i++)
		put_command(table[i]);
	for (size_t i = 0; i < sizeof key_tables / sizeof key_tables[0]; i++)
		put_keys(key_tables[i].heading, key_tables[i].keys);
	printf(".SH THEMES\n");
	put_paragraphs(themes_text);
	printf(".SH EXIT STATUS\n");
	for (size_t i = 0; i < statuses_count; i++) {
		printf(".TP\n.B %d\n", statuses[i].status);
		put(statuses[i].meaning);
		printf(".\n");
	}
	put_paragraphs("exec and shell give the command's own status, 128+N for signal N. With several names the highest "
	               "status counts.");
	put_pairs("ENVIRONMENT", environment, sizeof environment / sizeof environment[0]);
	put_pairs("FILES", files, sizeof files / sizeof files[0]);
	printf(".SH SEE ALSO\n.BR auberge\\-guest.ini (5),\n.BR auberge\\-supervisor (8),\n.BR auberge\\-keeper (8),\n.BR auberge\\-build (8),\n.BR auberge\\-units (7)\n");
}

static void put_key(const struct auberge_key *key)
{
	printf(".TP\n\\fB");
	put(key->name);
	printf("\\fR = \\fI");
	put(key->type);
	printf("\\fR\n");
	put_line(key->help);
	if (key->choices) {
		printf("One of: ");
		put(key->choices);
		printf(".\n");
	}
	if (key->range) {
		printf("Range: ");
		put(key->range);
		printf(".\n");
	}
	if (key->unit) {
		printf("Unit: ");
		put(key->unit);
		printf(".\n");
	}
	if (key->default_text && *key->default_text) {
		printf("Default: ");
		put(key->default_text);
		printf(".\n");
	}
	printf("Acts %s.\n", key->live ? "at once" : "at the next start");
}

static void put_config(const struct page *page)
{
	const struct auberge_key *key, *before = NULL;

	printf(".SH DESCRIPTION\n");
	put_paragraphs(page->text);
	printf(".SH SECTIONS AND KEYS\n");
	for (size_t i = 0; (key = auberge_schema(i)); before = key, i++) {
		if (!before || strcmp(key->section, before->section) != 0) {
			size_t star = strcspn(key->section, "*");

			printf(".SS [%.*s%s]\n", (int)star, key->section, key->section[star] ? "NAME" : "");
		}
		put_key(key);
	}
	printf(".SH SEE ALSO\n.BR auberge (1)\n");
}

static void put_plain(const struct page *page)
{
	printf(".SH DESCRIPTION\n");
	put_paragraphs(page->text);
	printf(".SH SEE ALSO\n.BR auberge (1)\n");
}

static const char *const units[][2] = {
	{"auberge.service", "starts the guests marked autostart at boot (`systemctl enable auberge`); its stop stops all guests "
	                    "cleanly, however they were started, within 5 minutes"},
	{"auberge@NAME.service", "one guest as a service: active while the guest runs, failed when it ended badly; its stop is "
	                         "the clean stop within the guest's own stop_timeout, and no kill follows"},
	{"auberge-NAME.scope", "a running guest and its supervisor: `systemctl status` shows both. Not to be stopped by "
	                       "systemctl: that is what auberge stop is for. Limits are on the group guest/ in it, which is "
	                       "auberge's; systemd's own properties of the scope (a drop-in auberge-.scope.d) hold besides"},
	{"auberge-SETID:NAME.scope", "the same for a guest of another set (--state-dir), of which the other units know nothing"},
	{"auberge-shutdown.service", "stops the default set's guests, side by side, before network and disks go; it is active "
	                             "from the first start of a guest on and is not enabled by hand"},
	{"auberge.slice", "holds all the scopes: its limits hold for all guests together"},
};

static void put_units(const struct page *page)
{
	printf(".SH DESCRIPTION\n");
	put_paragraphs(page->text);
	put_pairs("UNITS", units, sizeof units / sizeof units[0]);
	printf(".SH SEE ALSO\n.BR auberge (1),\n.BR systemd.scope (5),\n.BR systemd.slice (5)\n");
}

static const struct page pages[] = {
	{"auberge", "1", "looks after the containers of one host", put_program,
	 "auberge shows every guest of this host with its live figures, finds the one that misbehaves and why, attaches to "
	 "its ttys, starts it, stops it cleanly and makes another. Alone on a terminal it opens the screens, where ? tells "
	 "the keys; with a verb it serves scripts and units, and asks a question only when standard input and output are "
	 "terminals.\n\n"
	 "Guests' names are of letters, digits, '.', '_' and '-', begin with a letter or digit, and have at most 63. "
	 "Durations are written 30s, 2m, 1h; sizes 512M, 2G (powers of 1024), max."},
	{"auberge-guest.ini", "5", "the config of a guest of auberge", put_config,
	 "Each guest has one guest.ini below its own directory of the state directory. It has sections in brackets and "
	 "KEY = VALUE lines; a line that begins with # or ; is a comment. `auberge config check NAME` tells all its errors "
	 "at once, each with its line. Sizes are written 512M, 2G, max; durations 30s, 2m, 1h; truth yes or no.\n\n"
	 "`auberge config set` and `auberge config edit` change it and keep comments, order and blank lines; each file that "
	 "they replace is kept as config.d/N beside it, the last 50, for `auberge config history` and `auberge config "
	 "revert`. They refuse a file that someone else has changed since it was read. A change by hand acts at the next "
	 "start; until then `auberge show` tells how the running guest differs from its file. Keys that act at once do so "
	 "when they are set by auberge, on a guest that runs."},
	{"auberge-supervisor", "8", "looks after one running guest of auberge", put_plain,
	 "One such process runs for each running guest. auberge starts it; it is not meant to be called by hand. It takes "
	 "the guest's locks, has auberge-build put the container together, writes what the guest holds on this host into "
	 "the ledger, relays and logs the consoles, answers on the control socket, carries the clean stop through, and "
	 "gives everything back at the end.\n\n"
	 "Ended by force it leaves the guest running, and its keeper starts another one, which goes on where it was."},
	{"auberge-keeper", "8", "keeps the supervisor of one guest of auberge running", put_plain,
	 "One such process is the parent of each auberge-supervisor; auberge starts it, and it is not meant to be called by "
	 "hand. It holds copies of the descriptors that must outlive a supervisor, the guest's ttys and their recent output "
	 "above all, starts another supervisor when one dies, and reports to it how the guest's init ended.\n\n"
	 "When it dies itself, the supervisor takes its place and starts a new one. When both die, the guest runs on and its "
	 "supervision is shown as lost; the next act on the guest (stop, kill, freeze, console, exec, shell) gives it both "
	 "again. Its consoles are new then, and how it ended is known only where the kernel tells (Linux 6.15)."},
	{"auberge-build", "8", "puts a container of auberge together", put_plain,
	 "auberge-supervisor starts it for each start of a guest; it is not meant to be called by hand. It checks the whole "
	 "config before any side effect, writes each resource into the ledger before it makes it, starts the guest's init, "
	 "and is gone before the start returns."},
	{"auberge-units", "7", "auberge and the host's service manager", put_units,
	 "On a host whose pid 1 is systemd, auberge asks it, over the system bus, for a scope with Delegate=yes for each guest. "
	 "Neither the guest nor its supervisor is then part of the session that started it: the end of an SSH session, "
	 "KillUserProcesses=yes, systemctl daemon-reload or the restart of any unit do not concern it. Nothing of auberge stays "
	 "connected to the bus, and systemd is never the one who kills. A start whose scope systemd does not give within 5 s "
	 "fails and says why. Guests below a cgroup of the caller's choice (--cgroup) have no scope, nor has a guest where "
	 "auberge was built without libsystemd; `auberge show` says so.\n\n"
	 "At shutdown guests are stopped before anything else that they may need. One that does not end in its time is not "
	 "killed by auberge; the shutdown goes on without it.\n\n"
	 "A set of its own (--state-dir) is stopped at shutdown only if a unit of the admin's does it: a copy of "
	 "auberge-shutdown.service with that option in ExecStop.\n\n"
	 "Without systemd, /etc/init.d/auberge (configure --with-sysv) does what auberge.service does; supervisors leave the "
	 "caller's cgroups by themselves. `auberge start --stay NAME` serves runit, s6 and inittab as it serves auberge@.service."},
};

const char *man_pages(void)
{
	return "auberge auberge-guest.ini auberge-supervisor auberge-build auberge-keeper auberge-units";
}

int man_page(const char *name)
{
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		size_t length = strlen(pages[i].name);

		/* with its section or without: "auberge.1", "auberge" */
		if (strncmp(name, pages[i].name, length) != 0)
			continue;
		if (name[length] && (name[length] != '.' || strcmp(name + length + 1, pages[i].section) != 0))
			continue;
		printf(".TH \"%s\" \"%s\" \"\" \"auberge " COMMAND_VERSION "\" \"auberge\"\n.SH NAME\n", pages[i].name,
		       pages[i].section);
		put(pages[i].name);
		printf(" \\- %s\n", pages[i].summary);
		pages[i].body(&pages[i]);
		return 0;
	}
	return -1;
}
