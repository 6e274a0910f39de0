/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a guest: everything is checked, then built in STATE_DIR/.create-NAME under its lifecycle lock, then renamed.
 * Invariant: NAME appears whole or not at all; a process killed on the way leaves .create-NAME, which list shows as
 * incomplete and destroy removes.
 */
#include "guest/config.h"
#include "guest/lock.h"
#include "guest/order.h"
#include "guest/set.h"
#include "guest/template_busybox.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "container/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum template { TEMPLATE_BUSYBOX, TEMPLATE_DIRECTORY, TEMPLATE_NONE };

/* In the order of enum template. */
static const struct auberge_template templates[] = {
	{"busybox", NULL, "A small root file system of busybox alone."},
	{"dir:", "PATH", "A directory of this host that is used in place and never owned: destroy keeps it."},
	{"none", NULL, "An empty root file system, to be filled before the first start."},
};

struct making {
	struct auberge *auberge;
	const struct auberge_create *create;
	enum template template_;
	const char *directory; /* of TEMPLATE_DIRECTORY */
	char *text;            /* of guest.ini */
	struct config *config;
	int busybox_fd;
	char place[AUBERGE_NAME_MAX + 16]; /* ".create-NAME" */
};

static int tell(const struct making *making, int percent, const char *text, struct auberge_error *error)
{
	if (!making->create->progress || making->create->progress(making->create->data, percent, text) >= 0)
		return 0;
	return error_set(error, ECANCELED, "%s: nothing was made", making->create->name);
}

const struct auberge_template *auberge_template(size_t index)
{
	return index < COUNT_OF(templates) ? &templates[index] : NULL;
}

static int unknown_template(const char *text, struct auberge_error *error)
{
	char names[128] = "";

	for (size_t i = 0; i < COUNT_OF(templates); i++) {
		size_t length = strlen(names);

		snprintf(names + length, sizeof names - length, "%s%s%s", i ? ", " : "", templates[i].name,
		         templates[i].argument ? templates[i].argument : "");
	}
	error_set_code(error, AUBERGE_USAGE, 0, "template \"%.200s\": there is none of this name", text);
	return error_remedy(error, "templates: %s", names);
}

static int choose_template(struct making *making, struct auberge_error *error)
{
	const char *text = making->create->template_ ? making->create->template_ : "";

	for (size_t i = 0; i < COUNT_OF(templates); i++) {
		size_t length = strlen(templates[i].name);

		if (templates[i].argument ? strncmp(text, templates[i].name, length) != 0 : strcmp(text, templates[i].name) != 0)
			continue;
		making->template_ = (enum template)i;
		making->directory = templates[i].argument ? text + length : NULL;
		return 0;
	}
	return unknown_template(text, error);
}

static int check_kind(const char *kind, struct auberge_error *error)
{
	if (!kind || strcmp(kind, "container") == 0)
		return 0;
	if (strcmp(kind, "vm") == 0)
		return error_set_code(error, AUBERGE_FAILED, 0, "kind = vm: not yet: this version makes containers only");
	error_set_code(error, AUBERGE_USAGE, 0, "kind \"%.80s\": there is none of this name", kind);
	return error_remedy(error, "kinds: container");
}

static int check_name(const struct making *making, struct auberge_error *error)
{
	static const char *const prefixes[] = {"", ".create-", ".destroy-"};
	const char *name = making->create->name;
	struct stat status;

	if (!auberge_name_valid(name) || strcmp(name, "set-id") == 0) {
		error_set_code(error, AUBERGE_USAGE, 0, "\"%.80s\": not a name for a guest", name);
		return error_remedy(error, "letters, digits, '.', '_', '-'; first a letter or digit; at most %d",
		                    AUBERGE_NAME_MAX);
	}
	for (size_t i = 0; making->auberge->state_fd >= 0 && i < COUNT_OF(prefixes); i++) {
		char path[AUBERGE_NAME_MAX + 16];

		snprintf(path, sizeof path, "%s%s", prefixes[i], name);
		if (fstatat(making->auberge->state_fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (i == 0)
			return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: there is a guest of this name already", name);
		error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it is half made or half destroyed", name);
		return error_remedy(error, "to remove what is there: auberge destroy %s", name);
	}
	return 0;
}

/* A directory that is used in place: the rules that its start would refuse it by. */
static int check_directory(const char *path, struct auberge_error *error)
{
	struct stat status;

	if (path[0] != '/')
		return error_add_line(error, "dir:%s: not an absolute path", path);
	if (stat(path, &status) < 0)
		return error_add_line(error, "dir:%s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return error_add_line(error, "dir:%s: not a directory", path);
	if (status.st_uid != 0)
		return error_add_line(error, "dir:%s: it belongs to user %u, not to root", path, status.st_uid);
	return idmap_sheltered(path, error);
}

/* "SECTION.KEY=VALUE": the last '.' before the '=', since interfaces may have dots in their names. */
static int apply_set(char **text, const char *argument, struct auberge_error *error)
{
	const char *equals = strchr(argument, '=');
	const char *dot = equals ? memrchr(argument, '.', (size_t)(equals - argument)) : NULL;
	cleanup_free char *section = NULL;
	cleanup_free char *key = NULL;

	if (!dot || dot == argument || dot + 1 == equals) {
		error_set_code(error, AUBERGE_USAGE, 0, "--set %.200s: not SECTION.KEY=VALUE", argument);
		return error_remedy(error, "as in --set limits.memory=512M or --set \"net eth0.bridge=br0\"");
	}
	section = strndup(argument, (size_t)(dot - argument));
	key = strndup(dot + 1, (size_t)(equals - dot - 1));
	if (!section || !key)
		return error_set(error, ENOMEM, "--set");
	return config_set_text(text, section, key, equals + 1, error);
}

static int make_text(struct making *making, struct auberge_error *error)
{
	cleanup_buffer struct buffer text = {0};

	buffer_addf(&text, "# %s: see auberge-guest.ini(5)\n[guest]\nkind = container\n",
	            making->create->name && making->create->name[0] ? making->create->name : "NAME");
	if (making->directory)
		buffer_addf(&text, "rootfs = %s\n", making->directory);
	if (text.failed)
		return error_set(error, ENOMEM, "guest.ini");
	if (making->directory && strpbrk(making->directory, "\r\n"))
		return error_set_code(error, AUBERGE_USAGE, 0, "dir: a path with a line's end in it");
	making->text = take_pointer(&text.data);
	for (size_t i = 0; i < making->create->set_count; i++) {
		if (apply_set(&making->text, making->create->set[i], error) < 0)
			return -1;
	}
	return 0;
}

static int check_config(struct making *making, struct auberge_error *error)
{
	cleanup_free char *path = NULL;
	int result;

	if (asprintf(&path, "%s/%s/guest.ini", making->auberge->state_dir, making->create->name) < 0)
		return error_set(error, ENOMEM, "guest.ini");
	result = config_parse(making->text, strlen(making->text), path, &making->config, error);
	if (!making->config)
		return -1;
	if (config_check_startable(making->config, error) < 0)
		result = -1;
	if (making->template_ == TEMPLATE_BUSYBOX && making->config->rootfs)
		result = error_add_line(error, "guest.rootfs: template busybox makes its own; dir:PATH takes one that is there");
	if (result < 0 && making->create->set_count > 0)
		error->code = AUBERGE_USAGE; /* the words of the command were wrong: nothing is on disk yet */
	if (result == 0)
		result = order_check(making->auberge, making->create->name, making->config, ORDER_NEW | ORDER_UNKNOWN_FINE, error);
	if (result == 0 && making->directory && check_directory(making->directory, error) < 0)
		result = -1;
	return result;
}

static int check_values(const struct making *making, struct auberge_error *error)
{
	struct config *config = NULL;
	int result = config_parse(making->text, strlen(making->text), "guest.ini", &config, error);

	config_free(config);
	return result;
}

char *auberge_create_text(struct auberge *auberge, const struct auberge_create *create, struct auberge_error *error)
{
	struct making making = {.auberge = auberge, .create = create, .busybox_fd = -1};

	error_clear(error);
	if (check_kind(create->kind, error) < 0 || choose_template(&making, error) < 0 || make_text(&making, error) < 0 ||
	    check_values(&making, error) < 0) {
		free(making.text);
		return NULL;
	}
	return making.text;
}

/* All that can be known before anything is made. */
static int check(struct making *making, struct auberge_error *error)
{
	const char *path;

	if (check_kind(making->create->kind, error) < 0 || choose_template(making, error) < 0 ||
	    check_name(making, error) < 0 || make_text(making, error) < 0 || check_config(making, error) < 0)
		return -1;
	if (making->template_ == TEMPLATE_BUSYBOX) {
		making->busybox_fd = template_busybox_find(&path, error);
		return making->busybox_fd < 0 ? -1 : 0;
	}
	return 0;
}

static int build_rootfs(struct making *making, int fd, struct auberge_error *error)
{
	const char *hostname = making->config->hostname ? making->config->hostname : making->create->name;
	cleanup_close int rootfs_fd = -1;

	if (making->config->rootfs)
		return 0;
	if (mkdirat(fd, "rootfs", 0755) < 0 || fchmodat(fd, "rootfs", 0755, 0) < 0)
		return error_set(error, errno, "%s/%s/rootfs", making->auberge->state_dir, making->place);
	rootfs_fd = openat(fd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rootfs_fd < 0)
		return error_set(error, errno, "%s/%s/rootfs", making->auberge->state_dir, making->place);
	if (making->template_ != TEMPLATE_BUSYBOX)
		return 0;
	return template_busybox_build(rootfs_fd, making->busybox_fd, hostname, (unsigned)making->config->ttys, error);
}

static int build(struct making *making, int fd, struct auberge_error *error)
{
	int result;

	if (fault_point(FAULT_CREATE_DIRECTORY, error) < 0 || tell(making, 10, "making the root file system", error) < 0 ||
	    build_rootfs(making, fd, error) < 0 || fault_point(FAULT_CREATE_ROOTFS, error) < 0 ||
	    tell(making, 80, "writing guest.ini", error) < 0)
		return -1;
	result = file_replace_at(fd, "guest.ini", making->text, strlen(making->text), 0600);
	if (result < 0)
		return error_set(error, -result, "%s/%s/guest.ini", making->auberge->state_dir, making->create->name);
	if (fault_point(FAULT_CREATE_CONFIG, error) < 0 || tell(making, 95, "putting it in place", error) < 0)
		return -1;
	if (renameat2(making->auberge->state_fd, making->place, making->auberge->state_fd, making->create->name,
	              RENAME_NOREPLACE) < 0) {
		if (errno == EEXIST)
			return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: there is a guest of this name already",
			                      making->create->name);
		return error_set(error, errno, "%s/%s", making->auberge->state_dir, making->create->name);
	}
	fault_number(FAULT_CREATE_RENAMED);
	fsync(making->auberge->state_fd);
	return 0;
}

static int make(struct making *making, struct auberge_error *error)
{
	cleanup_close int fd = -1;
	cleanup_close int lock = -1;
	int state_fd = making->auberge->state_fd, result;

	if (mkdirat(state_fd, making->place, 0700) < 0) {
		if (errno == EEXIST)
			return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: someone else is making it now", making->create->name);
		return error_set(error, errno, "%s/%s", making->auberge->state_dir, making->place);
	}
	fd = openat(state_fd, making->place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	lock = fd < 0 ? -1 : openat(fd, "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (lock < 0) {
		error_set(error, errno, "%s/%s", making->auberge->state_dir, making->place);
	} else if ((result = lock_try(lock, LOCK_LIFECYCLE)) < 0 && result != -EAGAIN) {
		error_set(error, -result, "%s/%s/lock", making->auberge->state_dir, making->place);
	} else if (result < 0) {
		return error_set_code(error, AUBERGE_WRONG_STATE, 0, "%s: it is being destroyed", making->create->name);
	} else if (fchmod(fd, 0700) < 0) {
		error_set(error, errno, "%s/%s", making->auberge->state_dir, making->place);
	} else if (build(making, fd, error) == 0) {
		return 0;
	}
	empty_directory_at(state_fd, making->place, "lock"); /* which says until then that someone is at work here */
	remove_tree_at(state_fd, making->place);
	return -1;
}

static int dry_run(const struct making *making, struct auberge_error *error)
{
	cleanup_free char *where = NULL;
	cleanup_free char *rootfs = config_rootfs(making->auberge, making->create->name, making->config);
	const char *how = making->template_ == TEMPLATE_BUSYBOX ? "would make the busybox root file system" :
	                  making->config->rootfs ? "would use, and never own, the directory" :
	                  "would make an empty root file system";

	if (!rootfs || asprintf(&where, "%s %s", how, rootfs) < 0) {
		where = NULL;
		return error_set(error, ENOMEM, "%s", making->create->name);
	}
	if (tell(making, 10, where, error) < 0)
		return -1;
	free(where);
	if (asprintf(&where, "would write %s/%s/guest.ini", making->auberge->state_dir, making->create->name) < 0) {
		where = NULL;
		return error_set(error, ENOMEM, "%s", making->create->name);
	}
	return tell(making, 80, where, error) < 0 ? -1 : tell(making, 100, "nothing was changed", error);
}

int auberge_create(struct auberge *auberge, const struct auberge_create *create, struct auberge_error *error)
{
	struct making making = {.auberge = auberge, .create = create, .busybox_fd = -1};
	int result;

	error_clear(error);
	set_refresh(auberge);
	snprintf(making.place, sizeof making.place, ".create-%.*s", AUBERGE_NAME_MAX, create->name);
	result = check(&making, error);
	if (result == 0 && create->dry_run)
		result = dry_run(&making, error);
	else if (result == 0)
		result = set_prepare(auberge, error) < 0 || make(&making, error) < 0 ? -1 : 0;
	if (result == 0 && !create->dry_run && create->progress)
		create->progress(create->data, 100, "made");
	free(making.text);
	config_free(making.config);
	if (making.busybox_fd >= 0)
		close(making.busybox_fd);
	return result < 0 ? -1 : 0;
}
