/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program `auberge`: the common options, then either one subcommand of the table or, without a verb, the screens.
 * Owns the process-wide things: locale, standard descriptors, SIGPIPE.
 */
#include "app.h"
#include "auberge.h"
#include "commands/command.h"
#include "commands/report.h"
#include "model/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_pipe(int number)
{
	(void)number;
}

/*
 * A closed standard descriptor would be given to the next file that is opened; each gets one that fails as a closed
 * one does. SIGPIPE gets a handler and is not ignored, because an ignored signal would pass on to the guest's
 * commands.
 */
static void prepare_process(void)
{
	struct sigaction action = {.sa_handler = on_pipe, .sa_flags = SA_RESTART};

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			exit(AUBERGE_FAILED);
	}
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* figures are read by scripts */
	sigaction(SIGPIPE, &action, NULL);
}

/* The site's settings, the user's own before them, and --theme before all. */
static void read_settings(struct settings *settings, const char *site, const char *own, char *warning, size_t size)
{
	char own_warning[SETTINGS_PATH + 256] = "";

	settings_init(settings);
	settings_read(settings, site, warning, size);
	if (own[0] && settings_read(settings, own, own_warning, sizeof own_warning) < 0)
		snprintf(warning, size, "%s", own_warning);
}

static int open_screens(const struct auberge_options *options, const char *theme)
{
	char own[SETTINGS_PATH], warning[SETTINGS_PATH + 256];
	struct app_options app_options;
	struct auberge_error error = {0};
	struct settings settings;
	struct auberge *auberge;
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return complain(AUBERGE_USAGE, "for scripts: auberge list; all verbs: auberge help",
		                "the screens want a terminal on standard input and output");
	auberge = auberge_open(options, &error);
	if (!auberge)
		return complain_error(&error);
	if (!settings_own_file(own, sizeof own))
		own[0] = '\0';
	read_settings(&settings, auberge_config_file(auberge), own, warning, sizeof warning);
	app_options = (struct app_options){
		.theme = theme ? theme : settings.theme, .rate_seconds = settings.rate_seconds, .sort = settings.sort,
		.ascii = settings.ascii, .settings_file = own, .warning = warning,
	};
	status = app_run(auberge, &app_options);
	auberge_close(auberge);
	return status;
}

static int run(int argc, char **argv)
{
	const struct option_row *tables[] = {command_common_options};
	size_t count = argc > 0 ? (size_t)argc - 1 : 0;
	struct option_problem problem;
	struct arguments arguments;
	int status = 0;

	if (arguments_parse(&arguments, tables, 1, OPTIONS_FIRST_WORD, count, argv + 1, &problem) < 0) {
		status = complain(AUBERGE_USAGE, *problem.remedy ? problem.remedy : "`auberge help` names the common options", "%s",
		                  problem.text);
		arguments_free(&arguments);
		return status;
	}
	struct auberge_options options = {
		.config_file = arguments_text(&arguments, "config"),
		.state_dir = arguments_text(&arguments, "state-dir"),
		.run_dir = arguments_text(&arguments, "run-dir"),
		.log_dir = arguments_text(&arguments, "log-dir"),
		.cgroup = arguments_text(&arguments, "cgroup"),
	};
	if (arguments_flag(&arguments, "help"))
		help_overview();
	else if (arguments_flag(&arguments, "version"))
		printf("auberge %s (protocol %d, ledger %d)\n", COMMAND_VERSION, COMMAND_PROTOCOL, COMMAND_LEDGER);
	else if (arguments.words_count > 0)
		status = command_dispatch(&options, arguments.words_count, (char *const *)arguments.words);
	else if (arguments.used < count)
		status = command_dispatch(&options, count - arguments.used, argv + 1 + arguments.used);
	else
		status = open_screens(&options, arguments_text(&arguments, "theme"));
	arguments_free(&arguments);
	return status;
}

int main(int argc, char **argv)
{
	prepare_process();
	return output_finish(run(argc, argv));
}
