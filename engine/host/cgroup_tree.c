/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories of our groups: paths, making, walking, removing. ROOT's own directories come and go with their
 * contents, and another process may remove an empty one at any moment, so making starts over when that happens.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup_private.h"
#include "host/scope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MAKE_TRIES 64
#define BUSY_TRIES 20
#define END_TRIES 3
#define LEAVE_TRIES 1000 /* in all hierarchies together */
#define WALK_DEPTH 128
#define PIDS_LIMIT (8u << 20)

/* A guest's form is found by looking: where it has a scope, that directory is there. */
static bool find_scope(char path[CGROUP_PATH], const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy,
                       const char *name)
{
	const struct cgroup_layout *layout = auberge->cgroups;
	char unit[SCOPE_NAME_SIZE];
	int length;

	if (!layout || !layout->systemd || !scope_serves(auberge))
		return false;
	scope_name(unit, auberge, name);
	length = snprintf(path, CGROUP_PATH, "%s/" SCOPE_SLICE "/%s", hierarchy->mount, unit);
	return length > 0 && length < CGROUP_PATH && access(path, F_OK) == 0;
}

bool cgroup_scoped(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name)
{
	char path[CGROUP_PATH];

	return find_scope(path, auberge, hierarchy, name);
}

int cgroup_path(char path[CGROUP_PATH], const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy,
                enum cgroup_group group, const char *name, const char *file)
{
	static const struct {
		const char *before, *after, *in_scope;
	} parts[] = {
		[CGROUP_OF_GUEST] = {"guest-", "", "guest"},
		[CGROUP_OF_PAYLOAD] = {"guest-", "/payload", "guest/payload"},
		[CGROUP_OF_EXEC] = {"guest-", "/exec", "guest/exec"},
		[CGROUP_OF_SUPERVISOR] = {"supervisor/", "", "supervisor"},
	};
	char scope[CGROUP_PATH];
	int length;

	if (find_scope(scope, auberge, hierarchy, name))
		length = snprintf(path, CGROUP_PATH, "%s/%s%s%s", scope, parts[group].in_scope, file ? "/" : "", file ? file : "");
	else
		length = snprintf(path, CGROUP_PATH, "%s/%s/%s%s%s%s%s", hierarchy->mount, auberge->cgroup_root, parts[group].before,
		                  name, parts[group].after, file ? "/" : "", file ? file : "");
	return length < 0 || length >= CGROUP_PATH ? -ENAMETOOLONG : 0;
}

int cgroup_guest_directory(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name, char *path,
                           size_t size)
{
	char full[CGROUP_PATH];
	int result = cgroup_path(full, auberge, hierarchy, CGROUP_OF_GUEST, name, NULL);

	if (result == 0 && strlen(full) >= size)
		result = -ENAMETOOLONG;
	if (result == 0)
		memcpy(path, full, strlen(full) + 1);
	return result;
}

int cgroup_root_path(char path[CGROUP_PATH], const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy,
                     size_t length)
{
	int wrote = snprintf(path, CGROUP_PATH, "%s/%.*s", hierarchy->mount, (int)length, auberge->cgroup_root);

	return wrote < 0 || wrote >= CGROUP_PATH ? -ENAMETOOLONG : 0;
}

int cgroup_flag(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (strncmp(at, word, length) == 0 && at[length] == ' ')
			return at[length + 1] == '1';
	return -ENOENT;
}

/* Length of the leading part of path that is not for us to make: the mount point, or the scope that systemd made. */
static size_t given_length(const struct cgroup_hierarchy *hierarchy, const char *path)
{
	static const char slice[] = "/" SCOPE_SLICE "/";
	size_t mount = strlen(hierarchy->mount);

	if (strncmp(path + mount, slice, strlen(slice)) != 0)
		return mount;
	mount += strlen(slice);
	return mount + strcspn(path + mount, "/");
}

int cgroup_make_parents(const struct cgroup_hierarchy *hierarchy, const char *path)
{
	const struct cgroup_version *version = cgroup_version_of(hierarchy);
	char part[CGROUP_PATH];
	size_t given = given_length(hierarchy, path), length = strlen(path);
	int result;

	memcpy(part, path, length + 1);
	part[given] = '\0';
	result = hierarchy->v2 ? version->prepare(hierarchy, part) : 0;
	part[given] = path[given];
	for (size_t i = given + 1; i < length && result >= 0; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		result = version->prepare(hierarchy, part);
		part[i] = '/';
	}
	return result;
}

/* ENODEV: a parent was removed while we were at it; kernfs says so for a directory that is dead but still found. */
static bool parent_went(int result)
{
	return result == -ENOENT || result == -ENODEV;
}

int cgroup_make(const struct cgroup_hierarchy *hierarchy, const char *path)
{
	int result = -ENOENT;

	for (int try = 0; try < MAKE_TRIES && parent_went(result); try++) {
		if (mkdir(path, 0755) == 0)
			return 0;
		if (errno == EEXIST)
			return 1;
		result = -errno;
		if (parent_went(result)) {
			int made = cgroup_make_parents(hierarchy, path);

			result = made < 0 && !parent_went(made) ? made : -ENOENT;
		}
	}
	return result;
}

/* --- walking ------------------------------------------------------------------------------------------------- */

static int add_pids(const char *text, pid_t **pids, size_t *count)
{
	size_t room = 0;
	pid_t *grown;

	for (const char *at = text; *at; at++)
		room += *at == '\n';
	if (room == 0)
		return 0;
	grown = realloc(*pids, (*count + room) * sizeof **pids);
	if (!grown)
		return -ENOMEM;
	*pids = grown;
	for (const char *at = text; *at && room > 0; room--) {
		char *end;
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		if (pid > 0) /* 0: of a pid namespace that is not below ours */
			grown[(*count)++] = (pid_t)pid;
		at = *end ? end + 1 : end;
	}
	return 0;
}

/* Takes fd over. What vanishes on the way is not an error: groups come and go under the guest's hand. */
static int collect(int fd, unsigned depth, pid_t **pids, size_t *count)
{
	cleanup_dir DIR *dir = fdopendir(fd);
	cleanup_free char *text = NULL;
	struct dirent *entry;
	int result;

	if (!dir) {
		result = -errno;
		close(fd);
		return result;
	}
	if (file_read_whole_at(fd, "cgroup.procs", PIDS_LIMIT, &text) > 0) {
		result = add_pids(text, pids, count);
		if (result < 0)
			return result;
	}
	while (errno = 0, depth < WALK_DEPTH && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		int child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (child < 0)
			continue;
		result = collect(child, depth + 1, pids, count);
		if (result < 0)
			return result;
	}
	return errno == ENOENT || errno == ENODEV ? 0 : -errno;
}

int cgroup_collect_pids(const char *path, pid_t **pids, size_t *count)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return collect(fd, 0, pids, count);
}

/* --- removing ------------------------------------------------------------------------------------------------- */

/* Removes what can be removed of the children of the directory. 0: none is left; 1: *left is busy, -errno. */
static int remove_children(int fd, char left[256], size_t *removed)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	left[0] = '\0';
	*removed = 0;
	if (again < 0)
		return -errno;
	dir = fdopendir(again);
	if (!dir) {
		int number = errno;

		close(again);
		return -number;
	}
	while (errno = 0, (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
			(*removed)++;
			continue;
		}
		if (errno != EBUSY)
			return -errno;
		snprintf(left, 256, "%s", entry->d_name);
	}
	return errno && errno != ENOENT && errno != ENODEV ? -errno : left[0] != '\0';
}

/* Goes down and up with one descriptor: a guest can nest its groups deeper than we could hold descriptors. */
static int remove_below(const char *path)
{
	char left[256];
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t removed, depth = 0;
	bool back = false; /* from a child that has no children any more: it goes now, or has processes */

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	for (;;) {
		int result = remove_children(fd, left, &removed), next;

		if (result < 0)
			return result;
		if (back && removed == 0 && result == 1)
			return -EBUSY;
		if (result == 0 && depth == 0)
			return 0;
		next = openat(fd, result == 1 ? left : "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && errno != ENOENT)
			return -errno;
		if (next < 0)
			continue;
		back = result == 0;
		depth = back ? depth - 1 : depth + 1;
		close(fd);
		fd = next;
	}
}

/* Who is in it, for the message. */
static int busy(const char *path, struct auberge_error *error)
{
	cleanup_free pid_t *pids = NULL;
	size_t count = 0, length = 0;
	char text[200] = "";

	cgroup_collect_pids(path, &pids, &count);
	for (size_t i = 0; i < count && length + 16 < sizeof text; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, " %d", (int)pids[i]);
	if (count > 0)
		error_set(error, EBUSY, "%s: cannot remove the cgroup: %zu process%s in it (%s%s)", path, count,
		          count == 1 ? "" : "es", text + 1, length + 16 < sizeof text ? "" : " ...");
	else
		error_set(error, EBUSY, "%s: cannot remove the cgroup", path);
	error_remedy(error, "those processes have not ended; see them with: ps -o pid,stat,wchan:30,args -p PID");
	return -1;
}

static int remove_group(const char *path, int *tries, struct auberge_error *error)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int result;

	for (;;) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return error_set(error, errno, "%s: cannot remove the cgroup", path);
		result = remove_below(path);
		if (result == 0 && rmdir(path) == 0)
			return 0;
		if (result < 0 && result != -EBUSY)
			return error_set(error, -result, "%s: cannot remove the cgroups below it", path);
		if ((*tries)-- <= 0)
			return busy(path, error);
		nanosleep(&pause, NULL); /* a process that has just ended leaves its group a moment later */
	}
}

int cgroup_remove(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	static const enum cgroup_group order[] = {CGROUP_OF_PAYLOAD, CGROUP_OF_EXEC, CGROUP_OF_GUEST};
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	char path[CGROUP_PATH];
	int tries = BUSY_TRIES, result = 0;

	if (!layout)
		return -1;
	for (size_t i = 0; i < layout->count; i++) {
		for (size_t k = 0; k < COUNT_OF(order); k++) {
			if (cgroup_path(path, auberge, &layout->hierarchies[i], order[k], name, NULL) < 0)
				return error_set(error, ENAMETOOLONG, "%s: cannot remove the cgroup", path);
			if (remove_group(path, &tries, error) < 0) {
				result = -1;
				break;
			}
		}
	}
	return result;
}

/* At the very end of a guest nobody comes after us: what fails for once is tried again; what is busy, for so many tries. */
static bool remove_at_end(const char *path, int *busy_tries)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int try = 0; try < END_TRIES;) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return true;
		if (errno != EBUSY)
			try++;
		else if (*busy_tries <= 0)
			return false;
		else
			--*busy_tries;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* True when the caller's group in some hierarchy ends so, or what cannot be read is taken for it. */
static bool inside(const char *wanted, bool unread)
{
	char text[8192], *line, *rest = text;
	size_t length = strlen(wanted);

	if (file_read_at(AT_FDCWD, "/proc/self/cgroup", text, sizeof text) <= 0)
		return unread;
	while ((line = strsep(&rest, "\n")))
		if (strlen(line) > length && strcmp(line + strlen(line) - length, wanted) == 0)
			return true;
	return false;
}

/* ROOT/supervisor/NAME of some hierarchy, or it may be. */
static bool inside_supervisor(const struct auberge *auberge, const char *name)
{
	char wanted[CGROUP_PATH];
	int length = snprintf(wanted, sizeof wanted, "/%s/supervisor/%s", auberge->cgroup_root, name);

	return length > 0 && (size_t)length < sizeof wanted && inside(wanted, true);
}

bool cgroup_in_scope(const struct auberge *auberge, const char *name)
{
	char unit[SCOPE_NAME_SIZE], wanted[CGROUP_PATH];

	scope_name(unit, auberge, name);
	snprintf(wanted, sizeof wanted, "/" SCOPE_SLICE "/%s/supervisor", unit);
	return inside(wanted, false);
}

static void remove_root(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy)
{
	char path[CGROUP_PATH + 32], root[CGROUP_PATH];
	size_t length = strlen(auberge->cgroup_root);
	int at_once = 0; /* busy means in use by another guest */

	if (cgroup_root_path(root, auberge, hierarchy, length) < 0)
		return;
	snprintf(path, sizeof path, "%s/supervisor", root);
	if (!remove_at_end(path, &at_once))
		return;
	while (length > 0) {
		if (cgroup_root_path(root, auberge, hierarchy, length) < 0 || !remove_at_end(root, &at_once))
			return;
		while (length > 0 && auberge->cgroup_root[length - 1] != '/')
			length--;
		while (length > 0 && auberge->cgroup_root[length - 1] == '/')
			length--;
	}
}

int cgroup_group_remove(struct auberge *auberge, const char *group, struct auberge_error *error)
{
	const struct cgroup_layout *layout = cgroup_layout(auberge, error);
	char path[CGROUP_PATH + 256], root[CGROUP_PATH];
	int tries = BUSY_TRIES, result = layout ? 0 : -1;

	for (size_t i = 0; layout && i < layout->count; i++) {
		if (cgroup_root_path(root, auberge, &layout->hierarchies[i], strlen(auberge->cgroup_root)) < 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", root, group);
		if (*group && remove_group(path, &tries, error) < 0)
			result = -1;
		remove_root(auberge, &layout->hierarchies[i]);
	}
	return result;
}

void cgroup_leave_supervisor(struct auberge *auberge, const char *name, pid_t keeper)
{
	struct auberge_error ignored;
	const struct cgroup_layout *layout = cgroup_layout(auberge, &ignored);
	char path[CGROUP_PATH];
	bool entered;
	int tries;

	if (!layout)
		return;
	entered = inside_supervisor(auberge, name);
	tries = entered ? LEAVE_TRIES : 0;
	for (size_t i = 0; i < layout->count && entered; i++) { /* one burst: see cgroup_attach */
		if (cgroup_scoped(auberge, &layout->hierarchies[i], name))
			continue; /* systemd removes a scope once it is empty: nobody need leave it */
		snprintf(path, sizeof path, "%s/cgroup.procs", layout->hierarchies[i].mount);
		for (int try = 0; try < END_TRIES && file_write_at(AT_FDCWD, path, "0") < 0; try++)
			;
		for (int try = 0; try < END_TRIES && keeper > 0 && file_writef_at(AT_FDCWD, path, "%d", (int)keeper) < 0; try++)
			;
	}
	for (size_t i = 0; i < layout->count; i++) {
		if (cgroup_scoped(auberge, &layout->hierarchies[i], name) ||
		    cgroup_path(path, auberge, &layout->hierarchies[i], CGROUP_OF_SUPERVISOR, name, NULL) < 0)
			continue;
		remove_at_end(path, &tries); /* its builder may still be ending */
		remove_root(auberge, &layout->hierarchies[i]);
	}
}
