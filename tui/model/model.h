/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is shown, without curses: rows, columns, order, filter, verdict, and the source that fills them.
 *
 * Owns: struct model owns its rows; a row's address stays good until the guest is gone from the list (the hook
 * `forget` is called just before). The target of an act is the guest's name, copied at the key press, never a row.
 * Invariants: rows[] is sorted by name; shown[] holds those rows that pass the filter, in the order of display.
 * No clock is read here but in model_clock_now() and source.c: whoever calls says what time it is.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "auberge.h"

#define MODEL_CELL_SIZE 256     /* bytes that hold any cell, and any text of a column */
#define MODEL_PLACES_MAX 16     /* columns on one screen */
#define MODEL_TERMS_MAX 32      /* terms of one filter */
#define MODEL_FILTER_SIZE 512   /* bytes of a filter's text */
#define MODEL_HOLD_FOREVER UINT64_MAX

struct model_clock {
	uint64_t monotonic_usec; /* for rates, holding, staleness */
	int64_t boot_seconds;    /* CLOCK_BOOTTIME, for a stop's deadline */
	int64_t wall_seconds;    /* since the epoch, for "exit 1 02:14" */
};
struct model_clock model_clock_now(void);

/* --- rows ----------------------------------------------------------------------------------------------------- */

/* Good to bad; the theme gives each a colour, the word is there without it. */
enum model_level { MODEL_QUIET, MODEL_PLAIN, MODEL_GOOD, MODEL_WARN, MODEL_BAD };

enum { /* bits of model_row.rates: which rates two samples have given */
	MODEL_RATE_CPU = 1 << 0,
	MODEL_RATE_THROTTLED = 1 << 1,
	MODEL_RATE_IO = 1 << 2,
	MODEL_RATE_NET = 1 << 3,
	MODEL_RATE_PERIODS = 1 << 4,
	MODEL_RATE_HITS = 1 << 5,
	MODEL_RATE_REFUSED = 1 << 6,
	MODEL_RATE_REFAULTS = 1 << 7,
	MODEL_RATE_DELAY = 1 << 8,
};

enum model_flag { /* flags[] of `top --json`, by model_flag_word() */
	MODEL_FLAG_MEMORY,
	MODEL_FLAG_CPU,
	MODEL_FLAG_IO,
	MODEL_FLAG_OOM,
	MODEL_FLAG_THROTTLED,
	MODEL_FLAG_PROCESSES,
	MODEL_FLAG_DISK,
	MODEL_FLAG_LINK,
	MODEL_FLAG_LOOP,
	MODEL_FLAGS_COUNT,
};

#define MODEL_RULES_MAX 40
#define MODEL_HISTORY 60 /* samples of a ring; one every MODEL_HISTORY_SECONDS */
#define MODEL_HISTORY_SECONDS 10
enum model_series { MODEL_SERIES_CPU, MODEL_SERIES_MEMORY, MODEL_SERIES_IO, MODEL_SERIES_STALL, MODEL_SERIES_COUNT };

/* How long a rule has held. */
struct model_held {
	enum model_level level; /* MODEL_QUIET: it does not hold */
	uint64_t since_usec;    /* when it began to */
	uint64_t last_usec;     /* when its figure last said so */
	double figure;          /* and what it was then */
};

/* The last MODEL_HISTORY samples of each series. Slots are counted from the clock's zero, so that all guests sweep alike. */
struct model_ring {
	bool begun;
	uint64_t first, slot;                /* number of the first sample, and of the one being gathered */
	unsigned gathered[MODEL_SERIES_COUNT];
	float sums[MODEL_SERIES_COUNT];
	float values[MODEL_SERIES_COUNT][MODEL_HISTORY]; /* sample n stands in n % MODEL_HISTORY; negative: none */
};

struct model_row {
	struct auberge_guest guest;
	struct auberge_counters now, before; /* now.have == 0: no sample yet */
	unsigned rates;
	double cpu_percent, throttled_percent; /* of one processor */
	double read_rate, write_rate;          /* bytes per second */
	double receive_rate, transmit_rate;
	double periods_percent;                /* throttled ones of those that it ran in */
	double hits_rate, refused_rate;        /* memory limit hit, forks refused: per second */
	double refault_rate;                   /* bytes per second */
	double delay_percent;                  /* of one process's time waiting for block IO */
	double fault_rate, fault_percent;      /* of its links: errors and drops, per second and of all packets */
	double looks, looks_blocked;           /* that were taken, and that found some process in state D; older ones count less */
	double blocked_part;                   /* of the last looks that found some process in state D, 0 to 1 */
	bool stale;                /* its figures are too old: dimmed, with ~ */
	bool unread;               /* reading it hangs: they are stale from the first second on */
	uint64_t unread_usec;      /* since when it does */
	unsigned stale_seconds;    /* how old they are */
	bool tagged;               /* by the user; survives a refresh */
	bool visible;              /* on screen now: memory.stat is read for these only */
	bool asked;                /* its triage is on screen: its processes are looked at too */
	int survivors;             /* of a stop under way, -1 not known; set by whoever drives the job */
	bool stop_timed;           /* a stop with a deadline is under way: */
	int64_t stop_left_seconds; /* negative: overdue */
	char why[64];              /* the verdict in few words; the column shows as many whole words as fit */
	enum model_level level;    /* of the verdict */
	unsigned flags;            /* 1 << enum model_flag */
	unsigned trouble;          /* place in the order of trouble, the worst is 0; see verdict.h */
	struct model_held held[MODEL_RULES_MAX]; /* by rule; private to verdict.c */
	struct model_ring ring;                  /* private to history.c */
	uint64_t oom_read_kills;                 /* private to source.c: up to which its victim is known */
	unsigned oom_reads;
	/* private to rows.c, model.c and source.c */
	bool seen;
	int64_t told_boot_seconds; /* when guest was told, or its uptime was counted on */
	struct auberge_meter *meter;
	pid_t meter_pid; /* the init the meter was opened for */
	uint64_t cache_read_usec, limits_read_usec, stall_read_usec, round;
};

/* A row that stands alone (for `list`, filters, tests): figures only as the guest itself gives them. */
void model_row_init(struct model_row *row, const struct auberge_guest *guest, const struct model_clock *clock);
/* The next sample; rates come from the difference to the one before. Counters that went back give no rate. */
void model_update_counters(struct model_row *row, const struct auberge_counters *counters,
                           const struct model_clock *clock);

bool model_memory(const struct model_row *row, uint64_t *bytes); /* usage less cache; false: not known */
double model_limit_percent(const struct model_row *row);         /* memory of its limit; NAN: none or not known */
double model_stall(const struct model_row *row, char *letter);   /* worst of C M I, percent; NAN: not known */
/* Some rate is still to come: cells of figures show "…". */
bool model_row_waiting(const struct model_row *row);

/* --- columns -------------------------------------------------------------------------------------------------- */

enum model_type {
	MODEL_TEXT,    /* field:text */
	MODEL_FLAG,    /* field:yes, field:no */
	MODEL_LIST,    /* item() gives the parts; field:text looks into each */
	MODEL_NUMBER,  /* field<N, field>N */
	MODEL_PERCENT, /* the same, a % is accepted */
	MODEL_SIZE,    /* 512M, 1G */
	MODEL_SECONDS, /* 30s, 2m, 1h, 3d */
};

enum { /* bits of model_column.use */
	MODEL_IN_LIST = 1 << 0, /* in `list --json` (and so in top) */
	MODEL_IN_TOP = 1 << 1,  /* in `top --json` */
	MODEL_COUNTED = 1 << 2, /* a whole number in JSON */
	MODEL_FIGURE = 1 << 3,  /* from counters: … before the first sample, dimmed with ~ when stale */
	MODEL_RATED = 1 << 4,   /* … before the second sample */
	MODEL_RIGHT = 1 << 5,   /* aligned right */
};

/* One row of the one table that feeds screen, sort, filter fields and JSON. */
struct model_column {
	const char *id;   /* name as a field and for --sort */
	const char *json; /* name in JSON, NULL: not there */
	const char *head; /* heading, NULL: not on the dashboard */
	enum model_type type;
	unsigned use;
	int start, width; /* at 80 columns, counted from 1 as in the manual; 0: not on the dashboard */
	int drop;         /* dropped as the terminal narrows, 1 first; 0 never */
	const char *help;
	void (*text)(const struct model_row *row, char *out, size_t size); /* NULL: made from the next two */
	double (*number)(const struct model_row *row);                     /* NAN: not known */
	const char *(*item)(const struct model_row *row, size_t index);    /* NULL: past the last */
	enum model_level (*level)(const struct model_row *row);            /* NULL: plain */
};

const struct model_column *model_columns(size_t *count);
const struct model_column *model_column_find(const char *id); /* by id or JSON name; NULL: none */
/* The whole text of a column, uncut; what field:text looks into. */
void model_text(const struct model_column *column, const struct model_row *row, char *out, size_t size);

struct model_place {
	const struct model_column *column;
	int x, width; /* x from 0; cells 0 and 1 of a line are the cursor's and the tag's */
};
struct model_layout {
	struct model_place places[MODEL_PLACES_MAX]; /* from left to right */
	size_t count;
	int columns;
	bool glyphs; /* below 60 columns STATE is one letter */
};
void model_layout(struct model_layout *layout, int columns);
/* The same for a list that has other panes beside it: figures that change stand side by side, to cost few bytes. */
void model_layout_beside(struct model_layout *layout, int columns);

/* What stands in a place: exactly place->width columns, padded and aligned. Returns its level; *stale (may be NULL)
 * says that it is to be dimmed. */
enum model_level model_cell(const struct model_row *row, const struct model_place *place, char *out, size_t size,
                            bool *stale);
void model_heading(const struct model_place *place, char *out, size_t size);
/* The state as shown: "running?" "FAILED" "incompl."; and its one glyph. */
const char *model_state_word(const struct model_row *row);
char model_state_glyph(const struct model_row *row);
/* Cuts clean text in the middle with ~ so that it takes at most `columns`. */
void model_cut_middle(char *out, size_t size, const char *text, int columns);

/* --- filter --------------------------------------------------------------------------------------------------- */

struct model_term {
	const struct model_column *column;
	char relation; /* ':' '<' '>' */
	bool negated;
	double number;
	char text[128];
};
struct model_filter {
	char text[MODEL_FILTER_SIZE]; /* as typed */
	struct model_term terms[MODEL_TERMS_MAX];
	size_t count; /* 0: all pass */
};
/* 0, or -1 with error filled (AUBERGE_USAGE, text names the term, remedy the fields); *filter is then unchanged. */
int model_filter_parse(struct model_filter *filter, const char *text, struct auberge_error *error);
bool model_filter_match(const struct model_filter *filter, const struct model_row *row);
/* What `/` looks into: name, addresses, bridges, host links; case does not matter. */
bool model_search_match(const struct model_row *row, const char *text);

/* --- order ---------------------------------------------------------------------------------------------------- */

struct model_order {
	const struct model_column *column; /* NULL: trouble */
	bool reverse;                      /* against the column's natural direction (figures: largest first) */
};
/* "trouble", a column's id, or "-" and either for the reverse. 0, or -1 with error filled. */
int model_order_parse(struct model_order *order, const char *text, struct auberge_error *error);
const char *model_order_word(const struct model_order *order); /* "trouble" or the column's id */
/* Below 0: a stands before b. Never 0 for two guests. */
int model_order_compare(const struct model_order *order, const struct model_row *a, const struct model_row *b);

/* --- verdict -------------------------------------------------------------------------------------------------- */

/* Fills row->why, level, flags and trouble from the one table of rules (rules.c); done by every update. */
void model_verdict(struct model_row *row, const struct model_clock *clock);
const char *model_flag_word(enum model_flag flag);

/* One line of evidence. Text is clean. */
struct model_finding {
	const char *kind; /* as in `why --json`: "oom" "memory" "throttled" "processes" "io" "disk" "loop" ... */
	enum model_level level; /* BAD and WARN accuse, PLAIN is told for completeness */
	char letter;      /* the first column of the triage: M C I O T P D L, F failed, R restarts, < stop, ? lost, E config; '-':
	                   * what is all right */
	char words[64];   /* for the WHY column; empty for what is all right */
	char sentence[200];
	char source[64];  /* the kernel's file (or ours) that says so: "memory.events" */
	char next[120];   /* what to do, a key or a command; may be empty */
};
#define MODEL_FINDINGS_MAX 24
/* All rules that hold for the row, strongest first. Returns how many; sentences say figures with their units. */
size_t model_findings(const struct model_row *row, const struct model_clock *clock, struct model_finding *findings,
                      size_t room);
/* The verdict as one sentence: "out of memory: ...", "healthy". */
void model_verdict_sentence(const struct model_row *row, const struct model_clock *clock, char *out, size_t size);
const char *model_severity_word(enum model_level level); /* "bad" "warning" "ok" */

/* --- history: a ring per guest and series, from the start for all guests --------------------------------------- */

/* Takes the row's figures of now in; done by model_update_counters(). */
void model_history_add(struct model_row *row, const struct model_clock *clock);
/* Moves its now to that of the clock, whether it was read or not; done by model_mark_stale(). */
void model_history_pass(struct model_row *row, const struct model_clock *clock);
/*
 * The samples of a series as parts of full (0 to 1; a negative one: none there), at most room; the slot of the ring that
 * is written next goes to *now, so that a graph can sweep: sample i stands in slot i. Full is for the processor its limit
 * or the host's all, for memory its limit or the host's, for IO the highest sample that is shown.
 */
size_t model_history(const struct model_row *row, enum model_series series, float *parts, size_t room, size_t *now);

/* --- the model ------------------------------------------------------------------------------------------------ */

struct model {
	struct model_row **rows; /* all, by name */
	size_t rows_count;
	bool listed; /* false: there was no list yet */
	struct model_row **shown; /* filtered and ordered; good until the next model_arrange() or model_update_guests() */
	size_t shown_count;
	struct model_filter filter; /* set with model_filter_parse(), then model_arrange() */
	struct model_order order;   /* set, then model_arrange() */
	uint64_t held_until_usec;   /* the order is held until then; MODEL_HOLD_FOREVER */
	size_t states[AUBERGE_INCOMPLETE + 1]; /* how many of all rows are in each state */
	size_t lost, tagged;
	struct auberge_host host, host_before; /* host.name empty: not read yet */
	double host_cpu_percent;               /* of all processors; NAN: no second sample yet */
	/* A row is about to be freed (its guest is gone). May be NULL. */
	void (*forget)(void *data, struct model_row *row);
	void *forget_data;
};
void model_init(struct model *model);
void model_free(struct model *model);
/* A new list: rows are kept by name (tags, samples), new ones come, gone ones go. A guest that was started anew
 * begins without samples. shown[] is arranged again. 0, or -1: no memory, nothing changed. */
int model_update_guests(struct model *model, const struct auberge_guest *guests, size_t count,
                        const struct model_clock *clock);
/* Those of the rows that have changed; one that has no row is passed over. shown[] is not arranged. */
void model_update_some(struct model *model, const struct auberge_guest *guests, size_t count,
                       const struct model_clock *clock);
/* What goes on by itself in rows that nobody told anything new of: uptimes, the time left of stops. */
void model_pass_time(struct model *model, const struct model_clock *clock);
void model_update_host(struct model *model, const struct auberge_host *host);
/* Marks rows of running guests whose figures are older than that, or of which reading hangs. */
void model_row_mark_stale(struct model_row *row, const struct model_clock *clock, uint64_t oldest_usec);
void model_mark_stale(struct model *model, const struct model_clock *clock, uint64_t oldest_usec);
/* Filters and orders into shown[]; while held, rows keep their places and new ones come last. */
void model_arrange(struct model *model, const struct model_clock *clock);
/* Holds the order for that long from now (0 lets go); called at each move of the cursor. */
void model_hold(struct model *model, const struct model_clock *clock, uint64_t usec);
/* Whole seconds for "held 2s", rounded up; 0 not held, -1 held for good. */
int model_held_seconds(const struct model *model, const struct model_clock *clock);
struct model_row *model_find(const struct model *model, const char *name);
/* Index in shown[], or -1. */
ssize_t model_shown_index(const struct model *model, const char *name);
/* The next row of shown[] after (step 1) or before (-1) `from` that matches, round the end; -1 none. `from` may be
 * -1. */
ssize_t model_search(const struct model *model, ssize_t from, int step, const char *text);
/* Says which rows of shown[] are on screen. */
void model_set_visible(struct model *model, size_t first, size_t count);
void model_tag(struct model *model, struct model_row *row, bool tagged);
void model_tag_shown(struct model *model); /* * */
void model_untag_all(struct model *model); /* T, and after an act */

/* --- the source: the model filled from the engine ------------------------------------------------------------- */

struct model_source;
/* For who must know what is read just now, and what came of it. */
struct model_source_hooks {
	/* About to read the guest of that name, or "/list" "/host" "/links"; false: it is left out. */
	bool (*before)(void *data, const char *name);
	void (*listed)(void *data, const struct auberge_guest *guests, size_t count);
	void (*counted)(void *data, const struct model_row *row);
	void *data;
};
/* Takes model->forget. Neither auberge nor model is owned; both outlive the source. */
struct model_source *model_source_open(struct auberge *auberge, struct model *model, struct auberge_error *error);
void model_source_close(struct model_source *source);
void model_source_hook(struct model_source *source, const struct model_source_hooks *hooks);
/* The list of guests and their states. 0, or negative: the model stays as it was. */
int model_source_refresh_list(struct model_source *source, struct auberge_error *error);
int model_source_refresh_host(struct model_source *source, struct auberge_error *error);
/* Opens a new round of figures: one netlink dump; each running guest is due. */
void model_source_begin_round(struct model_source *source);
/* Reads guests that are due until all are read (true) or budget_usec is spent (false: call again at the next turn);
 * those on screen first. The order of display stays until model_arrange(). budget_usec 0: no limit. */
bool model_source_refresh_counters_slice(struct model_source *source, uint64_t budget_usec);

#endif
