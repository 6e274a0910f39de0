/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cgroup functions on the host as it is (v1, hybrid or v2), below a ROOT of our own that is gone at the end. */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup_private.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct cgroup_limits none = {AUBERGE_UNLIMITED, AUBERGE_UNLIMITED, AUBERGE_UNLIMITED, AUBERGE_UNLIMITED};

struct world {
	struct auberge auberge;
	struct auberge_error error;
	char root[64];
	const struct cgroup_layout *layout;
};

static void begin(struct world *world)
{
	memset(world, 0, sizeof *world);
	snprintf(world->root, sizeof world->root, "auberge-test-host-%d/set", (int)getpid());
	world->auberge.cgroup_root = world->root;
	if (geteuid() != 0)
		cr_skip_test("needs root");
	world->layout = cgroup_layout(&world->auberge, &world->error);
	cr_assert_not_null(world->layout);
	if (world->layout->count == 0)
		cr_skip_test("no cgroup hierarchy is mounted");
}

/* Removes the guest and proves that nothing of ROOT is left. */
static void end(struct world *world)
{
	char path[CGROUP_PATH];

	cr_assert_eq(cgroup_remove(&world->auberge, "one", &world->error), 0, "%s", world->error.text);
	cgroup_leave_supervisor(&world->auberge, "one", 0);
	for (size_t i = 0; i < world->layout->count; i++) {
		snprintf(path, sizeof path, "%s/auberge-test-host-%d", world->layout->hierarchies[i].mount, (int)getpid());
		cr_assert_eq(access(path, F_OK), -1, "%s is left", path);
	}
	free(world->auberge.cgroups);
	world->auberge.cgroups = NULL;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no process */
		for (;;)
			pause();
	}
	return pid;
}

static void finish(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const char *read_guest(struct world *world, const char *controller, const char *file_1, const char *file_2)
{
	static char text[4096];
	char path[CGROUP_PATH];
	const struct cgroup_hierarchy *hierarchy = cgroup_for(world->layout, controller);

	cr_assert_not_null(hierarchy);
	cr_assert_eq(cgroup_path(path, &world->auberge, hierarchy, CGROUP_OF_GUEST, "one", hierarchy->v2 ? file_2 : file_1), 0);
	cr_assert_geq(file_read_at(AT_FDCWD, path, text, sizeof text), 0, "%s", path);
	return text;
}

static bool in_group(struct world *world, pid_t pid, size_t index, const char *group)
{
	char path[CGROUP_PATH], *text = NULL, *line, *rest;
	bool found = false;

	snprintf(path, sizeof path, "%s/%s/%s/cgroup.procs", world->layout->hierarchies[index].mount, world->root, group);
	if (file_read_whole_at(AT_FDCWD, path, 1 << 20, &text) < 0)
		return false;
	for (rest = text; (line = strsep(&rest, "\n"));)
		found |= atoi(line) == pid;
	free(text);
	return found;
}

Test(host_cgroup, create_and_remove, .timeout = 30)
{
	struct world world;
	char **paths;
	size_t count;

	begin(&world);
	cr_assert_eq(cgroup_check(&world.auberge, "one", &none, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_paths(&world.auberge, "one", &paths, &count, &world.error), 0);
	cr_assert_eq(count, world.layout->count);
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	cr_assert_eq(cgroup_populated(&world.auberge, "one"), 0);
	cr_assert_eq(cgroup_populated(&world.auberge, "other"), 0);
	end(&world);
}

Test(host_cgroup, limits_read_back, .timeout = 30)
{
	struct world world;
	struct cgroup_limits limits = {.memory = 64u << 20, .swap = 32u << 20, .cpus_thousandths = 1500, .pids = 50};

	begin(&world);
	if (cgroup_check(&world.auberge, "one", &limits, &world.error) < 0)
		cr_skip_test("the host does not give all limits");
	cr_assert_eq(cgroup_create(&world.auberge, "one", &limits, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_str_eq(read_guest(&world, "memory", "memory.limit_in_bytes", "memory.max"), "67108864\n");
	cr_assert_str_eq(read_guest(&world, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max"),
	                 cgroup_for(world.layout, "memory")->v2 ? "33554432\n" : "100663296\n");
	cr_assert_str_eq(read_guest(&world, "cpu", "cpu.cfs_quota_us", "cpu.max"),
	                 cgroup_for(world.layout, "cpu")->v2 ? "150000 100000\n" : "150000\n");
	cr_assert_str_eq(read_guest(&world, "pids", "pids.max", "pids.max"), "50\n");

	limits.memory = 256u << 20; /* above memory and swap so far: v1 needs the other order */
	limits.pids = AUBERGE_UNLIMITED;
	cr_assert_eq(cgroup_set_limits(&world.auberge, "one", &limits, &world.error), 0, "%s", world.error.text);
	cr_assert_str_eq(read_guest(&world, "memory", "memory.limit_in_bytes", "memory.max"), "268435456\n");
	cr_assert_str_eq(read_guest(&world, "pids", "pids.max", "pids.max"), "max\n");
	limits.memory = 16u << 20;
	cr_assert_eq(cgroup_set_limits(&world.auberge, "one", &limits, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_set_limits(&world.auberge, "one", &none, &world.error), 0, "%s", world.error.text);
	end(&world);
}

Test(host_cgroup, delegation, .timeout = 30)
{
	struct world world;
	char path[CGROUP_PATH];
	struct stat status;

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0x70000000, &world.error), 0, "%s", world.error.text);
	for (size_t i = 0; i < world.layout->count; i++) {
		const struct cgroup_hierarchy *hierarchy = &world.layout->hierarchies[i];
		uid_t wanted = hierarchy->v2 || hierarchy->named ? 0x70000000 : 0;

		cgroup_path(path, &world.auberge, hierarchy, CGROUP_OF_PAYLOAD, "one", NULL);
		cr_assert_eq(stat(path, &status), 0);
		cr_assert_eq(status.st_uid, wanted, "%s", path);
		cgroup_path(path, &world.auberge, hierarchy, CGROUP_OF_PAYLOAD, "one", "cgroup.procs");
		cr_assert_eq(stat(path, &status), 0);
		cr_assert_eq(status.st_uid, wanted, "%s", path);
		cgroup_path(path, &world.auberge, hierarchy, CGROUP_OF_GUEST, "one", "cgroup.procs");
		cr_assert_eq(stat(path, &status), 0);
		cr_assert_eq(status.st_uid, 0, "%s", path);
	}
	end(&world);
}

Test(host_cgroup, attach_everywhere, .timeout = 30)
{
	struct world world;
	pid_t init = sleeper(), supervisor = sleeper(), command = sleeper(), *pids;
	size_t count;
	bool found = false;

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_attach(&world.auberge, "one", init, supervisor, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_attach(&world.auberge, "one", init, supervisor, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_attach_exec(&world.auberge, "one", command, &world.error), 0, "%s", world.error.text);
	for (size_t i = 0; i < world.layout->count; i++) {
		cr_assert(in_group(&world, init, i, "guest-one/payload"), "%s", world.layout->hierarchies[i].mount);
		cr_assert(in_group(&world, supervisor, i, "supervisor/one"), "%s", world.layout->hierarchies[i].mount);
		cr_assert(in_group(&world, command, i, "guest-one/exec"), "%s", world.layout->hierarchies[i].mount);
	}
	cr_assert_eq(cgroup_populated(&world.auberge, "one"), 1);
	cr_assert_eq(cgroup_pids(&world.auberge, "one", &pids, &count, &world.error), 0);
	cr_assert_eq(count, 2);
	for (size_t i = 0; i < count; i++)
		found |= pids[i] == init;
	cr_assert(found);
	free(pids);
	finish(init);
	finish(command);
	finish(supervisor);
	cr_assert_eq(cgroup_populated(&world.auberge, "one"), 0);
	end(&world);
}

Test(host_cgroup, clone_into_payload_counts, .timeout = 30)
{
	struct world world;
	int fd;

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	fd = cgroup_open_payload(&world.auberge, "one");
	cr_assert_eq(fd >= 0, world.layout->v2 >= 0);
	if (fd >= 0)
		close(fd);
	end(&world);
}

Test(host_cgroup, freeze_thaw_kill, .timeout = 30)
{
	struct world world;
	pid_t init = sleeper();
	int events, status;

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_attach(&world.auberge, "one", init, 0, 0, &world.error), 0, "%s", world.error.text);
	events = cgroup_open_events(&world.auberge, "one");
	cr_assert_eq(events >= 0, world.layout->v2 >= 0);
	cr_assert_eq(cgroup_frozen(&world.auberge, "one"), 0);
	cr_assert_eq(cgroup_freeze(&world.auberge, "one", true, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_frozen(&world.auberge, "one"), 1);
	cr_assert_eq(cgroup_freeze(&world.auberge, "one", false, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_frozen(&world.auberge, "one"), 0);
	cr_assert_eq(cgroup_kill(&world.auberge, "one", &world.error), 0, "%s", world.error.text);
	cr_assert_eq(waitpid(init, &status, 0), init);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_assert_eq(cgroup_populated(&world.auberge, "one"), 0);
	cr_assert_eq(cgroup_kill(&world.auberge, "one", &world.error), 0, "%s", world.error.text);
	if (events >= 0)
		close(events);
	end(&world);
	cr_assert_eq(cgroup_kill(&world.auberge, "one", &world.error), 0);
	cr_assert_lt(cgroup_freeze(&world.auberge, "one", true, &world.error), 0);
	free(world.auberge.cgroups);
}

/* The same on pure v1, which this host may not be: the layout without its unified tree. */
Test(host_cgroup, v1_alone, .timeout = 30)
{
	struct world world;
	struct cgroup_layout *layout;
	pid_t init = sleeper(), *pids;
	size_t count;
	int status;

	begin(&world);
	layout = world.auberge.cgroups;
	if (layout->pure || !cgroup_for(layout, "freezer"))
		cr_skip_test("no v1 freezer");
	if (layout->v2 >= 0)
		layout->hierarchies[layout->v2] = layout->hierarchies[--layout->count];
	layout->v2 = -1;
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_attach(&world.auberge, "one", init, 0, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_open_events(&world.auberge, "one"), -1);
	cr_assert_eq(cgroup_open_payload(&world.auberge, "one"), -1);
	cr_assert_eq(cgroup_populated(&world.auberge, "one"), 1);
	cr_assert_eq(cgroup_freeze(&world.auberge, "one", true, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_frozen(&world.auberge, "one"), 1);
	cr_assert_eq(cgroup_kill(&world.auberge, "one", &world.error), 0, "%s", world.error.text);
	cr_assert_eq(waitpid(init, &status, 0), init);
	cr_assert_eq(cgroup_frozen(&world.auberge, "one"), 0);
	cr_assert_eq(cgroup_populated(&world.auberge, "one"), 0);
	cr_assert_eq(cgroup_pids(&world.auberge, "one", &pids, &count, &world.error), 0);
	cr_assert_eq(count, 0);
	free(pids);
	end(&world);
}

Test(host_cgroup, removes_what_the_guest_made, .timeout = 60)
{
	struct world world;
	char path[CGROUP_PATH * 4];

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	for (size_t i = 0; i < world.layout->count; i++) {
		size_t length;

		cgroup_path(path, &world.auberge, &world.layout->hierarchies[i], CGROUP_OF_PAYLOAD, "one", NULL);
		length = strlen(path);
		for (int wide = 0; wide < 4; wide++) {
			snprintf(path + length, sizeof path - length, "/wide-%d", wide);
			cr_assert_eq(mkdir(path, 0755), 0);
			for (int deep = 0; deep < 6; deep++) {
				strcat(path, "/deep");
				cr_assert_eq(mkdir(path, 0755), 0);
			}
		}
		path[length] = '\0';
	}
	end(&world);
}

Test(host_cgroup, busy_names_path_and_process, .timeout = 30)
{
	struct world world;
	char pid[16];
	pid_t init = sleeper();

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_eq(cgroup_attach(&world.auberge, "one", init, 0, 0, &world.error), 0, "%s", world.error.text);
	cr_assert_lt(cgroup_remove(&world.auberge, "one", &world.error), 0);
	snprintf(pid, sizeof pid, "(%d)", (int)init);
	cr_assert_eq(world.error.number, EBUSY);
	cr_assert_not_null(strstr(world.error.text, "guest-one/payload"), "%s", world.error.text);
	cr_assert_not_null(strstr(world.error.text, pid), "%s", world.error.text);
	cr_assert_lt(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0);
	finish(init);
	end(&world);
}

/* The supervisor leaves by itself, and the last one takes ROOT along. */
Test(host_cgroup, supervisor_leaves, .timeout = 30)
{
	struct world world;
	int status;
	pid_t supervisor;

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	supervisor = fork();
	if (supervisor == 0) {
		if (cgroup_attach(&world.auberge, "one", 0, getpid(), 0, &world.error) < 0)
			_exit(1);
		if (!in_group(&world, getpid(), 0, "supervisor/one"))
			_exit(2);
		if (cgroup_remove(&world.auberge, "one", &world.error) < 0)
			_exit(3);
		cgroup_leave_supervisor(&world.auberge, "one", 0);
		_exit(in_group(&world, getpid(), 0, "supervisor/one") ? 4 : 0);
	}
	cr_assert_eq(waitpid(supervisor, &status, 0), supervisor);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
	end(&world);
}

/* Its builder has told all, and ends a moment after: the group goes all the same, for nobody comes after. */
Test(host_cgroup, a_supervisor_leaves_before_its_builder_has_ended, .timeout = 30)
{
	struct world world;
	pid_t supervisor;
	int status;

	begin(&world);
	cr_assert_eq(cgroup_create(&world.auberge, "one", &none, 0, &world.error), 0, "%s", world.error.text);
	supervisor = fork();
	if (supervisor == 0) {
		char path[CGROUP_PATH];

		if (cgroup_attach(&world.auberge, "one", 0, getpid(), 0, &world.error) < 0)
			_exit(1);
		if (fork() == 0) {
			usleep(100000);
			_exit(0);
		}
		if (cgroup_remove(&world.auberge, "one", &world.error) < 0)
			_exit(2);
		cgroup_leave_supervisor(&world.auberge, "one", 0);
		for (size_t i = 0; i < world.layout->count; i++)
			if (cgroup_path(path, &world.auberge, &world.layout->hierarchies[i], CGROUP_OF_SUPERVISOR, "one", NULL) < 0 ||
			    access(path, F_OK) == 0)
				_exit(3);
		_exit(0);
	}
	cr_assert_eq(waitpid(supervisor, &status, 0), supervisor);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
	end(&world);
}

/* Two sets of processes make and remove the same ROOT at once. */
Test(host_cgroup, root_comes_and_goes, .timeout = 60)
{
	struct world world;
	pid_t children[3];
	int status;

	begin(&world);
	for (int i = 0; i < 3; i++) {
		children[i] = fork();
		if (children[i] != 0)
			continue;
		char name[16];

		snprintf(name, sizeof name, "g%d", i);
		for (int round = 0; round < 20; round++) {
			if (cgroup_create(&world.auberge, name, &none, 0, &world.error) < 0) {
				fprintf(stderr, "%s\n", world.error.text);
				_exit(1);
			}
			if (cgroup_remove(&world.auberge, name, &world.error) < 0)
				_exit(2);
			cgroup_leave_supervisor(&world.auberge, name, 0);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
		cr_assert_eq(status, 0, "child %d: %d", i, WEXITSTATUS(status));
	}
	end(&world);
}

Test(host_cgroup, without_any_hierarchy)
{
	struct auberge auberge = {.cgroup_root = (char *)(uintptr_t) "none"};
	struct auberge_error error = {0};
	struct cgroup_layout *layout = calloc(1, sizeof *layout);
	struct cgroup_limits limits = none;

	layout->v2 = -1;
	auberge.cgroups = layout;
	cr_assert_eq(cgroup_check(&auberge, "one", &limits, &error), 0);
	cr_assert_eq(cgroup_create(&auberge, "one", &limits, 0, &error), 0);
	cr_assert_eq(cgroup_attach(&auberge, "one", getpid(), getpid(), 0, &error), 0);
	cr_assert_eq(cgroup_remove(&auberge, "one", &error), 0);
	cgroup_leave_supervisor(&auberge, "one", 0);
	cr_assert_lt(cgroup_populated(&auberge, "one"), 0);
	cr_assert_lt(cgroup_freeze(&auberge, "one", true, &error), 0);
	cr_assert_not_null(strstr(error.text, "cannot freeze"), "%s", error.text);
	error_clear(&error);
	limits.memory = 1 << 20;
	limits.pids = 10;
	cr_assert_lt(cgroup_check(&auberge, "one", &limits, &error), 0);
	cr_assert_not_null(strstr(error.text, "limits.memory: no cgroup hierarchy is mounted"), "%s", error.text);
	cr_assert_not_null(strstr(error.text, "\nlimits.pids"), "%s", error.text);
	free(layout);
}
