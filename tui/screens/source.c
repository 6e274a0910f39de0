/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source that is the engine, and the screens on it. Owns the model's source and nothing else. */
#include "screens/source.h"

#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct engine {
	struct auberge *auberge;
	struct model_source *figures;
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

/* --- answers */

static void add_processes(struct source *source, const char *name, struct source_answer *answer)
{
	struct auberge_process *processes = NULL;
	struct source_process *items;
	size_t count = 0;

	if (auberge_processes(((struct engine *)source->data)->auberge, name, &processes, &count, &answer->error) < 0)
		return;
	items = realloc(answer->items, (answer->count + count + 1) * sizeof *items);
	if (items)
		answer->items = items;
	for (size_t i = 0; items && i < count; i++) {
		struct source_process *item = &items[answer->count++];

		snprintf(item->guest, sizeof item->guest, "%s", name);
		item->process = processes[i];
	}
	free(processes);
}

static void ask_processes(struct source *source, const char *name, struct source_answer *answer)
{
	if (name[0]) {
		add_processes(source, name, answer);
		return;
	}
	for (size_t i = 0; i < source->model->rows_count; i++)
		if (source->model->rows[i]->guest.running)
			add_processes(source, source->model->rows[i]->guest.name, answer);
	answer->error = (struct auberge_error){0}; /* one that has just ended is no error of the whole */
}

static void ask_network(struct source *source, struct source_answer *answer)
{
	struct auberge_network *network = NULL;

	if (auberge_network_read(((struct engine *)source->data)->auberge, &network, &answer->error) < 0)
		return;
	answer->items = network;
	answer->count = 1;
}

static void engine_ask(struct source *source, enum source_topic topic, const char *name)
{
	struct auberge *auberge = ((struct engine *)source->data)->auberge;
	struct source_answer *answer = &source->answers[topic];
	const char *const names[] = {name};

	free(answer->items);
	*answer = (struct source_answer){.time_usec = model_clock_now().monotonic_usec};
	snprintf(answer->name, sizeof answer->name, "%s", name);
	if (topic == TOPIC_PROCESSES)
		ask_processes(source, name, answer);
	else if (topic == TOPIC_EVENTS)
		auberge_history(auberge, names, name[0] ? 1 : 0, (struct auberge_history_event **)&answer->items, &answer->count,
		                &answer->error);
	else
		ask_network(source, answer);
}

static void engine_take(struct source *source)
{
	(void)source;
}

static struct auberge_job *engine_begin(struct source *source, const char *name, enum auberge_act act,
                                        const struct auberge_act_options *options, struct auberge_error *error)
{
	return auberge_job_begin(((struct engine *)source->data)->auberge, name, act, options, error);
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

static struct auberge_console *engine_console(struct source *source, const char *name, unsigned tty,
                                              struct auberge_error *error)
{
	return auberge_console_begin(((struct engine *)source->data)->auberge, name, tty, false, error);
}

int source_open_engine(struct source *source, struct auberge *auberge, struct model *model,
                       struct auberge_error *error)
{
	struct engine *engine = calloc(1, sizeof *engine);

	if (engine)
		engine->figures = model_source_open(auberge, model, error);
	if (!engine || !engine->figures) {
		free(engine);
		return -1;
	}
	engine->auberge = auberge;
	*source = (struct source){
		.model = model,
		.root = geteuid() == 0,
		.data = engine,
		.clock = engine_clock,
		.refresh_list = engine_list,
		.refresh_host = engine_host,
		.begin_round = engine_round,
		.slice = engine_slice,
		.answer_fd = -1,
		.take = engine_take,
		.ask = engine_ask,
		.auberge = auberge,
		.act_begin = engine_begin,
		.act_fd = auberge_job_fd,
		.act_next = auberge_job_next,
		.act_free = auberge_job_free,
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
	return 0;
}

void source_close_engine(struct source *source)
{
	struct engine *engine = source->data;

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
