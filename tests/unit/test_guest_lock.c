/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OFD locks: two descriptions exclude each other in one process and over fork, and asking takes nothing. */
#include "guest/lock.h"
#include "guest_place.h"

#include <errno.h>
#include <sys/wait.h>

Test(lock, bytes_are_apart)
{
	struct place place = make_place();

	make_guest(&place, "web", "[guest]\n");
	int first = lock_open(place.auberge, "web"), second = lock_open(place.auberge, "web");
	cr_assert_geq(first, 0);
	cr_assert_eq(lock_held(place.auberge, "web", LOCK_SUPERVISOR), 0);
	cr_assert_eq(lock_try(first, LOCK_SUPERVISOR), 0);
	cr_assert_eq(lock_try(second, LOCK_SUPERVISOR), -EAGAIN);
	cr_assert_eq(lock_try(second, LOCK_LIFECYCLE), 0);
	cr_assert_eq(lock_held(place.auberge, "web", LOCK_SUPERVISOR), 1);
	cr_assert_eq(lock_fd_held(first, LOCK_SUPERVISOR), 0, "one's own is not held by another");
	cr_assert_eq(lock_fd_held(second, LOCK_SUPERVISOR), 1);
	cr_assert_eq(lock_held(place.auberge, "web", LOCK_CONFIG), 0);
	cr_assert_eq(lock_release(first, LOCK_SUPERVISOR), 0);
	cr_assert_eq(lock_try(second, LOCK_SUPERVISOR), 0);
	close(second);
	cr_assert_eq(lock_held(place.auberge, "web", LOCK_SUPERVISOR), 0);
	cr_assert_eq(lock_held(place.auberge, "none", LOCK_SUPERVISOR), 0);
	cr_assert_eq(fcntl(first, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(first);
	drop_place(&place);
}

Test(lock, busy_by_any_byte_but_the_configs)
{
	struct place place = make_place();

	make_guest(&place, "web", "[guest]\n");
	cr_assert_eq(lock_busy(place.auberge, "web"), 0);
	for (int byte = 0; byte < 5; byte++) {
		int fd = lock_open(place.auberge, "web");

		cr_assert_eq(lock_try(fd, (enum lock_byte)byte), 0);
		cr_expect_eq(lock_busy(place.auberge, "web"), byte != LOCK_CONFIG, "byte %d", byte);
		close(fd);
	}
	cr_assert_eq(lock_busy(place.auberge, "web"), 0);
	cr_assert_eq(lock_busy(place.auberge, ".create-none"), 0);
	drop_place(&place);
}

Test(lock, goes_with_the_last_descriptor)
{
	struct place place = make_place();
	int pipes[2], status;
	char byte = 0;

	make_guest(&place, "web", "[guest]\n");
	cr_assert_eq(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0) {
		int fd = lock_open(place.auberge, "web");

		byte = lock_wait(fd, LOCK_LIFECYCLE) == 0;
		_exit(write(pipes[1], &byte, 1) == 1 ? pause() : 1);
	}
	cr_assert_eq(read(pipes[0], &byte, 1), 1);
	cr_assert_eq(byte, 1);
	cr_assert_eq(lock_held(place.auberge, "web", LOCK_LIFECYCLE), 1);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	cr_assert_eq(lock_held(place.auberge, "web", LOCK_LIFECYCLE), 0, "no stale lock after SIGKILL");
	drop_place(&place);
}
