/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge ps`: the processes of a guest, with their numbers inside and outside. */
#include "commands/command.h"
#include "commands/report.h"

#include <stdio.h>
#include <stdlib.h>

/* Of one processor, over the process's life, as ps(1) has it: one reading gives no other rate. */
static double cpu_percent(const struct auberge_process *process)
{
	uint64_t seconds = process->age_seconds ? process->age_seconds : 1;

	return (double)process->cpu_usec / 10000.0 / (double)seconds;
}

static json_t *to_json(const struct auberge_process *process)
{
	char state[2] = {process->state, '\0'};

	return json_pack("{s:i, s:i, s:o, s:o, s:f, s:I, s:o}", "pid", (int)process->pid, "host_pid", (int)process->host_pid,
	                 "user", json_text_or_empty(process->user), "state", json_text_or_empty(state), "cpu_percent",
	                 cpu_percent(process), "memory_bytes", (json_int_t)process->memory_bytes, "command",
	                 json_text_or_empty(process->command));
}

static int run(struct call *call)
{
	struct auberge_error error = {0};
	struct auberge_process *processes = NULL;
	json_t *document;
	size_t count = 0;
	int status = command_check_guest(call, call->arguments.words[0]);

	if (status)
		return status;
	if (auberge_processes(call->auberge, call->arguments.words[0], &processes, &count, &error) < 0)
		return complain_error(&error);
	if (call->json) {
		document = json_array();
		for (size_t i = 0; i < count; i++)
			json_array_append_new(document, to_json(&processes[i]));
		status = output_json(document, 2);
	} else {
		printf("%7s %8s %-10s S %5s %5s COMMAND\n", "PID", "HOST PID", "USER", "CPU%", "MEM");
		for (size_t i = 0; i < count; i++) {
			const struct auberge_process *process = &processes[i];
			char memory[16];

			auberge_format_size(memory, sizeof memory, process->memory_bytes);
			printf("%7d %8d %-10s %c %5.1f %5s %s\n", (int)process->pid, (int)process->host_pid, process->user,
			       process->state, cpu_percent(process), memory, process->command);
		}
	}
	free(processes);
	return status;
}

const struct command command_ps = {
	.name = "ps",
	.arguments = "NAME",
	.summary = "the processes of a guest",
	.description = "By their number inside; CPU% is of one processor, over the life of the process.",
	.flags = COMMAND_GUESTS | COMMAND_JSON,
	.least = 1,
	.most = 1,
	.run = run,
};
