/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of a guest that works a little, of links, and of the host. */
#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "host/cgroup.h"
#include "host/link.h"
#include "host/meter_private.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

static const struct cgroup_limits limits = {128u << 20, AUBERGE_UNLIMITED, AUBERGE_UNLIMITED, 40};

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Waits to be told, burns 0.1 s, touches 8 MiB, says so, waits for its end. */
static pid_t worker(int told[2], int done[2])
{
	pid_t pid;
	char byte;

	cr_assert_eq(pipe(told), 0);
	cr_assert_eq(pipe(done), 0);
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(told[0], &byte, 1) != 1)
		_exit(1);
	char *memory = malloc(8u << 20);
	double until = cpu_seconds() + 0.1;

	do
		memset(memory, (int)(cpu_seconds() * 100), 8u << 20);
	while (cpu_seconds() < until);
	if (write(done[1], memory, 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

Test(host_meter, of_a_guest, .timeout = 30)
{
	char root[64], byte = 0;
	struct auberge auberge = {.cgroup_root = root};
	struct auberge_guest guest = {.name = "one"};
	struct auberge_error error;
	struct auberge_counters first, second;
	struct auberge_meter *meter;
	const struct cgroup_layout *layout;
	int told[2], done[2];
	pid_t pid;

	snprintf(root, sizeof root, "auberge-test-host-%d", (int)getpid());
	if (geteuid() != 0)
		cr_skip_test("needs root");
	layout = cgroup_layout(&auberge, &error);
	error_clear(&error);
	if (!layout || layout->count == 0 || cgroup_check(&auberge, "one", &limits, &error) < 0)
		cr_skip_test("not all controllers are there");
	cr_assert_null(auberge_meter_open(&auberge, &guest, &error));
	cr_assert_eq(error.code, AUBERGE_WRONG_STATE);
	cr_assert_eq(cgroup_create(&auberge, "one", &limits, 0, &error), 0, "%s", error.text);
	meter = auberge_meter_open(&auberge, &guest, &error);
	cr_assert_not_null(meter, "%s", error.text);
	pid = worker(told, done);
	cr_assert_eq(cgroup_attach(&auberge, "one", pid, 0, 0, &error), 0, "%s", error.text);
	cr_assert_eq(auberge_meter_read(meter, NULL, 0, &first, &error), 0, "%s", error.text);
	cr_assert_eq(first.have, AUBERGE_HAVE_CPU | AUBERGE_HAVE_MEMORY | AUBERGE_HAVE_IO | AUBERGE_HAVE_PROCESSES |
	                             (first.have & AUBERGE_HAVE_THROTTLED));
	cr_assert_eq(write(told[1], &byte, 1), 1);
	cr_assert_eq(read(done[0], &byte, 1), 1);
	cr_assert_eq(auberge_meter_read(meter, NULL, AUBERGE_METER_CACHE | AUBERGE_METER_LIMITS | AUBERGE_METER_STALL, &second,
	                                &error), 0, "%s", error.text);
	cr_assert_gt(second.time_usec, first.time_usec);
	cr_assert_gt(second.cpu_usec, first.cpu_usec + 50000);
	cr_assert_lt(second.cpu_usec, first.cpu_usec + 5000000);
	cr_assert_geq(second.memory_bytes, 8u << 20);
	cr_assert_lt(second.memory_bytes, 128u << 20);
	cr_assert_eq(second.processes, 1);
	cr_assert_eq(second.processes_limit, 40);
	cr_assert_eq(second.memory_limit_bytes, 128u << 20);
	cr_assert_eq(second.oom_kills, 0);
	cr_assert((second.have & (AUBERGE_HAVE_LIMIT | AUBERGE_HAVE_OOM | AUBERGE_HAVE_CACHE)) ==
	          (AUBERGE_HAVE_LIMIT | AUBERGE_HAVE_OOM | AUBERGE_HAVE_CACHE), "%x", second.have);
	cr_assert_eq(auberge_meter_read(meter, NULL, 0, &first, &error), 0);
	cr_assert_eq(first.memory_limit_bytes, 128u << 20, "the last value is kept");
	cr_assert(first.have & AUBERGE_HAVE_LIMIT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert_eq(cgroup_remove(&auberge, "one", &error), 0, "%s", error.text);
	cgroup_leave_supervisor(&auberge, "one", 0);
	cr_assert_lt(auberge_meter_read(meter, NULL, 0, &first, &error), 0);
	auberge_meter_close(meter);
	free(auberge.cgroups);
}

static void send_some(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[1000] = {0};

	inet_pton(AF_INET, "192.0.2.255", &to.sin_addr);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &(int){1}, sizeof(int)), 0);
	for (int i = 0; i < 20; i++)
		cr_assert_gt(sendto(fd, data, sizeof data, 0, (struct sockaddr *)&to, sizeof to), 0);
	close(fd);
}

Test(host_meter, traffic_is_the_guests_view, .timeout = 30)
{
	struct auberge auberge = {.cgroup_root = (char *)(uintptr_t) "none"};
	struct cgroup_layout *layout = calloc(1, sizeof *layout);
	struct auberge_error error;
	struct auberge_guest guest = {.name = "one", .links_count = 1, .links = {"one-eth0"}};
	struct auberge_counters counters;
	struct link_veth veth = {.host_name = "one-eth0", .guest_name = "eth0", .host_mac = {0xfe, 1}, .guest_mac = {2, 1}};
	char address[] = "192.0.2.10/24", *addresses[] = {address};
	struct config_net net = {.name = "eth0", .addresses = {addresses, 1}};
	int inside, outside;

	layout->v2 = -1;
	auberge.cgroups = layout;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		cr_skip_test("needs root");
	inside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	cr_assert_eq(unshare(CLONE_NEWNET), 0);
	outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct nl_sock *socket = link_open(&error);
	cr_assert_eq(link_make_veth(socket, &veth, inside, "x", &error), 0, "%s", error.text);
	struct auberge_traffic *traffic = auberge_traffic_open(&error);
	struct auberge_meter *meter = auberge_meter_open(&auberge, &guest, &error);
	cr_assert_not_null(meter);
	cr_assert_eq(auberge_meter_read(meter, traffic, 0, &counters, &error), 0);
	cr_assert_eq(counters.have, 0, "no refresh yet");
	setns(inside, CLONE_NEWNET);
	cr_assert_eq(link_configure_guest(&net, 1, &error), 0, "%s", error.text);
	send_some();
	setns(outside, CLONE_NEWNET);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(auberge_traffic_refresh(traffic, &error), 0, "%s", error.text);
		cr_assert_eq(auberge_meter_read(meter, traffic, 0, &counters, &error), 0);
		cr_assert_eq(counters.have, AUBERGE_HAVE_NET);
		cr_assert_geq(counters.transmit_bytes, 20000);
		cr_assert_lt(counters.receive_bytes, 20000);
	}
	auberge_meter_close(meter);
	auberge_traffic_close(traffic);
	link_close(socket);
	free(layout);
}

Test(host_meter, stall_text)
{
	cr_assert_float_eq(meter_stall_percent("some avg10=12.34 avg60=0.00 avg300=0.00 total=1\nfull avg10=1.00\n"), 12.34, 0.001);
	cr_assert_float_eq(meter_stall_percent("some avg10=0.05 avg60"), 0.05, 0.001);
	cr_assert_lt(meter_stall_percent(""), 0);
	cr_assert_lt(meter_stall_percent("full avg10=1.00"), 0);
}

Test(host_meter, of_the_host)
{
	char state[] = "/var/lib/there/is/no/such/directory";
	struct auberge auberge = {.state_dir = state};
	struct auberge_host host;
	struct auberge_error error;

	cr_assert_eq(auberge_host_read(&auberge, &host, &error), 0, "%s", error.text);
	cr_assert_neq(host.name[0], '\0');
	cr_assert_gt(host.uptime_seconds, 0);
	cr_assert_geq(host.processors, 1);
	cr_assert_gt(host.cpu_total_ticks, host.cpu_busy_ticks);
	cr_assert_gt(host.memory_bytes, host.memory_used_bytes);
	cr_assert_gt(host.memory_used_bytes, 0);
	cr_assert_gt(host.disk_bytes, host.disk_used_bytes);
}

static void rename_link(const char *from, const char *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", from);
	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0, "%s", strerror(errno)); /* down */
	snprintf(request.ifr_newname, sizeof request.ifr_newname, "%s", to);
	cr_assert_eq(ioctl(fd, SIOCSIFNAME, &request), 0, "%s: %s", from, strerror(errno));
	close(fd);
}

static void send_to_self(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char data[1000] = {0};

	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	cr_assert_gt(sendto(fd, data, sizeof data, 0, (struct sockaddr *)&to, sizeof to), 0);
	close(fd);
}

/* More than the first table holds; and one that is renamed, gone, new, or new under an old name. */
Test(host_meter, traffic_of_the_links_of_now, .timeout = 30)
{
	struct auberge_error error;
	struct auberge_traffic *traffic;
	struct nl_sock *socket;
	struct link_veth veth = {.guest_name = "eth0", .host_mac = {0xfe, 1}, .guest_mac = {2, 1}};
	uint64_t bytes = 0;
	char name[16];
	int here;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		cr_skip_test("needs root");
	here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	socket = link_open(&error);
	traffic = auberge_traffic_open(&error);
	for (int i = 0; i < 70; i++) {
		snprintf(veth.host_name, sizeof veth.host_name, "h%d", i);
		snprintf(veth.guest_name, sizeof veth.guest_name, "g%d", i);
		cr_assert_eq(link_make_veth(socket, &veth, here, "x", &error), 0, "%s", error.text);
	}
	cr_assert_eq(auberge_traffic_refresh(traffic, &error), 0, "%s", error.text);
	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof name, "h%d", i);
		cr_expect_not_null(traffic_find(traffic, name), "%s", name);
	}
	send_to_self();
	for (int i = 0; i < 3; i++) { /* without news between them: by index */
		cr_assert_eq(auberge_traffic_refresh(traffic, &error), 0, "%s", error.text);
		cr_assert_gt(traffic_find(traffic, "lo")->receive.bytes, bytes);
		bytes = traffic_find(traffic, "lo")->receive.bytes;
		send_to_self();
	}
	rename_link("h1", "other");
	rename_link("h2", "h1");
	cr_assert_eq(link_delete(socket, "h3", veth.host_mac, "x", &error), 0, "%s", error.text);
	cr_assert_eq(auberge_traffic_refresh(traffic, &error), 0, "%s", error.text);
	cr_expect_not_null(traffic_find(traffic, "other"));
	cr_expect_not_null(traffic_find(traffic, "h1"));
	cr_expect_null(traffic_find(traffic, "h2"));
	cr_expect_null(traffic_find(traffic, "h3"));
	cr_expect_not_null(traffic_find(traffic, "h69"));
	auberge_traffic_close(traffic);
	link_close(socket);
	close(here);
}
