/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See form_screen.h. */
#include "screens/config/form_screen.h"

#include <stdio.h>
#include <string.h>

void picks_words(struct picks *picks, const char *words)
{
	for (picks->count = 0; *words && picks->count < PICKS_MAX; words += strspn(words, " ")) {
		size_t length = strcspn(words, " ");

		snprintf(picks->words[picks->count++], sizeof picks->words[0], "%.*s", (int)length, words);
		words += length;
	}
}

void picks_bridges(struct app *app, struct picks *picks)
{
	const struct source_answer *answer = &app->source->answers[TOPIC_NETWORK];
	const struct auberge_network *network = answer->count > 0 ? answer->items : NULL;

	picks->count = 0;
	if (answer->error.code != AUBERGE_OK) {
		app_say(app, ROLE_WARN, "%.200s; type the bridge's name", answer->error.text);
		return;
	}
	for (size_t i = 0; network && i < network->bridges_count && i < PICKS_MAX; i++)
		snprintf(picks->words[picks->count++], sizeof picks->words[0], "%s%s%s", network->bridges[i].name,
		         network->bridges[i].uplink[0] ? " to " : "", network->bridges[i].uplink);
	if (picks->count == 0)
		app_say(app, ROLE_WARN, network ? "there is no bridge on this host" : "the bridges are not known yet");
}

/* "dir:" is that of "dir:/srv" too. */
static bool is_value(const char *pick, size_t length, const char *value)
{
	return length > 0 && strncmp(pick, value, length) == 0 && (value[length] == '\0' || pick[length - 1] == ':');
}

void picks_open(struct app *app, const struct picks *picks, const struct form_field *field,
                void (*confirmed)(struct app *app, const struct dialog *dialog))
{
	const char *now = field->value.length ? line_text(&field->value) : field->shown_default;

	if (picks->count == 0)
		return;
	dialog_choose(&app->dialog, field->label);
	for (size_t i = 0; i < picks->count; i++)
		dialog_choice(&app->dialog, picks->words[i], is_value(picks->words[i], strcspn(picks->words[i], " "), now));
	app->dialog.confirmed = confirmed;
}

void picks_take(struct form_field *field, const struct dialog *dialog)
{
	const char *pick = dialog->choices[dialog->chosen];
	char word[sizeof ((struct picks *)NULL)->words[0]];

	snprintf(word, sizeof word, "%.*s", (int)strcspn(pick, " "), pick);
	form_set(field, word);
}

void form_screen_help(struct app *app, enum role role, const char *help)
{
	int rows = screen_rows(app->screen), columns = screen_columns(app->screen);
	int row = rows >= FORM_SCREEN_ROOMY ? rows - 5 : rows - 3;
	const char *at = help;

	screen_text(app->screen, row, 0, columns, role, help);
	if (rows < FORM_SCREEN_ROOMY || (int)strlen(help) <= columns)
		return;
	for (at += columns; at > help && *at != ' '; at--) /* the rest on a second line, from a whole word on */
		;
	screen_text(app->screen, row, (int)(at - help), columns, role, "");
	screen_text(app->screen, row + 1, 0, columns, role, at);
}

bool form_screen_ignored(struct app *app, uint32_t key)
{
	if (key == K_PASTE)
		app_say(app, ROLE_INFO, "pasted text ignored");
	return key == K_PASTE || key == K_UNKNOWN;
}

void form_screen_left(struct app *app, const struct dialog *dialog)
{
	(void)dialog;
	app_pop(app);
}
