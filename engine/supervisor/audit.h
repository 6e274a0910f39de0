/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit's own notes, shared by the files supervisor/audit*.c. Looking comes first and believes nothing: each thing
 * found is an item, and stays one only if it is still there when its owner is found without life a moment later.
 */
#ifndef SUPERVISOR_AUDIT_H
#define SUPERVISOR_AUDIT_H

#include "auberge.h"
#include "host/link_list.h"
#include "supervisor/ledger.h"

/* In the order of reclaiming: processes hold the rest, the ledger takes most of it along. */
enum audit_kind {
	AUDIT_PROCESS,
	AUDIT_LEDGER,
	AUDIT_LINK,
	AUDIT_CGROUP,
	AUDIT_MOUNT,
	AUDIT_SOCKET,
	AUDIT_DIRECTORY,
	AUDIT_FILE,
	AUDIT_IDS,
	AUDIT_GUEST,
	AUDIT_KINDS,
};

struct audit_item {
	enum audit_kind kind;
	struct auberge_leftover leftover;
	bool guests;     /* leftover.owner is a guest's name of this set */
	bool fleeting;   /* may be gone in a moment by itself: an orderly end passes through such a state */
	bool ours;       /* a process: a program of ours by its executable's arguments */
	bool keep;       /* nothing may be done about it, leftover.remedy says what else */
	char place[300]; /* a cgroup's path below ROOT; a guest's directory or file below the state directory */
	char why[192];   /* it could not be reclaimed */
	struct link_entry link;
	pid_t pid;
	uint64_t start, namespace_inode;
};

/* Who stands behind a guest's name now. */
enum audit_owner {
	OWNER_NONE, /* no guest of that name, not even half of one */
	OWNER_IDLE,
	OWNER_LIVE, /* it lives, or a supervisor or command is at work on it */
};

struct audit_name {
	char name[AUBERGE_NAME_MAX + 1];
	enum audit_owner owner; /* at the first look */
};

struct audit {
	struct auberge *auberge;
	struct audit_name *names;
	size_t names_count, names_room;
	struct audit_item *items;
	size_t count, room;
	struct auberge_error *error;
};

/* audit_owner.c. held: the descriptor of the name's lock that we hold LOCK_LIFECYCLE by, or -1. */
enum audit_owner audit_owner_now(struct auberge *auberge, const char *name, int held);
/* Processes in its cgroup, and no ledger: its run directory was deleted while it ran. */
bool audit_is_untold(struct auberge *auberge, const char *name);
/* The first look's answer, kept. */
bool audit_is_live(struct audit *audit, const char *name);
/* The ledger of NAME; present = false when there is none or it cannot be read. */
void audit_read_ledger(const struct auberge *auberge, const char *name, struct ledger *ledger);
/* Keeps all others away from NAME; where there is no such guest, from making it. */
struct audit_hold {
	int lock;
	bool reserved;
};
int audit_hold_take(struct auberge *auberge, const char *name, struct audit_hold *hold, struct auberge_error *error);
void audit_hold_release(const struct auberge *auberge, const char *name, struct audit_hold *hold);

/* audit.c: a new item, or the one of this kind and name that is there already (*fresh false). NULL: no memory, said.
 * owner NULL: unknown. */
struct audit_item *audit_add(struct audit *audit, enum audit_kind kind, const char *owner, bool *fresh, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void audit_say(struct audit_item *item, const char *format, ...) __attribute__((format(printf, 2, 3)));
void audit_remedy(struct audit_item *item, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One file each: look adds items (0 or negative), there asks again, reclaim takes it away (0 or negative). */
int audit_look_runs(struct audit *audit);
int audit_look_guests(struct audit *audit);
int audit_look_ids(struct audit *audit);
int audit_look_cgroups(struct audit *audit);
int audit_look_links(struct audit *audit);
int audit_look_processes(struct audit *audit);
bool audit_ledger_there(const struct audit *audit, const struct audit_item *item);
bool audit_run_there(const struct audit *audit, const struct audit_item *item);
bool audit_place_there(const struct audit *audit, const struct audit_item *item);
bool audit_ids_there(const struct audit *audit, const struct audit_item *item);
bool audit_cgroup_there(const struct audit *audit, const struct audit_item *item);
bool audit_link_there(const struct audit *audit, const struct audit_item *item);
bool audit_process_there(const struct audit *audit, const struct audit_item *item);
bool audit_mount_there(const struct audit *audit, const struct audit_item *item);
int audit_ledger_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);
int audit_run_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);
int audit_file_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);
int audit_guest_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);
int audit_ids_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);
int audit_cgroup_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);
int audit_link_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);
int audit_process_reclaim(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error);

/* audit_processes.c: an item for that process, if it is there. */
struct audit_item *audit_add_process(struct audit *audit, const char *owner, pid_t pid);
/* audit_mounts.c: which directories are guests' rootfs, and one namespace's mounts held against them. */
struct audit_trees;
struct audit_trees *audit_trees_open(struct audit *audit);
int audit_trees_look(struct audit *audit, struct audit_trees *trees, pid_t pid, uint64_t namespace_inode);
void audit_trees_close(struct audit_trees *trees);

#endif
