/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a guest, from the table of rules: the few words of the WHY column, the flags of `top`, the place in
 * the order of trouble, and all findings.
 * Invariants: a rule that holds is let go later than it is taken (keep, hold_seconds), so that a figure at its threshold
 * does not flicker; what a row says of itself is worked out once per update, and only read in between.
 */
#include "model/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LASTING_SECONDS 10 /* from then on it is told for how long */

static const char *const flag_words[MODEL_FLAGS_COUNT] = {
	[MODEL_FLAG_MEMORY] = "memory",
	[MODEL_FLAG_CPU] = "cpu",
	[MODEL_FLAG_IO] = "io",
	[MODEL_FLAG_OOM] = "oom",
	[MODEL_FLAG_THROTTLED] = "throttled",
	[MODEL_FLAG_PROCESSES] = "processes",
	[MODEL_FLAG_DISK] = "disk",
	[MODEL_FLAG_LINK] = "link",
	[MODEL_FLAG_LOOP] = "loop",
};

const char *model_flag_word(enum model_flag flag)
{
	return flag_words[flag];
}

const char *model_severity_word(enum model_level level)
{
	return level == MODEL_BAD ? "bad" : level == MODEL_WARN ? "warning" : "ok";
}

/* --- whether a rule holds --- */

/* scale: 1, or the part of its threshold down to which what holds is kept. */
static enum model_level level_of(const struct rule *rule, double figure, double scale)
{
	if (isnan(figure))
		return MODEL_QUIET;
	if (rule->bad > 0 && figure >= rule->bad * scale)
		return MODEL_BAD;
	if (rule->warn > 0 && figure >= rule->warn * scale)
		return rule->told ? MODEL_PLAIN : MODEL_WARN;
	return MODEL_QUIET;
}

static void update_held(const struct rule *rule, struct model_held *held, const struct model_row *row,
                        const struct model_clock *clock)
{
	double figure = rule->measure(row, clock);
	enum model_level level = level_of(rule, figure, 1), kept = held->level;

	if (level < kept && rule->keep > 0) {
		level = level_of(rule, figure, rule->keep);
		level = level < kept ? level : kept;
	}
	if (level < kept && !isnan(figure) && clock->monotonic_usec - held->last_usec < rule->hold_seconds * UINT64_C(1000000))
		return; /* held on for a while; but not when there is no such figure any more */
	if (level == MODEL_QUIET)
		held->since_usec = 0;
	else if (kept < MODEL_WARN || held->since_usec == 0)
		held->since_usec = clock->monotonic_usec;
	held->level = level;
	held->figure = figure;
	held->last_usec = clock->monotonic_usec;
}

/* --- the place in the order of trouble: classes by four, the level within that of the stalls --- */

static unsigned place_of(const struct rule *rule, enum model_level level)
{
	if (rule->trouble == TROUBLE_NONE)
		return TROUBLE_NONE * 4;
	return (unsigned)rule->trouble * 4 + (rule->trouble == TROUBLE_STALL ? (unsigned)(MODEL_BAD - level) : 0);
}

/* A stall that the column shows, but that no rule accuses of, comes after those. */
static unsigned place_of_stall(const struct model_row *row)
{
	char letter;
	double percent = model_stall(row, &letter);

	return !isnan(percent) && lround(percent) > 0 ? TROUBLE_STALL * 4 + 3 : TROUBLE_NONE * 4;
}

/* --- findings --- */

/* Rules that hold, strongest first: by level, then as in the table. */
static size_t holding(const struct model_row *row, const struct rule *found[MODEL_RULES_MAX])
{
	size_t count = 0;

	for (enum model_level level = MODEL_BAD; level >= MODEL_PLAIN; level--)
		for (size_t i = 0; i < model_rules_count; i++)
			if (row->held[i].level == level)
				found[count++] = &model_rules[i];
	return count;
}

/* "NAME", "MEMORY" and so on become the guest's name and what the next step up would be. */
static void fill_in(const struct model_row *row, const char *template, char *out, size_t size)
{
	const struct auberge_counters *now = &row->now;
	char memory[32], cpus[16], pids[24];
	const struct {
		const char *token, *text;
	} tokens[] = {{"NAME", row->guest.name}, {"MEMORY", memory}, {"CPUS", cpus}, {"PIDS", pids}};
	uint64_t limit = now->have & AUBERGE_HAVE_LIMIT && now->memory_limit_bytes != AUBERGE_UNLIMITED ? now->memory_limit_bytes : 0;
	uint64_t quota = now->have & AUBERGE_HAVE_QUOTA && now->cpu_quota_thousandths != AUBERGE_UNLIMITED ? now->cpu_quota_thousandths : 0;
	uint64_t processes = now->processes_limit != AUBERGE_UNLIMITED ? now->processes_limit : 0;
	size_t used = 0;

	snprintf(memory, sizeof memory, limit ? "%" PRIu64 "M" : "N", (limit + limit / 2) >> 20);
	snprintf(cpus, sizeof cpus, quota ? "%.1f" : "N", (double)quota * 1.5 / 1000 + 0.05);
	snprintf(pids, sizeof pids, processes ? "%" PRIu64 : "N", processes * 2);
	out[0] = '\0';
	while (*template && used + 1 < size) {
		size_t token = 0, length;

		while (token < sizeof tokens / sizeof tokens[0] && strncmp(template, tokens[token].token, strlen(tokens[token].token)) != 0)
			token++;
		if (token == sizeof tokens / sizeof tokens[0]) {
			out[used++] = *template++;
			out[used] = '\0';
			continue;
		}
		template += strlen(tokens[token].token);
		length = (size_t)snprintf(out + used, size - used, "%s", tokens[token].text);
		used = used + length < size ? used + length : size - 1;
	}
}

/* "; for 42s" */
static void add_lasting(const struct model_held *held, const struct model_clock *clock, char *out, size_t size)
{
	int64_t seconds = (int64_t)((clock->monotonic_usec - held->since_usec) / 1000000);
	size_t used = strlen(out);
	char age[16];

	if (held->since_usec == 0 || clock->monotonic_usec < held->since_usec || seconds < LASTING_SECONDS || used + 12 >= size)
		return;
	auberge_format_age(age, sizeof age, seconds);
	snprintf(out + used, size - used, ", for %s now", age);
}

static void describe(const struct model_row *row, const struct model_clock *clock, const struct rule *rule,
                     struct model_finding *finding)
{
	const struct model_held *held = &row->held[rule - model_rules];
	bool old = rule->source[1] && row->now.old & rule->old;

	*finding = (struct model_finding){.kind = rule->kind, .level = held->level, .letter = rule->letter};
	if (rule->words)
		rule->words(row, clock, held->figure, finding->words, sizeof finding->words);
	rule->sentence(row, clock, held->figure, finding->sentence, sizeof finding->sentence);
	if (rule->keep > 0)
		add_lasting(held, clock, finding->sentence, sizeof finding->sentence);
	snprintf(finding->source, sizeof finding->source, "%s", rule->source[old]);
	fill_in(row, rule->next, finding->next, sizeof finding->next);
}

/* What is well is not told of a thing that it was just accused of. */
static bool is_accused(const struct rule *const *found, size_t count, const char *kind)
{
	for (size_t i = 0; i < count; i++)
		if (!found[i]->told && strcmp(found[i]->kind, kind) == 0)
			return true;
	return false;
}

size_t model_findings(const struct model_row *row, const struct model_clock *clock, struct model_finding *findings,
                      size_t room)
{
	const struct rule *found[MODEL_RULES_MAX];
	size_t count = holding(row, found), written = 0;

	for (size_t i = 0; i < count && written < room; i++)
		if (!found[i]->told || !is_accused(found, count, found[i]->kind))
			describe(row, clock, found[i], &findings[written++]);
	return written;
}

void model_verdict_sentence(const struct model_row *row, const struct model_clock *clock, char *out, size_t size)
{
	const struct rule *found[MODEL_RULES_MAX];
	size_t count = holding(row, found);
	char sentence[200];

	if (count == 0 || (found[0]->told && found[0]->headline[0] == '\0')) {
		const char *word = auberge_state_word(row->guest.state);

		snprintf(out, size, "%s", row->guest.state == AUBERGE_RUNNING ? "healthy" : word);
		return;
	}
	found[0]->sentence(row, clock, row->held[found[0] - model_rules].figure, sentence, sizeof sentence);
	snprintf(out, size, "%s: %s", found[0]->headline, sentence);
}

void model_verdict(struct model_row *row, const struct model_clock *clock)
{
	const struct rule *found[MODEL_RULES_MAX];
	size_t count;

	for (size_t i = 0; i < model_rules_count; i++)
		update_held(&model_rules[i], &row->held[i], row, clock);
	count = holding(row, found);
	row->why[0] = '\0';
	row->level = MODEL_PLAIN;
	row->flags = 0;
	row->trouble = place_of_stall(row);
	for (size_t i = 0; i < count; i++) {
		enum model_level level = row->held[found[i] - model_rules].level;

		if (i == 0 && level >= MODEL_WARN) {
			row->level = level;
			found[i]->words(row, clock, row->held[found[i] - model_rules].figure, row->why, sizeof row->why);
		}
		if (found[i]->flag >= 0 && level >= MODEL_WARN)
			row->flags |= 1u << found[i]->flag;
		if (place_of(found[i], level) < row->trouble)
			row->trouble = place_of(found[i], level);
	}
}
