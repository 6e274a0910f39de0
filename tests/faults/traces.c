/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a start makes, as a text to compare (its namespaces, capabilities, limits, mounts, links, files), and what may
 * be left of a guest on this host. Nothing here asks our own library.
 */
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFT_SECONDS 5     /* for the kernel to end namespaces, links, groups */
#define SAME_SECONDS 1     /* for a new guest to be what it should be */
#define SETTLE_SECONDS 0.5 /* before that is read for the first time */

struct text {
	char *data;
	size_t length, size;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->length;
	va_list arguments;
	int wrote;

	va_start(arguments, format);
	wrote = vsnprintf(text->data + text->length, room, format, arguments);
	va_end(arguments);
	text->length += wrote < 0 ? 0 : (size_t)wrote < room ? (size_t)wrote : room - 1;
}

/* A whole small file; "" when it is not there. */
static const char *content(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *content(const char *format, ...)
{
	static char data[1 << 17];
	char path[512];
	va_list arguments;
	size_t length = 0;
	ssize_t got;
	int fd;

	va_start(arguments, format);
	vsnprintf(path, sizeof path, format, arguments);
	va_end(arguments);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && length < sizeof data - 1 && (got = read(fd, data + length, sizeof data - 1 - length)) > 0)
		length += (size_t)got;
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < length; i++) /* environ */
		if (data[i] == '\0')
			data[i] = '\n';
	data[length] = '\0';
	return data;
}

static int by_name(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorted names of a directory, on one line. */
static void add_names(struct text *text, const char *what, const char *path)
{
	char *names[512];
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)) && count < 512)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			names[count++] = strdup(entry->d_name);
	if (dir)
		closedir(dir);
	qsort(names, count, sizeof *names, by_name);
	add(text, "%s:", what);
	for (size_t i = 0; i < count; i++) {
		add(text, " %s", names[i]);
		free(names[i]);
	}
	add(text, "\n");
}

static void add_status(struct text *text, pid_t pid)
{
	static const char *const wanted[] = {"Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:",
	                                     "NoNewPrivs:", "Seccomp:"};
	const char *line = content("/proc/%d/status", (int)pid);

	for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				add(text, "%.*s\n", (int)strcspn(line, "\n"), line);
}

static void add_namespaces(struct text *text, pid_t pid)
{
	static const char *const names[] = {"user", "pid", "net", "mnt", "uts", "ipc", "cgroup", "time"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64];
		struct stat own = {0}, its = {0};

		snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
		stat(path, &own);
		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, names[i]);
		stat(path, &its);
		add(text, "namespace %s: %s\n", names[i], own.st_ino == its.st_ino ? "the host's" : "own");
	}
}

/* Without the mounts' and devices' numbers. */
static void add_mounts(struct text *text, pid_t pid)
{
	char copy[1 << 16], *rest = copy, *line;

	snprintf(copy, sizeof copy, "%s", content("/proc/%d/mountinfo", (int)pid));
	while ((line = strsep(&rest, "\n"))) {
		char *at = line;

		for (int i = 0; i < 3 && at; i++)
			at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
		if (at)
			add(text, "mount %s\n", at);
	}
}

static void add_matching(struct text *text, const char *pattern)
{
	glob_t found = {0};

	glob(pattern, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		add(text, "%s: %s\n", found.gl_pathv[i], content("%s", found.gl_pathv[i]));
	globfree(&found);
}

static void add_cgroups(struct text *text, const struct site *site)
{
	static const char *const files[] = {"memory.limit_in_bytes", "pids.max", "memory.max"};
	glob_t found = {0};
	char pattern[256];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/*/%s/guest-%s/%s", site->root, SITE_GUEST, files[i]);
		add_matching(text, pattern);
		snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/%s/guest-%s/%s", site->root, SITE_GUEST, files[i]);
		add_matching(text, pattern);
	}
	snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/*/%s/guest-%s/payload", site->root, SITE_GUEST);
	glob(pattern, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct stat status = {0};

		stat(found.gl_pathv[i], &status);
		add(text, "%s belongs to %s\n", found.gl_pathv[i], status.st_uid ? "the guest" : "root");
	}
	globfree(&found);
}

static void add_link(struct text *text, const struct site *site)
{
	char path[128], target[256];
	ssize_t length;

	snprintf(path, sizeof path, "/sys/class/net/%s/master", site->link);
	length = readlink(path, target, sizeof target - 1);
	target[length > 0 ? length : 0] = '\0';
	add(text, "link in bridge %s\n", strrchr(target, '/') ? strrchr(target, '/') + 1 : "none");
	add(text, "link alias %s", content("/sys/class/net/%s/ifalias", site->link));
	add(text, "link mtu %s", content("/sys/class/net/%s/mtu", site->link));
	add(text, "link flags %s", content("/sys/class/net/%s/flags", site->link));
}

static void take_fingerprint(const struct site *site, pid_t init, struct text *text)
{
	static const char *const run_files[] = {".run/" SITE_GUEST "/control", ".run/" SITE_GUEST "/effective.ini",
	                                        ".run/" SITE_GUEST "/ledger", ".log/" SITE_GUEST ".console"};
	static const char *const files[] = {"limits", "cgroup", "uid_map", "gid_map", "oom_score_adj", "environ", "net/route"};
	char path[256];

	add_status(text, init);
	add_namespaces(text, init);
	add_mounts(text, init);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		add(text, "%s: %s\n", files[i], content("/proc/%d/%s", (int)init, files[i]));
	snprintf(path, sizeof path, "/proc/%d/root/dev", (int)init);
	add_names(text, "/dev", path);
	add_cgroups(text, site);
	add_link(text, site);
	/* The summary is a courtesy to users who may not see the rest: no start fails for it. */
	for (size_t i = 0; i < sizeof run_files / sizeof *run_files; i++)
		add(text, "%s: %s\n", run_files[i], site_exists(site, "%s", run_files[i]) ? "there" : "not there");
}

/* The first line that differs. */
static bool compare(const char *have, const char *want, const char *what, char *why, size_t size)
{
	while (*have || *want) {
		size_t a = strcspn(have, "\n"), b = strcspn(want, "\n");

		if (a != b || memcmp(have, want, a) != 0) {
			snprintf(why, size, "%s: \"%.*s\" where \"%.*s\" should be", what, (int)(a > 250 ? 250 : a), have,
			         (int)(b > 250 ? 250 : b), want);
			return false;
		}
		have += a + (have[a] == '\n');
		want += b + (want[b] == '\n');
	}
	return true;
}

bool site_same(struct site *site, char *why, size_t size)
{
	static char data[sizeof site->fingerprint];
	double until = site_now() + (site->fingerprint[0] ? SAME_SECONDS * site->factor : SETTLE_SECONDS);

	for (;;) { /* the supervisor and init have still something to do when start returns */
		struct text text = {data, 0, sizeof data};
		struct auberge_guest guest;

		if (!site_look(site, SITE_GUEST, &guest) || guest.state != AUBERGE_RUNNING || guest.init_pid <= 0) {
			snprintf(why, size, "it is not running");
			return false;
		}
		take_fingerprint(site, guest.init_pid, &text);
		if (site->fingerprint[0] && compare(data, site->fingerprint, "the guest", why, size))
			return true;
		if (site_now() > until)
			break;
		site_pause(20);
	}
	if (site->fingerprint[0])
		return false;
	memcpy(site->fingerprint, data, sizeof data);
	return true;
}

static struct text *walked; /* nftw has no argument for its function */
static size_t walked_root;

static int walk(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	(void)flag;
	(void)ftw;
	if (S_ISREG(status->st_mode))
		add(walked, "%s %o %lld\n", path + walked_root, status->st_mode, (long long)status->st_size);
	else
		add(walked, "%s %o\n", path + walked_root, status->st_mode);
	return 0;
}

static int by_line(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

bool site_same_tree(struct site *site, const char *name, char *why, size_t size)
{
	static char data[sizeof site->tree], sorted[sizeof site->tree];
	struct text text = {data, 0, sizeof data}, in_order = {sorted, 0, sizeof sorted};
	char path[160], *lines[2048], *rest = data, *line;
	size_t count = 0;

	snprintf(path, sizeof path, "%s/%s", site->state, name);
	walked = &text;
	walked_root = strlen(path);
	data[0] = '\0';
	nftw(path, walk, 16, FTW_PHYS);
	while ((line = strsep(&rest, "\n")) && count < 2048)
		lines[count++] = line;
	qsort(lines, count, sizeof *lines, by_line);
	for (size_t i = 0; i < count; i++)
		add(&in_order, "%s\n", lines[i]);
	if (site->tree[0])
		return compare(sorted, site->tree, name, why, size);
	memcpy(site->tree, sorted, sizeof sorted);
	return true;
}

/* --- what is left ---------------------------------------------------------------------------------------------- */

/* Told by the deepest. */
static bool left_cgroups(const struct site *site, char *why, size_t size)
{
	static const char *const below[] = {"/*/*/", "/*/", "*"};
	bool any = false;

	for (size_t i = 0; i < sizeof below / sizeof *below && !any; i++) {
		glob_t found = {0};
		char pattern[128];

		snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/%s%s", site->root, below[i]);
		glob(pattern, 0, NULL, &found);
		snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/*/%s%s", site->root, below[i]);
		glob(pattern, GLOB_APPEND, NULL, &found);
		any = found.gl_pathc > 0;
		if (any)
			snprintf(why, size, "left: cgroup %s (%zu such)", found.gl_pathv[0], found.gl_pathc);
		globfree(&found);
	}
	return any;
}

static bool left_links(const struct site *site, char *why, size_t size)
{
	DIR *dir = opendir("/sys/class/net");
	struct dirent *entry;
	bool any = false;

	while (dir && !any && (entry = readdir(dir))) {
		any = strcmp(entry->d_name, site->link) == 0 ||
		      strstr(content("/sys/class/net/%s/ifalias", entry->d_name), site->set_id);
		if (any)
			snprintf(why, size, "left: link %s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return any;
}

/* What is a process of the site's, by its environment: a guest's init has our uuid, our programs and what they fork have
 * the state directory. */
static bool is_ours(const struct site *site, const char *pid)
{
	const char *environment;
	char uuid[32];

	if (pid[0] < '0' || pid[0] > '9' || atoi(pid) == getpid())
		return false;
	snprintf(uuid, sizeof uuid, "container_uuid=%.8s-%.4s", site->set_id, site->set_id + 8);
	environment = content("/proc/%.20s/environ", pid);
	if (!strstr(environment, site->state) && !strstr(environment, uuid))
		return false;
	return !strstr(content("/proc/%.20s/stat", pid), ") Z");
}

static bool left_processes(const struct site *site, char *why, size_t size)
{
	char own[64] = "", path[300], link[64];
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	bool any = false;

	if (readlink("/proc/self/ns/mnt", own, sizeof own - 1) < 0)
		own[0] = '\0';
	while (dir && !any && (entry = readdir(dir))) {
		if (is_ours(site, entry->d_name)) {
			any = true;
			snprintf(why, size, "left: process %s: %.80s", entry->d_name, content("/proc/%.20s/cmdline", entry->d_name));
			break;
		}
		snprintf(path, sizeof path, "/proc/%.20s/ns/mnt", entry->d_name);
		ssize_t length = readlink(path, link, sizeof link - 1);
		link[length > 0 ? length : 0] = '\0';
		if (length <= 0 || strcmp(link, own) == 0)
			continue;
		if (strstr(content("/proc/%.20s/mountinfo", entry->d_name), site->directory)) {
			any = true;
			snprintf(why, size, "left: a mount of %s in the mount namespace of process %s", site->directory, entry->d_name);
		}
	}
	if (dir)
		closedir(dir);
	return any;
}

static bool left_mounts(const struct site *site, char *why, size_t size)
{
	const char *found = strstr(content("/proc/self/mountinfo"), site->directory);

	if (found)
		snprintf(why, size, "left: mount %.*s", (int)strcspn(found, "\n "), found);
	return found != NULL;
}

/* Of a stopped guest nothing is in the run directory; no file anywhere is a temporary one. */
static bool left_files(const struct site *site, char *why, size_t size)
{
	static const char *const expected[] = {".", "..", ".run", ".log", "set-id", SITE_GUEST, SITE_NEW};
	const char *const places[] = {"", "/.run", "/.log", "/" SITE_GUEST, "/" SITE_NEW};
	bool any = false;

	for (size_t i = 0; i < sizeof places / sizeof *places && !any; i++) {
		char path[160];
		struct dirent *entry;
		DIR *dir;

		snprintf(path, sizeof path, "%s%s", site->state, places[i]);
		dir = opendir(path);
		while (dir && !any && (entry = readdir(dir))) {
			bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
			bool known = i != 0;

			for (size_t k = 0; i == 0 && k < sizeof expected / sizeof *expected; k++)
				known |= strcmp(entry->d_name, expected[k]) == 0;
			any = !dots && (!known || i == 1 || (i > 1 && entry->d_name[0] == '.'));
			if (any)
				snprintf(why, size, "left: file %s/%.100s", path, entry->d_name);
		}
		if (dir)
			closedir(dir);
	}
	return any;
}

static bool left_ids(const struct site *site, char *why, size_t size)
{
	char guest[128], other[128];
	const char *table = content("/var/lib/auberge.ids"), *first;

	snprintf(guest, sizeof guest, " %s %s\n", site->state, SITE_GUEST);
	snprintf(other, sizeof other, " %s %s\n", site->state, SITE_NEW);
	first = strstr(table, guest);
	if (first && strstr(first + 1, guest)) {
		snprintf(why, size, "left: two id ranges of %s", SITE_GUEST);
		return true;
	}
	if (strstr(table, other) && !site_exists(site, "%s", SITE_NEW)) {
		snprintf(why, size, "left: an id range of %s, which is no more", SITE_NEW);
		return true;
	}
	return false;
}

bool site_clean(struct site *site, char *why, size_t size)
{
	static bool (*const checks[])(const struct site *, char *, size_t) = {left_cgroups, left_links, left_processes,
	                                                                      left_mounts, left_files, left_ids};
	double until = site_now() + LEFT_SECONDS * site->factor;

	for (size_t i = 0; i < sizeof checks / sizeof *checks;) {
		if (!checks[i](site, why, size))
			i++;
		else if (site_now() > until)
			return false;
		else
			site_pause(5);
	}
	return true;
}

static int remove_directory(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	if (flag == FTW_DP)
		rmdir(path);
	return 0;
}

void site_force(struct site *site)
{
	char path[128], why[512];
	glob_t found = {0};

	for (int round = 0; round < 20 && left_processes(site, why, sizeof why); round++) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (is_ours(site, entry->d_name))
				kill(atoi(entry->d_name), SIGKILL);
		if (dir)
			closedir(dir);
		site_pause(20);
	}
	snprintf(path, sizeof path, "/sys/fs/cgroup/*/%s", site->root);
	glob(path, 0, NULL, &found);
	snprintf(path, sizeof path, "/sys/fs/cgroup/%s", site->root);
	glob(path, GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		nftw(found.gl_pathv[i], remove_directory, 16, FTW_DEPTH | FTW_PHYS);
	globfree(&found);
	snprintf(path, sizeof path, "state/.run/%s", SITE_GUEST);
	site_remove(site, path);
	snprintf(path, sizeof path, "ip link del %s 2>/dev/null", site->link);
	if (system(path) < 0) /* a test may */
		return;
}
