/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the OOM killer took, from the kernel's log. Names of processes and of groups below a guest's are the guest's own
 * words: what counts is that the line's group of the limit is that of this very guest.
 */
#include "host/alarm.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "guest/set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 65536

/* The path of a group up to the guest's own; no other guest can have a name with a slash in it. */
static bool is_guests(const char *path, const char *root, const char *name)
{
	char group[512];
	const char *found;
	size_t length = (size_t)snprintf(group, sizeof group, "/%s/guest-", root);

	if (length >= sizeof group)
		return false;
	found = strstr(path, group);
	if (!found || strcspn(path, ",") < (size_t)(found - path) || strncmp(found + length, name, strlen(name)) != 0)
		return false;
	return strchr("/,\n", found[length + strlen(name)]) != NULL;
}

bool alarm_parse_victim(const char *line, const char *root, const char *name, struct alarm_victim *victim)
{
	static const char kill[] = "oom-kill:", group[] = ",task_memcg=/", task[] = ",task=";
	const char *at = strncmp(line, kill, sizeof kill - 1) == 0 ? strstr(line, group) : NULL, *command, *pid = NULL;

	if (!at || !is_guests(at + sizeof group - 2, root, name))
		return false;
	command = strstr(at, task);
	if (!command)
		return false;
	command += sizeof task - 1;
	for (const char *next = command; (next = strstr(next, ",pid=")); next++)
		pid = next; /* the last: the command's name may say the same */
	if (!pid)
		return false;
	auberge_text_clean(victim->command, sizeof victim->command, command, (size_t)(pid - command), 0);
	victim->pid = (pid_t)strtol(pid + 5, NULL, 10);
	return true;
}

bool alarm_find_victim(const struct auberge *auberge, const char *name, uint64_t *since_usec, struct alarm_victim *victim)
{
	cleanup_close int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool found = false;
	char record[8193];

	for (int i = 0; fd >= 0 && i < RECORDS_MAX; i++) {
		ssize_t length = read(fd, record, sizeof record - 1);
		unsigned long long time = 0;
		char *text;

		if (length < 0 && errno == EPIPE) /* overwritten meanwhile */
			continue;
		if (length <= 0)
			break;
		record[length] = '\0';
		text = strchr(record, ';');
		if (!text || sscanf(record, "%*u,%*u,%llu,", &time) != 1 || time < *since_usec)
			continue;
		if (!alarm_parse_victim(text + 1, auberge->cgroup_root, name, victim))
			continue;
		*since_usec = time + 1;
		found = true;
	}
	return found;
}
