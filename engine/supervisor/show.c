/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `show` tells of one guest: config in force and where it comes from, drift, and what the guest holds on the host. */
#include "auberge.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "container/capabilities.h"
#include "container/rootfs.h"
#include "guest/config_check.h"
#include "guest/edit_live.h"
#include "guest/ids.h"
#include "guest/schema.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/inits.h"
#include "supervisor/ledger.h"
#include "supervisor/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ANSWER_MS 1000

/* Adds one formatted line to an array of strings. */
static void add_line(char ***lines, size_t *count, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void add_line(char ***lines, size_t *count, const char *format, ...)
{
	char **more = realloc(*lines, (*count + 1) * sizeof **lines), *text;
	va_list arguments;
	int length;

	if (!more)
		return;
	*lines = more;
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length >= 0)
		more[(*count)++] = text;
}

static void add_value(struct auberge_details *details, const char *section, const char *key, const char *value, const char *file,
                      unsigned line)
{
	struct auberge_value *more = realloc(details->values, (details->values_count + 1) * sizeof *more), *one;
	char origin[4200];

	if (!more)
		return;
	details->values = more;
	one = &more[details->values_count];
	if (line)
		snprintf(origin, sizeof origin, "%s:%u", file, line);
	else
		snprintf(origin, sizeof origin, "default");
	*one = (struct auberge_value){strdup(section), strdup(key), strdup(value), strdup(origin)};
	if (one->section && one->key && one->value && one->origin)
		details->values_count++;
}

/* How many sections a row's pattern stands for in this config, and the name of one of them. */
static size_t sections_of(const struct config *config, const struct schema_row *row)
{
	if (strcmp(row->key.section, "net *") == 0)
		return config->nets_count;
	return strcmp(row->key.section, "mount *") == 0 ? config->mounts_count : 1;
}

static void section_name(const struct config *config, const struct schema_row *row, size_t index, char *out, size_t size)
{
	if (strcmp(row->key.section, "net *") == 0)
		snprintf(out, size, "net %s", config->nets[index].name);
	else if (strcmp(row->key.section, "mount *") == 0)
		snprintf(out, size, "mount %s", config->mounts[index].name);
	else
		snprintf(out, size, "%s", row->key.section);
}

static void tell_values(struct auberge_details *details, const struct config *file, const struct config *running)
{
	const struct config *config = running ? running : file;
	size_t count;
	const struct schema_row *rows = schema_rows(&count);
	char section[256];

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sections_of(config, &rows[i]); j++) {
			const struct config_setting *setting;
			unsigned line = 0;
			cleanup_free char *value = config_value_text(config, &rows[i], j, &line);

			section_name(config, &rows[i], j, section, sizeof section);
			if (running && file) { /* the origin that people can edit */
				setting = config_find_setting(file, section, rows[i].key.name);
				line = setting ? setting->line : 0;
			}
			if (value)
				add_value(details, section, rows[i].key.name, value, file ? file->file : config->file, line);
		}
}

static void tell_drift(struct auberge *auberge, struct auberge_details *details, const struct config *file)
{
	struct change_list list = {0};
	struct auberge_error ignored = {0};

	if (!file || edit_drift(auberge, details->guest.name, file, &list, &ignored) < 0)
		list.count = 0;
	for (size_t i = 0; i < list.count; i++) {
		const struct auberge_change *change = &list.changes[i];

		add_line(&details->drift, &details->drift_count, "%s%s%s: file %s, running %s", change->section, change->key[0] ? "." : "",
		         change->key, change->after[0] ? change->after : "none", change->before[0] ? change->before : "none");
	}
	free(list.changes);
}

static void tell_namespaces(struct auberge_details *details, pid_t pid)
{
	static const char *const names[] = {"user", "mnt", "pid", "net", "uts", "ipc", "cgroup", "time"};
	struct stat status;
	char path[64];

	for (size_t i = 0; pid > 0 && i < COUNT_OF(names); i++) {
		snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, names[i]);
		if (stat(path, &status) < 0)
			continue;
		snprintf(details->namespaces[details->namespaces_count].name, sizeof details->namespaces[0].name, "%s", names[i]);
		details->namespaces[details->namespaces_count++].inode = status.st_ino;
	}
}

static void tell_links(struct auberge_details *details, const struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->links_count; i++) {
		const struct ledger_link *link = &ledger->links[i];
		const uint8_t *mac = link->guest_mac;

		memcpy(details->links[i].guest_name, link->guest_name, AUBERGE_LINK_SIZE);
		memcpy(details->links[i].host_name, link->host_name, AUBERGE_LINK_SIZE);
		memcpy(details->links[i].bridge, link->bridge, AUBERGE_LINK_SIZE);
		snprintf(details->links[i].mac, sizeof details->links[i].mac, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		         mac[3], mac[4], mac[5]);
		details->links[i].index = link->index;
	}
	details->links_count = ledger->links_count;
}

static void tell_confinement(struct auberge_details *details, const struct config *config)
{
	uint64_t bounding = 0;

	add_line(&details->confinement, &details->confinement_count, "user_namespace %s",
	         config->privileged ? "no: id 0 inside is id 0 on the host" : "yes");
	if (details->guest.init_pid > 0 && capabilities_of(details->guest.init_pid, &bounding) == 0) {
		cleanup_free char *text = capabilities_text(bounding);

		add_line(&details->confinement, &details->confinement_count, "capabilities %s", text ? text : "");
	} else {
		uint64_t drop = capabilities_default_drop(config->privileged) | config->drop_capabilities;
		cleanup_free char *text = capabilities_text(drop);

		add_line(&details->confinement, &details->confinement_count, "dropped_capabilities %s", text ? text : "");
	}
	add_line(&details->confinement, &details->confinement_count, "seccomp none");
	add_line(&details->confinement, &details->confinement_count, "lsm none");
	add_line(&details->confinement, &details->confinement_count, "devices null zero full random urandom tty console pts");
}

/* Where systemd is pid 1 it manages the cgroups: a guest without a scope is beside what it knows of. */
static void tell_scope(struct auberge *auberge, struct auberge_details *details, const struct ledger *ledger)
{
	struct auberge_error ignored;
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);

	if (layout && layout->systemd && details->guest.running)
		add_line(&details->confinement, &details->confinement_count, "systemd_scope %s",
		         ledger->scope[0] ? ledger->scope : "none: systemd does not know of its cgroups");
}

static void copy_init(struct auberge_details *details, const char *name, const char *halt, const char *reboot, const char *by,
                      const char *command, bool command_first)
{
	snprintf(details->init.name, sizeof details->init.name, "%s", name);
	snprintf(details->init.halt_signal, sizeof details->init.halt_signal, "%s", halt);
	snprintf(details->init.reboot_signal, sizeof details->init.reboot_signal, "%s", reboot);
	snprintf(details->init.detected_by, sizeof details->init.detected_by, "%s", by);
	snprintf(details->init.halt_command, sizeof details->init.halt_command, "%s", command);
	details->init.command_first = command_first;
}

/* What would be done, from here: for guests that do not run. */
static void tell_init(struct auberge *auberge, struct auberge_details *details, const struct config *config)
{
	cleanup_free char *rootfs = config_rootfs(auberge, details->guest.name, config);
	cleanup_close int fd = rootfs ? open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct init_verdict verdict;
	char halt[24], reboot[24], command[48];

	inits_detect_in(config, fd, details->guest.init_pid, &verdict);
	inits_second_rung(&verdict, command, sizeof command);
	signal_format(verdict.halt_signal, halt, sizeof halt);
	signal_format(verdict.reboot_signal, reboot, sizeof reboot);
	copy_init(details, verdict.kind->name, halt, reboot, verdict.detected_by, command, verdict.command_first);
}

/* The supervisor's own word. False: it does not answer within a second. */
static bool ask_supervisor(struct auberge *auberge, struct auberge_details *details)
{
	cleanup_close int fd = control_connect(auberge, details->guest.name);
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct frame_reader in = {0};
	char type, *body, name[24], halt[24], reboot[24], by[64], command[48], told[AUBERGE_STATUS_SIZE];
	size_t length;
	bool heard = false;

	if (fd < 0 || frame_sendf(fd, FRAME_REQUEST, "%d status\n", PROTOCOL_VERSION) < 0)
		return false;
	while (!heard && poll(&wait, 1, ANSWER_MS) > 0 && frame_fill(&in, fd) >= 0)
		heard = frame_next(&in, &type, &body, &length) > 0;
	if (heard && type == FRAME_ANSWER) {
		cleanup_free char *text = strndup(body, length);

		if (text && message_value(text, "status", told, sizeof told))
			auberge_text_clean(details->status, sizeof details->status, told, strlen(told), 0);
		if (text && message_value(text, "init", name, sizeof name) && message_value(text, "halt_signal", halt, sizeof halt) &&
		    message_value(text, "reboot_signal", reboot, sizeof reboot) && message_value(text, "detected_by", by, sizeof by) && name[0]) {
			message_value(text, "halt_command", command, sizeof command);
			copy_init(details, name, halt, reboot, by, command, message_number(text, "command_first", 0) != 0);
		}
	}
	frame_reader_free(&in);
	return heard;
}

static bool lives(pid_t pid, uint64_t start_time)
{
	cleanup_close int fd = process_open(pid, start_time);

	return fd != -ESRCH; /* when in doubt */
}

static int read_configs(struct auberge *auberge, struct auberge_details *details, struct config **file, struct config **running,
                        struct auberge_error *error)
{
	const char *name = details->guest.name;
	cleanup_close int guest_fd = set_open_guest(auberge, name), run_fd = set_open_run(auberge, name);
	cleanup_free char *path = NULL, *run_path = NULL;
	struct auberge_error ignored = {0};

	if (asprintf(&path, "%s/%s/guest.ini", auberge_state_dir(auberge), name) < 0 ||
	    asprintf(&run_path, "%s/%s/effective.ini", auberge_run_dir(auberge), name) < 0)
		return error_set(error, ENOMEM, "cannot read the config of %s", name);
	if (details->guest.running && run_fd >= 0 && config_read(run_fd, "effective.ini", run_path, running, &ignored) < 0) {
		config_free(*running);
		*running = NULL;
	}
	/* While it runs a broken file is no reason to be silent. */
	if (config_read(guest_fd, "guest.ini", path, file, *running ? &ignored : error) < 0) {
		config_free(*file);
		*file = NULL;
	}
	if (*file || *running)
		return 0;
	set_require_guest(auberge, name, error); /* what stands in the way says more than the file that cannot be read */
	return -1;
}

struct auberge_details *auberge_show(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_free struct auberge_guest *guest = NULL;
	cleanup_config struct config *file = NULL, *running = NULL;
	struct auberge_details *details;
	struct ledger ledger = {0};
	struct auberge_error ignored = {0};
	size_t count;

	if (auberge_list(auberge, &name, 1, AUBERGE_LIST_FIGURES, &guest, &count, error) < 0)
		return NULL;
	details = calloc(1, sizeof *details);
	if (!details) {
		error_set(error, ENOMEM, "cannot show %s", name);
		return NULL;
	}
	details->guest = *guest;
	if (read_configs(auberge, details, &file, &running, error) < 0) {
		auberge_details_free(details);
		return NULL;
	}
	cleanup_close int run_fd = set_open_run(auberge, name);
	if (run_fd >= 0)
		ledger_read(run_fd, &ledger, &ignored);
	tell_values(details, file, running);
	if (running)
		tell_drift(auberge, details, file);
	tell_init(auberge, details, running ? running : file);
	if (guest->supervision == AUBERGE_SUPERVISION_OK && lives(ledger.keeper_pid, ledger.keeper_start))
		details->keeper_pid = ledger.keeper_pid;
	if (guest->supervision == AUBERGE_SUPERVISION_OK) {
		details->supervisor_pid = ledger.supervisor_pid;
		if (!ask_supervisor(auberge, details))
			details->guest.supervision = AUBERGE_SUPERVISION_NOT_ANSWERING;
	}
	tell_namespaces(details, guest->running ? guest->init_pid : 0);
	tell_links(details, &ledger);
	tell_confinement(details, running ? running : file);
	tell_scope(auberge, details, &ledger);
	cgroup_paths(auberge, name, &details->cgroups, &details->cgroups_count, &ignored);
	const struct config *config = running ? running : file;
	for (size_t i = 0; i < config->mounts_count; i++)
		add_line(&details->mounts, &details->mounts_count, "%s from %s", config->mounts[i].target, config->mounts[i].source);
	if (ids_find(auberge, name, &details->id_first, &ignored) == 0 && details->id_first)
		details->id_count = IDS_COUNT;
	return details;
}

static void free_lines(char **lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	free(lines);
}

void auberge_details_free(struct auberge_details *details)
{
	if (!details)
		return;
	for (size_t i = 0; i < details->values_count; i++) {
		free(details->values[i].section);
		free(details->values[i].key);
		free(details->values[i].value);
		free(details->values[i].origin);
	}
	free(details->values);
	free_lines(details->drift, details->drift_count);
	free_lines(details->cgroups, details->cgroups_count);
	free_lines(details->mounts, details->mounts_count);
	free_lines(details->confinement, details->confinement_count);
	free(details);
}
