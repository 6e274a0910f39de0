/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest screen's triage: the verdict in one sentence, the evidence with the kernel's file of each line, what is
 * busiest inside, what to do next; and the same as text for the clipboard. Owns nothing.
 */
#include "screens/acts/acts.h"
#include "screens/guest/guest.h"

#include "widgets/graph.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP 4
#define REPORT_SIZE 16384
#define GRAPHS_FROM 12 /* lines of the tab below which there are no graphs */

static void tick(struct app *app, struct guest_screen *guest)
{
	struct model_row *row = acts_row(app);

	if (row)
		row->asked = true; /* until the screen is about another */
	process_list_tick(app, &guest->processes, guest->name);
}

/* --- next steps: what the evidence advises, then the keys that help here */


static size_t add_step(const char **steps, size_t count, size_t room, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(steps[i], text) == 0)
			return count;
	if (!text[0] || count == room)
		return count;
	steps[count] = text;
	return count + 1;
}

static size_t collect_steps(const struct model_row *row, const struct model_finding *findings, size_t findings_count,
                            const char **steps, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < findings_count && count + 3 < room; i++)
		count = add_step(steps, count, room, findings[i].next);
	if (row->guest.state == AUBERGE_FAILED_STATE || row->guest.state == AUBERGE_STOPPED) {
		if (count == 0)
			count = add_step(steps, count, room, "u start it");
		return add_step(steps, count, room, "5 what it last wrote to its console");
	}
	if (row->guest.state == AUBERGE_STOPPING)
		count = add_step(steps, count, room, "x shows what holds its stop up");
	if (row->guest.running)
		count = add_step(steps, count, room, "2 s signal one of its processes");
	return add_step(steps, count, room, "7 what happened to it before");
}

/* --- the screen */

static void add_verdict(struct page *page, const struct model_row *row, const struct model_clock *clock)
{
	char sentence[512], text[600];

	model_verdict_sentence(row, clock, sentence, sizeof sentence);
	snprintf(text, sizeof text, " Verdict: %s", sentence);
	page_add(page, row->level >= MODEL_WARN ? table_role(row->level) : ROLE_TITLE, 10, NULL, text);
}

static void add_evidence(struct page *page, const struct model_finding *findings, size_t count)
{
	page_add(page, ROLE_TITLE, 0, NULL, count > 0 ? " Evidence, strongest first" : " No rule of the verdict holds");
	for (size_t i = 0; i < count; i++) {
		char text[256];

		snprintf(text, sizeof text, "  %c %s", findings[i].letter, findings[i].sentence);
		page_add(page, table_role(findings[i].level), 4, findings[i].source, text);
	}
}

static void add_processes(struct page *page, const struct processes *list)
{
	char text[512], share[16], memory[16];
	bool narrow = page->width < 60;

	if (list->count == 0)
		return;
	snprintf(text, sizeof text, narrow ? " %-16s %5s %5s S" : " %-32s %5s %5s S %9s %8s", "Top inside", "CPU%", "MEM", "GUEST PID",
	         "HOST PID");
	page_add(page, ROLE_TITLE, 0, NULL, text);
	for (size_t i = 0; i < list->count && i < TOP; i++) {
		const struct process_item *item = &list->items[i];
		char command[160];
		int room = narrow ? 15 : 31, taken;

		taken = (int)auberge_text_clean(command, sizeof command, item->process.command, strlen(item->process.command), (size_t)room);
		process_share(item, share, sizeof share);
		auberge_format_size(memory, sizeof memory, item->process.memory_bytes);
		/* The ellipsis of a share that is not known yet is one column of three bytes. */
		snprintf(text, sizeof text, "  %s%*s %*s%s %5s %c", command, room - taken, "", 5 - (int)auberge_text_columns(share), "",
		         share, memory, item->process.state);
		if (!narrow)
			snprintf(text + strlen(text), sizeof text - strlen(text), " %9d %8d", (int)item->process.pid,
			         (int)item->process.host_pid);
		page_add(page, process_role(item), 0, NULL, text);
	}
}

static void draw(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height)
{
	struct page *page = &guest->pages[TAB_TRIAGE];
	struct model_finding findings[MODEL_FINDINGS_MAX];
	struct model_clock clock = app_clock(app);
	size_t count = model_findings(row, &clock, findings, MODEL_FINDINGS_MAX);
	const char *steps[10];
	int columns = screen_columns(app->screen), graphs = graph_block_height(columns);
	size_t steps_count = collect_steps(row, findings, count, steps, 10);

	add_verdict(page, row, &clock);
	add_evidence(page, findings, count);
	if (row->guest.running)
		add_processes(page, &guest->processes.list);
	page_add(page, ROLE_TITLE, 0, NULL, " Next steps");
	for (size_t i = 0; i < steps_count; i++) {
		char text[160];

		snprintf(text, sizeof text, "  %s", steps[i]);
		page_add(page, ROLE_TEXT, 4, NULL, text);
	}
	page_add(page, ROLE_TEXT, 4, NULL, "  y copies this as text");
	if (height >= GRAPHS_FROM && row->guest.running) {
		height -= graphs;
		graph_block(app->screen, line + height, 1, columns - 1, graphs, row);
	}
	page_draw(page, app->screen, line, height);
}

const struct guest_tab guest_triage_tab = {.name = "Triage", .tick = tick, .draw = draw};

/* --- the report */

__attribute__((format(printf, 3, 4))) static void put(char *out, size_t size, const char *format, ...)
{
	size_t length = strlen(out);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out + length, size - length, format, arguments);
	va_end(arguments);
}

static void write_report(struct app *app, const struct guest_screen *guest, const struct model_row *row, char *out, size_t size)
{
	struct model_finding findings[MODEL_FINDINGS_MAX];
	struct model_clock clock = app_clock(app);
	size_t count = model_findings(row, &clock, findings, MODEL_FINDINGS_MAX);
	char sentence[512], share[16], memory[16];

	model_verdict_sentence(row, &clock, sentence, sizeof sentence);
	put(out, size, "%s on %s: %s\nVerdict: %s\n", row->guest.name, app->model->host.name, model_state_word(row), sentence);
	for (size_t i = 0; i < count; i++)
		put(out, size, "  %c %s [%s]\n", findings[i].letter, findings[i].sentence, findings[i].source);
	for (size_t i = 0; i < guest->processes.list.count && i < TOP; i++) {
		const struct process_item *item = &guest->processes.list.items[i];

		process_share(item, share, sizeof share);
		auberge_format_size(memory, sizeof memory, item->process.memory_bytes);
		put(out, size, "  pid %d (host %d) %c cpu %s%% mem %s %s\n", (int)item->process.pid, (int)item->process.host_pid,
		    item->process.state, isnan(item->cpu_percent) ? "?" : share, memory, item->process.command);
	}
	for (size_t i = 0; i < count; i++)
		if (findings[i].next[0])
			put(out, size, "Next: %s\n", findings[i].next);
}

void guest_copy_report(struct app *app, uint32_t key)
{
	const struct guest_screen *guest = guest_of(app);
	char *text = calloc(1, REPORT_SIZE);

	(void)key;
	if (!text)
		return;
	write_report(app, guest, acts_row(app), text, REPORT_SIZE);
	if (screen_copy(app->screen, text))
		app_say(app, ROLE_OK, "%zu bytes of report sent to the terminal's clipboard (OSC 52)", strlen(text));
	else
		app_say(app, ROLE_WARN, "this terminal takes no text for a clipboard (OSC 52)");
	free(text);
}
