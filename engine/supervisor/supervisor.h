/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The supervisor's own state, shared by the files of this room that make up the program auberge-supervisor. One process
 * per guest, one event loop, crash-only: whatever it knows beyond this memory is in the ledger.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "auberge.h"
#include "guest/config.h"
#include "host/alarm.h"
#include "supervisor/inits.h"
#include "supervisor/protocol.h"
#include "supervisor/restart.h"

#include <signal.h>
#include <sys/types.h>

#define TTYS_MAX 17 /* the console and 16 ttys */
#define CLIENTS_MAX 128

struct supervisor;
struct watch {
	int fd;
	uint32_t events; /* what epoll watches now */
	void (*ready)(struct supervisor *supervisor, struct watch *watch, uint32_t events);
};

/* Recent output: written with pwrite into a memfd, never mapped, so that it is no part of this process's memory. */
struct ring {
	int fd;
	uint64_t size, head; /* head: bytes ever written */
	uint64_t *kept_head; /* the same in memory that outlives this process; NULL none */
};

struct tty {
	struct watch watch; /* the pty master, edge-triggered: a tty nobody has open would be for ever "hung up" */
	struct ring ring;
	unsigned char *input; /* not taken by the guest yet; NULL when empty */
	size_t input_length;
	bool more; /* left unread to be fair to others */
};

enum client_state { CLIENT_NEW, CLIENT_WAITING, CLIENT_STARTING, CLIENT_READYING, CLIENT_CONSOLE, CLIENT_DEAD };
struct client {
	struct watch watch;
	struct client *next;
	enum client_state state;
	struct frame_reader in;
	uint64_t since_usec;
	uint64_t deadline_usec; /* of its stop, or of its wait for readiness; 0 none */
	uint64_t told_usec;     /* last progress */
	bool kill;              /* kill at the deadline */
	bool killed;            /* it is what has been killed that it waits for, until the deadline */
	bool expired;           /* its deadline has come */
	/* console */
	struct tty *tty;
	uint64_t position;
	bool read_only, paused, ended;
	size_t told_viewers;
	unsigned char *out;
	size_t out_length, out_sent;
};

enum phase { PHASE_BUILDING, PHASE_ADOPTING, PHASE_UP, PHASE_HALTING, PHASE_DRAINING, PHASE_RECLAIMING, PHASE_WAITING, PHASE_OVER, PHASES };
enum happening { BUILT, BUILD_FAILED, STOP_ASKED, KILL_ASKED, INIT_ENDED, EMPTIED, RECLAIMED, START_ASKED, HAPPENINGS };
enum intent { INTENT_NONE, INTENT_STOP, INTENT_KILL };

enum builder_task { BUILDER_START, BUILDER_ADOPT, BUILDER_RECLAIM };

/* What the guest tells of itself, and how much of it was read lately. */
struct guest_word {
	bool ready;
	char status[AUBERGE_STATUS_SIZE]; /* clean */
	uint32_t id_first;                /* of its user namespace; 0 not looked up yet */
	unsigned taken;                   /* datagrams read until until_usec */
	uint64_t until_usec, again_usec;  /* again: when reading goes on; 0 it does */
};

struct restart {
	struct restart_history history;
	bool again;       /* decided: what follows the reclaim is another start */
	bool automatic;   /* the start under way, or the one before, was not asked for */
	bool by_hand;     /* somebody did not want to wait */
	uint64_t at_usec; /* CLOCK_MONOTONIC */
};

/* What the guest runs into (pressure.c). Times are of CLOCK_MONOTONIC. */
struct pressure {
	bool open;
	struct alarms alarms;
	struct watch watches[ALARM_SOURCES];
	struct pressure_kind {
		uint64_t seen, pending; /* pending: not written down yet */
		uint64_t not_before_usec, wait_usec;
	} kinds[ALARM_KINDS];
	uint64_t look_usec;   /* when the counters are read again; 0: when the kernel tells */
	uint64_t listen_usec; /* until then it is not listened to */
	uint64_t woken_usec, oom_usec, log_usec;
};

/* Who is left, as last looked at for those who wait. */
struct survey;
struct left {
	struct survey *survey; /* NULL: nobody waits */
	const struct auberge_survivor *survivors;
	size_t count, total, stuck; /* of the survivors listed, of all, of those in state D that are listed */
	size_t most;              /* that the last look was asked for */
	uint64_t looked_usec;
};

struct supervisor {
	struct auberge *auberge;
	const char *name;
	char by[64];
	char **arguments; /* of this program: those of the next supervisor */
	bool again;       /* started by the keeper, after another one of this guest */
	bool adopt;       /* asked to take over a guest that runs, not to start it */
	struct watch keeper;
	pid_t keeper_pid; /* 0 none */
	bool had_keeper, keeper_locked;
	char init_kept;     /* enum kept_init, as the hello said */
	siginfo_t init_end; /* as the keeper told it; si_pid 0: not yet */
	bool init_ours;   /* it is our child, not the keeper's */
	bool adopted;     /* not the supervisor that started it */
	struct kept *kept; /* handed over by the keeper and not taken yet */
	size_t kept_count;
	int report;  /* to who started us; -1 once told */
	int lock_fd; /* STATE_DIR/NAME/lock */
	int run_fd, ledger_fd;
	int epoll;
	struct config *config;
	struct init_verdict verdict;
	char *init_path;

	enum phase phase;
	enum intent intent;
	bool many;      /* the stop is one of several */
	bool rebooting; /* the guest asked for it */
	pid_t init_pid;
	uint64_t init_start;
	int init_status; /* as of wait(2); -1 not known yet */
	uint64_t started_usec;
	int rootfs_lock;
	struct watch init, cgroup, listener, channel;
	struct watch notify; /* datagrams of sd_notify(3) */
	struct guest_word word;
	struct restart restart;
	struct pressure pressure;
	pid_t builder;
	enum builder_task builder_task;

	bool halt_pending; /* init has no handler yet: ask again */
	bool halt_heard;   /* the request was sent when init had a handler */
	bool halt_was_heard; /* by a supervisor that died: as the ledger has it */
	uint64_t halt_again_usec, halt_blind_usec;
	pid_t rung_pid;     /* the second rung's process, which owns rung; 0 none */
	struct watch rung;  /* its channel */
	bool rung_asked, rung_failed;
	unsigned rung_looks;
	size_t rung_count;  /* processes at the last look */
	uint64_t rung_usec; /* the next look whether the guest is ending; 0 none */
	uint64_t rung_kill_usec; /* its process has outlived the guest until then; 0 none */
	uint64_t kill_usec; /* a stop that kills at its time limit; 0 none */
	uint64_t stop_usec; /* the latest time limit of a stop that was asked for; 0 none */
	struct left left;

	struct tty ttys[TTYS_MAX];
	size_t ttys_count;
	int heads_fd; /* the memfd with the heads of all rings, kept by the keeper */
	struct ring_heads *heads;
	int log_fd;
	uint64_t log_size;
	bool busy; /* some tty has more */
	bool viewers_changed;
	struct client *clients;
	size_t clients_count;
	struct auberge_error error;       /* of the last failed build or reclaim */
	struct auberge_error start_error; /* why the guest could not be started */
	struct auberge_end end;
};

/* loop.c */
int loop_watch(struct supervisor *supervisor, struct watch *watch, uint32_t events);
void loop_forget(struct supervisor *supervisor, struct watch *watch); /* closes the descriptor as well */
int loop_run(struct supervisor *supervisor);                          /* until PHASE_OVER */

/* keeping.c: the keeper as seen from here */
struct kept {
	char name[16];
	int fd;
};
int keeping_begin(struct supervisor *supervisor);                /* takes the hello, before anything else; -errno */
int kept_take(struct supervisor *supervisor, const char *name); /* its descriptor, now ours, or -1 */
void keep(struct supervisor *supervisor, const char *name, int fd);
void keep_numbered(struct supervisor *supervisor, const char *name, size_t number, int fd);
void keep_drop(struct supervisor *supervisor, const char *name);
void keep_init(struct supervisor *supervisor); /* its pid, for the day when the keeper is its parent */
void keep_over(struct supervisor *supervisor);
void keeping_note_end(struct supervisor *supervisor, pid_t pid, int code, int status); /* as waitid(2) would tell it */
void keeping_lock(struct supervisor *supervisor);    /* the lock that says: a keeper lives */
void keeping_replace(struct supervisor *supervisor); /* it has died: becomes it, when there is a guest to keep */
void keeping_release(struct supervisor *supervisor);

/* adopt.c */
int adopt_wanted(struct supervisor *supervisor, struct auberge_error *error); /* 1, 0, or -1: it cannot be told */
int adopt_begin(struct supervisor *supervisor, struct auberge_error *error);
void adopt_complete(struct supervisor *supervisor);

/* lifecycle.c: the table of transitions */
void lifecycle_happen(struct supervisor *supervisor, enum happening happening);
const char *phase_word(enum phase phase);
void supervisor_write_summary(struct supervisor *supervisor);

/* builder.c */
int builder_spawn(struct supervisor *supervisor, enum builder_task task, struct auberge_error *error);
int builder_take_config(struct supervisor *supervisor, struct auberge_error *error);
int builder_watch_init(struct supervisor *supervisor, int fd);

/* halt.c */
void halt_begin(struct supervisor *supervisor);
void halt_join(struct supervisor *supervisor); /* another stop joins */
void halt_extend(struct supervisor *supervisor, uint64_t deadline_usec); /* of CLOCK_MONOTONIC; never shortens */
void halt_tick(struct supervisor *supervisor, uint64_t now);
uint64_t halt_deadline(const struct supervisor *supervisor); /* next moment that halt_tick wants; UINT64_MAX none */
void halt_kill(struct supervisor *supervisor);
void halt_over(struct supervisor *supervisor); /* init has ended, or is killed: nothing more is asked */
/* ", asked again by systemctl poweroff", or nothing: for the progress of a stop. */
void halt_tell(const struct supervisor *supervisor, char *out, size_t size);

/* ending.c */
void ending_init_exited(struct supervisor *supervisor);
void ending_drain(struct supervisor *supervisor);
void ending_reclaim(struct supervisor *supervisor);
void ending_finish(struct supervisor *supervisor);
void ending_take_apart(struct supervisor *supervisor); /* the second half of ending_reclaim */
void ending_build_failed(struct supervisor *supervisor);

/* control.c */
int control_start(struct supervisor *supervisor, int listener, struct auberge_error *error); /* listener: kept, or -1 */
void control_tick(struct supervisor *supervisor, uint64_t now);
uint64_t control_deadline(const struct supervisor *supervisor);
void control_tell(struct supervisor *supervisor, enum client_state state, const struct auberge_error *error); /* NULL: done */
void client_close(struct supervisor *supervisor, struct client *client);
void client_refuse(struct supervisor *supervisor, struct client *client, const struct auberge_error *error);
void client_done(struct supervisor *supervisor, struct client *client);
void control_sweep(struct supervisor *supervisor); /* frees the dead */

/* waiting.c */
void waiting_begin(struct client *client, uint64_t deadline_usec);
void waiting_for_killed(struct client *client); /* 0: none of its own */
void waiting_tick(struct supervisor *supervisor, struct client *client, uint64_t now);
uint64_t waiting_deadline(const struct client *client);
void waiting_rest(struct supervisor *supervisor); /* gives back what nobody who waits needs any more */

/* notify.c */
int notify_begin(struct supervisor *supervisor, struct auberge_error *error); /* a new socket, before the build */
/* Takes over the socket of a guest that runs; -1: it is lost. ready: as the ledger has it. 0, or -errno. */
int notify_adopt(struct supervisor *supervisor, int fd, bool ready);
void notify_up(struct supervisor *supervisor); /* init runs */
void notify_end(struct supervisor *supervisor);
void notify_tick(struct supervisor *supervisor, uint64_t now);
uint64_t notify_deadline(const struct supervisor *supervisor);

/* restart.c */
struct ledger;
void restart_judge(struct supervisor *supervisor); /* after the end is known, before anything is reclaimed */
void restart_wait(struct supervisor *supervisor);  /* after the reclaim, with restart.again */
void restart_start(struct supervisor *supervisor);
void restart_cancel(struct supervisor *supervisor);
void restart_adopt(struct supervisor *supervisor, const struct ledger *ledger); /* its phase is PHASE_AWAITING */
void restart_tick(struct supervisor *supervisor, uint64_t now);
uint64_t restart_deadline(const struct supervisor *supervisor);

/* pressure.c */
/* Init runs; fresh: in cgroups made for it, so that all that they have counted is news. */
void pressure_begin(struct supervisor *supervisor, bool fresh);
/* Listens anew, as a limit has changed; what it knows of the guest stays. */
void pressure_renew(struct supervisor *supervisor);
void pressure_end(struct supervisor *supervisor);   /* before the cgroups go */
bool pressure_killed(struct supervisor *supervisor); /* did the OOM killer strike just now? */
void pressure_tick(struct supervisor *supervisor, uint64_t now);
uint64_t pressure_deadline(const struct supervisor *supervisor);

/* console.c */
int console_take(struct supervisor *supervisor, const int *masters, size_t count, struct auberge_error *error);
int console_adopt(struct supervisor *supervisor, struct auberge_error *error); /* what the keeper has kept; their number */
void console_note(struct supervisor *supervisor, const char *text); /* a line of ours, as if the guest had written it */
void console_serve(struct supervisor *supervisor); /* ttys that had more */
void console_release(struct supervisor *supervisor, bool for_ever);
int console_attach(struct supervisor *supervisor, struct client *client, const char *body, struct auberge_error *error);
void console_input(struct supervisor *supervisor, struct client *client);
void console_pump(struct supervisor *supervisor, struct client *client);

/* ring.c */
/*
 * Where a tty is read into: zero but from the read until ring and log have it, with what these counted just before. So
 * whoever comes after a killed supervisor finds what that had in its hands.
 */
struct ring_reading {
	uint64_t head, log_size;
	unsigned char data[16384];
};
struct ring_heads {
	uint64_t stream; /* tells one life of the rings from another; never 0 */
	uint64_t head[TTYS_MAX];
	struct ring_reading reading[TTYS_MAX];
};
/* Maps the memory of the heads; fd -1: makes it, *fd. One that an older supervisor made grows. */
struct ring_heads *ring_heads_open(int *fd);
int ring_open(struct ring *ring, const char *name, size_t size);
void ring_close(struct ring *ring);
int ring_write(struct ring *ring, const void *data, size_t length);
/* Copies what follows *position, which moves on; *missed: bytes that were overwritten before they were read. */
ssize_t ring_read(const struct ring *ring, uint64_t *position, void *buffer, size_t size, uint64_t *missed);

#endif
