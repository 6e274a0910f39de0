/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acts on several guests, each with a result per target that stays until it is dismissed; and what takes long without
 * the engine's jobs (destroy). All go on in the background; the screen that shows them is bulk_view.
 *
 * Owns: struct app's bulks. A bulk's targets are names and never change. Invariant: each target of one that is over has
 * a result.
 */
#ifndef SCREENS_BULK_H
#define SCREENS_BULK_H

#include "screens/view.h"

struct targets;

enum bulk_stage {
	BULK_WAITS,     /* for its turn */
	BULK_GOES_ON,
	BULK_DONE,
	BULK_FAILED,
	BULK_LEFT_OUT,  /* it could not take the act when that was asked for */
	BULK_NOT_BEGUN, /* its turn had not come when the rest was called off */
	BULK_UNWATCHED, /* under way when the rest was called off */
	BULK_STAGES,
};

struct bulk_words {
	const char *title, *doing, *done; /* "Stop", "stopping", "stopped" */
};

struct bulk_target {
	char name[AUBERGE_NAME_MAX + 1];
	enum bulk_stage stage;
	const struct bulk_words *words;
	int64_t begun_ms, ended_ms, told_ms, left_seconds; /* left_seconds: at told_ms; -1 no limit */
	size_t survivors;
	char text[256]; /* what it waits for now */
	char why[512];  /* it failed, or was left out; what was kept by destroy */
};

struct bulk {
	const struct bulk_words *words;
	bool stop;  /* those under way can be looked at by the stop screen */
	bool single; /* the failures of acts on single guests */
	struct auberge_jobs *jobs; /* NULL: over, or a child does it */
	struct bulk_child *child;  /* NULL: none */
	size_t *given;             /* index among the names given to jobs -> index of targets */
	struct bulk_target *targets;
	size_t count, counts[BULK_STAGES];
	struct app *app;
};

/* Begins the act on those targets that take it. False: it was said why not. */
bool bulk_begin(struct app *app, const struct targets *targets);
/* Runs `auberge destroy NAME --yes` without the terminal, for one target that takes it after the other. False: it was
 * said why not. */
bool bulk_begin_destroy(struct app *app, const char *name);
bool bulk_begin_destroys(struct app *app, const struct targets *targets);
/* Whether one more can begin; if not, that is said. */
bool bulk_room(struct app *app);
bool bulk_over(const struct bulk *bulk);
/* Begins no more of those that wait, and no longer watches those under way. */
void bulk_call_off(struct bulk *bulk);
void bulk_dismiss(struct app *app, struct bulk *bulk);
/* Keeps the failure of an act on a single guest. */
void bulk_note(struct app *app, const char *name, enum auberge_act act, const char *why);
/* How many wait for their turn; how many are under way in all. */
size_t bulks_waiting(const struct app *app);
size_t bulks_under_way(const struct app *app);
/* "stop 3/5, 1 failed (B)" for the status line; empty: nothing to tell. True: something failed. */
bool bulks_status(const struct app *app, char *out, size_t size);
void bulks_close(struct app *app);

/* --- bulk_child.c: the program itself as a child whose words and end are watched */
struct bulk_child;
struct bulk_child *bulk_child_begin(struct app *app, struct bulk *bulk, const char *verb, size_t index);
void bulk_child_free(struct app *app, struct bulk_child *child); /* leaves it running */

/* --- bulk.c, for those two */
void bulk_child_ended(struct bulk *bulk, size_t index, bool done, const char *why); /* bulk->child is gone already */
void bulk_target_ended(struct bulk *bulk, size_t index, enum bulk_stage stage, const char *why);

/* --- bulk_view.c, bulk_keys.c */
extern const struct view bulk_view;
const struct key_row *bulk_keys(size_t *count);
/* B on any screen. */
void bulk_show(struct app *app, uint32_t key);
const char *grey_bulk(struct app *app);

#endif
