/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule of the triage is: one row of one table (rules.c) from which WHY, flags, the order of trouble, the findings
 * and `auberge why` are made (verdict.c). Private to the model.
 */
#ifndef MODEL_VERDICT_H
#define MODEL_VERDICT_H

#include "model/model.h"

/* The classes of the order of trouble, the worst first; within TROUBLE_STALL the level counts, then the stall shown. */
enum trouble {
	TROUBLE_FAILED,
	TROUBLE_LOST,
	TROUBLE_OVERDUE,
	TROUBLE_OOM,
	TROUBLE_STALL, /* short of something */
	TROUBLE_MISSING,
	TROUBLE_NONE,
};

/* figure: that of the last time the rule held by itself, which may be some seconds ago. */
#define RULE_TEXT(name) \
	void name(const struct model_row *row, const struct model_clock *clock, double figure, char *out, size_t size)
typedef RULE_TEXT((*rule_text));

struct rule {
	const char *kind;
	char letter;
	int flag; /* enum model_flag, -1 none */
	enum trouble trouble;
	/* A figure, or 1 for what just is so. NAN, or below `warn`: does not hold. */
	double (*measure)(const struct model_row *row, const struct model_clock *clock);
	double warn, bad;          /* from where on; 0: never */
	double keep;               /* what holds goes on while the figure is at least this part of what it took; 0: no such thing */
	unsigned hold_seconds;     /* and for so long after that */
	bool told;                 /* tells, accuses of nothing: PLAIN at `warn` */
	const char *headline;      /* the verdict in a word or two, before the sentence */
	rule_text words, sentence; /* words NULL: none */
	const char *source[2];     /* the file in cgroup v2, and in v1 where that is another */
	unsigned old;              /* the bit of counters.old that decides which */
	const char *next;          /* NAME MEMORY CPUS PIDS are filled in */
};
extern const struct rule model_rules[];
extern const size_t model_rules_count; /* at most MODEL_RULES_MAX */

/* --- what measures and texts share (rules.c) --- */

double rule_memory_percent(const struct model_row *row); /* of its limit, what cannot just be dropped; NAN */
bool rule_has_pressure(const struct model_row *row);
double rule_disk_percent(const struct model_row *row, bool *inodes);

/* --- texts (rules_text.c): say_X is the sentence of a rule, words_X what the WHY column shows --- */

RULE_TEXT(words_start_failed);
RULE_TEXT(words_signal);
RULE_TEXT(words_exit);
RULE_TEXT(words_oom_end);
RULE_TEXT(words_host_restart);
RULE_TEXT(words_gave_up);
RULE_TEXT(words_ended);
RULE_TEXT(say_ended);
RULE_TEXT(words_loop);
RULE_TEXT(say_loop);
RULE_TEXT(words_restarting);
RULE_TEXT(say_restarting);
RULE_TEXT(words_unread);
RULE_TEXT(say_unread);
RULE_TEXT(words_lost);
RULE_TEXT(say_lost);
RULE_TEXT(words_stopping);
RULE_TEXT(say_stopping);
RULE_TEXT(words_oom);
RULE_TEXT(say_oom);
RULE_TEXT(words_memory);
RULE_TEXT(say_memory);
RULE_TEXT(words_memory_stall);
RULE_TEXT(say_memory_stall);
RULE_TEXT(words_memory_estimate);
RULE_TEXT(say_memory_estimate);
RULE_TEXT(words_refaults);
RULE_TEXT(say_refaults);
RULE_TEXT(words_throttled);
RULE_TEXT(say_throttled);
RULE_TEXT(words_cpu);
RULE_TEXT(say_cpu);
RULE_TEXT(say_starved);
RULE_TEXT(words_io);
RULE_TEXT(say_io);
RULE_TEXT(words_io_estimate);
RULE_TEXT(say_io_estimate);
RULE_TEXT(words_blocked);
RULE_TEXT(say_blocked);
RULE_TEXT(words_processes);
RULE_TEXT(say_processes);
RULE_TEXT(words_disk);
RULE_TEXT(say_disk);
RULE_TEXT(words_link);
RULE_TEXT(say_link);
RULE_TEXT(words_config);
RULE_TEXT(say_config);
RULE_TEXT(words_half_made);
RULE_TEXT(say_half_made);
RULE_TEXT(say_missing);
RULE_TEXT(say_memory_well);
RULE_TEXT(say_cpu_well);
RULE_TEXT(say_io_well);
RULE_TEXT(say_disk_well);

#endif
