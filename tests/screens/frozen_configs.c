/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configs of `frozen`; see frozen_configs.h. Owns the temporary directory. */
#include "frozen_configs.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[96];

static int dry_run(struct auberge *auberge, const struct auberge_create *create, struct auberge_error *error)
{
	static const char *const steps[] = {"would make the busybox root file system /var/lib/auberge/NAME/rootfs",
	                                    "would write /var/lib/auberge/NAME/guest.ini", "nothing was changed"};

	(void)auberge;
	if (strcmp(create->name, "web3") == 0) {
		*error = (struct auberge_error){.code = AUBERGE_WRONG_STATE, .text = "web3: there is a guest of this name already"};
		return -1;
	}
	for (int i = 0; i < 3; i++)
		create->progress(create->data, i * 50, steps[i]);
	return 0;
}

/* As if web3 and db2 ran, and web3 used 1.0G. */
static int changes(struct auberge_edit *edit, struct auberge_change **changes, size_t *count, struct auberge_error *error)
{
	int result = auberge_edit_changes(edit, changes, count, error);

	for (size_t i = 0; result >= 0 && i < *count; i++) {
		struct auberge_change *change = &(*changes)[i];
		const struct auberge_key *key;
		uint64_t bytes;

		change->effect = AUBERGE_EFFECT_NEXT_START;
		for (size_t k = 0; (key = auberge_schema(k)); k++)
			if (key->live && strcmp(key->section, change->section) == 0 && strcmp(key->name, change->key) == 0)
				change->effect = AUBERGE_EFFECT_NOW;
		if (strcmp(change->key, "memory") == 0 && auberge_parse_size(change->after, &bytes) == 0 && bytes < 1u << 30)
			snprintf(change->refused, sizeof change->refused, "%.20s is below the 1.0G that it uses now", change->after);
	}
	return result;
}

#define HANGS "pids = 4242" /* a save of that takes its time */
#define HANGS_SECONDS 4

static int save(struct auberge_edit *edit, unsigned flags, struct auberge_change **kept, size_t *count,
                struct auberge_error *error)
{
	int result = changes(edit, kept, count, error);

	if (strstr(auberge_edit_text(edit), HANGS))
		sleep(HANGS_SECONDS);
	return result < 0 ? result : auberge_edit_save(edit, flags | AUBERGE_SAVE_NEXT_START, NULL, NULL, error);
}

static int drift(struct auberge *auberge, const char *name, struct auberge_change **changes, size_t *count,
                 struct auberge_error *error)
{
	static const struct auberge_change fixed[] = {
		{"limits", "cpus", "2", "1.5", AUBERGE_EFFECT_NOW, ""},
		{"net eth0", "bridge", "br0", "V2003", AUBERGE_EFFECT_NEXT_START, ""},
	};

	(void)auberge;
	(void)error;
	*count = strcmp(name, "db2") == 0 ? 2 : 0;
	*changes = calloc(2, sizeof fixed[0]);
	if (*changes)
		memcpy(*changes, fixed, sizeof fixed);
	return 0;
}

static int history(struct auberge *auberge, const char *name, struct auberge_version **versions, size_t *count,
                   struct auberge_error *error)
{
	int result = auberge_config_history(auberge, name, versions, count, error);

	for (size_t i = 0; result >= 0 && i < *count; i++) {
		(*versions)[i].time_seconds = 1700000000 + (int64_t)(*versions)[i].number * 3600;
		snprintf((*versions)[i].by, sizeof (*versions)[i].by, "root");
	}
	return result;
}

static const struct source_editing editing = {
	.changes = changes,
	.save = save,
	.drift = drift,
	.history = history,
	.create = dry_run,
};

static void make_guest(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/lock", directory, name);
	file = fopen(path, "w");
	if (file)
		fclose(file);
	snprintf(path, sizeof path, "%s/%s/guest.ini", directory, name);
	file = fopen(path, "w");
	if (file) {
		fputs(text, file);
		fclose(file);
	}
}

void frozen_configs(struct source *source)
{
	struct auberge_error error;

	/* The suite's own place, which goes with it: a test may end this program by SIGKILL. */
	snprintf(directory, sizeof directory, "%s/frozen-XXXXXX", getenv("AUBERGE_TEST_TMP") ? getenv("AUBERGE_TEST_TMP") : "/tmp");
	if (getenv("FROZEN_DIRECTORY"))
		snprintf(directory, sizeof directory, "%s", getenv("FROZEN_DIRECTORY"));
	if (!getenv("FROZEN_DIRECTORY") && !mkdtemp(directory))
		return;
	make_guest("web3", "# the shop\n[guest]\nautostart = yes\n\n[limits]\n# raised in March\nmemory = 1G\ncpus = 1.5\n\n"
	           "[net eth0]\nbridge = br0\naddress = 10.0.0.23/24\ngateway = 10.0.0.1\n");
	make_guest("db2", "[guest]\nhostname = db2-lmb\n[limits]\ncpus = 1.5\n[net eth0]\nbridge = V2003\n"
	           "[mount data]\nsource = /srv/db\ntarget = /srv/db\n");
	make_guest("old-app", "[guest]\nautostrat = yes\n[limits]\nmemory = much\n");
	source->configs = auberge_open(&(struct auberge_options){.state_dir = directory}, &error);
	source->editing = &editing;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void frozen_configs_close(struct source *source)
{
	auberge_close(source->configs);
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	ended = number;
}

/* "slow..." goes on until it is ended or has no parent, "bad..." fails, any other is made. */
int frozen_create(const char *name)
{
	struct sigaction action = {.sa_handler = on_end};
	sigset_t wait, before;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&wait);
	sigaddset(&wait, SIGTERM);
	sigprocmask(SIG_BLOCK, &wait, &before);
	sigaction(SIGTERM, &action, NULL);
	fprintf(stderr, "10 making the root file system\n");
	while (strncmp(name, "slow", 4) == 0 && !ended)
		sigsuspend(&before);
	if (ended) {
		fprintf(stderr, "auberge: %s: broken off, nothing is left\n", name);
		return 143;
	}
	if (strncmp(name, "bad", 3) == 0) {
		fprintf(stderr, "auberge: %s: there is a guest of this name already\n    choose another\n", name);
		return 4;
	}
	fprintf(stderr, "80 writing guest.ini\n100 made\n");
	return 0;
}
