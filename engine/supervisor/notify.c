/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket that the guest tells its readiness on: made before the build, kept for the guest's life (or taken over),
 * and read with care. Owns supervisor->notify and supervisor->word.
 * The socket is of the host's network namespace: one made inside would keep the guest's links alive after its end.
 */
#include "supervisor/notify.h"
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/ids.h"
#include "guest/set.h"
#include "supervisor/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BUDGET 100          /* datagrams that are read in one PERIOD; then the guest's senders wait */
#define PERIOD_USEC 1000000u
#define TURN 16             /* datagrams of one turn of the loop */

/* --- the socket ---------------------------------------------------------------------------------------------- */

static int make_socket(int run_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cleanup_close int place = -1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int)) < 0)
		return -errno;
	if (mkdirat(run_fd, NOTIFY_PLACE, 0700) < 0 && errno != EEXIST)
		return -errno;
	place = openat(run_fd, NOTIFY_PLACE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0 || (unlinkat(place, NOTIFY_SOCKET, 0) < 0 && errno != ENOENT))
		return -errno;
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" NOTIFY_SOCKET, place);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	/* Every user of the guest may write to it: whose word counts is decided by credentials. */
	if (fchmodat(place, NOTIFY_SOCKET, 0666, 0) < 0)
		return -errno;
	return take_fd(&fd);
}

static void notify_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events);

int notify_adopt(struct supervisor *supervisor, int fd, bool ready)
{
	notify_end(supervisor);
	/* Without the socket nobody can say it any more. */
	supervisor->word = (struct guest_word){.ready = ready || fd < 0};
	supervisor->notify = (struct watch){.fd = fd, .ready = notify_ready};
	keep(supervisor, "notify", fd);
	return fd < 0 ? 0 : loop_watch(supervisor, &supervisor->notify, EPOLLIN);
}

int notify_begin(struct supervisor *supervisor, struct auberge_error *error)
{
	int fd = make_socket(supervisor->run_fd), result = fd < 0 ? fd : notify_adopt(supervisor, fd, false);

	return result < 0 ? error_set(error, -result, "cannot make %s/%s/" NOTIFY_PLACE "/" NOTIFY_SOCKET,
	                              auberge_run_dir(supervisor->auberge), supervisor->name)
	                  : 0;
}

void notify_end(struct supervisor *supervisor)
{
	loop_forget(supervisor, &supervisor->notify);
	keep_drop(supervisor, "notify");
	supervisor->word.again_usec = 0;
}

/* --- what is said --------------------------------------------------------------------------------------------- */

static void become_ready(struct supervisor *supervisor)
{
	struct auberge_error ignored = {0};

	if (supervisor->word.ready)
		return;
	supervisor->word.ready = true;
	ledger_append(supervisor->ledger_fd, &ignored, LEDGER_READY, "%" PRIu64, now_boottime_usec() / 1000000u);
	control_tell(supervisor, CLIENT_READYING, NULL);
}

void notify_up(struct supervisor *supervisor)
{
	const struct init_kind *kind = supervisor->verdict.kind;

	if (supervisor->notify.fd < 0 || !kind || strcmp(kind->name, "systemd") != 0)
		become_ready(supervisor);
}

/* The guest's user namespace, or for a privileged one its pid namespace. Its own root may lie about who of it speaks. */
static bool is_of_guest(struct supervisor *supervisor, const struct ucred *speaker)
{
	struct guest_word *word = &supervisor->word;
	struct auberge_error ignored = {0};
	struct stat theirs, ours;
	char path[64];

	if (speaker->pid <= 0)
		return false;
	if (supervisor->config && !supervisor->config->privileged) {
		if (word->id_first == 0 && ids_find(supervisor->auberge, supervisor->name, &word->id_first, &ignored) < 0)
			word->id_first = 0;
		return word->id_first != 0 && speaker->uid >= word->id_first && speaker->uid - word->id_first < IDS_COUNT;
	}
	if (speaker->pid == supervisor->init_pid)
		return true;
	snprintf(path, sizeof path, "/proc/%d/ns/pid", speaker->pid);
	if (stat(path, &theirs) < 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/ns/pid", supervisor->init_pid);
	return stat(path, &ours) == 0 && theirs.st_ino == ours.st_ino;
}

static void take(struct supervisor *supervisor, const char *data, size_t length, const struct ucred *speaker)
{
	struct notify_message message;

	if (supervisor->init_pid <= 0 || !is_of_guest(supervisor, speaker))
		return;
	notify_parse(data, length, &message);
	if (message.has_status)
		memcpy(supervisor->word.status, message.status, sizeof message.status);
	if (message.ready && speaker->pid == supervisor->init_pid)
		become_ready(supervisor);
}

/* Descriptors that came along (a barrier, a file for the store) are closed: the sender may wait for just that. */
static bool find_speaker(struct msghdr *message, struct ucred *speaker)
{
	bool found = false;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET)
			continue;
		if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len >= CMSG_LEN(sizeof *speaker)) {
			memcpy(speaker, CMSG_DATA(part), sizeof *speaker);
			found = true;
		}
		for (size_t at = 0; part->cmsg_type == SCM_RIGHTS && CMSG_LEN(at + sizeof(int)) <= part->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
			close(fd);
		}
	}
	return found;
}

/* False: none is waiting. */
static bool receive(struct supervisor *supervisor)
{
	char data[NOTIFY_DATAGRAM];
	_Alignas(struct cmsghdr) char control[256];
	struct iovec piece = {.iov_base = data, .iov_len = sizeof data};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	ssize_t got = recvmsg(supervisor->notify.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct ucred speaker;

	if (got < 0)
		return errno != EAGAIN && errno != ENOTCONN && errno != EBADF;
	if (find_speaker(&message, &speaker) && !(message.msg_flags & MSG_TRUNC))
		take(supervisor, data, (size_t)got, &speaker);
	return true;
}

static void notify_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	struct guest_word *word = &supervisor->word;
	uint64_t now = now_monotonic_usec();

	(void)events;
	if (now >= word->until_usec) {
		word->until_usec = now + PERIOD_USEC;
		word->taken = 0;
	}
	for (int i = 0; i < TURN && word->taken < BUDGET; i++, word->taken++)
		if (!receive(supervisor))
			return;
	if (word->taken >= BUDGET && loop_watch(supervisor, watch, 0) == 0)
		word->again_usec = word->until_usec;
}

uint64_t notify_deadline(const struct supervisor *supervisor)
{
	return supervisor->word.again_usec ? supervisor->word.again_usec : UINT64_MAX;
}

void notify_tick(struct supervisor *supervisor, uint64_t now)
{
	if (!supervisor->word.again_usec || now < supervisor->word.again_usec)
		return;
	supervisor->word.again_usec = 0;
	if (supervisor->notify.fd >= 0)
		loop_watch(supervisor, &supervisor->notify, EPOLLIN);
}
