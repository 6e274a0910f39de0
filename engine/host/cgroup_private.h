/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of host/cgroup*.c share: paths of our groups, and one struct of functions per cgroup version. */
#ifndef HOST_CGROUP_PRIVATE_H
#define HOST_CGROUP_PRIVATE_H

#include "host/cgroup.h"

#define CGROUP_PATH 512

enum cgroup_group {
	CGROUP_OF_GUEST,
	CGROUP_OF_PAYLOAD,
	CGROUP_OF_EXEC,
	CGROUP_OF_SUPERVISOR,
};

/* Path of a group, or of a file in it (file may be NULL). -ENAMETOOLONG. */
int cgroup_path(char path[CGROUP_PATH], const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy,
                enum cgroup_group group, const char *name, const char *file);
/* Path of ROOT, or of its first length bytes. */
int cgroup_root_path(char path[CGROUP_PATH], const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy,
                     size_t length);
/* True when the comma-framed list (",cpu,cpuacct,") holds the word. */
bool cgroup_list_has(const char *list, const char *word);
/* "frozen" of "populated 1\nfrozen 0\n": its number, or -ENOENT. */
int cgroup_flag(const char *text, const char *word);
/* Pids of the group at path and of all below it. Appends to *pids. A group that is not there has none. */
int cgroup_collect_pids(const char *path, pid_t **pids, size_t *count);
/* mkdir(path); its parents up to the mount point are made and prepared when missing. 0 made, 1 was there, -errno. */
int cgroup_make(const struct cgroup_hierarchy *hierarchy, const char *path);
/* All between the mount point and path, made where missing, and prepared. >= 0, -errno. */
int cgroup_make_parents(const struct cgroup_hierarchy *hierarchy, const char *path);

/* What differs between the versions. Paths are those of guest-NAME (or of a ROOT component for prepare). 0 or -errno. */
struct cgroup_version {
	const char *const *delegated; /* files in payload that become the guest's root's */
	const char *frozen_file, *frozen_word, *thawed_word;
	/* Makes a new group fit for having children: v1 fills cpuset in, v2 passes the controllers on. 1: not all of them. */
	int (*prepare)(const struct cgroup_hierarchy *hierarchy, const char *path);
	int (*is_frozen)(const char *path);
	int (*await_frozen)(const char *path, int timeout_ms);
	int (*kill_all)(const char *path);
	int (*populated)(const char *path);
};
extern const struct cgroup_version cgroup_version_1, cgroup_version_2;

static inline const struct cgroup_version *cgroup_version_of(const struct cgroup_hierarchy *hierarchy)
{
	return hierarchy->v2 ? &cgroup_version_2 : &cgroup_version_1;
}

/* The hierarchy on which guest-NAME is frozen, killed and counted: v2's, else v1's freezer, else any. NULL none. */
const struct cgroup_hierarchy *cgroup_control(const struct cgroup_layout *layout);

/* One limit: its file and format per version (0 v1, 1 v2). Rows are in the order of struct cgroup_limits. */
struct cgroup_limit_file {
	const char *name, *none, *after; /* what stands for "no limit"; text behind the number */
	uint64_t (*value)(const struct cgroup_limits *limits);
};
struct cgroup_limit {
	const char *key, *controller;
	uint64_t (*asked)(const struct cgroup_limits *limits);
	struct cgroup_limit_file files[2];
};
#define CGROUP_LIMITS 4
extern const struct cgroup_limit cgroup_limit_table[CGROUP_LIMITS];
enum { ROW_MEMORY, ROW_SWAP, ROW_CPUS, ROW_PIDS };
/* Writes one of them; path: of the file that was written last. 0, or -errno. */
int cgroup_write_limit(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name, size_t row,
                       const struct cgroup_limits *limits, char path[CGROUP_PATH]);

/* cgroup_limits.c. all: also write those that are AUBERGE_UNLIMITED. */
int cgroup_write_limits(const struct auberge *auberge, const struct cgroup_layout *layout, const char *name,
                        const struct cgroup_limits *limits, bool all, struct auberge_error *error);

#endif
