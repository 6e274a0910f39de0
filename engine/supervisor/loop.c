/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: epoll over descriptors, and the nearest deadline as its time limit. It never blocks elsewhere. */
#include "supervisor/supervisor.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Whoever wants to be called at a moment; the deadline is UINT64_MAX when there is none. */
static const struct {
	uint64_t (*deadline)(const struct supervisor *supervisor);
	void (*tick)(struct supervisor *supervisor, uint64_t now);
} timed[] = {
	{halt_deadline, halt_tick},
	{control_deadline, control_tick},
	{notify_deadline, notify_tick},
	{restart_deadline, restart_tick},
	{pressure_deadline, pressure_tick},
};

int loop_watch(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	int how = watch->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (watch->events == events)
		return 0;
	if (events == 0)
		how = EPOLL_CTL_DEL;
	if (epoll_ctl(supervisor->epoll, how, watch->fd, &event) < 0 && events != 0)
		return -errno;
	watch->events = events;
	return 0;
}

void loop_forget(struct supervisor *supervisor, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	loop_watch(supervisor, watch, 0);
	close(watch->fd);
	watch->fd = -1;
}

static int time_limit(const struct supervisor *supervisor)
{
	uint64_t now = now_monotonic_usec(), nearest = UINT64_MAX;

	for (size_t i = 0; i < COUNT_OF(timed); i++) {
		uint64_t at = timed[i].deadline(supervisor);

		nearest = at < nearest ? at : nearest;
	}
	if (supervisor->busy || supervisor->viewers_changed)
		return 0;
	if (nearest == UINT64_MAX)
		return -1;
	if (nearest <= now)
		return 0;
	return nearest - now > (uint64_t)INT_MAX * 1000 ? INT_MAX : (int)((nearest - now + 999) / 1000);
}

int loop_run(struct supervisor *supervisor)
{
	const struct timespec pause = {.tv_nsec = 10000000}; /* the kernel was short of something */
	struct epoll_event events[16];

	while (supervisor->phase != PHASE_OVER) {
		int count = epoll_wait(supervisor->epoll, events, 16, time_limit(supervisor));

		if (count < 0 && (errno == EBADF || errno == EFAULT || errno == EINVAL))
			return -errno;
		if (count < 0 && errno != EINTR)
			nanosleep(&pause, NULL);
		for (int i = 0; i < count && supervisor->phase != PHASE_OVER; i++) {
			struct watch *watch = events[i].data.ptr;

			if (watch->fd >= 0) /* not forgotten by an earlier one of this turn */
				watch->ready(supervisor, watch, events[i].events);
		}
		console_serve(supervisor);
		uint64_t now = now_monotonic_usec();
		for (size_t i = 0; i < COUNT_OF(timed); i++)
			timed[i].tick(supervisor, now);
		control_sweep(supervisor);
	}
	return 0;
}
