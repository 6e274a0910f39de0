/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events and the last end: written, read back, bounded, in order, and hostile lines skipped. */
#include "guest/history.h"
#include "guest_place.h"

#include <poll.h>

static void add(struct place *place, const char *name, int64_t time, const char *what)
{
	struct auberge_history_event event = {.time_seconds = time, .status = 130, .seconds = 1.5};

	snprintf(event.event, sizeof event.event, "%s", what);
	snprintf(event.by, sizeof event.by, "al\"ice\\");
	snprintf(event.detail, sizeof event.detail, "line\none");
	cr_assert_eq(history_add(place->auberge, name, &event, &place->error), 0, "%s", place->error.text);
}

Test(history, end_round_trip)
{
	struct place place = make_place();
	struct auberge_end end = {.cause = "signalled", .status = 137, .bad = true, .time_seconds = 1700000000, .ran_seconds = 12.25,
	                          .detail = "init \"died\""}, back;

	make_guest(&place, "web", "[guest]\n");
	cleanup_close int fd = set_open_guest(place.auberge, "web");
	cr_assert_eq(history_read_end(fd, &back), 0);
	cr_assert(!back.known);
	cr_assert_eq(history_write_end(place.auberge, "web", &end, &place.error), 0);
	cr_assert_eq(history_read_end(fd, &back), 0);
	cr_assert(back.known && back.bad);
	cr_assert_str_eq(back.cause, "signalled");
	cr_assert_eq(back.status, 137);
	cr_assert_eq(back.time_seconds, 1700000000);
	cr_assert_float_eq(back.ran_seconds, 12.25, 0.001);
	cr_assert_str_eq(back.detail, "init \"died\"");
	cr_assert_eq(history_clear_end(place.auberge, "web"), 0);
	cr_assert_eq(history_read_end(fd, &back), 0);
	cr_assert(!back.known);
	drop_place(&place);
}

Test(history, events_of_many_in_order)
{
	struct place place = make_place();
	struct auberge_history_event *events;
	const char *one[] = {"b"};
	size_t count;

	make_guest(&place, "a", "[guest]\n");
	make_guest(&place, "b", "[guest]\n");
	add(&place, "a", 100, "start");
	add(&place, "a", 300, "end");
	add(&place, "b", 200, "start");
	add(&place, "b", 200, "oom");
	cr_assert_eq(auberge_history(place.auberge, NULL, 0, &events, &count, &place.error), 0);
	cr_assert_eq(count, 4);
	cr_assert_str_eq(events[0].name, "a");
	cr_assert_str_eq(events[1].event, "start");
	cr_assert_str_eq(events[2].event, "oom");
	cr_assert_eq(events[3].time_seconds, 300);
	cr_assert_str_eq(events[0].by, "al\"ice\\");
	cr_assert_float_eq(events[0].seconds, 1.5, 0.001);
	cr_assert_eq(events[0].status, 130);
	cr_assert_null(strchr(events[0].detail, '\n'));
	free(events);
	cr_assert_eq(auberge_history(place.auberge, one, 1, &events, &count, &place.error), 0);
	cr_assert_eq(count, 2);
	free(events);
	drop_place(&place);
}

Test(history, bounded)
{
	struct place place = make_place();
	struct auberge_history_event *events;
	struct stat status;
	char path[200];
	size_t count;

	make_guest(&place, "a", "[guest]\n");
	for (int i = 0; i < 4000; i++)
		add(&place, "a", i, "start");
	snprintf(path, sizeof path, "%s/a/events", place.state);
	cr_assert_eq(stat(path, &status), 0);
	cr_assert_leq(status.st_size, HISTORY_LIMIT);
	cr_assert_eq(auberge_history(place.auberge, NULL, 0, &events, &count, &place.error), 0);
	cr_assert_gt(count, 500);
	cr_assert_eq(events[count - 1].time_seconds, 3999);
	cr_assert_eq(events[0].time_seconds + (int64_t)count, 4000, "none lost in between");
	free(events);
	drop_place(&place);
}

Test(history, hostile_lines)
{
	static const char *const bad[] = {"", "{", "[]", "{}", "{\"event\": {}}", "{\"event\": \"x\"} y", "{\"event\": \"x}",
	                                  "{\"event\": \"\\u00\"}", "{\"event\": \"a\", \"time\": 1e5}", "{\"event\": \"a\",}",
	                                  "{\"event\": \"\\u0000\"}"};
	static const char good[] = "{\"event\":\"x\",\"status\":99999,\"time\":-5,\"seconds\":\"no\",\"more\":null,\"by\":\"\\u001b[2J\"}";
	struct auberge_history_event event;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		cr_expect(!history_parse_line(bad[i], strlen(bad[i]), &event), "%s", bad[i]);
	cr_assert(history_parse_line(good, strlen(good), &event));
	cr_assert_eq(event.status, -1);
	cr_assert_eq(event.time_seconds, -5);
	cr_assert_null(strchr(event.by, 0x1b));
}

Test(history, watch)
{
	struct place place = make_place();
	struct pollfd poll_fd = {.events = POLLIN};

	make_guest(&place, "a", "[guest]\n");
	poll_fd.fd = auberge_history_watch(place.auberge, &place.error);
	cr_assert_geq(poll_fd.fd, 0, "%s", place.error.text);
	cr_assert_eq(poll(&poll_fd, 1, 0), 0);
	add(&place, "a", 1, "start");
	cr_assert_eq(poll(&poll_fd, 1, 1000), 1);
	cr_assert_eq(auberge_history_watch_take(place.auberge, poll_fd.fd, &place.error), 0);
	cr_assert_eq(poll(&poll_fd, 1, 0), 0, "all was taken");
	make_guest(&place, "later", "[guest]\n");
	cr_assert_eq(poll(&poll_fd, 1, 1000), 1);
	cr_assert_eq(auberge_history_watch_take(place.auberge, poll_fd.fd, &place.error), 0);
	cr_assert_eq(poll(&poll_fd, 1, 0), 0);
	add(&place, "later", 2, "start");
	cr_assert_eq(poll(&poll_fd, 1, 1000), 1, "a guest made later is watched too");
	close(poll_fd.fd);
	drop_place(&place);
}
