/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup v1, hybrid and v2 behind one table of functions. In every hierarchy, below ROOT:
 *   guest-NAME/          carries the limits; freeze, kill and `populated` act here
 *   guest-NAME/payload/  the guest's cgroup-namespace root
 *   guest-NAME/exec/     where exec's processes go (made when first needed)
 *   supervisor/NAME/     the supervisor
 * Where systemd is pid 1 and has made the guest's scope (host/scope.h), these lie below the scope's group instead, in the
 * hierarchies that have it: guest/, guest/payload/, guest/exec/, supervisor/. The scope's own group is systemd's, so the
 * limits are on guest/, which is ours by delegation and which systemd never writes.
 * Nothing else on the host is touched. A host without any hierarchy is served too, without limits, freeze and figures.
 */
#ifndef HOST_CGROUP_H
#define HOST_CGROUP_H

#include "auberge.h"

#define CGROUP_HIERARCHIES 24

struct cgroup_hierarchy {
	char mount[128];        /* "/sys/fs/cgroup/memory" */
	char controllers[128];  /* v1: ",cpu,cpuacct," ; v2: ",cpu,io,memory,pids," (available at its root) */
	char options[128];      /* what mount(2) takes inside the guest: "cpu,cpuacct" or "none,name=systemd" ; v2 empty */
	char directory[64];     /* its place below /sys/fs/cgroup: "memory", "unified", or "" for pure v2 */
	bool v2, named;         /* named: name=systemd */
};

struct cgroup_layout {
	struct cgroup_hierarchy hierarchies[CGROUP_HIERARCHIES];
	size_t count;
	int v2;     /* index of the cgroup2 mount, -1 none */
	bool pure;  /* v2 alone */
	bool systemd; /* it is pid 1: a guest may have a scope */
};

/* From /proc/self/mountinfo; kept in *auberge and freed with it. */
const struct cgroup_layout *cgroup_layout(struct auberge *auberge, struct auberge_error *error);
/* Parses mountinfo text: the unit and fuzz tests' way in. */
int cgroup_layout_parse(const char *mountinfo, struct cgroup_layout *layout);
/* The hierarchy that serves a controller ("memory"): v1's, else v2 when it is available there; NULL none. */
const struct cgroup_hierarchy *cgroup_for(const struct cgroup_layout *layout, const char *controller);

struct cgroup_limits { /* AUBERGE_UNLIMITED: none */
	uint64_t memory, swap, cpus_thousandths, pids;
};

/* Every call below works on guest NAME of the set. Texts of errors name path and cause. */
/* Checks without side effects that the limits can be given here (controller present, cpuset usable). All errors. */
int cgroup_check(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, struct auberge_error *error);
/* Makes guest-NAME and payload in all hierarchies and sets the limits. owner: host id of the guest's root for the
 * delegated files (v2: directory, cgroup.procs, cgroup.threads, cgroup.subtree_control; v1: name=systemd's), or 0. */
int cgroup_create(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, uid_t owner, struct auberge_error *error);
int cgroup_set_limits(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, struct auberge_error *error);
enum { CGROUP_MEMORY = 1 << 0, CGROUP_SWAP = 1 << 1, CGROUP_CPUS = 1 << 2, CGROUP_PIDS = 1 << 3 };
/* Gives a running guest those of the limits that rows names, in an order that the kernel takes, and reads each back. *taken:
 * those that are in force now. Negative: not all of them, each told as a line with what was asked and what there is. */
int cgroup_change_limits(struct auberge *auberge, const char *name, const struct cgroup_limits *limits, unsigned rows,
                         unsigned *taken, struct auberge_error *error);
/* The limits that the kernel has; *known: which of them it tells. */
void cgroup_read_limits(struct auberge *auberge, const char *name, struct cgroup_limits *limits, unsigned *known);
/* Whether the kernel's figure of a row is what was asked: it rounds sizes down to whole pages. */
bool cgroup_limit_is(unsigned row, uint64_t asked, uint64_t has);
/* What the guest uses now of that which the limits count: memory less inactive file cache, which gives way. Processors
 * are not counted. *known: which of them the kernel tells. */
void cgroup_read_use(struct auberge *auberge, const char *name, struct cgroup_limits *use, unsigned *known);
/* O_PATH-less directory descriptor of payload in the v2 tree for clone3(CLONE_INTO_CGROUP); -1 where there is no v2. */
int cgroup_open_payload(struct auberge *auberge, const char *name);
/* All v1 attaches in one burst: init to payload; the supervisor and its keeper (if not 0) to supervisor/NAME, v2 included. */
int cgroup_attach(struct auberge *auberge, const char *name, pid_t init, pid_t supervisor, pid_t keeper, struct auberge_error *error);
/* Puts pid into exec/ of every hierarchy, making it where it is missing. */
int cgroup_attach_exec(struct auberge *auberge, const char *name, pid_t pid, struct auberge_error *error);
int cgroup_freeze(struct auberge *auberge, const char *name, bool frozen, struct auberge_error *error);
/* 1 frozen, 0 not. */
int cgroup_frozen(struct auberge *auberge, const char *name);
/* SIGKILL to all of guest-NAME: cgroup.kill, or freeze, kill each, thaw. 0 even when it was empty. */
int cgroup_kill(struct auberge *auberge, const char *name, struct auberge_error *error);
/* 1 some process lives in guest-NAME, 0 none or no such group, negative: cannot be told. */
int cgroup_populated(struct auberge *auberge, const char *name);
/* cgroup.events of guest-NAME for EPOLLPRI, or -1 (pure v1). */
int cgroup_open_events(struct auberge *auberge, const char *name);
/* Pids (of the host) in guest-NAME and all below it. *pids malloc'ed. */
int cgroup_pids(struct auberge *auberge, const char *name, pid_t **pids, size_t *count, struct auberge_error *error);
/* Removes guest-NAME with all below it, in all hierarchies. EBUSY: error names the path and who is in it. */
int cgroup_remove(struct auberge *auberge, const char *name, struct auberge_error *error);
/* The caller and its keeper (if not 0) leave supervisor/NAME for each hierarchy's root group, which is removed, then ROOT's
 * own directories if they are empty: the last one out. */
void cgroup_leave_supervisor(struct auberge *auberge, const char *name, pid_t keeper);
/* Has the guest a scope in this hierarchy, so that its groups lie below that? */
bool cgroup_scoped(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name);
/* Is the caller where a supervisor of this guest belongs, in the guest's scope? */
bool cgroup_in_scope(const struct auberge *auberge, const char *name);
/* guest-NAME's directory in one hierarchy, whichever form it has. -ENAMETOOLONG. */
int cgroup_guest_directory(const struct auberge *auberge, const struct cgroup_hierarchy *hierarchy, const char *name, char *path,
                           size_t size);
/* Absolute paths of guest-NAME that exist. */
int cgroup_paths(struct auberge *auberge, const char *name, char ***paths, size_t *count, struct auberge_error *error);

/* --- for the audit. GROUP is a path relative to ROOT: "guest-web", "supervisor/web", or "" for ROOT itself. */
/* Every group directly below ROOT and ROOT/supervisor that is there in some hierarchy: once per hierarchy. Negative: each
 * did not want to go on. */
int cgroup_list(struct auberge *auberge, int (*each)(void *data, const char *group), void *data, struct auberge_error *error);
/* The names of other sets' ROOTs ("auberge-SETID", "auberge") at the top of the hierarchies that hold no process. */
int cgroup_list_others(struct auberge *auberge, int (*each)(void *data, const char *root), void *data, struct auberge_error *error);
/* In how many hierarchies it is; first (may be NULL): one of the paths, first_size bytes. */
unsigned cgroup_group_places(struct auberge *auberge, const char *group, char *first, size_t first_size);
/* Pids in it and below it, of all hierarchies, each once. *pids malloc'ed. 0 or -errno. */
int cgroup_group_pids(struct auberge *auberge, const char *group, pid_t **pids, size_t *count);
/* Removes it where it is empty of processes, with all below it. EBUSY: error names the path and who is in it. */
int cgroup_group_remove(struct auberge *auberge, const char *group, struct auberge_error *error);

#endif
