/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configs of `frozen`; see frozen_configs.h. Owns the temporary directory. */
#include "frozen_configs.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];

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

static const struct source_editing editing = {
	.create = dry_run,
};

void frozen_configs(struct source *source)
{
	struct auberge_error error;

	snprintf(directory, sizeof directory, "/tmp/frozen-XXXXXX");
	if (!mkdtemp(directory))
		return;
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

/* "slow..." goes on until it is ended, "bad..." fails, any other is made. */
int frozen_create(const char *name)
{
	struct sigaction action = {.sa_handler = on_end};
	sigset_t wait, before;

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
