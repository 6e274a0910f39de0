/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that faults are injected into, each with what has to hold afterwards. */
#ifndef TESTS_FAULTS_STEPS_H
#define TESTS_FAULTS_STEPS_H

#include "site.h"

#define RECOVER_SECONDS 5 /* for the next command to reach a clean state */
#define STOP_SECONDS "10s"

struct step {
	const char *name;
	const char *words[8]; /* of auberge; NULL: the saving program */
	bool seizes;          /* the guest's running programs are traced too */
	bool survives;        /* the guest lives on, whatever happens; being refused (exit status 4) is no failure */
	/* Each false with a sentence in why. */
	bool (*prepare)(struct site *site, char *why, size_t size);
	bool (*done)(struct site *site, char *why, size_t size);    /* it said that it succeeded: is that so? */
	bool (*recover)(struct site *site, char *why, size_t size); /* the next command, and nothing is left after it */
};
extern const struct step steps[];
extern const size_t steps_count;

/* The saving program's own part: `PROGRAM save DIRECTORY`. */
int save_main(const char *directory);

#endif
