/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fail points of --enable-faults builds: see fault.h. In other builds this file is empty. */
#include "base/fault.h"

#ifdef AUBERGE_FAULTS
#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ORDERS_MAX 4

static const char *const names[] = {
#define X(constant, name, step, fails, what) [constant] = name,
	FAULT_POINTS(X)
#undef X
};

static const struct {
	const char *word;
	int number;
} errors[] = {
	{"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EIO", EIO},     {"EPERM", EPERM},
	{"EINTR", EINTR},   {"EAGAIN", EAGAIN}, {"EROFS", EROFS}, {"EMFILE", EMFILE},
};

const char *fault_name(enum fault point)
{
	return point < FAULTS_COUNT ? names[point] : NULL;
}

static void trace(const char *name)
{
	const char *path = getenv("AUBERGE_FAULT_TRACE");
	cleanup_close int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd >= 0 && dprintf(fd, "%s\n", name) < 0)
		return;
}

/* One order, NAME[=ERRNO][:TIMES]. 0: it is not for here. */
static int obey(const char *order, size_t length, const char *name, unsigned *passings)
{
	size_t end = strcspn(order, "=: ");
	const char *equals = memchr(order, '=', length), *colon = memchr(order, ':', length);

	if (end != strlen(name) || memcmp(order, name, end) != 0)
		return 0;
	(*passings)++;
	if (colon && strtoul(colon + 1, NULL, 10) != *passings)
		return 0;
	if (!equals)
		raise(SIGKILL);
	for (size_t i = 0; equals && i < COUNT_OF(errors); i++)
		if (strncmp(equals + 1, errors[i].word, strlen(errors[i].word)) == 0)
			return -errors[i].number;
	return -EINVAL;
}

static int pass(const char *name)
{
	static unsigned passings[ORDERS_MAX]; /* the one thing that this process must remember, in builds for tests only */
	const char *order = getenv("AUBERGE_FAULT");

	trace(name);
	for (size_t i = 0; order && *order && i < ORDERS_MAX; i++) {
		size_t length = strcspn(order, " ");
		int result = obey(order, length, name, &passings[i]);

		if (result < 0)
			return result;
		order += length + (order[length] == ' ');
	}
	return 0;
}

int fault_number(enum fault point)
{
	return pass(names[point]);
}

int fault_point(enum fault point, struct auberge_error *error)
{
	int result = fault_number(point);

	return result < 0 ? error_set(error, -result, "fail point %s", names[point]) : 0;
}

int fault_record(const char *moment, const char *word)
{
	char name[96];

	snprintf(name, sizeof name, "%s-%s", moment, word);
	return pass(name);
}
#endif
