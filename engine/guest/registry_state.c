/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of one guest: config, last end, and, only when it has a run directory, ledger, lock and cgroup.
 * Most guests of a host are stopped: for them nothing but three opens happens here.
 */
#include "guest/config.h"
#include "guest/history.h"
#include "guest/lock.h"
#include "guest/registry.h"
#include "guest/words.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static void add_bridge(struct auberge_guest *guest, const char *bridge)
{
	if (!bridge || !*bridge || guest->bridges_count == AUBERGE_LINKS_MAX)
		return;
	for (unsigned i = 0; i < guest->bridges_count; i++) {
		if (strcmp(guest->bridges[i], bridge) == 0)
			return;
	}
	snprintf(guest->bridges[guest->bridges_count++], AUBERGE_LINK_SIZE, "%s", bridge);
}

static void fill_rootfs(const struct auberge *auberge, struct auberge_guest *guest, const struct config *config)
{
	cleanup_free char *path = config_rootfs(auberge, guest->name, config);

	if (path && strlen(path) < sizeof guest->rootfs)
		snprintf(guest->rootfs, sizeof guest->rootfs, "%s", path);
}

static void write_mac(char out[18], const uint8_t mac[6])
{
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void fill_from_config(struct auberge_guest *guest, const struct config *config)
{
	guest->kind = (enum auberge_kind)config->kind;
	guest->autostart = config->autostart;
	guest->privileged = config->privileged;
	for (size_t i = 0; i < config->nets_count; i++) {
		const struct config_net *net = &config->nets[i];

		add_bridge(guest, net->bridge);
		if (net->mac.set && i < AUBERGE_LINKS_MAX)
			write_mac(guest->macs[i], net->mac.bytes);
		for (size_t k = 0; k < net->addresses.count && guest->addresses_count < AUBERGE_ADDRESSES_MAX; k++)
			snprintf(guest->addresses[guest->addresses_count++], sizeof guest->addresses[0], "%s", net->addresses.items[k]);
	}
}

/* false: there is no guest.ini. */
static bool read_config(struct auberge *auberge, int dirfd, struct auberge_guest *guest)
{
	cleanup_config struct config *config = NULL;
	struct auberge_error error;
	char path[4096];

	error_clear(&error);
	snprintf(path, sizeof path, "%s/%s/guest.ini", auberge->state_dir, guest->name);
	if (config_read(dirfd, "guest.ini", path, &config, &error) < 0) {
		size_t length = strcspn(error.text, "\n");

		auberge_text_clean(guest->problem, sizeof guest->problem, error.text, length, 0);
	}
	if (config) {
		fill_from_config(guest, config);
		fill_rootfs(auberge, guest, config);
	}
	return config || error.number != ENOENT;
}

static uint64_t field_of(const char *text, const char *field)
{
	size_t length = strlen(field);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, field, length) == 0 && at[length] == ' ')
			return strtoull(at + length, NULL, 10);
		if (*at == '\0')
			break;
	}
	return 0;
}

/* Usage less inactive file cache, straight from the two files: a meter would be opened for one reading. */
static uint64_t read_memory(struct auberge *auberge, const char *name)
{
	struct auberge_error error;
	const struct cgroup_layout *layout = cgroup_layout(auberge, &error);
	const struct cgroup_hierarchy *hierarchy = layout ? cgroup_for(layout, "memory") : NULL;
	char path[1024], text[8192];
	uint64_t usage, cache;

	if (!hierarchy)
		return 0;
	if (cgroup_guest_directory(auberge, hierarchy, name, path, sizeof path) < 0)
		return 0;
	cleanup_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || file_read_at(fd, hierarchy->v2 ? "memory.current" : "memory.usage_in_bytes", text, sizeof text) <= 0)
		return 0;
	usage = strtoull(text, NULL, 10);
	if (file_read_at(fd, "memory.stat", text, sizeof text) <= 0)
		return usage;
	cache = field_of(text, hierarchy->v2 ? "inactive_file" : "total_inactive_file");
	return usage > cache ? usage - cache : 0;
}

static bool init_lives(const struct ledger *ledger)
{
	int fd = process_open(ledger->init_pid, ledger->init_start);

	if (fd >= 0)
		close(fd);
	return fd != -ESRCH; /* when in doubt */
}

static void fill_living(struct auberge *auberge, const struct ledger *ledger, unsigned flags,
                        struct auberge_guest *guest)
{
	guest->running = true;
	guest->init_pid = ledger->init_pid;
	guest->ready = ledger->ready && ledger->phase == PHASE_RUNNING;
	guest->stop_deadline_seconds = ledger->stop_deadline_seconds;
	if (ledger->running_since > 0)
		guest->uptime_seconds = (int64_t)(now_boottime_usec() / 1000000) - ledger->running_since;
	guest->restarts = restart_count(&ledger->restarts, guest->uptime_seconds);
	if (ledger->links_count > 0) {
		guest->bridges_count = 0;
		memset(guest->macs, 0, sizeof guest->macs);
	}
	for (size_t i = 0; i < ledger->links_count && i < AUBERGE_LINKS_MAX; i++) {
		add_bridge(guest, ledger->links[i].bridge);
		write_mac(guest->macs[i], ledger->links[i].guest_mac);
		snprintf(guest->links[guest->links_count++], AUBERGE_LINK_SIZE, "%s", ledger->links[i].host_name);
	}
	if (flags & AUBERGE_LIST_FIGURES)
		guest->memory_bytes = read_memory(auberge, guest->name);
}

/* The ledger says that it runs, and its supervisor lives. */
static enum auberge_state supervised_state(struct auberge *auberge, const struct ledger *ledger, const char *name)
{
	if (ledger->phase == PHASE_STOPPING || ledger->phase == PHASE_ENDED)
		return AUBERGE_STOPPING;
	if (ledger->phase != PHASE_RUNNING) /* or it waits for that: restart_seconds */
		return AUBERGE_STARTING;
	return cgroup_frozen(auberge, name) == 1 ? AUBERGE_FROZEN : AUBERGE_RUNNING;
}

static void end_is(struct auberge_guest *guest, const char *cause, bool bad, const char *detail)
{
	struct timespec now;

	if (guest->last_end.known)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	guest->last_end = (struct auberge_end){.known = true, .status = -1, .bad = bad};
	/* It ended before this boot, or at a moment that nobody saw: the boot is the latest known bound. */
	guest->last_end.time_seconds = now.tv_sec - (int64_t)(now_boottime_usec() / 1000000);
	snprintf(guest->last_end.cause, sizeof guest->last_end.cause, "%s", cause);
	snprintf(guest->last_end.detail, sizeof guest->last_end.detail, "%s", detail);
}

static void fill_by_ledger(struct auberge *auberge, const struct ledger *ledger, unsigned flags,
                           struct auberge_guest *guest)
{
	bool was_up = ledger->phase == PHASE_STARTING || ledger->phase == PHASE_RUNNING || ledger->phase == PHASE_STOPPING;

	if (!ledger->this_boot) {
		if (was_up)
			end_is(guest, "host-restarted", false, "the host went down while it ran");
		return;
	}
	if (lock_held(auberge, guest->name, LOCK_SUPERVISOR) == 1) {
		guest->supervision = AUBERGE_SUPERVISION_OK;
		guest->state = supervised_state(auberge, ledger, guest->name);
		guest->restarts = restart_count(&ledger->restarts, -1);
		if (ledger->phase == PHASE_AWAITING) {
			guest->restart_seconds = ledger->waiting_until_seconds;
			return;
		}
		fill_living(auberge, ledger, flags, guest);
		guest->running = ledger->init_pid > 0 && ledger->phase != PHASE_ENDED;
		return;
	}
	if (was_up && (init_lives(ledger) || (ledger->cgroup && cgroup_populated(auberge, guest->name) == 1))) {
		guest->supervision = AUBERGE_SUPERVISION_LOST;
		guest->state = cgroup_frozen(auberge, guest->name) == 1 ? AUBERGE_FROZEN : AUBERGE_RUNNING;
		fill_living(auberge, ledger, flags, guest);
		return;
	}
	if (ledger->phase == PHASE_STARTING || ledger->phase == PHASE_NONE)
		end_is(guest, "start-failed", true, "the start was broken off");
	else if (was_up)
		end_is(guest, "unknown", false, "it ended while nothing watched it");
}

/* Somebody deleted its run directory while it ran: who is in its cgroup tells that it lives, and nobody can ask for it. */
static void fill_without_ledger(struct auberge *auberge, unsigned flags, struct auberge_guest *guest)
{
	const struct ledger none = {0};

	if (cgroup_populated(auberge, guest->name) != 1)
		return;
	guest->supervision = AUBERGE_SUPERVISION_LOST;
	guest->state = cgroup_frozen(auberge, guest->name) == 1 ? AUBERGE_FROZEN : AUBERGE_RUNNING;
	fill_living(auberge, &none, flags, guest);
}

void registry_fill(struct auberge *auberge, const char *name, unsigned flags, struct auberge_guest *guest)
{
	cleanup_close int dirfd = set_open_guest(auberge, name);
	cleanup_close int run_fd = -1;
	struct auberge_error error;
	struct ledger ledger = {0};
	bool has_config = false;

	*guest = (struct auberge_guest){.uptime_seconds = -1, .last_end.status = -1};
	snprintf(guest->name, sizeof guest->name, "%s", name);
	if (dirfd >= 0) {
		has_config = read_config(auberge, dirfd, guest);
		history_read_end(dirfd, &guest->last_end);
	}
	if (auberge->run_fd >= 0)
		run_fd = set_open_run(auberge, name);
	error_clear(&error);
	if (auberge->run_fd >= 0 && run_fd < 0 && errno != ENOENT)
		error_set(&error, errno, "cannot open it");
	else if (run_fd >= 0)
		ledger_read(run_fd, &ledger, &error);
	if (error.code != AUBERGE_OK && guest->problem[0] == '\0') {
		error_prefix(&error, "%s/%s", auberge->run_dir, name);
		snprintf(guest->problem, sizeof guest->problem, "%.*s", (int)sizeof guest->problem - 1, error.text);
	}
	if (ledger.present)
		fill_by_ledger(auberge, &ledger, flags, guest);
	else if (error.code == AUBERGE_OK)
		fill_without_ledger(auberge, flags, guest);
	if (guest->state == AUBERGE_STOPPED && !has_config)
		guest->state = AUBERGE_INCOMPLETE;
	else if (guest->state == AUBERGE_STOPPED && guest->last_end.known && guest->last_end.bad)
		guest->state = AUBERGE_FAILED_STATE;
}

void registry_fill_incomplete(struct auberge_guest *guest, const char *name)
{
	*guest = (struct auberge_guest){.uptime_seconds = -1, .last_end.status = -1, .state = AUBERGE_INCOMPLETE};
	snprintf(guest->name, sizeof guest->name, "%s", name);
}

static void take_summary_line(struct auberge_guest *guest, const char *key, char *value)
{
	char *rest = value, *word;

	if (strcmp(key, "kind") == 0)
		words_find_kind(value, &guest->kind);
	else if (strcmp(key, "state") == 0)
		words_find_state(value, &guest->state);
	else if (strcmp(key, "init_pid") == 0)
		guest->init_pid = (pid_t)strtol(value, NULL, 10);
	else if (strcmp(key, "bridges") == 0)
		while ((word = strsep(&rest, " ")))
			add_bridge(guest, word);
}

/* Seconds since the process began, by the kernel's word on it, which all may read; -1 not known. */
static int64_t age_of(pid_t pid)
{
	uint64_t start = 0;
	long ticks = sysconf(_SC_CLK_TCK);

	if (process_read_start_time(pid, &start) < 0 || ticks <= 0)
		return -1;
	return (int64_t)(now_boottime_usec() / 1000000) - (int64_t)(start / (uint64_t)ticks);
}

bool registry_fill_summary(struct auberge *auberge, const char *name, unsigned flags, struct auberge_guest *guest)
{
	cleanup_free char *path = NULL;
	char text[2048], *rest = text, *line;

	if (asprintf(&path, "%s/%s/summary", auberge->run_dir, name) < 0) {
		path = NULL;
		return false;
	}
	if (file_read_at(AT_FDCWD, path, text, sizeof text) <= 0)
		return false;
	*guest = (struct auberge_guest){.uptime_seconds = -1, .last_end.status = -1};
	snprintf(guest->name, sizeof guest->name, "%s", name);
	while ((line = strsep(&rest, "\n"))) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		take_summary_line(guest, line, equals + 1);
	}
	guest->running = guest->init_pid > 0 && (kill(guest->init_pid, 0) == 0 || errno == EPERM);
	if (!guest->running) {
		guest->state = guest->init_pid > 0 ? AUBERGE_STOPPED : guest->state;
		return true;
	}
	guest->uptime_seconds = age_of(guest->init_pid);
	if (flags & AUBERGE_LIST_FIGURES)
		guest->memory_bytes = read_memory(auberge, name);
	return true;
}
