/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capability sets through libcap. Owns nothing; acts on the calling process only. */
#include "container/capabilities.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#define BIT(capability) ((uint64_t)1 << (capability))

uint64_t capabilities_default_drop(bool privileged)
{
	uint64_t drop = BIT(CAP_MAC_ADMIN) | BIT(CAP_MAC_OVERRIDE) | BIT(CAP_SYS_TIME) | BIT(CAP_SYS_MODULE) |
	                BIT(CAP_SYS_RAWIO) | BIT(CAP_WAKE_ALARM) | BIT(CAP_BLOCK_SUSPEND);

	if (privileged)
		drop |= BIT(CAP_SYSLOG) | BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_DAC_READ_SEARCH);
	return drop;
}

int capabilities_limit(uint64_t drop, struct auberge_error *error)
{
	for (int capability = 0; capability < 64; capability++) {
		int has = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

		if (has < 0 && errno == EINVAL)
			break; /* the kernel knows no more */
		if (has < 0)
			return error_set(error, errno, "cannot ask for capability %d", capability);
		if (has == 1 && (drop & BIT(capability)) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return error_set(error, errno, "cannot drop capability %d", capability);
	}
	return 0;
}

int capabilities_apply(uint64_t drop, struct auberge_error *error)
{
	cap_t sets;
	int result;

	if (capabilities_limit(drop, error) < 0)
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_set(error, errno, "cannot clear the ambient capabilities");
	sets = cap_get_proc();
	if (!sets)
		return error_set(error, errno, "cannot read the capabilities");
	result = cap_clear_flag(sets, CAP_INHERITABLE);
	for (cap_value_t capability = 0; result == 0 && capability < 64; capability++) {
		cap_flag_value_t permitted = CAP_CLEAR;

		if (cap_get_flag(sets, capability, CAP_PERMITTED, &permitted) < 0)
			break;
		if (drop & BIT(capability))
			permitted = CAP_CLEAR;
		result = cap_set_flag(sets, CAP_PERMITTED, 1, &capability, permitted);
		if (result == 0)
			result = cap_set_flag(sets, CAP_EFFECTIVE, 1, &capability, permitted);
	}
	if (result == 0)
		result = cap_set_proc(sets);
	if (result < 0)
		error_set(error, errno, "cannot set the capabilities");
	cap_free(sets);
	return result < 0 ? -1 : 0;
}

char *capabilities_text(uint64_t set)
{
	cleanup_buffer struct buffer text = {0};

	buffer_add(&text, "", 0);
	for (cap_value_t capability = 0; capability < 64; capability++) {
		if (!(set & BIT(capability)))
			continue;
		char *name = cap_to_name(capability);
		if (text.length > 0)
			buffer_add(&text, ",", 1);
		if (name)
			buffer_addf(&text, "%s", name);
		else
			buffer_addf(&text, "%d", capability);
		cap_free(name);
	}
	return text.failed ? NULL : take_pointer(&text.data);
}

int capabilities_of(pid_t pid, uint64_t *bounding)
{
	static const char key[] = "\nCapBnd:";
	char path[64], status[8192];
	const char *at;
	ssize_t length;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	length = file_read_at(AT_FDCWD, path, status, sizeof status);
	if (length < 0)
		return (int)length;
	at = strstr(status, key);
	if (!at)
		return -EPROTO;
	*bounding = strtoull(at + sizeof key - 1, NULL, 16);
	return 0;
}
