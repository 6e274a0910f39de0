/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest screen's config: guest.ini as it stands, each line with its number, where the running guest differs from it
 * marked, and below what is in force without being written. Read anew when the file or the run is another one, which is
 * looked at every few seconds. Owns the text.
 */
#include "screens/guest/guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVERY_MS 3000
#define TEXT_MAX (256 * 1024)
#define KEY_LENGTH 64

void guest_config_close(struct guest_screen *guest)
{
	free(guest->config.text);
	free(guest->config.drift);
	free(guest->config.defaults);
	guest->config = (struct guest_config){0};
}

/* --- reading */

static void read_text(struct guest_config *config, int fd)
{
	struct stat status;
	char *text;
	ssize_t got;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		snprintf(config->error, sizeof config->error, "%s: not a plain file", config->path);
		return;
	}
	text = malloc(TEXT_MAX + 1);
	got = text ? read(fd, text, TEXT_MAX) : -1;
	if (got < 0) {
		snprintf(config->error, sizeof config->error, "%s: %s", config->path, strerror(text ? errno : ENOMEM));
		free(text);
		return;
	}
	config->file = status; /* from before it was read: nothing is missed */
	config->text = text;
	config->length = (size_t)got;
}

/* One key of one section, when it is in force without being written. */
static void put_default(FILE *out, const struct auberge_edit *edit, const char *section, const struct auberge_key *key)
{
	struct auberge_error error = {0};
	char *value = NULL;
	bool written = true;

	if (auberge_edit_get(edit, section, key->name, &value, &written, &error) == 0 && !written && value && value[0])
		fprintf(out, "[%s] %s = %s\n", section, key->name, value);
	free(value);
}

static void put_defaults(FILE *out, const struct auberge_edit *edit)
{
	const struct auberge_key *key;
	const char *section;

	for (size_t i = 0; (key = auberge_schema(i)) != NULL; i++) {
		const char *star = strchr(key->section, '*');

		if (!star)
			put_default(out, edit, key->section, key);
		for (size_t s = 0; star && (section = auberge_edit_section(edit, s)) != NULL; s++)
			if (strncmp(section, key->section, (size_t)(star - key->section)) == 0)
				put_default(out, edit, section, key);
	}
}

static void read_meaning(struct app *app, struct guest_screen *guest)
{
	struct source *source = app->source;
	struct guest_config *config = &guest->config;
	struct auberge_error error = {0};
	struct auberge_edit *edit = source->configs ? auberge_edit_open(source->configs, guest->name, &error) : NULL;
	size_t length;
	FILE *out = edit ? open_memstream(&config->defaults, &length) : NULL;

	if (out) {
		put_defaults(out, edit);
		fclose(out);
	}
	auberge_edit_free(edit);
}

static void read_drift(struct app *app, struct guest_screen *guest)
{
	struct source *source = app->source;
	struct guest_config *config = &guest->config;
	struct auberge_error error = {0};

	free(config->drift);
	config->drift = NULL;
	config->drift_count = 0;
	/* One that does not run, or cannot be told about, has no drift to be marked. */
	if (source->configs && source->editing && source->editing->drift &&
	    source->editing->drift(source->configs, guest->name, &config->drift, &config->drift_count, &error) < 0)
		config->drift_count = 0;
}

static void look(struct app *app, struct guest_screen *guest)
{
	struct guest_config *config = &guest->config;
	int fd;

	guest_config_close(guest);
	config->looked = true;
	config->looked_ms = app->now_ms;
	fd = app->source->open_file ? app->source->open_file(app->source, SOURCE_CONFIG, guest->name, config->path, sizeof config->path) :
	                              -ENOENT;
	if (fd < 0) {
		snprintf(config->error, sizeof config->error, "%s: %s%s", config->path, strerror(-fd), guest_denied(app, -fd));
		return;
	}
	read_text(config, fd);
	close(fd);
	read_meaning(app, guest);
}

static bool is_other(const struct guest_config *config)
{
	struct stat now;

	if (stat(config->path, &now) < 0)
		return config->file.st_ino != 0;
	return now.st_ino != config->file.st_ino || now.st_dev != config->file.st_dev || now.st_size != config->file.st_size ||
	       now.st_mtim.tv_sec != config->file.st_mtim.tv_sec || now.st_mtim.tv_nsec != config->file.st_mtim.tv_nsec;
}

/* A guest whose figures do not come may hold up whoever reads more of it. */
static bool is_read(const struct model_row *row)
{
	return row && row->now.have != 0 && !row->stale;
}

static void tick(struct app *app, struct guest_screen *guest)
{
	struct guest_config *config = &guest->config;
	const struct model_row *row = model_find(app->model, guest->name);
	pid_t run = row ? row->guest.init_pid : 0;

	if (config->looked && app->now_ms < config->looked_ms + EVERY_MS)
		return;
	if (!config->looked || is_other(config)) {
		look(app, guest);
		config->drift_due = true;
		app->data_due = true;
	}
	config->looked_ms = app->now_ms;
	if ((config->drift_due || run != config->run) && (run == 0 || is_read(row))) {
		read_drift(app, guest);
		config->run = run;
		config->drift_due = false;
		app->data_due = true;
	}
}

/* --- drawing */

/* "[net eth0]" to "net eth0"; false: no section's head. */
static bool section_of(const char *line, char *out, size_t size)
{
	const char *end = strchr(line, ']');

	while (*line == ' ')
		line++;
	if (*line != '[' || !end)
		return false;
	snprintf(out, size, "%.*s", (int)(end - line - 1), line + 1);
	return true;
}

static bool key_of(const char *line, char *out, size_t size)
{
	const char *end = strchr(line, '=');

	while (*line == ' ')
		line++;
	if (!end || *line == '#' || *line == ';')
		return false;
	while (end > line && end[-1] == ' ')
		end--;
	snprintf(out, size, "%.*s", (int)(end - line), line);
	return true;
}

static const struct auberge_change *drift_of(const struct guest_config *config, const char *section, const char *key)
{
	for (size_t i = 0; i < config->drift_count; i++)
		if (strcmp(config->drift[i].section, section) == 0 && strcmp(config->drift[i].key, key) == 0)
			return &config->drift[i];
	return NULL;
}

static void add_line(struct page *page, const struct guest_config *config, const char *clean, unsigned number, char *section)
{
	char text[600], right[64] = "", key[KEY_LENGTH];
	const struct auberge_change *drift = NULL;
	enum role role = ROLE_TEXT;
	const char *at = clean + strspn(clean, " ");

	if (section_of(clean, section, KEY_LENGTH))
		role = ROLE_TITLE;
	else if (*at == '#' || *at == ';')
		role = ROLE_DIM;
	else if (key_of(clean, key, sizeof key))
		drift = drift_of(config, section, key);
	if (drift) {
		snprintf(right, sizeof right, "running: %.50s", drift->before[0] ? drift->before : "unset");
		role = ROLE_WARN;
	}
	snprintf(text, sizeof text, "%c%4u %.500s", drift ? '!' : ' ', number, clean);
	page_add(page, role, 6, right, text);
}

static void add_text(struct page *page, const struct guest_config *config)
{
	const char *at = config->text, *end = config->text + config->length;
	char clean[2048], section[KEY_LENGTH] = "";

	for (unsigned number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);

		auberge_text_clean(clean, sizeof clean, at, length, 500);
		add_line(page, config, clean, number, section);
		at = newline ? newline + 1 : end;
	}
}

static void add_defaults(struct page *page, const char *at)
{
	char clean[512];

	if (!at || !*at)
		return;
	page_add(page, ROLE_TITLE, 0, NULL, " In force without being written");
	for (size_t length; *at; at += length + (at[length] == '\n')) {
		length = strcspn(at, "\n");
		snprintf(clean, sizeof clean, "      ");
		auberge_text_clean(clean + 6, sizeof clean - 6, at, length, 400);
		page_add(page, ROLE_DIM, 8, "default", clean);
	}
}

static void draw(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height)
{
	struct page *page = &guest->pages[TAB_CONFIG];
	const struct guest_config *config = &guest->config;

	if (row->guest.problem[0])
		page_say(page, ROLE_CRIT, " %s", row->guest.problem);
	if (config->error[0])
		page_say(page, ROLE_WARN, " %s", config->error);
	if (config->text)
		add_text(page, config);
	add_defaults(page, config->defaults);
	page_draw(page, app->screen, line, height);
}

static void status(const struct guest_screen *guest, char *out, size_t size)
{
	const struct page *page = &guest->pages[TAB_CONFIG];

	snprintf(out, size, "%s  lines %zu-%zu of %zu", guest->config.path, page->first + 1, page->count - page_more(page), page->count);
}

const struct guest_tab guest_config_tab = {.name = "Config", .tick = tick, .draw = draw, .status = status};
