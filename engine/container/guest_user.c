/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users of a guest. Its files are read by descriptor, bounded, and taken apart here: nothing of the guest's is loaded
 * or run for it. Invariant: an id comes from digits that were read to the end and lie below 2^32 - 1, or there is none.
 */
#include "container/guest_user.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "container/safepath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_LIMIT (4u << 20)
#define ID_LIMIT 4294967295u /* (uid_t)-1: "leave as it is" to the kernel */

struct slice {
	const char *at;
	size_t length;
};

static bool slice_is(struct slice slice, struct slice other)
{
	return slice.length == other.length && memcmp(slice.at, other.at, slice.length) == 0;
}

static bool all_digits(struct slice slice)
{
	for (size_t i = 0; i < slice.length; i++)
		if (slice.at[i] < '0' || slice.at[i] > '9')
			return false;
	return slice.length > 0;
}

/* Digits only, no leading zero, below 2^32 - 1. */
static bool take_id(struct slice slice, uint32_t *id)
{
	uint64_t value = 0;

	if (!all_digits(slice) || slice.length > 10 || (slice.length > 1 && slice.at[0] == '0'))
		return false;
	for (size_t i = 0; i < slice.length; i++)
		value = value * 10 + (uint64_t)(slice.at[i] - '0');
	if (value >= ID_LIMIT)
		return false;
	*id = (uint32_t)value;
	return true;
}

/* The next line of *text in fields; false at the end. Missing fields are empty. */
static bool next_line(const char **text, struct slice *fields, size_t count)
{
	const char *at = *text, *end;

	if (!at || !*at)
		return false;
	end = at + strcspn(at, "\n");
	*text = *end ? end + 1 : end;
	for (size_t i = 0; i < count; i++) {
		const char *stop = i + 1 < count ? memchr(at, ':', (size_t)(end - at)) : NULL;

		if (!stop)
			stop = end;
		fields[i] = (struct slice){at, (size_t)(stop - at)};
		at = stop < end ? stop + 1 : end;
	}
	return true;
}

static bool copy_slice(char *out, size_t size, struct slice slice)
{
	if (slice.length >= size)
		return false;
	memcpy(out, slice.at, slice.length);
	out[slice.length] = '\0';
	return true;
}

enum { PASSWD_NAME, PASSWD_WORD, PASSWD_UID, PASSWD_GID, PASSWD_GECOS, PASSWD_HOME, PASSWD_SHELL, PASSWD_FIELDS };
enum { GROUP_NAME, GROUP_WORD, GROUP_GID, GROUP_MEMBERS, GROUP_FIELDS };

/* 1 found, 0 not there, negative: its line cannot be used. */
static int find_passwd(const char *passwd, struct slice who, bool number, uint32_t uid, struct guest_user *user)
{
	struct slice fields[PASSWD_FIELDS];

	while (next_line(&passwd, fields, PASSWD_FIELDS)) {
		uint32_t line_uid = 0, line_gid = 0;
		bool good = take_id(fields[PASSWD_UID], &line_uid) && take_id(fields[PASSWD_GID], &line_gid);

		if (number ? !good || line_uid != uid : !slice_is(fields[PASSWD_NAME], who))
			continue;
		if (!good || !copy_slice(user->name, sizeof user->name, fields[PASSWD_NAME]))
			return -1;
		user->uid = line_uid;
		user->gid = line_gid;
		if (fields[PASSWD_HOME].length > 0 && fields[PASSWD_HOME].at[0] == '/')
			copy_slice(user->home, sizeof user->home, fields[PASSWD_HOME]);
		if (fields[PASSWD_SHELL].length > 0 && fields[PASSWD_SHELL].at[0] == '/')
			copy_slice(user->shell, sizeof user->shell, fields[PASSWD_SHELL]);
		return 1;
	}
	return 0;
}

static bool is_member(struct slice members, const char *name)
{
	struct slice wanted = {name, strlen(name)};
	const char *at = members.at, *end = members.at + members.length;

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;

		if (slice_is((struct slice){at, (size_t)(stop - at)}, wanted))
			return true;
		at = stop + 1;
	}
	return false;
}

static void find_groups(const char *group, struct guest_user *user)
{
	struct slice fields[GROUP_FIELDS];
	uint32_t gid;

	while (user->name[0] && user->groups_count < GUEST_GROUPS_MAX && next_line(&group, fields, GROUP_FIELDS))
		if (is_member(fields[GROUP_MEMBERS], user->name) && take_id(fields[GROUP_GID], &gid) && gid != user->gid)
			user->groups[user->groups_count++] = gid;
}

static int find_group(const char *group, struct slice who, gid_t *gid, struct auberge_error *error)
{
	struct slice fields[GROUP_FIELDS];
	uint32_t id;

	if (all_digits(who)) {
		if (!take_id(who, &id))
			return error_set(error, 0, "\"%.*s\" is not a group id", (int)who.length, who.at);
		*gid = id;
		return 0;
	}
	while (next_line(&group, fields, GROUP_FIELDS)) {
		if (!slice_is(fields[GROUP_NAME], who))
			continue;
		if (!take_id(fields[GROUP_GID], &id))
			return error_set(error, 0, "group \"%.*s\": its line in the guest's /etc/group cannot be read",
			                 (int)who.length, who.at);
		*gid = id;
		return 0;
	}
	return error_set(error, 0, "no group \"%.*s\" in the guest's /etc/group", (int)who.length, who.at);
}

static int find_user(const char *passwd, struct slice who, bool with_group, struct guest_user *user,
                     struct auberge_error *error)
{
	bool number = all_digits(who);
	uint32_t uid = 0;
	int found;

	if (number && !take_id(who, &uid))
		return error_set(error, 0, "\"%.*s\" is not a user id", (int)who.length, who.at);
	found = find_passwd(passwd, who, number, uid, user);
	if (found < 0)
		return error_set(error, 0, "user \"%.*s\": its line in the guest's /etc/passwd cannot be read", (int)who.length,
		                 who.at);
	if (found > 0)
		return 0;
	/* root is id 0 in every guest, with or without a file that says so. */
	if ((number && uid == 0) || slice_is(who, (struct slice){"root", 4})) {
		snprintf(user->name, sizeof user->name, "root");
		snprintf(user->home, sizeof user->home, "/root");
		user->uid = user->gid = 0;
		return 0;
	}
	if (number && with_group) {
		user->uid = uid;
		return 0;
	}
	error_set(error, 0, "no user \"%.*s\" in the guest's /etc/passwd", (int)who.length, who.at);
	return number ? error_remedy(error, "give the group too: %u:GID", uid) : -1;
}

static bool readable(struct slice slice)
{
	for (size_t i = 0; i < slice.length; i++)
		if ((unsigned char)slice.at[i] <= ' ' || slice.at[i] == 0x7f || slice.at[i] == ':')
			return false;
	return slice.length > 0 && slice.length < 64;
}

static int parse(const char *passwd, const char *group, const char *wanted, struct guest_user *user,
                 struct auberge_error *error)
{
	const char *colon = strchr(wanted, ':');
	struct slice who = {wanted, colon ? (size_t)(colon - wanted) : strlen(wanted)};
	struct slice of = {colon ? colon + 1 : "", colon ? strlen(colon + 1) : 0};

	if (!readable(who) || (colon && !readable(of)))
		return error_set(error, 0, "\"%.80s\" is no user: NAME, UID, NAME:GROUP or UID:GID is wanted", wanted);
	if (find_user(passwd, who, colon != NULL, user, error) < 0)
		return -1;
	if (colon)
		return find_group(group, of, &user->gid, error);
	find_groups(group, user);
	return 0;
}

int guest_user_parse(const char *passwd, const char *group, const char *text, struct guest_user *user,
                     struct auberge_error *error)
{
	static const struct guest_user nobody = {.uid = ID_LIMIT, .gid = ID_LIMIT, .home = "/", .shell = "/bin/sh"};

	*user = nobody;
	if (parse(passwd, group, text ? text : "root", user, error) == 0)
		return 0;
	*user = nobody; /* no half of an answer is left to be used */
	return -1;
}

/* NULL and 0: no such file. */
static int read_file(int root, const char *path, char **text, struct auberge_error *error)
{
	cleanup_buffer struct buffer content = {0};
	char block[4096];
	cleanup_close int fd = safepath_open(root, path, O_RDONLY);

	*text = NULL;
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_set(error, -fd, "%s in the guest: cannot open", path);
	for (;;) {
		ssize_t got = read(fd, block, sizeof block);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(error, errno, "%s in the guest: cannot read", path);
		if (got == 0)
			break;
		buffer_add(&content, block, (size_t)got);
		if (content.length > FILE_LIMIT)
			return error_set(error, 0, "%s in the guest: larger than %u bytes", path, FILE_LIMIT);
	}
	buffer_add(&content, "", 0);
	if (content.failed)
		return error_set(error, ENOMEM, "%s in the guest: cannot read", path);
	*text = take_pointer(&content.data);
	return 0;
}

int guest_user_find(int root, const char *text, struct guest_user *user, struct auberge_error *error)
{
	cleanup_free char *passwd = NULL, *group = NULL;

	if (read_file(root, "/etc/passwd", &passwd, error) < 0 || read_file(root, "/etc/group", &group, error) < 0)
		return -1;
	return guest_user_parse(passwd, group, text, user, error);
}
