/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of inits and the order of detection. */
#include "supervisor/inits.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

Test(inits, names_and_numbers_of_signals)
{
	char text[24];

	cr_expect_eq(signal_parse("SIGTERM"), SIGTERM);
	cr_expect_eq(signal_parse("pwr"), SIGPWR);
	cr_expect_eq(signal_parse("SIGRTMIN+4"), 38);
	cr_expect_eq(signal_parse("15"), 15);
	cr_expect_eq(signal_parse("SIGRTMIN+99"), -1);
	cr_expect_eq(signal_parse("0"), -1);
	cr_expect_eq(signal_parse("NOSUCH"), -1);
	signal_format(38, text, sizeof text);
	cr_expect_str_eq(text, "SIGRTMIN+4");
	signal_format(SIGUSR2, text, sizeof text);
	cr_expect_str_eq(text, "SIGUSR2");
}

Test(inits, every_row_can_be_asked_to_halt)
{
	size_t count;
	const struct init_kind *rows = inits_table(&count);

	for (size_t i = 0; i < count; i++) {
		cr_expect_gt(rows[i].halt_signal, 0, "%s", rows[i].name);
		cr_expect_eq(inits_find(rows[i].name), &rows[i]);
	}
}

Test(inits, the_config_has_the_first_word)
{
	char halt[] = "sysvinit";
	struct config config = {.halt = halt};
	struct init_verdict verdict;

	inits_detect(&config, "/lib/systemd/systemd", 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "sysvinit");
	cr_expect_eq(verdict.halt_signal, SIGPWR);
	config.halt_signal = SIGHUP;
	inits_detect(&config, NULL, 0, &verdict);
	cr_expect_eq(verdict.halt_signal, SIGHUP);
}

Test(inits, the_rootfs_tells_by_the_link_target)
{
	struct config config = {0};
	struct init_verdict verdict;

	inits_detect(&config, "/lib/systemd/systemd", 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "systemd");
	cr_expect_eq(verdict.halt_signal, 38);
	inits_detect(&config, "/bin/busybox", 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "busybox");
	inits_detect(&config, "/usr/bin/my-server", 0, &verdict);
	cr_expect_str_eq(verdict.kind->name, "program");
	cr_expect_eq(verdict.halt_signal, SIGTERM);
}
