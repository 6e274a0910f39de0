/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config in force of a running guest; see effective.h. */
#include "guest/effective.h"

#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>

#define EFFECTIVE "effective.ini"
#define EFFECTIVE_SIZE_MAX (1024 * 1024)

struct config *effective_read(const struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name);
	cleanup_free char *path = NULL;
	struct config *config = NULL;

	if (asprintf(&path, "%s/%s/" EFFECTIVE, auberge->run_dir, name) < 0) {
		path = NULL;
		error_set(error, ENOMEM, "%s", name);
		return NULL;
	}
	if (run_fd < 0) {
		error_set(error, errno, "%s", path);
		return NULL;
	}
	if (config_read(run_fd, EFFECTIVE, path, &config, error) < 0) {
		config_free(config);
		return NULL;
	}
	return config;
}

/* One line into the text; sections may have dots, keys have none. */
static int take_line(char **text, char *line, struct auberge_error *error)
{
	char *equals = strchr(line, '='), *dot = equals ? memrchr(line, '.', (size_t)(equals - line)) : NULL;

	if (!dot)
		return error_set(error, EPROTO, "%s", line);
	*dot = *equals = '\0';
	return config_set_text(text, line, dot + 1, equals[1] ? equals + 1 : NULL, error);
}

int effective_change(const struct auberge *auberge, const char *name, const char *lines, struct config **config,
                     struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name);
	cleanup_free char *path = NULL, *text = NULL, *copy = strdup(lines);
	cleanup_config struct config *changed = NULL;
	ssize_t length = run_fd < 0 ? -errno : file_read_whole_at(run_fd, EFFECTIVE, EFFECTIVE_SIZE_MAX, &text);

	if (asprintf(&path, "%s/%s/" EFFECTIVE, auberge->run_dir, name) < 0)
		path = NULL;
	if (!path || !copy)
		return error_set(error, ENOMEM, "%s", name);
	for (char *rest = length < 0 ? NULL : copy, *line; rest && (line = strsep(&rest, "\n"));)
		if (*line && take_line(&text, line, error) < 0)
			return -1;
	if (length >= 0 && config_parse(text, strlen(text), path, &changed, error) < 0)
		return -1;
	if (length >= 0)
		length = file_swap_at(run_fd, EFFECTIVE, text, strlen(text), 0600);
	if (length < 0)
		return error_set(error, (int)-length, "%s", path);
	*config = take_pointer(&changed);
	return 0;
}
