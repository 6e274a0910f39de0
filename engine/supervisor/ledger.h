/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger RUN_DIR/NAME/ledger: append-only, header "auberge-ledger 1 BOOTID", one checksummed record a line, written
 * before the thing is made. A torn last line is ignored; a newer format is refused untouched. It is the truth about
 * what a guest holds on the host: reclaim needs nothing else.
 */
#ifndef SUPERVISOR_LEDGER_H
#define SUPERVISOR_LEDGER_H

#include "auberge.h"
#include "supervisor/restart.h"

/* The record table: X(CONSTANT, word, arguments for people). Tests walk it. */
#define LEDGER_RECORDS(X)                                                   \
	X(LEDGER_SUPERVISOR, "supervisor", "PID START_TIME")                    \
	X(LEDGER_KEEPER, "keeper", "PID START_TIME")                            \
	X(LEDGER_CGROUP, "cgroup", "NAME [SCOPE]")                              \
	X(LEDGER_INIT, "init", "PID START_TIME")                                \
	X(LEDGER_INIT_END, "init-end", "SI_CODE SI_STATUS TIME")                \
	X(LEDGER_LINK, "link", "HOST_NAME MAC GUEST_NAME BRIDGE GUEST_MAC")     \
	X(LEDGER_LINK_INDEX, "link-index", "HOST_NAME INDEX")                   \
	X(LEDGER_SOCKET, "socket", "control")                                   \
	X(LEDGER_HALT_HEARD, "halt-heard", "BOOTTIME_SECOND")                   \
	X(LEDGER_READY, "ready", "BOOTTIME_SECOND")                             \
	X(LEDGER_RESTARTS, "restarts", "COUNT BOOTTIME_SECOND...")              \
	X(LEDGER_PHASE, "phase", "starting|running TIME|stopping DEADLINE stop|kill|stop-kill BY|waiting UNTIL COUNT|ended")

enum ledger_record {
#define X(constant, word, arguments) constant,
	LEDGER_RECORDS(X)
#undef X
	LEDGER_RECORDS_COUNT
};
const char *ledger_record_word(enum ledger_record record);

/* PHASE_AWAITING: "waiting", ended and to be started again; what the ledger names besides may be gone already. */
enum ledger_phase { PHASE_NONE, PHASE_STARTING, PHASE_RUNNING, PHASE_STOPPING, PHASE_AWAITING, PHASE_ENDED };

struct ledger_link {
	char host_name[AUBERGE_LINK_SIZE], guest_name[AUBERGE_LINK_SIZE], bridge[AUBERGE_LINK_SIZE];
	uint8_t host_mac[6], guest_mac[6];
	int index; /* 0 not known */
};

/* What the records add up to. */
struct ledger {
	bool present, this_boot;
	enum ledger_phase phase;
	int64_t stop_deadline_seconds; /* CLOCK_BOOTTIME; 0 none */
	int64_t waiting_until_seconds; /* CLOCK_BOOTTIME */
	struct restart_history restarts;
	int64_t running_since;         /* CLOCK_BOOTTIME second of phase running; 0 none */
	bool halt_heard;               /* init had a handler when it was asked: not every init bears to be asked twice */
	bool stop_kills;               /* phase stopping: kill at the deadline */
	bool stop_is_kill;             /* phase stopping: by kill, not by a halt request */
	char stop_by[64];              /* phase stopping: who asked */
	pid_t supervisor_pid, keeper_pid, init_pid;
	uint64_t supervisor_start, keeper_start, init_start;
	bool init_ended; /* with these, as waitid(2) tells them */
	int init_code, init_status;
	int64_t init_end_time; /* since the epoch */
	bool cgroup, socket, ready;
	char scope[128]; /* the systemd scope that holds its cgroups; empty: they are below ROOT */
	struct ledger_link links[AUBERGE_LINKS_MAX];
	size_t links_count;
	size_t valid_length; /* bytes up to the last whole line; 0 unknown */
};

/* Starts a new ledger in the run directory (an old one must have been reclaimed). Descriptor for ledger_append. */
int ledger_begin(int run_fd, struct auberge_error *error);
/* Opens it to go on, without what is torn at its end. */
int ledger_open_append(int run_fd, struct auberge_error *error);
/* Whether there is one at all. */
bool ledger_exists(const struct auberge *auberge, const char *name);
/* Appends one record with one write. */
int ledger_append(int fd, struct auberge_error *error, enum ledger_record record, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Puts a ledger in its place that says no more than that the guest waits to be started again. Atomic. */
int ledger_keep_waiting(int run_fd, const struct ledger *ledger, struct auberge_error *error);
/* Reads it; present = false when there is none. -EPROTONOSUPPORT in error->number: a newer format. */
int ledger_read(int run_fd, struct ledger *ledger, struct auberge_error *error);
/* The same from memory: the fuzz target's way in. */
int ledger_parse(const char *text, size_t length, const char *boot_id, struct ledger *ledger, struct auberge_error *error);

#endif
