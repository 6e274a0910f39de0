/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public interface of libauberge: all about the guests of one Linux host, nothing about screens.
 * It is the only header of engine/ that tui/ includes.
 *
 * Conventions: a call that can fail returns a negative number (or NULL) and fills *error, which must not be NULL.
 * Nothing here prints, exits, starts threads or keeps globals. Strings handed out belong to the object they came
 * from unless the comment says otherwise. Text that came out of a guest has passed auberge_text_clean().
 * Sizes are bytes, durations of figures microseconds, unless a name says seconds.
 */
#ifndef AUBERGE_H
#define AUBERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define AUBERGE_NAME_MAX 63      /* bytes of a guest's name */
#define AUBERGE_LINKS_MAX 8      /* [net] sections of one guest */
#define AUBERGE_ADDRESSES_MAX 16 /* addresses reported for one guest */
#define AUBERGE_LINK_SIZE 16     /* IFNAMSIZ */
#define AUBERGE_STATUS_SIZE 160  /* what a guest tells of itself (sd_notify's STATUS=), cleaned and cut */
#define AUBERGE_UNLIMITED UINT64_MAX

/* --- errors ------------------------------------------------------------------------------------------------ */

/* What went wrong, as the exit status of the command line names it (CLI.md). */
enum auberge_code {
	AUBERGE_OK = 0,
	AUBERGE_FAILED = 1,
	AUBERGE_USAGE = 2,
	AUBERGE_NO_GUEST = 3,
	AUBERGE_WRONG_STATE = 4,
	AUBERGE_TIMEOUT = 5,
	AUBERGE_NOT_PERMITTED = 6,
};

struct auberge_error {
	enum auberge_code code;
	int number;        /* errno at the point of failure, 0 if none */
	char text[4096];   /* "WHAT: WHY"; config errors: one "FILE:LINE: ..." per line */
	char remedy[1024]; /* what to do about it, may be empty */
};

/* --- a set of guests ---------------------------------------------------------------------------------------- */

/* One set of guests: its state, run and log directories and its cgroup ROOT. Two sets never see each other's guests. */
struct auberge;

/* NULL members: the environment variable (AUBERGE_STATE_DIR, ...), then the default. */
struct auberge_options {
	const char *config_file;
	const char *state_dir;
	const char *run_dir;
	const char *log_dir;
	const char *cgroup;
};

/* Opens a set. Nothing is created; a state directory that does not exist yet is an empty set. Free with auberge_close(). */
struct auberge *auberge_open(const struct auberge_options *options, struct auberge_error *error);
void auberge_close(struct auberge *auberge);
/* For a child process (fork(2)) in which all descriptors were closed: opens the set's anew, and takes what its parent
 * launched for none of its own. */
int auberge_reopen(struct auberge *auberge, struct auberge_error *error);
const char *auberge_state_dir(const struct auberge *auberge);
const char *auberge_run_dir(const struct auberge *auberge);
const char *auberge_log_dir(const struct auberge *auberge);
const char *auberge_cgroup_root(const struct auberge *auberge); /* relative to each hierarchy, no leading slash */
const char *auberge_config_file(const struct auberge *auberge); /* auberge.ini, may not exist */
/* The console prefix of auberge.ini ([console] escape), as a byte; ^] (0x1d) by default. */
int auberge_console_escape(struct auberge *auberge, struct auberge_error *error);

/* Letters, digits, '.', '_', '-', the first a letter or digit, at most AUBERGE_NAME_MAX bytes. */
bool auberge_name_valid(const char *name);

/* --- guests as listed --------------------------------------------------------------------------------------- */

enum auberge_kind { AUBERGE_CONTAINER, AUBERGE_VM };
enum auberge_state {
	AUBERGE_STOPPED,
	AUBERGE_STARTING,
	AUBERGE_RUNNING,
	AUBERGE_FROZEN,
	AUBERGE_STOPPING,
	AUBERGE_FAILED_STATE, /* stopped with a bad last end, until the next start */
	AUBERGE_INCOMPLETE,   /* half made or half destroyed */
};
enum auberge_supervision { AUBERGE_SUPERVISION_NONE, AUBERGE_SUPERVISION_OK, AUBERGE_SUPERVISION_LOST, AUBERGE_SUPERVISION_NOT_ANSWERING };

const char *auberge_kind_word(enum auberge_kind kind);                      /* "container" "vm" */
const char *auberge_state_word(enum auberge_state state);                   /* "stopped" ... as in JSON */
const char *auberge_supervision_word(enum auberge_supervision supervision); /* "ok" "lost" "not_answering" "none" */

/* How a guest ended last. */
struct auberge_end {
	bool known;
	char cause[32];       /* stopped poweroff killed exited signalled oom start-failed gave-up host-restarted unknown */
	int status;           /* exit status, or 128+N for signal N; -1 unknown */
	bool bad;             /* makes the state "failed" */
	int64_t time_seconds; /* wall clock, since the epoch */
	double ran_seconds;   /* how long the guest had run */
	char detail[160];     /* one clean sentence, may be empty ("start failed: ...") */
};

struct auberge_guest {
	char name[AUBERGE_NAME_MAX + 1];
	enum auberge_kind kind;
	enum auberge_state state;
	enum auberge_supervision supervision; /* never NOT_ANSWERING here: listing asks nobody */
	bool running;                         /* is any process of it alive */
	bool ready;                           /* it runs and said that it is up: systemd by sd_notify(3), others at once */
	bool autostart, privileged;
	pid_t init_pid;         /* on the host; 0 none */
	int64_t uptime_seconds; /* -1 not running */
	uint64_t memory_bytes;  /* usage less inactive file cache; 0 not running */
	unsigned bridges_count, links_count, addresses_count;
	char bridges[AUBERGE_LINKS_MAX][AUBERGE_LINK_SIZE];
	char links[AUBERGE_LINKS_MAX][AUBERGE_LINK_SIZE]; /* host side names; empty when not running */
	char macs[AUBERGE_LINKS_MAX][18]; /* inside, one per link; when not running as configured, empty: made at the start */
	char addresses[AUBERGE_ADDRESSES_MAX][64];        /* as configured, with prefix length */
	struct auberge_end last_end;
	int64_t stop_deadline_seconds; /* CLOCK_BOOTTIME second at which a stop under way is overdue; 0 none */
	unsigned restarts;             /* in a row, by its restart policy or its own reboots; a calm run of 5 min clears them */
	int64_t restart_seconds;       /* CLOCK_BOOTTIME second at which it is started again (state starting); 0 none */
	char problem[256];             /* config that cannot be read: first error, "FILE:LINE: ..."; else empty */
	char rootfs[256];              /* on the host; empty: not known, or a longer path */
};

#define AUBERGE_LIST_FIGURES 1u /* also read memory_bytes from the cgroups */

/*
 * All guests of the set sorted by name, or the named ones. Asks no supervisor: state is computed from ledger, locks,
 * cgroup and last end, so one stuck guest never blocks it. A guest whose config cannot be read is still listed, with
 * problem set. An unknown name: AUBERGE_NO_GUEST. *guests is one allocation, free() it. Returns 0 or negative.
 */
int auberge_list(struct auberge *auberge, const char *const *names, size_t names_count, unsigned flags,
                 struct auberge_guest **guests, size_t *count, struct auberge_error *error);
/* All guests, for a caller that must know at which one a reading hangs: before() is called with each name just before
 * anything of it is read; false leaves it out. */
int auberge_list_each(struct auberge *auberge, unsigned flags, bool (*before)(void *data, const char *name), void *data,
                      struct auberge_guest **guests, size_t *count, struct auberge_error *error);

/* --- one guest's config, and what it holds ------------------------------------------------------------------- */

/* One row of the schema table: parser, validator, form, help and man page are made from these. */
struct auberge_key {
	const char *section;      /* "guest"; "net *" means one section per name */
	const char *name;
	const char *type;         /* "text" "path" "bool" "count" "size" "duration" "decimal" "list" "choice" "mac" "address" ... */
	const char *choices;      /* for "choice": words with blanks between; else NULL */
	const char *range;        /* "0..16" or NULL: for people */
	const char *default_text; /* as written in a file; NULL: no default */
	const char *unit;         /* "bytes" "seconds" "processors" or NULL */
	bool live;                /* acts on a running guest at once (else at the next start) */
	const char *help;         /* one sentence */
};
/* Row number index of the table, in the order of the man page; NULL past the last. */
const struct auberge_key *auberge_schema(size_t index);

/* One value in force. origin: "FILE:LINE" or "default". */
struct auberge_value {
	char *section;
	char *key;
	char *value;
	char *origin;
};

/* What `show` tells beyond the listing. Free with auberge_details_free(). */
struct auberge_details {
	struct auberge_guest guest;
	pid_t supervisor_pid; /* 0 none */
	pid_t keeper_pid;     /* 0 none */
	struct auberge_value *values;
	size_t values_count;
	char **drift; /* sentences: "limits.memory: file 2G, running 1G" */
	size_t drift_count;
	char **cgroups; /* absolute paths */
	size_t cgroups_count;
	struct {
		char name[12];
		uint64_t inode;
	} namespaces[12];
	size_t namespaces_count;
	struct {
		char guest_name[AUBERGE_LINK_SIZE], host_name[AUBERGE_LINK_SIZE], bridge[AUBERGE_LINK_SIZE], mac[18];
		int index;
	} links[AUBERGE_LINKS_MAX];
	size_t links_count;
	char **mounts; /* "TARGET from SOURCE" */
	size_t mounts_count;
	uint32_t id_first, id_count; /* 0 0: none yet, or privileged */
	struct {
		char name[24], halt_signal[24], reboot_signal[24];
		char halt_command[48]; /* run inside when the signal comes to nothing: "systemctl poweroff"; "" none */
		bool command_first;    /* and the signal only when that fails */
		char detected_by[64]; /* "config: ...", "rootfs: /usr/bin/...", "executable of ...", "signals that ..." */
	} init;
	char status[AUBERGE_STATUS_SIZE]; /* the guest's own last word (sd_notify's STATUS=), clean; may be empty */
	char **confinement; /* "KEY VALUE" lines: user_namespace, capabilities, no_new_privileges, seccomp, lsm ... */
	size_t confinement_count;
};
/* Asks the supervisor too; one that does not answer within 1 s gives AUBERGE_SUPERVISION_NOT_ANSWERING, no error. */
struct auberge_details *auberge_show(struct auberge *auberge, const char *name, struct auberge_error *error);
void auberge_details_free(struct auberge_details *details);

/* Reads and checks NAME's config wholly, host side included (bridge, rootfs, init, ids, cgroups), and changes nothing.
 * All errors at once in error->text. Returns 0, or negative. */
int auberge_config_check(struct auberge *auberge, const char *name, struct auberge_error *error);

/* --- editing a config ------------------------------------------------------------------------------------------ */

/*
 * A guest.ini being edited: its text, of which comments, order and blank lines are kept, and what it means. It belongs
 * to no lock; a save refuses when the file is another one than was read (someone else's edit).
 */
struct auberge_edit;
/* Reads NAME's guest.ini as it is, valid or not. */
struct auberge_edit *auberge_edit_open(struct auberge *auberge, const char *name, struct auberge_error *error);
/* Of a guest that does not exist yet (the form of create): an empty file. It is never saved. */
struct auberge_edit *auberge_edit_new(struct auberge *auberge, const char *name, struct auberge_error *error);
void auberge_edit_free(struct auberge_edit *edit);

/* The whole text; until the next change of it. */
const char *auberge_edit_text(const struct auberge_edit *edit);
/* Replaces the whole text, valid or not: auberge_edit_problems() tells. */
int auberge_edit_set_text(struct auberge_edit *edit, const char *text, struct auberge_error *error);
/* The sections that the text has, in its order: "guest", "net eth0"; NULL past the last. */
const char *auberge_edit_section(const struct auberge_edit *edit, size_t index);
/* The value as the text says it, right or wrong, else its default (malloc'ed; NULL: unset and no default), and whether
 * the text says it. section as in the file ("net eth0").
 * An unknown key: AUBERGE_USAGE, with the nearest one as remedy. */
int auberge_edit_get(const struct auberge_edit *edit, const char *section, const char *key, char **value, bool *written,
                     struct auberge_error *error);
/* Sets one value, changing the text as little as can be; NULL takes the line away. A section that is not there is added
 * at the end. Refused with the text unchanged (AUBERGE_USAGE) when the value is not one for this key; whether it goes
 * together with the others auberge_edit_problems() tells. */
int auberge_edit_set(struct auberge_edit *edit, const char *section, const char *key, const char *value,
                     struct auberge_error *error);
/* Adds a section without values ("net eth1"), or takes one away with all of its values. Nothing to do is no error. */
int auberge_edit_add_section(struct auberge_edit *edit, const char *section, struct auberge_error *error);
int auberge_edit_remove_section(struct auberge_edit *edit, const char *section, struct auberge_error *error);

/* One thing that is wrong with the text. */
struct auberge_problem {
	char section[64], key[64]; /* empty when it is about the file */
	unsigned line;             /* 0 none */
	char text[256];
};
/* All of them, in order of the lines; of very many (some fifty) the first, and at the end that there are more.
 * *problems is one allocation, free() it. */
int auberge_edit_problems(const struct auberge_edit *edit, struct auberge_problem **problems, size_t *count,
                          struct auberge_error *error);

enum auberge_takes_effect {
	AUBERGE_EFFECT_NOW,        /* the guest does not run, or the key acts on a running one */
	AUBERGE_EFFECT_NEXT_START, /* the guest runs, and goes on with the old value */
};
struct auberge_change {
	char section[64], key[64];      /* key "": the section came or went as it is, "there" on one side */
	char before[256], after[256]; /* "" unset */
	enum auberge_takes_effect effect;
	char refused[256]; /* a live limit below what is used now, with both figures: only with AUBERGE_SAVE_FORCE; else empty */
};
/* What the text changes against the file as it was read. *changes is one allocation, free() it. */
int auberge_edit_changes(struct auberge_edit *edit, struct auberge_change **changes, size_t *count, struct auberge_error *error);
/* The same as a unified diff of the two texts; "" when they are alike. malloc'ed. */
char *auberge_edit_diff(const struct auberge_edit *edit, struct auberge_error *error);

#define AUBERGE_SAVE_FORCE 1u      /* also limits below current use */
#define AUBERGE_SAVE_NEXT_START 2u /* the running guest is left alone */
/*
 * Checks all, keeps the earlier file as one more version, writes by temp file, fsync and rename, and lets act what can
 * act now on a running guest, which is read back from the kernel. AUBERGE_WRONG_STATE: someone else has changed the file
 * since it was read, or the guest was destroyed; nothing is written then. *changes (may be NULL) tells what took effect
 * when; free() it, after an error too. What the kernel or the supervisor did not take is an error although the file is
 * saved: text says both, and those changes have AUBERGE_EFFECT_NEXT_START with refused saying why. A text that is as it
 * was read is not written again, but what differs in the running guest, and can act, is made to act. After a save the
 * edit goes on from what was saved. It may wait for the disk, and up to a second for the guest's supervisor.
 */
int auberge_edit_save(struct auberge_edit *edit, unsigned flags, struct auberge_change **changes, size_t *count,
                      struct auberge_error *error);

/* An earlier guest.ini. */
struct auberge_version {
	unsigned number;      /* 1 is the oldest that is kept; counts up */
	int64_t time_seconds; /* when it was replaced */
	char by[64];          /* by whom */
	size_t bytes;
};
/* Newest first. *versions is one allocation, free() it. */
int auberge_config_history(struct auberge *auberge, const char *name, struct auberge_version **versions, size_t *count,
                           struct auberge_error *error);
/* The text of version number (0: the newest) into an edit of NAME, to be looked at and saved. */
struct auberge_edit *auberge_edit_revert(struct auberge *auberge, const char *name, unsigned number, struct auberge_error *error);

/* Where the running guest differs from its file: before is what is in force, after what the file says. None when it does
 * not run. *changes is one allocation, free() it. */
int auberge_config_drift(struct auberge *auberge, const char *name, struct auberge_change **changes, size_t *count,
                         struct auberge_error *error);

/* --- creating and destroying --------------------------------------------------------------------------------- */

struct auberge_create {
	const char *name;
	const char *kind;       /* NULL or "container"; "vm" is refused for now */
	const char *template_;  /* "busybox", "dir:PATH", "none" */
	const char *const *set; /* "SECTION.KEY=VALUE" */
	size_t set_count;
	bool dry_run; /* tell the steps, change nothing */
	/* Called with 0..100 and a sentence; a negative return breaks off (nothing is left). May be NULL. */
	int (*progress)(void *data, int percent, const char *text);
	void *data;
};
int auberge_create(struct auberge *auberge, const struct auberge_create *create, struct auberge_error *error);
/* What a root file system can be made from. */
struct auberge_template {
	const char *name; /* as in auberge_create.template_; one that ends in ':' wants something behind it */
	const char *argument; /* what that is: "PATH"; NULL none */
	const char *help; /* one sentence */
};
/* Row number index of the table; NULL past the last. */
const struct auberge_template *auberge_template(size_t index);
/* The guest.ini that auberge_create() would write: malloc'ed. Kind, template and the values of set are checked, the
 * host and the name are not. */
char *auberge_create_text(struct auberge *auberge, const struct auberge_create *create, struct auberge_error *error);

/* Deletes a stopped, failed or incomplete guest and all of its own; else AUBERGE_WRONG_STATE. What is kept (a dir:
 * rootfs, mounts' sources) is told through kept(data, path), which may be NULL. */
int auberge_destroy(struct auberge *auberge, const char *name, void (*kept)(void *data, const char *path), void *data,
                    struct auberge_error *error);

/* --- acts: start, stop, restart, freeze, thaw, kill ----------------------------------------------------------- */

enum auberge_act { AUBERGE_START, AUBERGE_STOP, AUBERGE_RESTART, AUBERGE_FREEZE, AUBERGE_THAW, AUBERGE_KILL };
const char *auberge_act_word(enum auberge_act act);

struct auberge_act_options {
	int64_t timeout_seconds; /* stop, restart: -1 the guest's own stop_timeout */
	bool kill;               /* stop: kill at the timeout, not before */
	bool join;               /* stop: only join one that is under way (else AUBERGE_WRONG_STATE), asking init nothing anew;
	                          * timeout_seconds moves its limit further, -1: leaves it, and this job waits on beyond it */
	bool many;               /* one of several targets: links are left to the kernel's batched cleanup and awaited */
	bool ready;              /* start, restart: done only when the guest says it is up; AUBERGE_TIMEOUT after 90 s */
	bool ordered;            /* start, restart: its `after` was looked at already (auberge_jobs does) */
	const char *by;          /* who asks, for the history; NULL: the login name */
};

/* One process that holds a stop up. Text is clean. */
struct auberge_survivor {
	pid_t pid;      /* inside the guest; 0 unknown */
	pid_t host_pid;
	char command[64];
	char state;     /* as in /proc/PID/stat: R S D Z T; D if any thread of it is stuck so */
	char wait[48];  /* kernel function it waits in (/proc/PID/wchan), may be empty */
	int64_t age_seconds;
	uint64_t start_time;   /* ticks since boot, /proc/PID/stat: with host_pid the identity that auberge_signal() wants */
	char stuck_in[72];     /* state D: what of the kernel, "request_wait_answer (FUSE)" (/proc/PID/stack, syscall); may be empty */
	int64_t stuck_seconds; /* state D: for how long it is known to have been so; -1 any other state */
};

enum auberge_event_kind {
	AUBERGE_EVENT_PROGRESS,  /* text says what is waited for; of a stop with who is left, about once a second */
	AUBERGE_EVENT_SURVIVORS, /* the stop's time limit came: who is left; the guest stays "stopping" */
	AUBERGE_EVENT_DONE,      /* the act is complete; the job is over */
};
struct auberge_job_event {
	enum auberge_event_kind kind;
	char text[256];
	int64_t left_seconds; /* until the stop's time limit; -1 none */
	struct auberge_survivor *survivors; /* worst first: stuck, then oldest; belongs to the job, until the next call */
	size_t survivors_count;
	size_t survivors_total; /* who is left: as many or more */
};

/*
 * An act under way on one guest, driven by file descriptors so that no caller need block. The act itself goes on when
 * the job is freed: freeing leaves the wait, not the act.
 */
struct auberge_job;
struct auberge_job *auberge_job_begin(struct auberge *auberge, const char *name, enum auberge_act act,
                                      const struct auberge_act_options *options, struct auberge_error *error);
/* Readable when auberge_job_next() has something to say. */
int auberge_job_fd(const struct auberge_job *job);
/*
 * Never blocks. 1: *event filled; 0: nothing now; negative: the act failed and the job is over. A stop that reaches its
 * time limit gives one SURVIVORS event and then fails with AUBERGE_TIMEOUT (the guest stays "stopping").
 * A supervisor that does not answer within 1 s: AUBERGE_FAILED with "NAME: its supervisor is not answering".
 */
int auberge_job_next(struct auberge_job *job, struct auberge_job_event *event, struct auberge_error *error);
void auberge_job_free(struct auberge_job *job);

/*
 * Sends a signal to one process of the guest, by its identity as a survivor's or the process list told it: pid on the
 * host and start time. A pidfd is opened first (pidfd_open(2)), then it is looked whether that process started at that
 * time and is in the guest's cgroup: a recycled pid, a process of the host or of another guest is refused
 * (AUBERGE_WRONG_STATE when it has ended, AUBERGE_NOT_PERMITTED when it is not the guest's). Root only. 0, or negative.
 */
int auberge_signal(struct auberge *auberge, const char *name, pid_t host_pid, uint64_t start_time, int signal_number,
                   struct auberge_error *error);
/* --- acts on several guests, in their order -------------------------------------------------------------------- */

/*
 * One act on several guests side by side. Start: a guest's turn comes when those of its `after` that are among the
 * targets are up and all of lower `order` have come up or failed; one that failed makes those fail that come after it.
 * Stop: when all that come after it, and all of higher order, are gone; one that takes longer than its own stop_timeout
 * (or its share of a shorter limit) no longer holds the others up, but goes on being waited for. Restart: both.
 * Targets that have nothing to do with each other go on at the same time. Nothing is killed unless act.kill says so.
 */
struct auberge_jobs_options {
	/* timeout_seconds: one limit for all stops together, after which none is begun; -1: each guest's own stop_timeout,
	 * and as much for all as the dearest chain of them takes. many, ready, ordered: set as it needs. */
	struct auberge_act_options act;
	bool whole_host;  /* not named one by one: one that is in the wanted state already is done, and an `after` that
	                   * names no guest is a warning, no error */
	unsigned at_once; /* 0: 40 starts, 256 stops */
};

enum auberge_jobs_event_kind {
	AUBERGE_JOBS_BEGUN,   /* its turn has come */
	AUBERGE_JOBS_SAYS,    /* job: what its job says, PROGRESS or SURVIVORS */
	AUBERGE_JOBS_DONE,    /* this guest is done with */
	AUBERGE_JOBS_FAILED,  /* this guest is done with: *error */
	AUBERGE_JOBS_WARNING, /* *error has the text; what was asked for goes on */
	AUBERGE_JOBS_OVER,    /* all are done with */
};
struct auberge_jobs_event {
	enum auberge_jobs_event_kind kind;
	size_t index; /* of the guest among names */
	struct auberge_job_event job;
};

struct auberge_jobs;
/* A name that is there twice is one target, by its first index. Errors of one guest come as events. */
struct auberge_jobs *auberge_jobs_begin(struct auberge *auberge, enum auberge_act act, const struct auberge_jobs_options *options,
                                        const char *const *names, size_t count, struct auberge_error *error);
/* Readable when auberge_jobs_next() has something to say, which it has as soon as it was begun. */
int auberge_jobs_fd(const struct auberge_jobs *jobs);
/* Never blocks but for the launches of those whose turn has come. 1: *event filled, and *error if its kind says so;
 * 0: nothing now. Call it until 0. */
int auberge_jobs_next(struct auberge_jobs *jobs, struct auberge_jobs_event *event, struct auberge_error *error);
/* The target that this one waits for before its turn comes; NULL: none, or it has come. */
const char *auberge_jobs_held_by(struct auberge_jobs *jobs, size_t index);
/* Takes in the ends of processes that jobs left behind; for a program that lives on and does not list. Never blocks. */
void auberge_reap(struct auberge *auberge);
/* Leaves the wait: what was begun goes on, what was not is not begun. */
void auberge_jobs_free(struct auberge_jobs *jobs);

/* --- console, exec ------------------------------------------------------------------------------------------- */

/* A connection to one of the guest's ttys: 0 is /dev/console. The descriptor is readable when there is output. */
struct auberge_console;
struct auberge_console *auberge_console_open(struct auberge *auberge, const char *name, unsigned tty, bool read_only,
                                             struct auberge_error *error);
/* The same without waiting for the supervisor's answer: a refusal comes with a read, and what is written before the
 * answer is not taken. */
struct auberge_console *auberge_console_begin(struct auberge *auberge, const char *name, unsigned tty, bool read_only,
                                              struct auberge_error *error);
int auberge_console_fd(const struct auberge_console *console);
/* How many are attached to this tty, this one included; 0: not told yet (an older supervisor never does). */
unsigned auberge_console_viewers(const struct auberge_console *console);
/* Never blocks. Returns the bytes put into buffer; 0: nothing now; negative: the guest ended or the connection broke
 * (error says which; error->code AUBERGE_OK when the guest ended). *missed: bytes that were dropped before these. */
ssize_t auberge_console_read(struct auberge_console *console, void *buffer, size_t size, uint64_t *missed,
                             struct auberge_error *error);
/* Never blocks. Returns the bytes taken (0: the guest does not read now), or negative. */
ssize_t auberge_console_write(struct auberge_console *console, const void *buffer, size_t size, struct auberge_error *error);
int auberge_console_resize(struct auberge_console *console, unsigned rows, unsigned columns, struct auberge_error *error);
void auberge_console_close(struct auberge_console *console);

struct auberge_exec {
	const char *const *argv;   /* NULL: the user's login shell */
	const char *user;          /* "NAME[:GROUP]" or ids; NULL root */
	const char *directory;     /* NULL: the user's home for a shell, else / */
	const char *const *environment; /* "K=V", may be NULL; added to a small clean one */
	size_t environment_count;
	bool tty;                  /* a pty inside the guest; else three pipes */
	unsigned rows, columns;    /* of the pty */
};
struct auberge_exec_process {
	pid_t pid;  /* our child; its wait status is the command's (128+N for signal N, 125, 126, 127 as CLI.md) */
	int input;  /* write end; with tty: the pty master, and output == input, errors == -1 */
	int output; /* read end */
	int errors; /* read end */
};
/* Joins all of the guest's namespaces, its exec/ cgroup and its confinement from a process of its own that is not
 * dumpable. The caller closes the descriptors and waits for the pid. Root only. */
int auberge_exec(struct auberge *auberge, const char *name, const struct auberge_exec *exec,
                 struct auberge_exec_process *process, struct auberge_error *error);

/* --- figures -------------------------------------------------------------------------------------------------- */

enum { /* bits of auberge_counters.have */
	AUBERGE_HAVE_CPU = 1 << 0,
	AUBERGE_HAVE_THROTTLED = 1 << 1,
	AUBERGE_HAVE_MEMORY = 1 << 2,
	AUBERGE_HAVE_CACHE = 1 << 3,
	AUBERGE_HAVE_LIMIT = 1 << 4,
	AUBERGE_HAVE_STALL = 1 << 5,
	AUBERGE_HAVE_IO = 1 << 6,
	AUBERGE_HAVE_PROCESSES = 1 << 7,
	AUBERGE_HAVE_OOM = 1 << 8,
	AUBERGE_HAVE_NET = 1 << 9,
	AUBERGE_HAVE_QUOTA = 1 << 10,
	AUBERGE_HAVE_PERIODS = 1 << 11,
	AUBERGE_HAVE_MEMORY_HITS = 1 << 12,
	AUBERGE_HAVE_MEMORY_KINDS = 1 << 13,
	AUBERGE_HAVE_REFUSED = 1 << 14,
	AUBERGE_HAVE_DISK = 1 << 15,
	AUBERGE_HAVE_BLOCKED = 1 << 16,
	AUBERGE_HAVE_DELAY = 1 << 17,
	AUBERGE_HAVE_OOM_KNOWN = 1 << 18,
};

/* One pressure file (kernel: accounting/psi.rst), in percent of the last 10 and 60 s; negative: the kernel does not say. */
struct auberge_pressure {
	float some10, some60, full10, full60;
};

enum { /* bits of auberge_counters.old */
	AUBERGE_OLD_MEMORY = 1 << 0,
	AUBERGE_OLD_CPU = 1 << 1,
	AUBERGE_OLD_PROCESSES = 1 << 2,
	AUBERGE_OLD_IO = 1 << 3,
};

/* Counters of one guest as the kernel gives them; a field counts only if its bit in have is set. Plain data. */
struct auberge_counters {
	unsigned have;
	uint64_t time_usec; /* CLOCK_MONOTONIC at the reading */
	uint64_t cpu_usec, throttled_usec;
	uint64_t memory_bytes;       /* whole usage, cache included */
	uint64_t cache_bytes;        /* inactive file cache, from the last reading of memory.stat */
	uint64_t memory_limit_bytes; /* AUBERGE_UNLIMITED: none */
	float cpu_stall_percent, memory_stall_percent, io_stall_percent; /* PSI "some" avg10 (kernel: accounting/psi.rst) */
	uint64_t read_bytes, write_bytes;
	uint64_t processes, processes_limit;
	uint64_t oom_kills;
	uint64_t receive_bytes, transmit_bytes; /* the guest's view */

	/* For triage. What is read more seldom has a time of its own, CLOCK_MONOTONIC; 0: that of time_usec. */
	uint64_t throttled_time_usec, events_time_usec, kinds_time_usec, blocked_time_usec;
	struct auberge_pressure cpu_pressure, memory_pressure, io_pressure; /* with AUBERGE_HAVE_STALL */
	uint64_t cpu_quota_thousandths; /* of one processor; AUBERGE_UNLIMITED: none. AUBERGE_HAVE_QUOTA */
	uint64_t periods, throttled_periods;
	uint64_t memory_hits;           /* v2: memory.events "max"; v1: memory.failcnt */
	uint64_t anonymous_bytes, file_bytes, shared_bytes; /* of memory.stat; file: on the LRU lists, so reclaimable */
	uint64_t refaults;              /* pages that came back soon after they were taken away */
	uint64_t refused_processes;     /* pids.events "max": forks that failed */
	uint64_t disk_bytes, disk_free_bytes; /* of the rootfs' file system or its quota; free: what the guest can still use */
	uint64_t disk_inodes, disk_free_inodes; /* 0: it does not count them */
	unsigned blocked, looked_at;    /* processes in state D, of so many; of several looks the one that found most */
	unsigned looks, looks_blocked;  /* how many looks were taken in a row, and how many of them found one */
	char blocked_command[32];       /* one of them, clean */
	uint64_t delay_usec;            /* that the living ones waited for block IO; AUBERGE_HAVE_DELAY: where it is accounted */
	int64_t oom_seconds;            /* wall clock of the last OOM kill that the guest's events tell of; AUBERGE_HAVE_OOM_KNOWN */
	char oom_victim[32];            /* clean; empty: the kernel did not name it */
	uint64_t receive_packets, transmit_packets, receive_errors, transmit_errors, receive_drops, transmit_drops;
	unsigned old;                   /* AUBERGE_OLD_*: figures that come from cgroup v1, to name the right file */
	unsigned host_processors;       /* 0: not known */
	uint64_t host_memory_bytes;
};

/* The network counters of all links of the host, by one netlink dump per refresh. */
struct auberge_traffic;
struct auberge_traffic *auberge_traffic_open(struct auberge_error *error);
int auberge_traffic_refresh(struct auberge_traffic *traffic, struct auberge_error *error);
void auberge_traffic_close(struct auberge_traffic *traffic);

/* The kept-open counter files of one running guest: one pread each per reading. */
struct auberge_meter;
struct auberge_meter *auberge_meter_open(struct auberge *auberge, const struct auberge_guest *guest, struct auberge_error *error);
#define AUBERGE_METER_CACHE 1u  /* also read memory.stat (the dear one) */
#define AUBERGE_METER_LIMITS 2u /* also read the limits, and how full its disk is */
/* Also read the pressure files, OOM kills and limits hit; and where these point there, memory.stat and the processes. */
#define AUBERGE_METER_STALL 4u
#define AUBERGE_METER_PROCESSES 8u /* also look at its processes, wherever the other figures point */
/* traffic may be NULL. Returns 0, or negative when the guest is gone. */
int auberge_meter_read(struct auberge_meter *meter, const struct auberge_traffic *traffic, unsigned flags,
                       struct auberge_counters *counters, struct auberge_error *error);
void auberge_meter_close(struct auberge_meter *meter);

struct auberge_host {
	char name[65];
	double uptime_seconds, load[3];
	uint64_t cpu_busy_ticks, cpu_total_ticks; /* of all processors, cumulative */
	unsigned processors;
	uint64_t memory_bytes, memory_used_bytes;
	uint64_t disk_bytes, disk_used_bytes; /* of the state directory's file system */
	float cpu_stall_percent, memory_stall_percent, io_stall_percent; /* negative: the kernel does not say */
};
int auberge_host_read(struct auberge *auberge, struct auberge_host *host, struct auberge_error *error);

struct auberge_process {
	pid_t pid, host_pid; /* inside and outside the guest */
	uint32_t uid;        /* inside; UINT32_MAX unmapped */
	char user[33];       /* host-independent: "root" for 0, else the number */
	char state;
	uint64_t cpu_usec, memory_bytes, age_seconds;
	char command[256]; /* clean */
	uint64_t start_time; /* with host_pid, which process this is: for auberge_signal() */
};
/* The guest's processes, by pid inside. *processes is one allocation, free() it. */
int auberge_processes(struct auberge *auberge, const char *name, struct auberge_process **processes, size_t *count,
                      struct auberge_error *error);

/* --- bridges ---------------------------------------------------------------------------------------------------- */

#define AUBERGE_PORT_ADDRESSES_MAX 8
struct auberge_bridge {
	char name[AUBERGE_LINK_SIZE];
	int index;
	bool up, carrier, stp;
	bool vlan_filtering;
	unsigned mtu, vlan; /* vlan: id of the VLAN link that it is bridged to, 0 none */
	char uplink[AUBERGE_LINK_SIZE]; /* the first port that leads on: "eno1", "bond0.2003"; empty none */
	unsigned addresses_count, ports_count;
	char addresses[AUBERGE_PORT_ADDRESSES_MAX][64]; /* the host's own, with prefix length */
	uint64_t receive_bytes, transmit_bytes, drops, errors; /* the bridge's own, as the host sees it */
	char note[96];      /* "no carrier", "no uplink", "unused" ...; strongest first, may be empty */
};
struct auberge_port {
	char name[AUBERGE_LINK_SIZE]; /* on the host */
	int index;
	size_t bridge;                        /* index of its bridge; SIZE_MAX: on none (a guest's or an orphan only) */
	char guest[AUBERGE_NAME_MAX + 1];     /* of this set; of an orphan: whose it was; empty: no guest of ours */
	char interface[AUBERGE_LINK_SIZE];    /* inside the guest; may be empty */
	char mac[18];                         /* of the guest's end where it is known, else of the port; empty: it has none */
	bool up, carrier;
	bool uplink; /* neither a guest's nor another program's: it leads on to a network */
	bool orphan; /* its guest does not run, or it is a host's end without a guest. Never true without root */
	unsigned vlan, mtu, addresses_count;  /* vlan: of a VLAN link; the PVID on a bridge that filters; 0 none */
	char addresses[AUBERGE_PORT_ADDRESSES_MAX][64]; /* as configured for the running guest, with prefix length */
	uint64_t receive_bytes, transmit_bytes; /* the guest's view for a guest's port, else the host's */
	uint64_t drops, errors;                 /* of both directions */
	char note[96]; /* "orphan of web3", "duplicate MAC: also web3", "duplicate address 10.0.0.3: also db1", "no carrier" ...;
	                * strongest first, may be empty */
};
struct auberge_network {
	uint64_t time_usec; /* CLOCK_MONOTONIC at the reading */
	struct auberge_bridge *bridges; /* by name; belong to this allocation */
	struct auberge_port *ports;     /* by bridge (on none: last), then the uplinks first, then by name */
	size_t bridges_count, ports_count, size; /* size: bytes of the whole allocation */
};
/* One reading of all bridges of the host and what hangs on them, through rtnetlink(7). No supervisor is asked. *network
 * is one allocation (the arrays stand behind the struct, and hold no pointers), free() it. Returns 0 or negative. */
int auberge_network_read(struct auberge *auberge, struct auberge_network **network, struct auberge_error *error);

/* --- log and events ------------------------------------------------------------------------------------------- */

/* Path of NAME's console log, malloc'ed; the file need not exist. ".1" is its predecessor. */
char *auberge_log_path(struct auberge *auberge, const char *name, struct auberge_error *error);

struct auberge_history_event {
	char name[AUBERGE_NAME_MAX + 1];
	int64_t time_seconds;
	char event[24]; /* start end cancel (of a restart) oom limit ... */
	char cause[32];
	int status; /* -1 none */
	char by[64];
	double seconds; /* how long it ran; negative: none */
	uint64_t count; /* oom, limit: how often since the line before; else 0 */
	char detail[160];
};
/* Events of the named guests (none: all), oldest first. Free *events. */
int auberge_history(struct auberge *auberge, const char *const *names, size_t names_count,
                    struct auberge_history_event **events, size_t *count, struct auberge_error *error);
/* The newest event of that kind ("oom") of one guest, looked for in the last part of its events only, so cheaply.
 * 1: *event filled, 0: none there. */
int auberge_history_last(struct auberge *auberge, const char *name, const char *kind, struct auberge_history_event *event,
                         struct auberge_error *error);
/* A descriptor that becomes readable when some guest's events file of the set changes, or a guest comes or goes
 * (inotify(7)). Then auberge_history_watch_take(), which also watches the guests that came, then auberge_history(). */
int auberge_history_watch(struct auberge *auberge, struct auberge_error *error);
/* Never blocks. */
int auberge_history_watch_take(struct auberge *auberge, int watch, struct auberge_error *error);

/* --- audit ----------------------------------------------------------------------------------------------------- */

/* One thing on this host that belongs to no live guest of the set. All text is clean. */
struct auberge_leftover {
	char type[16];  /* cgroup link mount process ledger socket directory guest file ids */
	char name[256]; /* a path, a link's name, "PID COMMAND" */
	char owner[AUBERGE_NAME_MAX + 1]; /* the guest that it was of; of another set: its set-id; else "unknown" */
	char sentence[320]; /* what it is; after a reclaim that failed, why */
	char remedy[192];   /* a command, or what to do */
	bool reclaimed;
	bool foreign; /* another set's, or nobody's of ours: told, never touched, no leftover */
};
/*
 * Looks at cgroups below ROOT, links (by tag and by ledger), processes, the mounts of every mount namespace that a process
 * holds, run directories, half-made guests and id ranges. What belongs to a guest that lives, or on which a command is at
 * work, is no leftover. reclaim: takes away what a ledger or a tag of ours names, under the guest's locks; the rest says
 * why it stays. It kills no process but those that a dead guest's ledger answers for, and programs of ours that lost
 * their guest. Needs root (AUBERGE_NOT_PERMITTED). *leftovers is one allocation, free() it; 0 also when there are some.
 */
int auberge_audit(struct auberge *auberge, bool reclaim, struct auberge_leftover **leftovers, size_t *count,
                  struct auberge_error *error);

/* --- text ----------------------------------------------------------------------------------------------------- */

/*
 * Makes hostile text showable: valid UTF-8 in, valid UTF-8 out, no C0, C1 or DEL (shown as ^X), no bidi controls, no
 * zero-width characters, at most two combining marks on a character, a newline as a visible mark, invalid bytes as
 * U+FFFD. Cuts at max_columns (wcwidth; 0: no limit) and at size-1 bytes, never inside a character. Returns columns.
 */
size_t auberge_text_clean(char *out, size_t size, const char *in, size_t length, size_t max_columns);
/* Columns of clean text. */
size_t auberge_text_columns(const char *text);

/* "512M", "2G", "max" (AUBERGE_UNLIMITED) to bytes, powers of 1024. "30s" "2m" "1h" to seconds. 0, or -1 malformed. */
int auberge_parse_size(const char *text, uint64_t *bytes);
int auberge_parse_duration(const char *text, int64_t *seconds);
/* Short forms for screens, at most 5 columns: "1.0G" "412M" "88.1"; ages "41d" "3d04" "1h12" "5m" "12s". */
void auberge_format_size(char *out, size_t size, uint64_t bytes);
void auberge_format_age(char *out, size_t size, int64_t seconds);

/* The word of candidates nearest to word by edit distance, or NULL when none is near. */
const char *auberge_nearest(const char *word, const char *const *candidates, size_t count);

#endif
