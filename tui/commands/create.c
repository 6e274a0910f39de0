/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge create`. */
#include "commands/command.h"
#include "commands/report.h"
#include "commands/terminal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_COLUMNS 24

static const struct option_row options[] = {
	{.name = "kind", .type = OPTION_CHOICE, .argument = "KIND", .choices = "container vm",
	 .help = "what it is; a vm is not yet to be had"},
	{.name = "template", .type = OPTION_TEXT, .argument = "T",
	 .help = "busybox; dir:PATH, a directory used in place; or none"},
	{.name = "set", .type = OPTION_TEXT, .argument = "SECTION.KEY=VALUE", .repeated = true,
	 .help = "a value of its config, like \"net eth0.bridge=br0\""},
	{.name = "dry-run", .type = OPTION_FLAG, .help = "tell the steps, change nothing"},
	{.name = NULL},
};

struct display {
	bool bar; /* stderr is a terminal */
	bool shown;
	int signal; /* that broke it off */
};

static int progress(void *data, int percent, const char *text)
{
	struct display *display = data;
	int filled = percent < 0 ? 0 : percent > 100 ? BAR_COLUMNS : percent * BAR_COLUMNS / 100;
	char clean[200];
	int number;

	auberge_text_clean(clean, sizeof clean, text, strlen(text), 44);
	if (display->bar)
		fprintf(stderr, "\r[%.*s%*s] %3d%% %s\033[K", filled, "########################", BAR_COLUMNS - filled, "",
		        percent, clean);
	else
		note("%d %s", percent, text);
	display->shown = true;
	while ((number = signals_next())) {
		if (number != SIGWINCH)
			display->signal = number;
	}
	return display->signal ? -1 : 0;
}

static int check_set(const char *const *set, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(set[i], '=');

		if (!equals || !memchr(set[i], '.', (size_t)(equals - set[i])))
			return complain(AUBERGE_USAGE, "write it as SECTION.KEY=VALUE, like limits.memory=512M", "--set %s: no value",
			                set[i]);
	}
	return 0;
}

static int make(struct call *call, struct auberge_create *create)
{
	struct display display = {.bar = isatty(STDERR_FILENO) == 1};
	struct auberge_error error = {0};
	int result;

	create->progress = progress;
	create->data = &display;
	signals_open();
	result = auberge_create(call->auberge, create, &error);
	signals_close();
	if (display.bar && display.shown)
		fputc('\n', stderr);
	if (result < 0 && display.signal)
		return complain(display.signal == SIGINT ? STATUS_INTERRUPTED : 128 + display.signal, NULL,
		                "%s: broken off, nothing is left", create->name);
	if (result < 0)
		return complain_error(&error);
	printf(create->dry_run ? "%s: would be created\n" : "%s: created\n", create->name);
	return 0;
}

static int run(struct call *call)
{
	const struct arguments *arguments = &call->arguments;
	size_t set_count = arguments_all(arguments, "set", NULL, 0);
	const char **set = calloc(set_count + 1, sizeof *set);
	struct auberge_create create = {
		.name = arguments->words[0],
		.kind = arguments_text(arguments, "kind"),
		.template_ = arguments_text(arguments, "template"),
		.set = set,
		.set_count = set_count,
		.dry_run = arguments_flag(arguments, "dry-run"),
	};
	int status;

	if (!set)
		return complain(AUBERGE_FAILED, NULL, "create: out of memory");
	arguments_all(arguments, "set", set, set_count);
	if (!create.template_)
		status = complain(AUBERGE_USAGE, "say --template busybox, --template dir:PATH or --template none",
		                  "%s: a template is missing", create.name);
	else
		status = check_set(set, set_count);
	if (status == 0)
		status = make(call, &create);
	free(set);
	return status;
}

const struct command command_create = {
	.name = "create",
	.arguments = "NAME",
	.summary = "make a guest",
	.description = "Broken off at any point, nothing is left. A directory given as dir:PATH is used in place and never "
		       "owned: destroy keeps it.",
	.options = options,
	.flags = COMMAND_GUESTS | COMMAND_ROOT,
	.least = 1,
	.most = 1,
	.run = run,
};
