/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens a set of guests: which directories and which cgroup ROOT, from options, environment and defaults.
 * Invariant: with a replaced state directory nothing derived is shared with another set: run and log lie inside it
 * and ROOT carries its set-id. Until it has one, ROOT is a name under which nothing can run.
 */
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define DEFAULT_STATE_DIR "/var/lib/auberge"
#define NO_SET_ID "0000000000000000"

static const char *choose(const char *option, const char *variable)
{
	const char *value = option ? option : getenv(variable);

	return value && *value ? value : NULL;
}

/* Absolute, without doubled slashes, "." parts and a slash at the end. Symbolic links and ".." stay. */
static char *absolute(const char *path)
{
	cleanup_free char *here = *path == '/' ? strdup("") : getcwd(NULL, 0);
	cleanup_buffer struct buffer out = {0};

	if (!here)
		return NULL;
	if (*here && strcmp(here, "/") != 0)
		buffer_add(&out, here, strlen(here));
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length > 0 && !(length == 1 && *path == '.')) {
			buffer_add(&out, "/", 1);
			buffer_add(&out, path, length);
		}
		path += length;
		path += *path == '/';
	}
	if (out.length == 0)
		buffer_add(&out, "/", 1);
	return out.failed ? NULL : take_pointer(&out.data);
}

static char *joined(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* NULL when out of memory. */
static char *directory_for(const char *chosen, const char *state_dir, bool replaced, const char *below,
                           const char *standard)
{
	if (chosen)
		return absolute(chosen);
	return replaced ? joined(state_dir, below) : strdup(standard);
}

static int check_directory(const char *path, struct auberge_error *error)
{
	for (const char *at = path; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return error_set_code(error, AUBERGE_USAGE, 0, "a directory's path has a control character in it");
	}
	if (strlen(path) > 3500)
		return error_set_code(error, AUBERGE_USAGE, ENAMETOOLONG, "%.60s...", path);
	return 0;
}

static int choose_cgroup(struct auberge *auberge, const char *chosen, bool replaced, struct auberge_error *error)
{
	size_t length;

	auberge->cgroup_pending = !chosen && replaced;
	if (!chosen)
		chosen = replaced ? "auberge-" NO_SET_ID : "auberge";
	chosen += strspn(chosen, "/");
	length = strlen(chosen);
	while (length > 0 && chosen[length - 1] == '/')
		length--;
	if (length == 0 || length > 200 || strstr(chosen, "..") || strstr(chosen, "//") || strpbrk(chosen, " \t\r\n\\"))
		return error_set_code(error, AUBERGE_USAGE, 0, "%.200s: not a cgroup's path below each hierarchy", chosen);
	auberge->cgroup_root = strndup(chosen, length);
	return auberge->cgroup_root ? 0 : error_set(error, ENOMEM, "cgroup root");
}

static int choose_directories(struct auberge *auberge, const struct auberge_options *options,
                              struct auberge_error *error)
{
	const char *state = choose(options->state_dir, "AUBERGE_STATE_DIR");
	const char *config = choose(options->config_file, "AUBERGE_CONFIG");
	bool replaced;

	auberge->state_dir = absolute(state ? state : DEFAULT_STATE_DIR);
	auberge->config_file = absolute(config ? config : "/etc/auberge/auberge.ini");
	auberge->ids_path = strdup("/var/lib/auberge.ids");
	if (!auberge->state_dir || !auberge->config_file || !auberge->ids_path)
		return error_set(error, errno, "state directory");
	replaced = strcmp(auberge->state_dir, DEFAULT_STATE_DIR) != 0;
	auberge->run_dir = directory_for(choose(options->run_dir, "AUBERGE_RUN_DIR"), auberge->state_dir, replaced, ".run",
	                                 "/run/auberge");
	auberge->log_dir = directory_for(choose(options->log_dir, "AUBERGE_LOG_DIR"), auberge->state_dir, replaced, ".log",
	                                 "/var/log/auberge");
	if (!auberge->run_dir || !auberge->log_dir)
		return error_set(error, errno, "run and log directories");
	if (check_directory(auberge->state_dir, error) < 0 || check_directory(auberge->run_dir, error) < 0 ||
	    check_directory(auberge->log_dir, error) < 0 || check_directory(auberge->config_file, error) < 0)
		return -1;
	return choose_cgroup(auberge, choose(options->cgroup, "AUBERGE_CGROUP"), replaced, error);
}

/* What is not there yet, or closed to this user, is no error. */
static int allow_absence(int number)
{
	return number == ENOENT || number == ENOTDIR || number == EACCES ? 0 : -number;
}

static int refresh_directory(int *fd, const char *path)
{
	struct stat status;

	if (*fd >= 0 && fstat(*fd, &status) == 0 && status.st_nlink > 0)
		return 0;
	if (*fd >= 0)
		close(*fd);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? allow_absence(errno) : 0;
}

/* 1: it has one now. */
static int read_set_id(struct auberge *auberge)
{
	cleanup_free char *path = joined(auberge->state_dir, "set-id");
	char text[SET_ID_SIZE + 2];
	ssize_t length = path ? file_read_at(AT_FDCWD, path, text, sizeof text) : -1;

	if (!path || length < 0)
		return path ? allow_absence((int)-length) : -ENOMEM;
	if (length < SET_ID_SIZE - 1 || strspn(text, "0123456789abcdef") != SET_ID_SIZE - 1)
		return 0;
	memcpy(auberge->set_id, text, SET_ID_SIZE - 1);
	auberge->set_id[SET_ID_SIZE - 1] = '\0';
	return 1;
}

/* A set that cannot be seen whole must not be worked on: without its set-id, its cgroups would be elsewhere. */
static int refresh(struct auberge *auberge, struct auberge_error *error)
{
	char *root;
	int result = refresh_directory(&auberge->state_fd, auberge->state_dir);

	if (result < 0)
		return error_set(error, -result, "%s", auberge->state_dir);
	result = refresh_directory(&auberge->run_fd, auberge->run_dir);
	if (result < 0)
		return error_set(error, -result, "%s", auberge->run_dir);
	if (auberge->set_id[0] != '\0')
		return 0;
	result = read_set_id(auberge);
	if (result < 0)
		return error_set(error, -result, "%s/set-id", auberge->state_dir);
	if (result == 0 || !auberge->cgroup_pending)
		return 0;
	if (asprintf(&root, "auberge-%s", auberge->set_id) < 0) {
		auberge->set_id[0] = '\0'; /* tried again at the next look */
		return error_set(error, ENOMEM, "cgroup root");
	}
	free(auberge->cgroup_root);
	auberge->cgroup_root = root;
	auberge->cgroup_pending = false;
	return 0;
}

void set_refresh(struct auberge *auberge)
{
	struct auberge_error ignored;

	refresh(auberge, &ignored);
}

struct auberge *auberge_open(const struct auberge_options *options, struct auberge_error *error)
{
	static const struct auberge_options none;
	struct auberge *auberge = calloc(1, sizeof *auberge);

	if (!auberge) {
		error_set(error, ENOMEM, "set of guests");
		return NULL;
	}
	auberge->state_fd = auberge->run_fd = -1;
	if (choose_directories(auberge, options ? options : &none, error) < 0) {
		auberge_close(auberge);
		return NULL;
	}
	if (refresh(auberge, error) < 0) {
		auberge_close(auberge);
		return NULL;
	}
	return auberge;
}

int auberge_reopen(struct auberge *auberge, struct auberge_error *error)
{
	auberge->state_fd = auberge->run_fd = -1;
	auberge->launched_count = 0;
	return refresh(auberge, error);
}

void auberge_close(struct auberge *auberge)
{
	if (!auberge)
		return;
	if (auberge->state_fd >= 0)
		close(auberge->state_fd);
	if (auberge->run_fd >= 0)
		close(auberge->run_fd);
	free(auberge->launched);
	free(auberge->cgroups);
	free(auberge->config_file);
	free(auberge->state_dir);
	free(auberge->run_dir);
	free(auberge->log_dir);
	free(auberge->cgroup_root);
	free(auberge->ids_path);
	free(auberge);
}

static int refuse(struct auberge_error *error, int number, const char *path)
{
	bool denied = number == EACCES || number == EPERM || number == EROFS;

	error_set_code(error, denied ? AUBERGE_NOT_PERMITTED : AUBERGE_FAILED, number, "%s", path);
	return denied && geteuid() != 0 ? error_remedy(error, "guests belong to root: use sudo") : -1;
}

/* Makes path with this mode whatever the umask; parents are 0755. One that is there keeps its mode. */
static int make_directory(const char *path, mode_t mode, struct auberge_error *error)
{
	cleanup_free char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	struct stat status;
	int result;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		if ((status.st_uid != 0 && status.st_uid != geteuid()) || (status.st_mode & 022 && !(status.st_mode & S_ISVTX)))
			return error_set(error, 0, "%s: others than root can write in it", path);
		return 0;
	}
	if (!slash)
		return refuse(error, ENOMEM, path);
	*slash = '\0';
	if (*parent && (result = make_directories(parent, 0755)) < 0)
		return refuse(error, -result, parent);
	if (mkdir(path, mode) < 0)
		return errno == EEXIST ? 0 : refuse(error, errno, path);
	return chmod(path, mode) < 0 ? refuse(error, errno, path) : 0;
}

/* The first one to link its file wins; the others read it. */
static int make_set_id(struct auberge *auberge, struct auberge_error *error)
{
	unsigned char bytes[8];
	char text[SET_ID_SIZE + 1], temporary[64];
	int result = 0;

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return refuse(error, errno, "random bytes for the set-id");
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(text + i * 2, 3, "%02x", bytes[i]);
	text[SET_ID_SIZE - 1] = '\n';
	snprintf(temporary, sizeof temporary, ".set-id.%.16s", text);
	cleanup_close int fd = openat(auberge->state_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return refuse(error, errno, auberge->state_dir);
	/* No secret: it is in the names of cgroups, where who is not root finds the figures by it. */
	if (fchmod(fd, 0644) < 0)
		result = -errno;
	else if ((result = write_all(fd, text, SET_ID_SIZE)) == 0 && fsync(fd) < 0)
		result = -errno;
	if (result == 0 && linkat(auberge->state_fd, temporary, auberge->state_fd, "set-id", 0) < 0 && errno != EEXIST)
		result = -errno;
	unlinkat(auberge->state_fd, temporary, 0);
	return result < 0 ? refuse(error, -result, auberge->state_dir) : 0;
}

int set_prepare(struct auberge *auberge, struct auberge_error *error)
{
	struct stat status;

	if (make_directory(auberge->state_dir, 0711, error) < 0 || make_directory(auberge->run_dir, 0755, error) < 0 ||
	    make_directory(auberge->log_dir, 0700, error) < 0)
		return -1;
	if (refresh(auberge, error) < 0)
		return -1;
	if (auberge->state_fd < 0 || auberge->run_fd < 0)
		return refuse(error, EACCES, auberge->state_fd < 0 ? auberge->state_dir : auberge->run_dir);
	if (auberge->set_id[0] == '\0' && make_set_id(auberge, error) < 0)
		return -1;
	if (refresh(auberge, error) < 0)
		return -1;
	if (geteuid() == 0 && fstatat(auberge->state_fd, "set-id", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (status.st_mode & 07777) == 0600 && fchmodat(auberge->state_fd, "set-id", 0644, 0) < 0) /* an earlier one */
		return refuse(error, errno, auberge->state_dir);
	if (auberge->set_id[0] == '\0')
		return error_set(error, 0, "%s/set-id: not 16 hexadecimal digits", auberge->state_dir);
	return 0;
}

const char *auberge_state_dir(const struct auberge *auberge)
{
	return auberge->state_dir;
}

const char *auberge_run_dir(const struct auberge *auberge)
{
	return auberge->run_dir;
}

const char *auberge_log_dir(const struct auberge *auberge)
{
	return auberge->log_dir;
}

const char *auberge_cgroup_root(const struct auberge *auberge)
{
	return auberge->cgroup_root;
}

const char *auberge_config_file(const struct auberge *auberge)
{
	return auberge->config_file;
}

bool auberge_name_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return length > 0 && length <= AUBERGE_NAME_MAX && name[length] == '\0' && isalnum((unsigned char)name[0]);
}
