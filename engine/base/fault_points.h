/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of the engine's fail points: X(CONSTANT, name, step that passes it, whether it can fail with an errno, what
 * holds there). The ledger has two more for each of its records, "before-WORD" and "after-WORD". tests/sources tells of
 * one that nothing passes; `tests/faults/faults --points` prints them all.
 */
#ifndef BASE_FAULT_POINTS_H
#define BASE_FAULT_POINTS_H

#define FAULT_POINTS(X)                                                                                                  \
	X(FAULT_IDS_ALLOTTED, "ids-allotted", "start", true, "the table of ids has a line for the guest")                \
	X(FAULT_SPAWN_STAGED, "spawn-staged", "start", true, "the builder holds the guest's trees, in mounts of its own") \
	X(FAULT_SPAWN_CLONED, "spawn-cloned", "start", true, "init's process is there, and in no ledger")                \
	X(FAULT_SPAWN_MAPPED, "spawn-mapped", "start", true, "it has its ids and builds its world")                      \
	X(FAULT_CHILD_BUILT, "child-built", "start", true, "init's process has the guest's root for its own")            \
	X(FAULT_SPAWN_RELEASED, "spawn-released", "start", true, "all is made, init may run")                            \
	X(FAULT_CHILD_EXEC, "child-exec", "start", true, "init's process is about to become init")                       \
	X(FAULT_BUILD_ANSWER, "build-answer", "start", true, "init runs, and the supervisor does not know it")           \
	X(FAULT_START_UP, "start-up", "start", false, "the guest runs, and nobody was told")                             \
	X(FAULT_CONSOLE_READ, "console-read", "output", false, "what the guest wrote is read, neither ring nor log has it") \
	X(FAULT_CONSOLE_RING, "console-ring", "output", false, "the ring has it, the log does not")                      \
	X(FAULT_CONSOLE_LOG, "console-log", "output", false, "both have it, and it is still held")                       \
	X(FAULT_HALT_BEGUN, "halt-begun", "stop", false, "the stop is noted, init was not asked")                        \
	X(FAULT_END_SEEN, "end-seen", "stop", false, "init has ended, and it is written nowhere how")                    \
	X(FAULT_END_WRITTEN, "end-written", "stop", false, "how it ended is written down")                               \
	X(FAULT_RECLAIM_PROCESSES, "reclaim-processes", "stop", true, "the ledger is read, nothing is taken apart yet")  \
	X(FAULT_RECLAIM_LINKS, "reclaim-links", "stop", true, "no process lives")                                        \
	X(FAULT_RECLAIM_CGROUPS, "reclaim-cgroups", "stop", true, "the links are gone")                                  \
	X(FAULT_RECLAIM_AGAIN, "reclaim-again", "again", true, "what it held is gone, the ledger tells of it still")        \
	X(FAULT_REMOVE_CONTROL, "remove-control", "stop", true, "the cgroups are gone, the run directory is whole")      \
	X(FAULT_REMOVE_EFFECTIVE, "remove-effective.ini", "stop", true, "of the run directory: control is gone")         \
	X(FAULT_REMOVE_SUMMARY, "remove-summary", "stop", true, "and effective.ini")                                     \
	X(FAULT_REMOVE_LEDGER, "remove-ledger", "stop", true, "and summary")                                             \
	X(FAULT_REMOVE_DIRECTORY, "remove-directory", "stop", true, "and the ledger")                                    \
	X(FAULT_END_FINISHED, "end-finished", "stop", false, "nothing is left, and nobody was told")                     \
	X(FAULT_CREATE_DIRECTORY, "create-directory", "create", true, "there is .create-NAME, empty")                    \
	X(FAULT_CREATE_ROOTFS, "create-rootfs", "create", true, "it has its root file system")                           \
	X(FAULT_CREATE_CONFIG, "create-config", "create", true, "and its guest.ini")                                     \
	X(FAULT_CREATE_RENAMED, "create-renamed", "create", false, "it has its name")                                    \
	X(FAULT_DESTROY_RECLAIMED, "destroy-reclaimed", "destroy", true, "what a dead run left is reclaimed")            \
	X(FAULT_DESTROY_RENAMED, "destroy-renamed", "destroy", true, "it is .destroy-NAME, whole")                       \
	X(FAULT_DESTROY_RUN, "destroy-run", "destroy", true, "its tree and its run directory are gone")                  \
	X(FAULT_DESTROY_LOGS, "destroy-logs", "destroy", true, "and its logs")                                           \
	X(FAULT_DESTROY_IDS, "destroy-ids", "destroy", true, "and its line in the table of ids")                         \
	X(FAULT_EDIT_VERSION, "edit-version", "edit", true, "the earlier config is kept, guest.ini is the old one")      \
	X(FAULT_EDIT_SAVED, "edit-saved", "edit", true, "guest.ini is the new one, the guest runs as before")            \
	X(FAULT_EDIT_LIMITS, "edit-limits", "edit", true, "the kernel has the new limits, effective.ini has the old ones") \
	X(FAULT_SAVE_WRITTEN, "save-written", "create", true, "a temporary file is written, and not on disk")            \
	X(FAULT_SAVE_SYNCED, "save-synced", "create", true, "it is on disk")                                             \
	X(FAULT_SAVE_RENAMED, "save-renamed", "create", true, "it has its name, which is not on disk")

#endif
