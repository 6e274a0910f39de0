/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all screens share: the key table from which key bar, help and man page are made, a screen as a struct of
 * functions, the stack of screens, the question or text field in front of them, the line of messages, and the acts
 * under way. The event loop is in app.c; it calls what is declared here and is called by nobody.
 */
#ifndef SCREENS_VIEW_H
#define SCREENS_VIEW_H

#include "screens/source.h"
#include "term/keys.h"
#include "term/screen.h"
#include "widgets/dialog.h"

#define VIEWS_MAX 8
#define WATCHES_MAX 64
#define BULKS_MAX 4 /* acts on several guests whose results are not dismissed yet */
#define JOBS_MAX 64
#define SURVIVORS_KEPT 32
#define HELD_AFTER_MOVE_USEC 2000000
#define STOP_SHOWN_AFTER_MS 400 /* a stop that is over by then needs no screen of its own */

struct app;

/* By what an act can cost: no question, one on line 22, a dialog with another key, the name typed. */
enum danger { DANGER_NONE, DANGER_QUESTION, DANGER_DIALOG, DANGER_NAME };

#define KEY_ROW_KEYS 6
/* One key of a screen. Rows that are not built yet are not in the table. */
struct key_row {
	uint32_t keys[KEY_ROW_KEYS]; /* zero-terminated; an F-key always has a twin that is none */
	void (*act)(struct app *app, uint32_t key);
	const char *label; /* on the key bar, beside the F-key; NULL: not there */
	const char *group; /* heading in help and man page */
	const char *help;
	bool needs_root;
	enum danger danger;
	const char *(*grey)(struct app *app); /* why it cannot be used now, or NULL; the function itself may be NULL */
};

struct view {
	const char *name;
	const struct key_row *(*keys)(size_t *count);
	void *(*open)(struct app *app, const void *argument); /* state, or NULL: not opened, a message says why */
	void (*close)(struct app *app, void *state);
	bool (*key)(struct app *app, void *state, uint32_t key); /* before the table; true: taken. May be NULL */
	void (*draw)(struct app *app, void *state);
	void (*tick)(struct app *app, void *state); /* about once a second and when something changed; may be NULL */
	/* The guest that acts of this screen are about, NULL none; no function: that of the view below. */
	struct model_row *(*row)(struct app *app, void *state);
	/* What would be lost if it went, to be asked about before quitting: "the changes of web3". False, or no function:
	 * nothing. */
	bool (*unsaved)(const void *state, char *out, size_t size);
	bool tags;    /* acts of this screen take the tags, if there are any */
	bool overlay; /* drawn over the one below */
	const char *const *columns; /* lines of its help about what stands in its columns, NULL at the end; NULL: the guests' */
	bool takes_all; /* every key goes to key() first, a paste, ^C and an unknown one too, and it may have the bottom line */
};

/* A descriptor that some screen waits for. */
struct app_watch {
	int fd;
	short events; /* of poll(2) */
	void (*ready)(struct app *app, void *data, short events);
	void *data;
};

/* An act under way, or a stop that reached its time limit and waits for someone to decide. */
struct app_job {
	char name[AUBERGE_NAME_MAX + 1];
	enum auberge_act act;
	struct auberge_job *job; /* NULL: over */
	int64_t begun_ms, told_ms;
	int64_t left_seconds;    /* at told_ms; -1 none */
	char text[256];
	bool timed_out, show; /* show: open the stop screen when it takes long */
	struct auberge_survivor survivors[SURVIVORS_KEPT];
	size_t survivors_count, survivors_total;
};

/* To whom a signal is about to be sent. */
struct signal_target {
	char guest[AUBERGE_NAME_MAX + 1], command[64];
	pid_t pid, host_pid; /* inside and outside */
	uint64_t start_time;
	int number;
};

struct app {
	struct screen *screen;
	struct source *source;
	struct model *model;
	struct keys keys;
	int64_t now_ms;
	struct {
		const struct view *view;
		void *state;
	} views[VIEWS_MAX];
	size_t views_count;
	struct dialog dialog; /* the question, text field or list in front; kind NONE: none */
	struct app_job jobs[JOBS_MAX];
	size_t jobs_count;
	struct targets *targets; /* that the dialog in front asks about: acts.h */
	struct bulk *bulks[BULKS_MAX + 1]; /* the last one: acts on single guests that failed; NULL none: bulk.h */
	struct signal_target signal; /* of the list or question in front */
	struct app_watch watches[WATCHES_MAX];
	size_t watches_count;
	int64_t wake_ms; /* when some screen wants its tick at the latest; -1 never. app_wake() */
	char message[512];
	enum role message_role;
	int64_t message_ms;
	int rate_seconds;
	char theme[32];          /* as asked for; without colours the screen's is mono */
	bool ascii;              /* asked for */
	char settings_file[4096]; /* where the settings are written to when asked; empty: nowhere */
	bool echo_due, data_due; /* a frame is wanted: for a key, for figures */
	bool quit;
	int exit_status;
	int signals; /* signalfd */
	struct consoles *consoles; /* those that are open, shown or not; NULL: none was yet. screens/consoles.h */
	/* sampling */
	int64_t round_ms; /* when the next round begins */
	unsigned rounds;
	int round_every_ms; /* 0: rate_seconds */
	bool reading;
	struct creation *creations; /* create_run.c: guests being made */
	struct edit_save *saves;    /* edit_save.c: configs being saved */
};

/* --- app_core.c: messages, views, keys */
__attribute__((format(printf, 3, 4))) void app_say(struct app *app, enum role role, const char *format, ...);
void app_say_error(struct app *app, const struct auberge_error *error);
bool app_push(struct app *app, const struct view *view, const void *argument);
void app_pop(struct app *app);
void app_quit(struct app *app, int status);
/* Stops as anyone would who gets SIGTSTP, which the loop blocks, and returns when continued: who has no shell to do that
 * does not stop. */
void app_stop(void);
/* What Q and ^L do on every screen: for its key table. Quitting asks where something would be lost by it. */
void app_key_quit(struct app *app, uint32_t key);
void app_key_repaint(struct app *app, uint32_t key);
void app_key(struct app *app, uint32_t key);
void app_draw(struct app *app);
/* After a text field or a child: keys typed for it are not for us. */
void app_drop_input(struct app *app);
const struct key_row *app_find_key(const struct key_row *rows, size_t count, uint32_t key);
/* Why the row cannot be used now; NULL: it can. */
const char *app_grey(struct app *app, const struct key_row *row);
/* "x F8": the row's keys with blanks between. */
void app_key_names(const struct key_row *row, char *out, size_t size);
struct model_clock app_clock(struct app *app);
/* Calls ready() when poll(2) finds events on fd; a second call for the same fd replaces the first. False: too many. */
bool app_watch(struct app *app, int fd, short events, void (*ready)(struct app *app, void *data, short events), void *data);
void app_unwatch(struct app *app, int fd);
/* A turn of the loop, and with it a tick, not later than that. */
void app_wake(struct app *app, int64_t at_ms);
/* To be said behind a key of the dashboard: "", or " on the dashboard" where the screen in front has no such key. */
const char *app_key_place(const struct app *app, uint32_t key);
/* The state of the topmost view. */
void *app_state(const struct app *app);
/* The state of that view, also while another is in front of it; NULL: it is not open. */
void *app_state_of(const struct app *app, const struct view *view);

/* --- acts/jobs.c: acts under way */
struct app_job *jobs_begin(struct app *app, const char *name, enum auberge_act act, int64_t timeout_seconds);
/* Joins the stop of a guest that is stopping: seconds that it may still take, -1 leaves its time limit. */
struct app_job *jobs_join(struct app *app, const char *name, int64_t timeout_seconds);
struct app_job *jobs_find(struct app *app, const char *name, enum auberge_act act);
void jobs_ready(struct app *app, struct app_job *job); /* its descriptor is readable */
void jobs_tick(struct app *app);
void jobs_forget(struct app *app, struct app_job *job);
void jobs_close(struct app *app);
int64_t jobs_deadline(const struct app *app); /* ms, or -1 */
int64_t jobs_left(const struct app_job *job, int64_t now_ms); /* seconds of a stop; -1 none */
/* stop.c: the stop screen, where it is open, says that this one did not come off. */
void stop_failed(struct app *app, const char *name);
/* Runs `auberge VERB NAME` with the terminal and comes back when it ends. */
void jobs_run_child(struct app *app, const char *verb, const char *name, const char *hint);

/* --- the screens */
extern const struct view dashboard_view, help_view, stop_view, guest_view, processes_view, events_view, bridges_view,
	console_view;
extern const struct view create_view, edit_view, edit_confirm_view, edit_conflict_view, edit_versions_view;
/* Opens the editor of the guest that acts of this screen are about; why not. */
void act_edit(struct app *app, uint32_t key);
const char *grey_edit(struct app *app);
/* Forgets the guests being made and the configs being saved, which go on. */
void creations_close(struct app *app);
void edit_saves_close(struct app *app);
const struct key_row *create_keys(size_t *count);
const struct key_row *edit_keys(size_t *count);
const struct key_row *edit_confirm_keys(size_t *count);
const struct key_row *edit_conflict_keys(size_t *count);
const struct key_row *edit_versions_keys(size_t *count);
const struct key_row *dashboard_keys(size_t *count);
const struct key_row *stop_keys(size_t *count);
const struct key_row *help_keys(size_t *count);
const struct key_row *guest_keys(size_t *count);
const struct key_row *processes_keys(size_t *count);
const struct key_row *events_keys(size_t *count);
const struct key_row *bridges_keys(size_t *count);
const struct key_row *console_keys(size_t *count);        /* each behind the prefix */
const struct key_row *console_scroll_keys(size_t *count); /* while looking back */
/* What guest_view is opened with. */
struct guest_argument {
	const char *name;
	int tab; /* from 0 */
};
void views_guest(struct app *app, const char *name, int tab);
/* Keys that are the same on several screens, for their tables. */
void act_back(struct app *app, uint32_t key);
void act_help(struct app *app, uint32_t key);
void act_view(struct app *app, uint32_t key);
void act_rate(struct app *app, uint32_t key); /* + more often, - less often */
void act_worst(struct app *app, uint32_t key);
const char *grey_worst(struct app *app);
/* Which signal, then a question; of init and KILL the class 2 dialog. */
void signal_ask(struct app *app, const struct signal_target *target);
/* A row of the guest under the cursor, or NULL. */
struct model_row *dashboard_row(struct app *app);

#endif
