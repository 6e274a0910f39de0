/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge show`: one guest with its config, where each value came from, and what it holds on the host. */
#include "commands/command.h"
#include "commands/report.h"
#include "model/json.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

/* --- JSON ----------------------------------------------------------------------------------------------------- */

static json_t *texts(char *const *from, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_text_or_empty(from[i]));
	return array;
}

static json_t *guest_ready(const struct auberge_guest *guest)
{
	return guest->running ? json_boolean(guest->ready) : json_null();
}

static const char *restart_policy(const struct auberge_details *details)
{
	for (size_t i = 0; i < details->values_count; i++)
		if (strcmp(details->values[i].section, "guest") == 0 && strcmp(details->values[i].key, "restart") == 0)
			return details->values[i].value;
	return "no";
}

/* Seconds until it is started again; negative: it does not wait for that. */
static int64_t restart_left(const struct auberge_guest *guest)
{
	int64_t left = guest->restart_seconds - model_clock_now().boot_seconds;

	return guest->restart_seconds == 0 ? -1 : left > 0 ? left : 0;
}

static json_t *restart_json(const struct auberge_details *details)
{
	int64_t left = restart_left(&details->guest);

	return json_pack("{s:s, s:I, s:o}", "policy", restart_policy(details), "count", (json_int_t)details->guest.restarts,
	                 "in_seconds", left < 0 ? json_null() : json_integer(left));
}

static json_t *number_or_null(int64_t number)
{
	return number > 0 ? json_integer(number) : json_null();
}

static json_t *config_json(const struct auberge_details *details)
{
	json_t *config = json_object();

	for (size_t i = 0; i < details->values_count; i++) {
		const struct auberge_value *value = &details->values[i];
		json_t *section = json_object_get(config, value->section);

		if (!section) {
			section = json_object();
			json_object_set_new(config, value->section, section);
		}
		json_object_set_new(section, value->key,
		                    json_pack("{s:o, s:o}", "value", json_text_or_empty(value->value), "origin",
		                              json_text_or_empty(value->origin)));
	}
	return config;
}

static json_t *links_json(const struct auberge_details *details)
{
	json_t *links = json_array();

	for (size_t i = 0; i < details->links_count; i++)
		json_array_append_new(links, json_pack("{s:o, s:o, s:o, s:o, s:o}", "name",
		                                       json_text(details->links[i].guest_name), "host_name",
		                                       json_text(details->links[i].host_name), "bridge",
		                                       json_text(details->links[i].bridge), "mac", json_text(details->links[i].mac),
		                                       "index", number_or_null(details->links[i].index)));
	return links;
}

static json_t *end_json(const struct auberge_end *end)
{
	if (!end->known)
		return json_null();
	return json_pack("{s:o, s:o, s:I, s:f, s:o}", "cause", json_text(end->cause), "status",
	                 end->status < 0 ? json_null() : json_integer(end->status), "time", (json_int_t)end->time_seconds,
	                 "seconds", end->ran_seconds, "detail", json_text(end->detail));
}

static json_t *confinement_json(const struct auberge_details *details)
{
	json_t *confinement = json_object();
	char key[64];

	for (size_t i = 0; i < details->confinement_count; i++) {
		const char *line = details->confinement[i];
		size_t length = strcspn(line, " ");

		snprintf(key, sizeof key, "%.*s", (int)length, line);
		json_object_set_new(confinement, key, json_text_or_empty(line + length + (line[length] == ' ')));
	}
	return confinement;
}

static json_t *to_json(const struct auberge_details *details)
{
	struct model_clock clock = model_clock_now();
	struct model_row row;
	json_t *document, *namespaces = json_object();

	model_row_init(&row, &details->guest, &clock);
	document = model_json_list_row(&row);
	json_object_set_new(document, "supervision", json_string(auberge_supervision_word(details->guest.supervision)));
	json_object_set_new(document, "ready", guest_ready(&details->guest));
	json_object_set_new(document, "status", json_text(details->status));
	json_object_set_new(document, "restart", restart_json(details));
	json_object_set_new(document, "supervisor_pid", number_or_null(details->supervisor_pid));
	json_object_set_new(document, "keeper_pid", number_or_null(details->keeper_pid));
	json_object_set_new(document, "config", config_json(details));
	json_object_set_new(document, "drift", texts(details->drift, details->drift_count));
	json_object_set_new(document, "cgroups", texts(details->cgroups, details->cgroups_count));
	for (size_t i = 0; i < details->namespaces_count; i++)
		json_object_set_new(namespaces, details->namespaces[i].name,
		                    json_integer((json_int_t)details->namespaces[i].inode));
	json_object_set_new(document, "namespaces", namespaces);
	json_object_set_new(document, "links", links_json(details));
	json_object_set_new(document, "mounts", texts(details->mounts, details->mounts_count));
	json_object_set_new(document, "id_range",
	                    details->id_count ? json_pack("{s:I, s:I}", "first", (json_int_t)details->id_first, "count",
	                                                  (json_int_t)details->id_count)
	                                      : json_null());
	json_object_set_new(document, "init",
	                    json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", json_text(details->init.name), "halt_signal",
	                              json_text(details->init.halt_signal), "halt_command",
	                              json_text(details->init.halt_command), "reboot_signal",
	                              json_text(details->init.reboot_signal), "detected_by",
	                              json_text(details->init.detected_by)));
	json_object_set_new(document, "last_end", end_json(&details->guest.last_end));
	json_object_set_new(document, "confinement", confinement_json(details));
	return document;
}

/* --- text ----------------------------------------------------------------------------------------------------- */

static void put(const char *label, const char *text)
{
	if (text && *text)
		printf("%-12s %s\n", label, text);
}

static void put_pid(const char *label, pid_t pid)
{
	if (pid > 0)
		printf("%-12s %d\n", label, (int)pid);
}

static void put_lines(const char *heading, char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(i == 0 ? heading : "", lines[i]);
}

/* Silent where there is nothing to tell: no policy and no reboots. */
static void put_restart(const struct auberge_details *details)
{
	int64_t left = restart_left(&details->guest);
	const char *policy = restart_policy(details);
	char age[16];

	if (strcmp(policy, "no") == 0 && details->guest.restarts == 0)
		return;
	printf("%-12s %s", "restart", policy);
	if (details->guest.restarts > 0)
		printf(", %u in a row", details->guest.restarts);
	if (left >= 0) {
		auberge_format_age(age, sizeof age, left);
		printf(", again in %s", age);
	}
	putchar('\n');
}

static void put_state(const struct auberge_details *details)
{
	const struct auberge_guest *guest = &details->guest;
	char age[16], when[32], memory[16];

	printf("%s: %s, %s%s%s\n", guest->name, auberge_kind_word(guest->kind), auberge_state_word(guest->state),
	       guest->privileged ? ", PRIVILEGED" : "", guest->autostart ? ", autostart" : "");
	put("problem", guest->problem);
	if (guest->running) {
		auberge_format_age(age, sizeof age, guest->uptime_seconds < 0 ? 0 : guest->uptime_seconds);
		auberge_format_size(memory, sizeof memory, guest->memory_bytes);
		put("up", age);
		put("memory", memory);
	}
	if (guest->running || details->supervisor_pid > 0) {
		put("supervision", auberge_supervision_word(guest->supervision));
	}
	if (guest->running)
		put("ready", guest->ready ? "yes" : "no");
	put("says", details->status);
	put_pid("init", guest->init_pid);
	put_pid("supervisor", details->supervisor_pid);
	put_pid("keeper", details->keeper_pid);
	put_restart(details);
	if (guest->last_end.known) {
		format_time(when, sizeof when, guest->last_end.time_seconds);
		auberge_format_age(age, sizeof age, (int64_t)guest->last_end.ran_seconds);
		printf("%-12s %s, ", "last end", guest->last_end.cause);
		if (guest->last_end.status >= 0)
			printf("status %d, ", guest->last_end.status);
		printf("%s, after %s%s%s\n", when, age, *guest->last_end.detail ? ": " : "", guest->last_end.detail);
	}
}

static void put_init(const struct auberge_details *details)
{
	const char *signal = *details->init.halt_signal ? details->init.halt_signal : "-", *command = details->init.halt_command;
	bool first = details->init.command_first;

	if (*details->init.name)
		printf("%-12s %s (by %s), halt %s%s%s, reboot %s\n", "init kind", details->init.name, details->init.detected_by,
		       first ? command : signal, *command ? ", else " : "", first ? signal : command,
		       *details->init.reboot_signal ? details->init.reboot_signal : "-");
}

static void put_holdings(const struct auberge_details *details)
{
	put_init(details);
	if (details->id_count)
		printf("%-12s %u to %u\n", "ids", details->id_first, details->id_first + details->id_count - 1);
	for (size_t i = 0; i < details->links_count; i++)
		printf("%-12s %s is %s on %s, %s\n", i ? "" : "links", details->links[i].guest_name,
		       *details->links[i].host_name ? details->links[i].host_name : "-",
		       *details->links[i].bridge ? details->links[i].bridge : "no bridge", details->links[i].mac);
	for (size_t i = 0; i < details->guest.addresses_count; i++)
		put(i ? "" : "addresses", details->guest.addresses[i]);
	put_lines("mounts", details->mounts, details->mounts_count);
	put_lines("cgroups", details->cgroups, details->cgroups_count);
	for (size_t i = 0; i < details->namespaces_count; i++)
		printf("%-12s %s:[%llu]\n", i ? "" : "namespaces", details->namespaces[i].name,
		       (unsigned long long)details->namespaces[i].inode);
	put_lines("confinement", details->confinement, details->confinement_count);
	put_lines("drift", details->drift, details->drift_count);
}

static void put_config(const struct auberge_details *details)
{
	for (size_t i = 0; i < details->values_count; i++) {
		const struct auberge_value *value = &details->values[i];

		if (i == 0 || strcmp(value->section, details->values[i - 1].section) != 0)
			printf("\n[%s]\n", value->section);
		printf("%s = %s", value->key, value->value);
		printf("%*s# %s\n", (int)(strlen(value->key) + strlen(value->value) < 37
		                                  ? 40 - strlen(value->key) - strlen(value->value) - 3
		                                  : 1),
		       "", value->origin);
	}
}

static int run(struct call *call)
{
	struct auberge_error error = {0};
	struct auberge_details *details = auberge_show(call->auberge, call->arguments.words[0], &error);
	int status = 0;

	if (!details)
		return complain_error(&error);
	if (call->json) {
		status = output_json(to_json(details), 2);
	} else {
		put_state(details);
		put_holdings(details);
		put_config(details);
	}
	auberge_details_free(details);
	return status;
}

const struct command command_show = {
	.name = "show",
	.arguments = "NAME",
	.summary = "one guest: state, config, and what it holds on the host",
	.description =
		"Each value of the config is shown with its origin: file and line, or default. Drift is where the running guest "
		"differs from its file. A supervisor that does not answer within a second is said to be not_answering.",
	.flags = COMMAND_GUESTS | COMMAND_JSON,
	.least = 1,
	.most = 1,
	.run = run,
};
