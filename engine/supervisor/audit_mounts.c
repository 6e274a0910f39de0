/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts of guests' trees, in whatever mount namespace some process holds. A mount is known by file system and directory
 * in it (mountinfo's device and root), for its place means nothing in another namespace. What our own namespace has at
 * the same place is the host's own affair. Namespaces that only a file descriptor or a bind mount holds are not seen.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/config.h"
#include "guest/set.h"
#include "host/mountinfo.h"
#include "host/process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MOUNTINFO_LIMIT (16u << 20)

struct tree {
	char *device, *root;
	char owner[AUBERGE_NAME_MAX + 1]; /* empty: the next part of the path says it */
};

struct audit_trees {
	char *text; /* our own mountinfo, cut */
	struct mountinfo *mounts;
	size_t mounts_count;
	struct tree *trees;
	size_t count;
};

/* Cuts text into lines of *mounts, which point into it. */
static int cut(char *text, struct mountinfo **mounts, size_t *count)
{
	size_t lines = 0;
	char *line;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	*count = 0;
	*mounts = calloc(lines + 1, sizeof **mounts);
	while (*mounts && (line = strsep(&text, "\n")) && *count <= lines)
		*count += mountinfo_split(line, &(*mounts)[*count]);
	return *mounts ? 0 : -ENOMEM;
}

static const struct mountinfo *find_mount(const struct audit_trees *trees, uint64_t id)
{
	for (size_t i = 0; i < trees->mounts_count; i++)
		if (strtoull(trees->mounts[i].id, NULL, 10) == id)
			return &trees->mounts[i];
	return NULL;
}

/* What lies below root/, or NULL. "" for root itself. */
static const char *below(const char *path, const char *root)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, length) != 0 || (path[length] != '\0' && path[length] != '/'))
		return NULL;
	return path + length;
}

/* The directory as file system and directory in it. 0 also when it is not there. */
static int add_tree(struct audit_trees *trees, const char *path, const char *owner)
{
	cleanup_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char link[40], real[4096];
	const struct mountinfo *mount;
	const char *rest;
	struct statx about;
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = fd < 0 ? -1 : readlink(link, real, sizeof real - 1);
	if (length < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &about) < 0 || !(about.stx_mask & STATX_MNT_ID))
		return 0;
	real[length] = '\0';
	mount = find_mount(trees, about.stx_mnt_id);
	rest = mount ? below(real, mount->place) : NULL;
	if (!rest)
		return 0;
	void *more = reallocarray(trees->trees, trees->count + 1, sizeof *trees->trees);
	if (!more)
		return -ENOMEM;
	trees->trees = more;
	struct tree *tree = &trees->trees[trees->count];
	*tree = (struct tree){.device = strdup(mount->device)};
	if (asprintf(&tree->root, "%s%s", strcmp(mount->root, "/") == 0 && *rest ? "" : mount->root, rest) < 0)
		tree->root = NULL;
	snprintf(tree->owner, sizeof tree->owner, "%s", owner);
	trees->count++;
	return tree->device && tree->root ? 0 : -ENOMEM;
}

/* A rootfs elsewhere, or on a file system of its own: the tree of the state directory does not tell of it. */
static int add_guest(struct audit *audit, struct audit_trees *trees, const char *name)
{
	cleanup_close int fd = set_open_guest(audit->auberge, name);
	cleanup_config struct config *config = NULL;
	struct auberge_error ignored = {0};
	cleanup_free char *rootfs = NULL;

	if (fd >= 0)
		config_read(fd, "guest.ini", "guest.ini", &config, &ignored);
	rootfs = config ? config_rootfs(audit->auberge, name, config) : NULL;
	return rootfs ? add_tree(trees, rootfs, name) : 0;
}

struct audit_trees *audit_trees_open(struct audit *audit)
{
	struct audit_trees *trees = calloc(1, sizeof *trees);
	cleanup_dir DIR *dir = opendir(auberge_state_dir(audit->auberge));
	const struct dirent *entry;
	ssize_t length = trees ? file_read_whole_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &trees->text) : -ENOMEM;
	int result = length < 0 ? (int)length : cut(trees->text, &trees->mounts, &trees->mounts_count);

	if (result == 0)
		result = add_tree(trees, auberge_state_dir(audit->auberge), "");
	while (result == 0 && dir && (entry = readdir(dir)))
		if (auberge_name_valid(entry->d_name) && entry->d_type != DT_REG && !audit_is_live(audit, entry->d_name))
			result = add_guest(audit, trees, entry->d_name);
	if (result == 0)
		return trees;
	error_set(audit->error, -result, "cannot read /proc/self/mountinfo");
	audit_trees_close(trees);
	return NULL;
}

void audit_trees_close(struct audit_trees *trees)
{
	for (size_t i = 0; trees && i < trees->count; i++) {
		free(trees->trees[i].device);
		free(trees->trees[i].root);
	}
	if (trees) {
		free(trees->trees);
		free(trees->mounts);
		free(trees->text);
	}
	free(trees);
}

/* The guest whose tree the mount is of. */
static bool find_owner(const struct audit_trees *trees, const struct mountinfo *mount, char owner[AUBERGE_NAME_MAX + 1])
{
	static const char *const prefixes[] = {".create-", ".destroy-"};

	for (size_t i = 0; i < trees->count; i++) {
		const struct tree *tree = &trees->trees[i];
		const char *rest = strcmp(tree->device, mount->device) == 0 ? below(mount->root, tree->root) : NULL;

		if (!rest || (!*tree->owner && *rest != '/'))
			continue;
		if (*tree->owner)
			rest = tree->owner;
		else
			rest++;
		for (size_t k = 0; k < COUNT_OF(prefixes); k++)
			if (strncmp(rest, prefixes[k], strlen(prefixes[k])) == 0)
				rest += strlen(prefixes[k]);
		snprintf(owner, AUBERGE_NAME_MAX + 1, "%.*s", (int)strcspn(rest, "/"), rest);
		if (auberge_name_valid(owner))
			return true;
	}
	return false;
}

static bool is_the_hosts(const struct audit_trees *trees, const struct mountinfo *mount)
{
	for (size_t i = 0; i < trees->mounts_count; i++) {
		const struct mountinfo *own = &trees->mounts[i];

		if (strcmp(own->device, mount->device) == 0 && strcmp(own->root, mount->root) == 0 &&
		    strcmp(own->place, mount->place) == 0)
			return true;
	}
	return false;
}

static int add_mount(struct audit *audit, const struct mountinfo *mount, const char *owner, pid_t pid, uint64_t inode)
{
	char holder[64];
	struct audit_item *item;
	char *deleted = strstr(mount->root, "//deleted");
	bool fresh;

	if (audit_is_live(audit, owner) || !process_command(pid, holder, sizeof holder))
		return 0;
	if (deleted)
		*deleted = '\0';
	item = audit_add(audit, AUDIT_MOUNT, owner, &fresh, "%s in mnt:[%llu]", mount->root, (unsigned long long)inode);
	if (!item)
		return -1;
	item->pid = pid;
	item->namespace_inode = inode;
	item->fleeting = item->keep = true;
	audit_say(item, "held by the mount namespace of process %d (%s)", (int)pid, holder);
	audit_remedy(item, "it goes with the last process there: look at it, then: kill %d", (int)pid);
	return 0;
}

int audit_trees_look(struct audit *audit, struct audit_trees *trees, pid_t pid, uint64_t namespace_inode)
{
	cleanup_free char *text = NULL;
	cleanup_free struct mountinfo *mounts = NULL;
	char path[40], owner[AUBERGE_NAME_MAX + 1];
	size_t count;
	int result = 0;

	snprintf(path, sizeof path, "/proc/%d/mountinfo", (int)pid);
	if (file_read_whole_at(AT_FDCWD, path, MOUNTINFO_LIMIT, &text) < 0)
		return 0; /* it has ended */
	if (cut(text, &mounts, &count) < 0)
		return error_set(audit->error, ENOMEM, "%s", path);
	for (size_t i = 0; i < count && result == 0; i++)
		if (find_owner(trees, &mounts[i], owner) && !is_the_hosts(trees, &mounts[i]))
			result = add_mount(audit, &mounts[i], owner, pid, namespace_inode);
	return result;
}

bool audit_mount_there(const struct audit *audit, const struct audit_item *item)
{
	char path[40];
	struct stat status;

	(void)audit;
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)item->pid);
	return stat(path, &status) == 0 && status.st_ino == item->namespace_inode;
}
