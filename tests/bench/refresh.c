/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one refresh of all figures costs: CPU microseconds per guest, median of 30 refreshes.
 *   refresh [GUESTS...]      default 100 1000
 * Makes GUESTS cgroups below a ROOT of its own and as many links in a network namespace of its own, and removes them.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/link.h"
#include "host/link_private.h"

#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#define ROUNDS 30
#define GUESTS_MAX 5000

static const struct cgroup_limits none = {AUBERGE_UNLIMITED, AUBERGE_UNLIMITED, AUBERGE_UNLIMITED, AUBERGE_UNLIMITED};

static double cpu_usec(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int ascending(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, ascending);
	return values[count / 2];
}

static int make_link(struct nl_sock *socket, const char *name)
{
	struct ifinfomsg header = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nl_msg *message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header, sizeof header);
	struct nlattr *info;
	char reason[160];

	nla_put_string(message, IFLA_IFNAME, name);
	info = nla_nest_start(message, IFLA_LINKINFO);
	nla_put_string(message, IFLA_INFO_KIND, "bridge");
	nla_nest_end(message, info);
	return link_exchange(socket, message, NULL, NULL, reason, sizeof reason);
}

struct guests {
	struct auberge auberge;
	struct auberge_guest *list;
	struct auberge_meter **meters;
	size_t count, made;
};

static int make_guests(struct guests *guests, struct nl_sock *socket, struct auberge_error *error)
{
	for (guests->made = 0; guests->made < guests->count; guests->made++) {
		struct auberge_guest *guest = &guests->list[guests->made];

		snprintf(guest->name, sizeof guest->name, "g%zu", guests->made);
		if (cgroup_create(&guests->auberge, guest->name, &none, 0, error) < 0)
			return -1;
		snprintf(guest->links[0], sizeof guest->links[0], "g%zu", guests->made % 1000000);
		guest->links_count = 1;
		snprintf(guest->rootfs, sizeof guest->rootfs, "/var");
		if (make_link(socket, guest->links[0]) < 0)
			return error_set(error, 0, "cannot make the link %s", guest->links[0]);
		guests->meters[guests->made] = auberge_meter_open(&guests->auberge, guest, error);
		if (!guests->meters[guests->made])
			return -1;
	}
	return 0;
}

/* Median CPU per guest; what: bits of METER flags. */
static double measure(struct guests *guests, struct auberge_traffic *traffic, unsigned flags)
{
	double rounds[ROUNDS];
	struct auberge_counters counters;
	struct auberge_error error;

	for (int round = -2; round < ROUNDS; round++) {
		double start = cpu_usec();

		if (traffic)
			auberge_traffic_refresh(traffic, &error);
		for (size_t i = 0; i < guests->count; i++)
			auberge_meter_read(guests->meters[i], traffic, flags, &counters, &error);
		rounds[round < 0 ? 0 : round] = (cpu_usec() - start) / (double)guests->count;
		usleep(20000);
	}
	return median(rounds, ROUNDS);
}

/* As the dashboard reads, at 2 s a refresh: a screen of guests with their stalls each time, the others' stalls and all
 * limits every 10 s, a screen's memory.stat every 5 s. The mean, since not all refreshes are alike. */
static double measure_dashboard(struct guests *guests, struct auberge_traffic *traffic)
{
	struct auberge_counters counters;
	struct auberge_error error;
	double start = 0, used = 0;

	for (size_t round = 0; round < 2 + ROUNDS; round++) {
		start = cpu_usec();
		auberge_traffic_refresh(traffic, &error);
		for (size_t i = 0; i < guests->count; i++) {
			bool visible = i < 18, due = (round + i) % 5 == 0;
			unsigned flags = (visible || due ? AUBERGE_METER_STALL : 0) | (due ? AUBERGE_METER_LIMITS : 0) |
			                 (visible && (round + i) % 2 == 0 ? AUBERGE_METER_CACHE : 0);

			auberge_meter_read(guests->meters[i], traffic, flags, &counters, &error);
		}
		if (round >= 2)
			used += cpu_usec() - start;
		usleep(20000);
	}
	return used / ROUNDS / (double)guests->count;
}

static int bench(size_t count)
{
	char root[64];
	struct auberge_error error = {0};
	struct guests guests = {.count = count};
	struct nl_sock *socket = NULL;
	struct auberge_traffic *traffic = auberge_traffic_open(&error);
	int result;

	snprintf(root, sizeof root, "auberge-bench-%d", (int)getpid());
	guests.auberge.cgroup_root = root;
	guests.list = calloc(count, sizeof *guests.list);
	guests.meters = calloc(count, sizeof(struct auberge_meter *));
	socket = link_open(&error);
	result = make_guests(&guests, socket, &error);
	if (result == 0) {
		printf("%5zu guests: cpu, memory, io, processes %5.1f us; with network %5.1f us; ", count, measure(&guests, NULL, 0),
		       measure(&guests, traffic, 0));
		printf("with limits and stalls %5.1f us; with memory.stat %5.1f us; ",
		       measure(&guests, NULL, AUBERGE_METER_LIMITS | AUBERGE_METER_STALL), measure(&guests, NULL, AUBERGE_METER_CACHE));
		printf("as the dashboard reads %5.1f us\n", measure_dashboard(&guests, traffic));
	} else {
		fprintf(stderr, "refresh: %s\n", error.text);
	}
	for (size_t i = 0; i < count; i++) {
		auberge_meter_close(guests.meters[i]);
		if (guests.list[i].name[0] && cgroup_remove(&guests.auberge, guests.list[i].name, &error) < 0)
			fprintf(stderr, "refresh: %s\n", error.text);
	}
	cgroup_leave_supervisor(&guests.auberge, "none", 0);
	auberge_traffic_close(traffic);
	link_close(socket);
	free(guests.meters);
	free(guests.list);
	free(guests.auberge.cgroups);
	return result;
}

int main(int argc, char **argv)
{
	static const size_t usual[] = {100, 1000};
	struct rlimit files = {65536, 65536};
	int result = 0;

	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < (argc > 1 ? argc - 1 : (int)COUNT_OF(usual)); i++) {
		size_t count = argc > 1 ? strtoul(argv[i + 1], NULL, 10) : usual[i];

		if (count < 1 || count > GUESTS_MAX || unshare(CLONE_NEWNET) < 0) {
			fprintf(stderr, "usage: refresh [GUESTS...]   (1 to %d, as root)\n", GUESTS_MAX);
			return 2;
		}
		result |= bench(count);
	}
	return result ? 1 : 0;
}
