/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See steps.h. Invariant: before prepare and after recover the guest is stopped, and the host is as it was. */
#include "steps.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool __attribute__((format(printf, 3, 4))) fail(char *why, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, size, format, arguments);
	va_end(arguments);
	return false;
}

static bool expect(struct site *site, int status, const char *what, char *why, size_t size)
{
	if (site->timed_out)
		return fail(why, size, "%s: no end to it", what);
	return site->status == status || fail(why, size, "%s: exit status %d: %.300s", what, site->status, site->output);
}

static bool nothing(struct site *site, char *why, size_t size)
{
	(void)site, (void)why, (void)size;
	return true;
}

/* --- start, stop, and what a dead one leaves -------------------------------------------------------------------- */

static bool up(struct site *site, char *why, size_t size)
{
	site_do(site, 20, "start", SITE_GUEST);
	return expect(site, 0, "start", why, size);
}

/* Or its init was killed before anything ran in it, which is then its end, and no wrong start. */
static bool is_running(struct site *site, char *why, size_t size)
{
	struct auberge_guest guest = {0};

	if (site_look(site, SITE_GUEST, &guest) && !guest.running && strcmp(guest.last_end.cause, "signalled") == 0 &&
	    guest.last_end.status == 128 + SIGKILL)
		return site_clean(site, why, size);
	/* Without its supervisor it has lost its consoles; without a keeper, that is. */
	if (guest.running && guest.supervision == AUBERGE_SUPERVISION_LOST)
		return true;
	return site_same(site, why, size);
}

static bool is_stopped(struct site *site, char *why, size_t size)
{
	struct auberge_guest guest;

	if (!site_look(site, SITE_GUEST, &guest))
		return fail(why, size, "it is not listed");
	if (guest.state != AUBERGE_STOPPED)
		return fail(why, size, "it is %s", auberge_state_word(guest.state));
	return site->killed || site_clean(site, why, size);
}

/* The next command is a start; it may find the guest up, being started, being stopped, or without its supervisor. */
static bool reach_running(struct site *site, char *why, size_t size)
{
	double until = site_now() + RECOVER_SECONDS * site->factor;

	for (;;) {
		struct auberge_guest guest;

		site_do(site, RECOVER_SECONDS, "start", SITE_GUEST);
		if (site->timed_out)
			return fail(why, size, "the next start does not end");
		if (site->status == 0)
			return true;
		if (site->status != 4) /* wrong state: it need not fail for good */
			return fail(why, size, "the next start: exit status %d: %.300s", site->status, site->output);
		if (!site_look(site, SITE_GUEST, &guest))
			return fail(why, size, "it is not listed");
		if (guest.running && guest.supervision == AUBERGE_SUPERVISION_OK && guest.state == AUBERGE_RUNNING)
			return true;
		if (guest.supervision == AUBERGE_SUPERVISION_LOST && site_do(site, RECOVER_SECONDS, "kill", SITE_GUEST) != 0)
			return fail(why, size, "kill of a guest without supervisor: exit status %d: %.300s", site->status, site->output);
		if (site_now() > until)
			return fail(why, size, "it is still %s: %.300s", auberge_state_word(guest.state), site->output);
		site_pause(5);
	}
}

static bool start_and_stop(struct site *site, char *why, size_t size)
{
	if (!reach_running(site, why, size))
		return false;
	site_do(site, 20, "stop", SITE_GUEST, "--timeout", STOP_SECONDS);
	if (!expect(site, 0, "the stop after it", why, size))
		return false;
	return site_clean(site, why, size);
}

/* All of ours at once; a keeper has no time to do anything about it. */
static bool kill_programs(struct site *site, char *why, size_t size)
{
	double until = site_now() + 5 * site->factor;
	pid_t pids[SITE_PIDS_MAX];
	size_t count;

	while ((count = site_programs(site, pids)) > 0) {
		for (size_t i = 0; i < count; i++)
			kill(pids[i], SIGSTOP);
		for (size_t i = 0; i < count; i++)
			kill(pids[i], SIGKILL);
		for (size_t i = 0; i < count; i++)
			site_await_end(site, pids[i]); /* until then it holds its locks and its socket */
		if (site_now() > until)
			return fail(why, size, "the supervisor cannot be killed");
		site_pause(1);
	}
	return true;
}

static bool up_and_lost(struct site *site, char *why, size_t size)
{
	struct auberge_guest guest = {0};

	if (!up(site, why, size) || !site_look(site, SITE_GUEST, &guest))
		return false;
	site->init = guest.init_pid;
	return kill_programs(site, why, size);
}

static bool all_dead(struct site *site, char *why, size_t size)
{
	struct auberge_guest guest;

	if (!up(site, why, size) || !site_look(site, SITE_GUEST, &guest) || guest.init_pid <= 0 ||
	    !kill_programs(site, why, size))
		return false;
	kill(guest.init_pid, SIGKILL);
	return site_await_end(site, guest.init_pid) || fail(why, size, "its init does not die");
}

/* --- create and destroy ------------------------------------------------------------------------------------------- */

static const char *const create_words[] = {"create", SITE_NEW, "--template", "busybox", "--set", "limits.memory=64M", NULL};

static bool is_made(struct site *site, char *why, size_t size)
{
	return site_same_tree(site, SITE_NEW, why, size);
}

static bool make_new(struct site *site, char *why, size_t size)
{
	site_run(site, create_words, 20);
	return expect(site, 0, "create", why, size);
}

static bool new_is_gone(struct site *site, char *why, size_t size)
{
	static const char *const places[] = {SITE_NEW, ".create-" SITE_NEW, ".destroy-" SITE_NEW};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (site_exists(site, "%s", places[i]))
			return fail(why, size, "left: %s/%s", site->state, places[i]);
	return site_clean(site, why, size);
}

/* Whatever is there, whole or half: listed, so that people see it, and destroy takes it away. */
static bool destroy_what_is_there(struct site *site, char *why, size_t size)
{
	struct auberge_guest guest;
	bool there = site_exists(site, "%s", SITE_NEW) || site_exists(site, ".create-%s", SITE_NEW) ||
	             site_exists(site, ".destroy-%s", SITE_NEW);

	if (there && !site_look(site, SITE_NEW, &guest))
		return fail(why, size, "what is half made is not listed");
	site_do(site, RECOVER_SECONDS, "destroy", SITE_NEW, "--yes");
	if (!expect(site, there ? 0 : 3, "the destroy after it", why, size))
		return false;
	return new_is_gone(site, why, size);
}

static bool destroy_create_destroy(struct site *site, char *why, size_t size)
{
	return destroy_what_is_there(site, why, size) && make_new(site, why, size) && is_made(site, why, size) &&
	       destroy_what_is_there(site, why, size);
}

/* It has run, so that it has an id range, a log, events, a last end. */
static bool make_used(struct site *site, char *why, size_t size)
{
	if (!make_new(site, why, size))
		return false;
	site_do(site, 20, "start", SITE_NEW);
	if (!expect(site, 0, "start", why, size))
		return false;
	site_do(site, 20, "kill", SITE_NEW);
	return expect(site, 0, "kill", why, size);
}

static bool make_half_destroyed(struct site *site, char *why, size_t size)
{
	char from[160], to[128];

	if (!make_used(site, why, size))
		return false;
	snprintf(from, sizeof from, "%s/%s", site->state, SITE_NEW);
	snprintf(to, sizeof to, "%s/.destroy-%s", site->state, SITE_NEW);
	if (rename(from, to) < 0)
		return fail(why, size, "%s: %s", from, strerror(errno));
	snprintf(from, sizeof from, "%s/guest.ini", to);
	return unlink(from) == 0;
}

/* --- saving a config ------------------------------------------------------------------------------------------------ */

static const char old_text[] = "# the old config\n[guest]\nkind = container\n";
static const char new_text[] = "# the new config, which is longer than the old one\n[guest]\nkind = container\nautostart = yes\n";

int save_main(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (fd < 0) {
		fprintf(stderr, "save: %s: %s\n", directory, strerror(errno));
		return 1;
	}
	result = file_replace_at(fd, "guest.ini", new_text, sizeof new_text - 1, 0600);
	if (result < 0)
		fprintf(stderr, "save: %s/guest.ini: %s\n", directory, strerror(-result));
	return result < 0;
}

static bool saved_is(const struct site *site, const char *text, size_t length)
{
	char path[128], data[512];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "%s/save/guest.ini", site->directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, data, sizeof data);
	if (fd >= 0)
		close(fd);
	return got == (ssize_t)length && memcmp(data, text, length) == 0;
}

static bool put_old(struct site *site, char *why, size_t size)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/save", site->directory);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail(why, size, "%s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || file_replace_at(fd, "guest.ini", old_text, sizeof old_text - 1, 0600) < 0)
		return fail(why, size, "%s: cannot prepare", path);
	close(fd);
	return true;
}

static bool is_saved(struct site *site, char *why, size_t size)
{
	return saved_is(site, new_text, sizeof new_text - 1) || fail(why, size, "guest.ini is not the new one");
}

/* The old or the new, whole; and the next save leaves the file alone in its directory. */
static bool save_again(struct site *site, char *why, size_t size)
{
	char path[128];
	int status;

	if (!saved_is(site, new_text, sizeof new_text - 1) && !saved_is(site, old_text, sizeof old_text - 1))
		return fail(why, size, "guest.ini is neither the old one nor the new one");
	snprintf(path, sizeof path, "%s/save", site->directory);
	status = save_main(path);
	if (status != 0)
		return fail(why, size, "the next save fails");
	if (unlinkat(AT_FDCWD, strcat(path, "/guest.ini"), 0) < 0)
		return fail(why, size, "%s: %s", path, strerror(errno));
	*strrchr(path, '/') = '\0';
	return rmdir(path) == 0 || fail(why, size, "left: a temporary file in %s", path);
}

/* --- values of a guest that runs ------------------------------------------------------------------------------------ */

static bool up_and_known(struct site *site, char *why, size_t size)
{
	struct auberge_guest guest = {0};

	if (!up(site, why, size) || !site_look(site, SITE_GUEST, &guest))
		return false;
	site->init = guest.init_pid;
	return true;
}

static bool is_set(struct site *site, char *why, size_t size)
{
	site_do(site, RECOVER_SECONDS, "config", "get", SITE_GUEST, "limits.pids");
	if (!expect(site, 0, "config get", why, size))
		return false;
	if (strncmp(site->output, "77", 2) != 0 || strspn(site->output, "0123456789") != 2)
		return fail(why, size, "the file says %.40s", site->output);
	site_do(site, RECOVER_SECONDS, "show", SITE_GUEST);
	return !strstr(site->output, "drift") || fail(why, size, "the running guest has another value");
}

/* The old file or the new one, whole; and the next one brings both file and guest to where it wants them. */
static bool set_again(struct site *site, char *why, size_t size)
{
	if (!reach_running(site, why, size))
		return false;
	site_do(site, RECOVER_SECONDS, "config", "get", SITE_GUEST, "guest.stop_timeout");
	if (!expect(site, 0, "config get", why, size))
		return false;
	site_do(site, RECOVER_SECONDS, "config", "set", SITE_GUEST, "limits.pids=77", "guest.stop_timeout=77s");
	if (!expect(site, 0, "the next config set", why, size) || !is_set(site, why, size))
		return false;
	site_do(site, RECOVER_SECONDS, "config", "set", SITE_GUEST, "limits.pids=200", "guest.stop_timeout=");
	if (!expect(site, 0, "and back", why, size))
		return false;
	return start_and_stop(site, why, size);
}

const struct step steps[] = {
	{"start", {"start", SITE_GUEST}, false, false, nothing, is_running, start_and_stop},
	{"stop", {"stop", SITE_GUEST, "--timeout", STOP_SECONDS}, true, false, up, is_stopped, start_and_stop},
	{"start-over", {"start", SITE_GUEST}, false, false, all_dead, is_running, start_and_stop},
	{"start-lost", {"start", SITE_GUEST}, false, true, up_and_lost, nothing, start_and_stop},
	{"kill-lost", {"kill", SITE_GUEST}, false, false, up_and_lost, is_stopped, start_and_stop},
	{"exec", {"exec", SITE_GUEST, "--", "true"}, false, false, up, is_running, start_and_stop},
	{"create", {"create", SITE_NEW, "--template", "busybox", "--set", "limits.memory=64M"}, false, false, nothing, is_made,
	 destroy_create_destroy},
	{"destroy", {"destroy", SITE_NEW, "--yes"}, false, false, make_used, new_is_gone, destroy_what_is_there},
	{"destroy-half", {"destroy", SITE_NEW, "--yes"}, false, false, make_half_destroyed, new_is_gone, destroy_what_is_there},
	{"save", {NULL}, false, false, put_old, is_saved, save_again},
	{"config-set", {"config", "set", SITE_GUEST, "limits.pids=77", "guest.stop_timeout=77s"}, true, true, up_and_known, is_set, set_again},
};
const size_t steps_count = sizeof steps / sizeof *steps;
