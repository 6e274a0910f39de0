/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of the screen that makes a guest: which there are, what they say together, and whose fault an error is.
 * Owns nothing but what it hands out.
 */
#include "screens/config/create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE "net eth0"

/* Fields of guest.ini in their order; a row without a key is a title. */
static const struct {
	const char *section, *key;
} rows[] = {
	{INTERFACE, "bridge"}, {INTERFACE, "address"}, {INTERFACE, "gateway"},
	{"limits", "memory"}, {"limits", "cpus"}, {"limits", "pids"}, {"guest", "autostart"},
	{"more", NULL},
	{"guest", "hostname"}, {INTERFACE, "mac"}, {INTERFACE, "mtu"}, {"limits", "swap"}, {"guest", "after"}, {"guest", "order"},
	{"guest", "restart"}, {"guest", "stop_timeout"}, {"console", "ttys"}, {"security", "privileged"},
};

static const struct auberge_key *schema_key(const char *section, const char *name)
{
	const struct auberge_key *key;

	for (size_t i = 0; (key = auberge_schema(i)); i++) {
		size_t length = strcspn(key->section, "*");

		if (strcmp(key->name, name) == 0 && strncmp(key->section, section, length) == 0)
			return key;
	}
	return NULL;
}

static bool add_own(struct create *create)
{
	const struct auberge_key *kind = schema_key("guest", "kind");
	struct form_field *field = form_add(&create->form, FORM_TEXT, "", "name");

	if (!field)
		return false;
	snprintf(field->help, sizeof field->help, "Its name: letters, digits, '.', '_' and '-', the first a letter or digit.");
	field = kind ? form_add(&create->form, FORM_CHOICE, "", "kind") : NULL;
	if (!field)
		return false;
	field->choices = kind->choices;
	snprintf(field->shown_default, sizeof field->shown_default, "%s", kind->default_text);
	snprintf(field->help, sizeof field->help, "%s", kind->help);
	field = form_add(&create->form, FORM_PICK, "", "template");
	if (!field)
		return false;
	snprintf(field->help, sizeof field->help, "What its root file system is made from; Enter shows the list.");
	form_set(field, auberge_template(0)->name);
	return true;
}

bool create_fields(struct create *create)
{
	if (!add_own(create))
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct auberge_key *key = rows[i].key ? schema_key(rows[i].section, rows[i].key) : NULL;
		struct form_field *field;

		if (!rows[i].key)
			field = form_title(&create->form, "", rows[i].section);
		else if (!key)
			continue;
		else
			field = form_add_key(&create->form, key, rows[i].section);
		if (!field)
			return false;
		if (key && strcmp(key->name, "bridge") == 0)
			field->kind = FORM_PICK;
	}
	create->form.cursor = 0;
	return true;
}

static const char *own(struct create *create, const char *label)
{
	const struct form_field *field = form_find(&create->form, "", label);

	return field && field->value.length ? line_text(&field->value) : NULL;
}

/* The command line: what it points to lives as long as the fields and the set. */
static void make_argv(struct create_words *words)
{
	static char program[] = "auberge", verb[] = "create", template_[] = "--template", kind[] = "--kind", set[] = "--set";
	size_t count = 0;

	words->argv[count++] = program;
	words->argv[count++] = verb;
	words->argv[count++] = (char *)(uintptr_t)words->create.name;
	words->argv[count++] = template_;
	words->argv[count++] = (char *)(uintptr_t)words->create.template_;
	if (words->create.kind) {
		words->argv[count++] = kind;
		words->argv[count++] = (char *)(uintptr_t)words->create.kind;
	}
	for (size_t i = 0; i < words->set_count; i++) {
		words->argv[count++] = set;
		words->argv[count++] = words->set[i];
	}
	words->argv[count] = NULL;
}

bool create_words(struct create *create, bool all, struct create_words *words)
{
	const char *name = own(create, "name"), *template_ = own(create, "template");

	*words = (struct create_words){.create = {.name = name ? name : "", .kind = own(create, "kind"),
	                                          .template_ = template_ ? template_ : ""}};
	for (size_t i = 0; i < create->form.count && words->set_count < CREATE_SETS; i++) {
		const struct form_field *field = &create->form.fields[i];

		if (!field->key || field->value.length == 0 || (!all && field->problem[0]))
			continue;
		if (asprintf(&words->set[words->set_count], "%s.%s=%s", field->section, field->key->name,
		             line_text(&field->value)) < 0) {
			words->set[words->set_count] = NULL;
			create_words_free(words);
			return false;
		}
		words->set_count++;
	}
	words->create.set = (const char *const *)words->set;
	words->create.set_count = words->set_count;
	make_argv(words);
	return true;
}

void create_words_free(struct create_words *words)
{
	for (size_t i = 0; i < words->set_count; i++)
		free(words->set[i]);
	words->set_count = 0;
}

/* --- errors */

/* "guest.ini:3: " or "/path/guest.ini:3: " in front goes. */
static const char *without_place(const char *line)
{
	const char *colon = strstr(line, "guest.ini:");
	size_t digits;

	if (!colon || (colon != line && line[0] != '/'))
		return line;
	digits = strspn(colon + 10, "0123456789");
	return digits > 0 && strncmp(colon + 10 + digits, ": ", 2) == 0 ? colon + 12 + digits : line;
}

static struct form_field *field_of(struct create *create, const char *line)
{
	static const struct {
		const char *begins, *field;
	} own_fields[] = {{"template", "template"}, {"dir:", "template"}, {"guest.rootfs", "template"}, {"busybox", "template"},
	                  {"kind", "kind"}};
	const char *name = own(create, "name");
	char section[64], key[64];

	if (sscanf(line, "[%63[^]]] %63[a-z_]", section, key) == 2 || sscanf(line, "%63[a-z].%63[a-z_]", section, key) == 2) {
		struct form_field *field = form_find(&create->form, section, key);

		if (field)
			return field;
	}
	for (size_t i = 0; i < sizeof own_fields / sizeof own_fields[0]; i++)
		if (strncmp(line, own_fields[i].begins, strlen(own_fields[i].begins)) == 0)
			return form_find(&create->form, "", own_fields[i].field);
	if (line[0] == '"' || (name && strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':'))
		return form_find(&create->form, "", "name");
	return NULL;
}

void create_blame(struct app *app, struct create *create, const char *text, const char *remedy)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[512];
		const char *what;
		struct form_field *field;

		snprintf(line, sizeof line, "%.*s", (int)(length < 500 ? length : 500), text);
		what = without_place(strncmp(line, "auberge: ", 9) == 0 ? line + 9 : line);
		field = field_of(create, what);
		if (*what == '[' && strchr(what, ']'))
			what = strchr(what, ']') + 2;
		if (field && !field->problem[0])
			auberge_text_clean(field->problem, sizeof field->problem, what, strlen(what), 0);
		else if (*what)
			app_say(app, ROLE_CRIT, "%.300s%s%.100s", what, remedy && *remedy ? "; " : "", remedy ? remedy : "");
		text += length + (text[length] == '\n');
	}
}

/* --- the pane */

static void show_command(struct create *create, const struct create_words *words)
{
	char line[2048] = "  auberge create";

	for (size_t i = 2; words->argv[i]; i++) {
		size_t length = strlen(line);
		const char *word = words->argv[i];
		bool plain = word[0] && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/=,+@%") ==
		                        strlen(word);

		if (length + strlen(word) + 8 > sizeof line)
			break;
		if (length + strlen(word) > 66) {
			pager_addf(&create->pager, ROLE_TEXT, "%s \\", line);
			length = (size_t)snprintf(line, sizeof line, "     ");
		}
		snprintf(line + length, sizeof line - length, plain ? " %s" : strchr(word, '\'') ? " \"%s\"" : " '%s'", word);
	}
	pager_add(&create->pager, ROLE_TEXT, line);
}

static void show_result(struct app *app, struct create *create, const struct create_words *words)
{
	struct auberge_error error = {0};
	char *text;

	pager_free(&create->pager);
	if (create->shown == CREATE_COMMAND) {
		show_command(create, words);
		return;
	}
	text = auberge_create_text(app->source->configs, &words->create, &error);
	if (text)
		pager_add_text(&create->pager, ROLE_TEXT, text);
	else
		pager_add_text(&create->pager, ROLE_CRIT, error.text);
	free(text);
}

static void check_name(struct create *create)
{
	struct form_field *field = form_find(&create->form, "", "name");

	if (field->value.length == 0)
		snprintf(field->problem, sizeof field->problem, "it needs a name");
	else if (!auberge_name_valid(line_text(&field->value)))
		snprintf(field->problem, sizeof field->problem,
		         "not a name: letters, digits, '.', '_', '-'; first a letter or digit; at most %d bytes", AUBERGE_NAME_MAX);
}

bool create_check(struct app *app, struct create *create)
{
	struct auberge_error error = {0};
	struct create_words words;
	bool good = true;
	char *text;

	for (size_t i = 0; i < create->form.count; i++)
		create->form.fields[i].problem[0] = '\0';
	if (!create_words(create, true, &words))
		return false;
	text = auberge_create_text(app->source->configs, &words.create, &error);
	if (!text)
		create_blame(app, create, error.text, error.remedy);
	free(text);
	create_words_free(&words);
	check_name(create);
	for (size_t i = 0; i < create->form.count; i++)
		good = good && !create->form.fields[i].problem[0];
	if (create->shown != CREATE_STEPS && create_words(create, false, &words)) {
		show_result(app, create, &words);
		create_words_free(&words);
	}
	return good && error.text[0] == '\0';
}

static int take_step(void *data, int percent, const char *text)
{
	struct create *create = data;

	if (percent < 100)
		pager_addf(&create->pager, ROLE_TEXT, " %zu  %s", create->pager.count + 1, text);
	else
		pager_addf(&create->pager, ROLE_OK, " %s; no error; ^S makes it", text);
	return 0;
}

bool create_dry_run(struct app *app, struct create *create)
{
	struct auberge_error error = {0};
	struct create_words words;
	bool good = create_check(app, create);

	create->shown = CREATE_STEPS;
	pager_free(&create->pager);
	if (!create_words(create, true, &words))
		return false;
	words.create.dry_run = true;
	words.create.progress = take_step;
	words.create.data = create;
	if (good && app->source->editing->create(app->source->configs, &words.create, &error) < 0) {
		create_blame(app, create, error.text, error.remedy);
		good = false;
	}
	create_words_free(&words);
	if (!good)
		pager_add(&create->pager, ROLE_CRIT, " it would fail: see what is marked ! above");
	return good;
}
