/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single changes of a guest.ini's text: what is not meant stays, byte for byte. */
#include "base/cleanup.h"
#include "guest/config.h"

#include <criterion/criterion.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"

struct change {
	const char *before, *section, *key, *value, *after; /* key NULL: the section is added, or with value "-" taken away */
};

static const struct change changes[] = {
	/* one value */
	{"[limits]\nmemory = 1G\npids = 9\n", "limits", "memory", "2G", "[limits]\nmemory = 2G\npids = 9\n"},
	{"[limits]\n  memory\t=1G  \npids=9\n", "limits", "memory", "2G", "[limits]\n  memory\t=2G  \npids=9\n"},
	{"# a\n\n; b\n[limits] # c\n# d\n\nmemory = 1G\n# e\n\n\n[guest]\n\n", "limits", "memory", "2G",
	 "# a\n\n; b\n[limits] # c\n# d\n\nmemory = 2G\n# e\n\n\n[guest]\n\n"},
	{"[guest]\nhostname = a ; b # c\n", "guest", "hostname", "d", "[guest]\nhostname = d\n"},
	{"[limits]\nmemory =\n", "limits", "memory", "2G", "[limits]\nmemory = 2G\n"},
	{"[limits]\nmemory=   \npids = 1\n", "limits", "memory", "2G", "[limits]\nmemory=2G\npids = 1\n"},
	{"[limits]\nmemory = 1G", "limits", "memory", "2G", "[limits]\nmemory = 2G"},
	{"[limits]\r\nmemory = 1G\r\npids = 9\r\n", "limits", "memory", "2G", "[limits]\r\nmemory = 2G\r\npids = 9\r\n"},
	{"[limits]\r\nmemory =\r\n", "limits", "memory", "2G", "[limits]\r\nmemory = 2G\r\n"},
	{BOM "[limits]\nmemory = 1G\n", "limits", "memory", "2G", BOM "[limits]\nmemory = 2G\n"},
	{"[limits]\nmemory = 1G\n", "limits", "memory", "  2G\t", "[limits]\nmemory = 2G\n"},
	{"[net   eth0]\nmtu = 1\n", "net eth0", "mtu", "1500", "[net   eth0]\nmtu = 1500\n"},
	/* the first is what the reader takes */
	{"[limits]\nmemory = 1G\nmemory = 3G\n", "limits", "memory", "2G", "[limits]\nmemory = 2G\nmemory = 3G\n"},
	{"[limits]\npids = 1\n[limits]\nmemory = 1G\n", "limits", "memory", "2G",
	 "[limits]\npids = 1\nmemory = 2G\n[limits]\nmemory = 1G\n"},
	{"memory = 7\n[limits]\n", "limits", "memory", "2G", "memory = 7\n[limits]\nmemory = 2G\n"},
	/* a new line */
	{"[limits]\npids = 9\n# about nothing\n\n[guest]\n", "limits", "memory", "2G",
	 "[limits]\npids = 9\nmemory = 2G\n# about nothing\n\n[guest]\n"},
	{"[limits]\n\tpids=9\n", "limits", "memory", "2G", "[limits]\n\tpids=9\n\tmemory=2G\n"},
	{"[limits]\npids = 9", "limits", "memory", "2G", "[limits]\npids = 9\nmemory = 2G"},
	{"[limits]", "limits", "memory", "2G", "[limits]\nmemory = 2G"},
	{"[limits]\r\npids = 9", "limits", "memory", "2G", "[limits]\r\npids = 9\r\nmemory = 2G"},
	{"[limits]\r\n[guest]\r\n", "limits", "memory", "2G", "[limits]\r\nmemory = 2G\r\n[guest]\r\n"},
	/* a new section */
	{"", "limits", "memory", "2G", "[limits]\nmemory = 2G\n"},
	{BOM, "limits", "memory", "2G", BOM "[limits]\nmemory = 2G\n"},
	{"\n", "limits", "memory", "2G", "\n[limits]\nmemory = 2G\n"},
	{"# x\n", "limits", "memory", "2G", "# x\n\n[limits]\nmemory = 2G\n"},
	{"[guest]\n", "limits", "memory", "2G", "[guest]\n\n[limits]\nmemory = 2G\n"},
	{"[guest]\n\t \n", "limits", "memory", "2G", "[guest]\n\t \n[limits]\nmemory = 2G\n"},
	{"[guest]\r\nhostname = a\r\n", "net eth0", "mtu", "1500", "[guest]\r\nhostname = a\r\n\r\n[net eth0]\r\nmtu = 1500\r\n"},
	{"[guest]\nhostname = a", "limits", "memory", "2G", "[guest]\nhostname = a\n\n[limits]\nmemory = 2G"},
	/* a line taken away */
	{"[limits]\nmemory = 1G\n# why\npids = 9\n", "limits", "memory", NULL, "[limits]\n# why\npids = 9\n"},
	{"[limits]\nmemory = 1G\npids = 9\nmemory = 2G\n", "limits", "memory", NULL, "[limits]\npids = 9\n"},
	{"[limits]\npids = 9\n", "limits", "memory", NULL, "[limits]\npids = 9\n"},
	{"[guest]\n", "limits", "memory", NULL, "[guest]\n"},
	{"[limits]\r\nmemory = 1G\r\n\r\n[guest]\r\n", "limits", "memory", NULL, "[limits]\r\n\r\n[guest]\r\n"},
	/* sections */
	{"[guest]\n", "net eth0", NULL, NULL, "[guest]\n\n[net eth0]\n"},
	{"[net eth0]\n", "net eth0", NULL, NULL, "[net eth0]\n"},
	{"[guest]\n\n# the net\n[net eth0]\nmtu = 9\n# and\nbridge = b\n# of it\n\n[limits]\n", "net eth0", NULL, "-",
	 "[guest]\n\n# the net\n# of it\n\n[limits]\n"},
	{"[guest]\n\n[net eth0]\nmtu = 9\n\n[limits]\n", "net eth0", NULL, "-", "[guest]\n\n[limits]\n"},
	{"[guest]\n\n[net eth0]\nmtu = 9\n", "net eth0", NULL, "-", "[guest]\n"},
	{BOM "[net eth0]\nmtu = 9\n[guest]\n", "net eth0", NULL, "-", BOM "[guest]\n"},
};

Test(edit_text, changes_only_what_it_must)
{
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		const struct change *change = &changes[i];
		cleanup_free char *text = strdup(change->before);
		struct auberge_error error = {0};
		int result;

		if (change->key)
			result = config_set_text(&text, change->section, change->key, change->value, &error);
		else if (change->value)
			result = config_remove_section_text(&text, change->section, &error);
		else
			result = config_add_section_text(&text, change->section, &error);
		cr_expect_eq(result, 0, "%zu: %s", i, error.text);
		cr_expect_str_eq(text, change->after, "%zu:\n%s", i, text);
	}
}

Test(edit_text, what_would_not_be_one_line_is_refused)
{
	static const char *const wrong[][3] = {
		{"guest", "hostname", "a\n[x]"}, {"guest", "hostname", "a\rb"},   {"guest", "hostname", "a\x1b[1m"},
		{"a]b", "hostname", "a"},        {"guest", "host name", "a"},      {"guest", "#hostname", "a"},
		{"guest", "host=name", "a"},     {"guest", "", "a"},               {"", "hostname", "a"},
		{"net  eth0", "mtu", "1500"},    {" guest", "hostname", "a"},      {"guest\t", "hostname", "a"},
	};

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		cleanup_free char *text = strdup("[guest]\n");
		struct auberge_error error = {0};

		cr_expect_lt(config_set_text(&text, wrong[i][0], wrong[i][1], wrong[i][2], &error), 0, "%zu", i);
		cr_expect_eq(error.code, AUBERGE_USAGE);
		cr_expect_str_eq(text, "[guest]\n");
	}
}
