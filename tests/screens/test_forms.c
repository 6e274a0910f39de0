/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config editor and the screen that makes a guest, as they reach a terminal. */
#include "screen_steps.h"

#define ESCAPE "\033"
#define SAVE "\023"
#define RAW "\022"

static void at_sizes(const char *name, void (*go)(void))
{
	static const struct {
		const char *suffix;
		const char *const *environment;
		int rows, columns;
	} sizes[] = {{"mono", mono, 24, 80}, {"16", colours, 24, 80}, {"40x10", mono, 10, 40}, {"140x40", mono, 40, 140}};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char golden_name[64];

		start("", sizes[i].environment, sizes[i].rows, sizes[i].columns);
		go();
		harness_settle(&harness, 60);
		snprintf(golden_name, sizeof golden_name, "%s-%s", name, sizes[i].suffix);
		compare(golden_name);
		kill(harness.pid, SIGTERM); /* which leaves every screen */
		harness_finish(&harness, WAIT);
		harness_free(&harness);
	}
}

static void go_create(void)
{
	press("c");
	seen("New guest");
	press("web4");
}

Test(forms_golden, create)
{
	at_sizes("create", go_create);
}

static void go_edit(void)
{
	press("/web3\r");
	press("e");
	seen("Edit web3");
	press("\t");
}

Test(forms_golden, edit)
{
	at_sizes("edit", go_edit);
}
