/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screens: `auberge` without a subcommand. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include <stdbool.h>

struct auberge;
struct source;
struct view;

struct app_options {
	const char *theme; /* NULL: "default"; NO_COLOR or a terminal without colours means "mono" */
	int rate_seconds;  /* 0: 2 */
	const char *sort;  /* as model_order_parse() takes it; NULL: trouble */
	bool ascii;        /* no character beyond ASCII */
	const char *settings_file; /* where the settings are written when asked for; NULL: nowhere */
	const char *warning;       /* said at the start; may be NULL */
	int round_ms;      /* other than the rate says: for tests; 0: as it says */
	const struct view *view; /* opened over the dashboard: for tests; NULL */
};

/*
 * Shows the dashboard until the admin leaves. Standard input and output must be the terminal. Returns the exit
 * status; whatever happens, the terminal is given back as it was. Errors that keep it from starting go to standard
 * error.
 */
int app_run(struct auberge *auberge, const struct app_options *options);

/* The same from any source of figures: what app_run() does with the engine's, and the tests with fixed ones. */
int app_run_source(struct source *source, const struct app_options *options);

#endif
