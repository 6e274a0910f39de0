/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source that is the engine, and the screens on it. Owns the processes that read for them, or, where none could be
 * started, the model's source. */
#include "screens/source.h"

#include "app.h"
#include "model/collector.h"
#include "screens/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct engine {
	struct auberge *auberge;
	struct collector *collector; /* NULL: it could not be started, and these are read here: */
	struct model_source *figures;
	struct answers *answers; /* NULL: answers are read here too */
};

static struct model_clock engine_clock(struct source *source)
{
	(void)source;
	return model_clock_now();
}

static int engine_list(struct source *source, struct auberge_error *error)
{
	return model_source_refresh_list(((struct engine *)source->data)->figures, error);
}

static int engine_host(struct source *source, struct auberge_error *error)
{
	return model_source_refresh_host(((struct engine *)source->data)->figures, error);
}

static void engine_round(struct source *source)
{
	model_source_begin_round(((struct engine *)source->data)->figures);
}

static bool engine_slice(struct source *source, uint64_t budget_usec)
{
	return model_source_refresh_counters_slice(((struct engine *)source->data)->figures, budget_usec);
}

static bool engine_slice_apart(struct source *source, uint64_t budget_usec)
{
	struct engine *engine = source->data;
	bool over = collector_take(engine->collector, budget_usec);

	source->round_fd = collector_fd(engine->collector);
	return over;
}

static int engine_nothing(struct source *source, struct auberge_error *error)
{
	(void)source;
	(void)error;
	return 0;
}

static void engine_round_apart(struct source *source)
{
	collector_begin(((struct engine *)source->data)->collector, (int64_t)(model_clock_now().monotonic_usec / 1000));
}

static int64_t engine_check(struct source *source, bool *news, struct auberge_error *error)
{
	struct engine *engine = source->data;
	int64_t first = collector_check(engine->collector, (int64_t)(model_clock_now().monotonic_usec / 1000));
	int64_t second = answers_check(engine->answers, source, news);

	auberge_reap(engine->auberge);
	*news |= collector_news(engine->collector, error);
	source->round_fd = collector_fd(engine->collector);
	source->answer_fd = answers_fd(engine->answers);
	return first < 0 || (second >= 0 && second < first) ? second : first;
}

static void engine_ask(struct source *source, enum source_topic topic, const char *name)
{
	struct engine *engine = source->data;

	if (!engine->answers) {
		answers_read(engine->auberge, topic, name, NULL, NULL, &source->answers[topic]);
		return;
	}
	answers_ask(engine->answers, source, topic, name);
	source->answer_fd = answers_fd(engine->answers);
}

static void engine_take(struct source *source)
{
	struct engine *engine = source->data;

	if (!engine->answers) /* they were there at once */
		return;
	answers_take(engine->answers, source);
	source->answer_fd = answers_fd(engine->answers);
}

static int engine_open(struct source *source, enum source_file file, const char *name, char *path, size_t size)
{
	struct auberge *auberge = ((struct engine *)source->data)->auberge;
	struct auberge_error error = {0};
	char *log = file == SOURCE_LOG ? auberge_log_path(auberge, name, &error) : NULL;
	int fd;

	if (file == SOURCE_LOG && !log) {
		snprintf(path, size, "the log of %s", name);
		return error.number > 0 ? -error.number : -EACCES;
	}
	if (log)
		snprintf(path, size, "%s", log);
	else
		snprintf(path, size, "%s/%s/guest.ini", auberge_state_dir(auberge), name);
	free(log);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static struct auberge_job *engine_begin(struct source *source, const char *name, enum auberge_act act,
                                        const struct auberge_act_options *options, struct auberge_error *error)
{
	return auberge_job_begin(((struct engine *)source->data)->auberge, name, act, options, error);
}

static struct auberge_jobs *engine_acts(struct source *source, enum auberge_act act, const char *const *names, size_t count,
                                        struct auberge_error *error)
{
	struct auberge_jobs_options options = {.act = {.timeout_seconds = -1}};

	return auberge_jobs_begin(((struct engine *)source->data)->auberge, act, &options, names, count, error);
}

/* As destroy itself decides: what lies outside the guest's own directory is kept. */
static int engine_belongings(struct source *source, const char *name, void (*found)(void *data, bool kept, const char *what),
                             void *data, struct auberge_error *error)
{
	struct auberge *auberge = ((struct engine *)source->data)->auberge;
	struct auberge_details *details = auberge_show(auberge, name, error);
	char own[4096];
	size_t length;

	if (!details)
		return -1;
	length = (size_t)snprintf(own, sizeof own, "%s/%s/", auberge_state_dir(auberge), name);
	found(data, false, own);
	found(data, false, "its config, earlier configs, its history, its console's log");
	for (size_t i = 0; i < details->values_count && length < sizeof own; i++) {
		const struct auberge_value *value = &details->values[i];
		bool rootfs = strcmp(value->section, "guest") == 0 && strcmp(value->key, "rootfs") == 0;
		bool mount = strncmp(value->section, "mount ", 6) == 0 && strcmp(value->key, "source") == 0;

		if ((rootfs || mount) && value->value[0] == '/')
			found(data, strncmp(value->value, own, length) != 0, value->value);
	}
	auberge_details_free(details);
	return 0;
}

static int engine_signal(struct source *source, const char *name, pid_t host_pid, uint64_t start_time, int number,
                         struct auberge_error *error)
{
	return auberge_signal(((struct engine *)source->data)->auberge, name, host_pid, start_time, number, error);
}

static void engine_environment(struct source *source)
{
	const struct auberge *auberge = ((struct engine *)source->data)->auberge;

	setenv("AUBERGE_CONFIG", auberge_config_file(auberge), 1);
	setenv("AUBERGE_STATE_DIR", auberge_state_dir(auberge), 1);
	setenv("AUBERGE_RUN_DIR", auberge_run_dir(auberge), 1);
	setenv("AUBERGE_LOG_DIR", auberge_log_dir(auberge), 1);
	setenv("AUBERGE_CGROUP", auberge_cgroup_root(auberge), 1);
}

static int engine_escape(struct source *source)
{
	struct auberge_error error = {0};
	int byte = auberge_console_escape(((struct engine *)source->data)->auberge, &error);

	return byte > 0 ? byte : 0x1d;
}

static void read_here(struct source *source)
{
	source->refresh_list = engine_list;
	source->refresh_host = engine_host;
	source->begin_round = engine_round;
	source->slice = engine_slice;
	source->notice = "no process could be started that reads the guests: a reading that hangs will hold up the keys";
}

static const struct source_editing engine_editing = {
	.changes = auberge_edit_changes,
	.save = auberge_edit_save,
	.drift = auberge_config_drift,
	.history = auberge_config_history,
	.create = auberge_create,
};

static struct auberge_console *engine_console(struct source *source, const char *name, unsigned tty,
                                              struct auberge_error *error)
{
	return auberge_console_begin(((struct engine *)source->data)->auberge, name, tty, false, error);
}

int source_open_engine(struct source *source, struct auberge *auberge, struct model *model,
                       struct auberge_error *error)
{
	struct engine *engine = calloc(1, sizeof *engine);

	if (engine) {
		engine->auberge = auberge;
		engine->collector = collector_open(model, collector_read_guests, auberge, error);
		engine->answers = engine->collector ? answers_open(NULL, auberge) : NULL;
		if (!engine->answers) {
			collector_close(engine->collector);
			engine->collector = NULL;
			engine->figures = model_source_open(auberge, model, error);
		}
	}
	if (!engine || (!engine->collector && !engine->figures)) {
		free(engine);
		return -1;
	}
	*source = (struct source){
		.model = model,
		.root = geteuid() == 0,
		.data = engine,
		.clock = engine_clock,
		.refresh_list = engine_nothing,
		.refresh_host = engine_nothing,
		.begin_round = engine_round_apart,
		.slice = engine_slice_apart,
		.apart = engine->collector != NULL,
		.round_fd = engine->collector ? collector_fd(engine->collector) : -1,
		.check = engine->collector ? engine_check : NULL,
		.answer_fd = -1,
		.take = engine_take,
		.ask = engine_ask,
		.open_file = engine_open,
		.auberge = auberge,
		.configs = auberge,
		.editing = &engine_editing,
		.act_begin = engine_begin,
		.act_fd = auberge_job_fd,
		.act_next = auberge_job_next,
		.act_free = auberge_job_free,
		.acts_begin = engine_acts,
		.acts_fd = auberge_jobs_fd,
		.acts_next = auberge_jobs_next,
		.acts_held_by = auberge_jobs_held_by,
		.acts_free = auberge_jobs_free,
		.belongings = engine_belongings,
		.signal = engine_signal,
		.child_environment = engine_environment,
		.console_escape = engine_escape,
		.console_open = engine_console,
		.console_fd = auberge_console_fd,
		.console_read = auberge_console_read,
		.console_write = auberge_console_write,
		.console_resize = auberge_console_resize,
		.console_viewers = auberge_console_viewers,
		.console_close = auberge_console_close,
	};
	if (!engine->collector)
		read_here(source);
	return 0;
}

void source_close_engine(struct source *source)
{
	struct engine *engine = source->data;

	collector_close(engine->collector);
	answers_close(engine->answers);
	model_source_close(engine->figures);
	for (size_t i = 0; i < TOPICS_COUNT; i++)
		free(source->answers[i].items);
	free(engine);
}

int app_run(struct auberge *auberge, const struct app_options *options)
{
	struct auberge_error error = {0};
	struct source source;
	struct model model;
	int status;

	model_init(&model);
	if (source_open_engine(&source, auberge, &model, &error) < 0) {
		fprintf(stderr, "auberge: %s\n", error.text);
		model_free(&model);
		return error.code ? (int)error.code : 1;
	}
	status = app_run_source(&source, options);
	source_close_engine(&source);
	model_free(&model);
	return status;
}
