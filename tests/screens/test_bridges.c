/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of bridges as it reaches a terminal, on the fixed bridges of frozen_network.c. */
#include "screen_steps.h"

static void bridges_golden(const char *name, const char *const *environment, int rows, int columns, const char *rate)
{
	start("--bridges", environment, rows, columns);
	seen(rate); /* the second reading */
	harness_settle(&harness, 200);
	compare(name);
	stop();
}

Test(bridges, ascii)
{
	bridges_golden("bridges-ascii", ascii, 24, 80, "90K");
}

Test(bridges, search_and_move)
{
	start("--bridges", mono, 24, 80);
	press("n");
	seen("n: nothing was searched for yet");
	press("/4a:12\r");
	seen(" mail-eth0 mail eth0: duplicate MAC: also db2");
	press("n");
	seen(" vethdb2 db2 eth0: duplicate MAC: also mail");
	press("N");
	seen(" mail-eth0 mail eth0: duplicate MAC: also db2");
	press("/nosuchthing\r");
	seen("nosuchthing: no bridge or port has that");
	press("G");
	seen(" vethlab lab eth0: orphan of lab; no carrier");
	press("k");
	seen("links of guests, and orphans, that are ports of no bridge");
	press("C");
	seen("C: no link is on this line");
	press("g");
	seen(" V2002  uplink bond0.2002  stp on");
	stop();
}

Test(bridges, the_guest_behind_a_port)
{
	char line[256];

	start("--bridges", mono, 24, 80);
	press("\r");
	seen("Enter: no guest is behind this line");
	press("/vethdb2\r");
	press("\r");
	seen("4 Network");
	harness_settle(&harness, 200);
	harness_row(&harness, 0, line, sizeof line);
	cr_assert_eq(strncmp(line, " db2 ", 5), 0, "%s", line);
	press("q");
	seen("Bridges on host7");
	stop();
}

Test(bridges, leads_back_and_says_how_to_listen)
{
	start("--bridges", mono, 24, 80);
	press("/vethdb2\r");
	press("C");
	seen("tcpdump -nei vethdb2");
	press("q");
	seen("sort trouble");
	stop();
	start("--bridges", mono, 24, 80);
	press("\033");
	seen("sort trouble");
	stop();
}
