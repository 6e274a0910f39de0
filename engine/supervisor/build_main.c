/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge-build: the short-lived process that puts one guest together, checks whether that could be done, gives one that
 * has lost its consoles new ones, or takes apart what is left of one. All is worked out and checked before the first side effect; each resource is written into the
 * ledger before it is made. It answers over a channel (supervisor/build.h) or, run by hand, on stderr.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "container/capabilities.h"
#include "container/console_rebind.h"
#include "container/idmap.h"
#include "container/network.h"
#include "container/rootfs.h"
#include "container/spawn.h"
#include "guest/ids.h"
#include "guest/lock.h"
#include "guest/order.h"
#include "guest/set.h"
#include "host/process.h"
#include "supervisor/build.h"
#include "supervisor/ledger.h"
#include "supervisor/notify.h"
#include "supervisor/protocol.h"
#include "supervisor/reclaim.h"
#include "supervisor/rung.h"
#include "supervisor/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "usage: auberge-build [--state-dir DIR] [--run-dir DIR] [--log-dir DIR] [--cgroup ROOT] MODE NAME\n"
			    "MODE: start, check, adopt, reclaim, reclaim-held, reclaim-many, reclaim-again, kill, halt, reboot. It is run\n"
			    "by auberge(1), not by hand.\n";

struct build {
	struct container_plan plan;
	struct config *config; /* ours; the plan's is a view */
	struct container_network network;
	struct nl_sock *socket;
	struct cgroup_limits limits;
	int run_fd, ledger;
	int rootfs_lock;
	int lock; /* the guest's lock file: LOCK_BUILDER while we live */
	int channel;
};

/* Stable over restarts, distinct over sets: set-id and a hash of the name. */
static void make_uuid(struct container_plan *plan)
{
	uint64_t hash = 14695981039346656037u;

	for (const char *at = plan->name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	snprintf(plan->uuid, sizeof plan->uuid, "%.8s-%.4s-8%.3s-8%03x-%012" PRIx64, plan->auberge->set_id, plan->auberge->set_id + 8,
	         plan->auberge->set_id + 12, (unsigned)(hash >> 52), hash & 0xffffffffffffu);
}

static int read_config(struct build *build, struct auberge_error *error)
{
	struct container_plan *plan = &build->plan;
	cleanup_close int guest_fd = set_open_guest(plan->auberge, plan->name);
	cleanup_free char *path = NULL;

	if (guest_fd < 0)
		return error_set(error, errno, "cannot open %s/%s", auberge_state_dir(plan->auberge), plan->name);
	if (asprintf(&path, "%s/%s/guest.ini", auberge_state_dir(plan->auberge), plan->name) < 0)
		return error_set(error, ENOMEM, "cannot read the config");
	if (config_read(guest_fd, "guest.ini", path, &build->config, error) < 0)
		return -1;
	plan->config = build->config;
	return config_check_startable(build->config, error);
}

/* Everything that can be known without a side effect, all errors of it at once. */
static int prepare(struct build *build, struct auberge_error *error)
{
	struct container_plan *plan = &build->plan;
	const struct config *config = plan->config;
	struct auberge_error ids_error = {0};

	plan->cgroups = cgroup_layout(plan->auberge, error);
	if (!plan->cgroups)
		return -1;
	plan->ttys = (unsigned)config->ttys;
	plan->drop = capabilities_default_drop(config->privileged) | config->drop_capabilities;
	build->limits = (struct cgroup_limits){config->memory, config->swap, config->cpus_thousandths, config->pids};
	make_uuid(plan);
	if (!config->privileged && ids_find(plan->auberge, plan->name, &plan->id_first, &ids_error) < 0)
		error_add_line(error, "%s", ids_error.text);
	if (!config->privileged && plan->id_first == 0)
		plan->id_first = IDS_FIRST; /* alloted later; for the checks any range will do */
	rootfs_prepare(plan, error);
	cgroup_check(plan->auberge, plan->name, &build->limits, error);
	if (config->nets_count > 0) {
		build->socket = link_open(error);
		if (build->socket)
			network_prepare(plan, build->socket, &build->network, error);
	}
	return error->code == AUBERGE_OK ? 0 : -1;
}

static int make_links(struct build *build, struct spawned *spawned, struct auberge_error *error)
{
	char path[64];

	if (build->network.count == 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/ns/net", spawned->pid);
	cleanup_close int netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return error_set(error, errno, "cannot open %s", path);
	for (size_t i = 0; i < build->network.count; i++) {
		struct link_veth *veth = &build->network.links[i];
		const char *bridge = build->plan.config->nets[i].bridge;
		const uint8_t *h = veth->host_mac, *g = veth->guest_mac;

		if (ledger_append(build->ledger, error, LEDGER_LINK,
		                  "%s %02x:%02x:%02x:%02x:%02x:%02x %s %s %02x:%02x:%02x:%02x:%02x:%02x", veth->host_name, h[0], h[1],
		                  h[2], h[3], h[4], h[5], veth->guest_name, bridge ? bridge : "-", g[0], g[1], g[2], g[3], g[4], g[5]) < 0 ||
		    network_make(&build->plan, build->socket, veth, netns, error) < 0 ||
		    ledger_append(build->ledger, error, LEDGER_LINK_INDEX, "%s %d", veth->host_name, veth->index) < 0)
			return -1;
	}
	return 0;
}

static int write_effective(struct build *build, struct auberge_error *error)
{
	cleanup_free char *text = config_format(build->plan.config);
	int result = text ? file_swap_at(build->run_fd, "effective.ini", text, strlen(text), 0600) : -ENOMEM;

	return result < 0 ? error_set(error, -result, "cannot write %s/%s/effective.ini", auberge_run_dir(build->plan.auberge),
	                              build->plan.name)
	                  : 0;
}

static int answer(struct build *build, const struct spawned *spawned, struct auberge_error *error)
{
	struct container_plan *plan = &build->plan;
	cleanup_free char *init_path = rootfs_init_target(plan->rootfs_fd, plan->config->init);
	char message[4608];
	int fds[PLAN_TTYS_MAX + 2];
	size_t count = 0;
	ssize_t sent;

	int length = snprintf(message, sizeof message, "%cinit_pid=%d\ninit_start=%" PRIu64 "\ninit_path=%.4000s\n", FRAME_ANSWER,
	                      spawned->pid, spawned->start_time, init_path ? init_path : "");
	fds[count++] = spawned->pidfd;
	fds[count++] = build->rootfs_lock;
	for (size_t i = 0; i < spawned->masters_count; i++)
		fds[count++] = spawned->masters[i];
	sent = send_with_fds(build->channel, message, (size_t)length, fds, count);
	return sent < 0 ? error_set(error, (int)-sent, "the supervisor is gone") : 0;
}

/* 0: none, or it has died. */
static pid_t keeper_of(const struct build *build)
{
	struct auberge_error ignored = {0};
	struct ledger ledger;

	if (ledger_read(build->run_fd, &ledger, &ignored) < 0 || ledger.keeper_pid <= 0)
		return 0;
	return process_start_time(ledger.keeper_pid) == ledger.keeper_start ? ledger.keeper_pid : 0;
}

static int put_together(struct build *build, struct spawned *spawned, struct auberge_error *error)
{
	struct container_plan *plan = &build->plan;
	pid_t keeper = keeper_of(build);
	const pid_t ours[] = {getppid(), getpid(), keeper}; /* who may not stay in the session that asked for the start */
	char scope[SCOPE_NAME_SIZE];

	scope_choose(scope, plan->auberge, plan->name);
	if (spawn_stage(plan, error) < 0 ||
	    ledger_append(build->ledger, error, LEDGER_CGROUP, "%s%s%s", plan->name, scope[0] ? " " : "", scope) < 0 ||
	    scope_start(plan->auberge, plan->name, scope, ours, keeper ? 3 : 2, error) < 0 ||
	    cgroup_create(plan->auberge, plan->name, &build->limits, plan->id_first, error) < 0 ||
	    spawn_clone(plan, spawned, error) < 0 ||
	    ledger_append(build->ledger, error, LEDGER_INIT, "%d %" PRIu64, spawned->pid, spawned->start_time) < 0 ||
	    spawn_map(plan, spawned, error) < 0 || make_links(build, spawned, error) < 0)
		return -1;
	/* One burst: on v1 the first attach after a quiet time waits for a grace period, the next are nearly free. */
	if (cgroup_attach(plan->auberge, plan->name, spawned->pid, getppid(), keeper, error) < 0 || write_effective(build, error) < 0 ||
	    spawn_release(plan, spawned, error) < 0)
		return -1;
	return 0;
}

static int construct(struct build *build, struct auberge_error *error)
{
	struct spawned spawned = {.pidfd = -1, .sync = -1};

	if (put_together(build, &spawned, error) < 0)
		return spawn_blame(&spawned, error);
	if (fault_point(FAULT_BUILD_ANSWER, error) < 0)
		return -1;
	return answer(build, &spawned, error);
}

static int start(struct build *build, struct auberge_error *error)
{
	struct container_plan *plan = &build->plan;

	if (read_config(build, error) < 0 || prepare(build, error) < 0)
		return -1;
	if (!build->config->privileged && ids_allot(plan->auberge, plan->name, &plan->id_first, error) < 0)
		return -1;
	build->rootfs_lock = rootfs_lock(plan->rootfs, error);
	build->run_fd = set_open_run(plan->auberge, plan->name);
	if (build->rootfs_lock < 0)
		return -1;
	if (build->run_fd < 0)
		return error_set(error, errno, "cannot open %s/%s", auberge_run_dir(plan->auberge), plan->name);
	if (rootfs_take_notify(plan, build->run_fd, NOTIFY_PLACE "/" NOTIFY_SOCKET, error) < 0)
		return -1;
	build->ledger = ledger_open_append(build->run_fd, error);
	return build->ledger < 0 ? -1 : construct(build, error);
}

/* The guest runs, its ptys died with who held them: new ones are bound over its console and ttys. */
static int adopt(struct build *build, struct auberge_error *error)
{
	struct container_plan *plan = &build->plan;
	struct spawned spawned = {.pidfd = -1, .sync = -1};
	struct ledger ledger;

	build->run_fd = set_open_run(plan->auberge, plan->name);
	if (build->run_fd < 0)
		return error_set(error, errno, "cannot open %s/%s", auberge_run_dir(plan->auberge), plan->name);
	if (ledger_read(build->run_fd, &ledger, error) < 0 ||
	    config_read(build->run_fd, "effective.ini", "effective.ini", &build->config, error) < 0)
		return -1;
	plan->config = build->config;
	plan->ttys = (unsigned)build->config->ttys;
	spawned.pid = ledger.init_pid;
	spawned.start_time = ledger.init_start;
	spawned.pidfd = process_open(ledger.init_pid, ledger.init_start);
	if (spawned.pidfd == -ESRCH)
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: its init has ended", plan->name);
	if (spawned.pidfd < 0)
		return error_set(error, -spawned.pidfd, "cannot look for init of %s (pid %d)", plan->name, spawned.pid);
	/* Both are more than the supervisor of a running guest can do without: it runs, whatever we find. */
	if (rootfs_prepare(plan, error) == 0)
		build->rootfs_lock = rootfs_lock(plan->rootfs, error);
	if (build->rootfs_lock < 0) /* something must stand for it in the answer */
		build->rootfs_lock = fcntl(build->run_fd, F_DUPFD_CLOEXEC, 0);
	error_clear(error);
	if (console_rebind(spawned.pidfd, plan->ttys, spawned.masters, error) < 0)
		return error_prefix(error, "%s", plan->name);
	spawned.masters_count = plan->ttys + 1;
	cgroup_attach(plan->auberge, plan->name, 0, getppid(), keeper_of(build), error);
	return answer(build, &spawned, error);
}

static int check(struct build *build, struct auberge_error *error)
{
	build->plan.probe = true;
	if (set_require_guest(build->plan.auberge, build->plan.name, error) < 0 || read_config(build, error) < 0)
		return -1;
	order_check(build->plan.auberge, build->plan.name, build->config, 0, error);
	return prepare(build, error);
}

/* Says by a lock that it lives: who comes after the one that it works for waits for it. */
static int lock_builder(struct build *build, struct auberge_error *error)
{
	int result;

	build->lock = lock_open(build->plan.auberge, build->plan.name);
	result = build->lock < 0 ? build->lock : lock_wait(build->lock, LOCK_BUILDER);
	return result < 0 ? error_set(error, -result, "cannot lock %s", build->plan.name) : 0;
}

/* Dies with its supervisor. */
static int bind_to_supervisor(struct build *build, struct auberge_error *error)
{
	struct ucred supervisor;
	socklen_t size = sizeof supervisor;

	if (build->channel < 0)
		return 0; /* by hand */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
	    getsockopt(build->channel, SOL_SOCKET, SO_PEERCRED, &supervisor, &size) < 0)
		return error_set(error, errno, "cannot follow the supervisor");
	return getppid() == supervisor.pid ? 0 : error_set(error, 0, "the supervisor is gone");
}

static int run(struct build *build, const char *mode, struct auberge_error *error)
{
	struct auberge *auberge = build->plan.auberge;
	const char *name = build->plan.name;

	if (strcmp(mode, "check") == 0)
		return check(build, error);
	if (strcmp(mode, "reclaim") == 0 || strcmp(mode, "kill") == 0) /* by a command, which may leave the wait */
		return reclaim_locked(auberge, name, mode[0] == 'k', error);
	if (bind_to_supervisor(build, error) < 0)
		return -1;
	if (strcmp(mode, RUNG_MODE_HALT) == 0 || strcmp(mode, RUNG_MODE_REBOOT) == 0) /* builds nothing: no lock */
		return rung_run(auberge, name, strcmp(mode, RUNG_MODE_REBOOT) == 0, error);
	if (lock_builder(build, error) < 0)
		return -1;
	if (strcmp(mode, "start") == 0)
		return start(build, error);
	if (strcmp(mode, "adopt") == 0)
		return adopt(build, error);
	if (strcmp(mode, "reclaim-held") == 0 || strcmp(mode, "reclaim-many") == 0)
		return reclaim_held(auberge, name, strcmp(mode, "reclaim-many") == 0, error);
	if (strcmp(mode, "reclaim-again") == 0)
		return reclaim_again(auberge, name, error);
	return error_set_code(error, AUBERGE_USAGE, 0, "no such mode: %s", mode);
}

static void tell(const struct build *build, const struct auberge_error *error)
{
	char message[sizeof error->text + sizeof error->remedy + 40];
	int length;

	if (build->channel < 0) {
		fprintf(stderr, "auberge-build: %s\n", error->text);
		return;
	}
	length = snprintf(message, sizeof message, "%c%d %d\n%s%c%s", FRAME_ERROR, (int)error->code, error->number, error->text, 0,
	                  error->remedy);
	send_with_fds(build->channel, message, (size_t)length, NULL, 0);
}

int main(int argc, char **argv)
{
	struct auberge_options options = {0};
	struct auberge_error error = {0};
	struct build build = {.run_fd = -1, .ledger = -1, .rootfs_lock = -1, .lock = -1, .channel = -1};
	struct stat status;
	int first = 1;

	rootfs_clear(&build.plan);
	while (first < argc && set_take_argument(&options, argc, argv, &first))
		first++;
	if (argc - first != 2 || !auberge_name_valid(argv[first + 1])) {
		bool help = argc > 1 && strcmp(argv[1], "--help") == 0;

		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	umask(022);
	file_write_at(AT_FDCWD, "/proc/self/oom_score_adj", "0"); /* our supervisor's is lower, the guest's must not be */
	if (fstat(BUILD_CHANNEL, &status) == 0 ? S_ISSOCK(status.st_mode) : errno != EBADF) {
		build.channel = BUILD_CHANNEL;
		fcntl(build.channel, F_SETFD, FD_CLOEXEC);
	}
	build.plan.name = argv[first + 1];
	build.plan.auberge = auberge_open(&options, &error);
	bool done = build.plan.auberge && run(&build, argv[first], &error) == 0;
	if (!done)
		tell(&build, &error);
	if (build.socket)
		link_close(build.socket);
	config_free(build.config);
	rootfs_release(&build.plan);
	if (build.plan.auberge)
		auberge_close(build.plan.auberge);
	return done ? 0 : 1;
}
