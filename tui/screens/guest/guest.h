/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest screen's state, shared by its files: frame and keys (guest.c, guest_keys.c) and one file for each tab. Owns
 * what the tabs own. Invariant: it is about a guest by its name; whether that still lives is looked up each time.
 */
#ifndef SCREENS_GUEST_H
#define SCREENS_GUEST_H

#include "model/lines.h"
#include "screens/event_list.h"
#include "screens/process_list.h"
#include "screens/view.h"
#include "widgets/page.h"

#include <sys/stat.h>

enum guest_tab_id { TAB_TRIAGE, TAB_PROCESSES, TAB_RESOURCES, TAB_NETWORK, TAB_LOG, TAB_CONFIG, TAB_EVENTS, TABS_COUNT };

#define GUEST_PORTS 16 /* whose counters are kept for rates */

/* The console's log as far as it was read. */
struct guest_log {
	struct lines lines;
	int fd, watch;  /* -1 none; inotify(7) */
	bool renamed;   /* the file that fd is of is the predecessor now, or gone */
	bool looked;    /* for the file, once */
	bool skipping;  /* up to the first newline: reading began inside a line */
	bool left_end;  /* scrolled away from the newest line */
	uint64_t first; /* line shown first, counted for good */
	uint64_t found; /* line that the search found, counted for good, from 1; 0 none */
	size_t column, page;
	int64_t tried_ms, drawn_ms; /* when the file was looked for last, when a frame was wanted last */
	bool changed;               /* since then */
	char error[640], search[DIALOG_TEXT];
};

struct guest_config {
	bool looked;
	int64_t looked_ms;
	struct stat file; /* as it was read; st_ino 0: it was not */
	pid_t run;        /* the guest's init then */
	bool drift_due;   /* the guest was not read yet: the drift is to come */
	char path[512], error[768];
	char *text;
	size_t length;
	struct auberge_change *drift; /* where the running guest differs */
	size_t drift_count;
	char *defaults; /* lines of what is in force without being written */
};

struct guest_network {
	struct ask ask;
	uint64_t time_usec;
	struct guest_port {
		char name[AUBERGE_LINK_SIZE];
		uint64_t receive_bytes, transmit_bytes;
		double receive_rate, transmit_rate; /* NAN: not known */
	} ports[GUEST_PORTS];
	size_t ports_count;
};

struct guest_screen {
	char name[AUBERGE_NAME_MAX + 1];
	enum guest_tab_id tab;
	struct page pages[TABS_COUNT]; /* of the tabs that are lines of text */
	struct process_list processes;
	struct event_list events;
	struct guest_log log;
	struct guest_config config;
	struct guest_network network;
};

/* One tab. Lines from row on, height of them. What is NULL is not needed. */
struct guest_tab {
	const char *name;
	void (*tick)(struct app *app, struct guest_screen *guest);
	void (*draw)(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height);
	void (*move)(struct app *app, struct guest_screen *guest, uint32_t key); /* NULL: its page is scrolled */
	void (*find)(struct app *app, struct guest_screen *guest, int step);     /* NULL: nothing to search in */
	void (*status)(const struct guest_screen *guest, char *out, size_t size); /* what the line of status says */
};

struct guest_screen *guest_of(struct app *app);
const struct guest_tab *guest_tab_of(const struct guest_screen *guest);
/* The text searched for on the tab in front, to be written; NULL: the tab has no search. */
char *guest_search(struct guest_screen *guest);
/* To be said behind an errno of a file of the guest: what to do where rights are missing, or "". */
const char *guest_denied(const struct app *app, int number);
void guest_go(struct app *app, struct guest_screen *guest, const char *name, enum guest_tab_id tab);
void guest_forget(struct app *app, struct guest_screen *guest);
void guest_copy_report(struct app *app, uint32_t key);

extern const struct guest_tab guest_triage_tab, guest_processes_tab, guest_resources_tab, guest_network_tab, guest_log_tab,
	guest_config_tab, guest_events_tab;
void guest_log_open(struct guest_screen *guest);
void guest_log_close(struct app *app, struct guest_screen *guest);
void guest_config_close(struct guest_screen *guest);

#endif
