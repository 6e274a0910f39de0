/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links in two network namespaces of the test's own process, one for the host and one for the guest. */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/link.h"
#include "host/link_private.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/route.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

struct world {
	struct nl_sock *socket;
	struct auberge_error error;
	struct link_veth veth;
	int host, guest; /* network namespaces */
};

static int namespace(void)
{
	cr_assert_eq(unshare(CLONE_NEWNET), 0);
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void enter(int fd)
{
	cr_assert_eq(setns(fd, CLONE_NEWNET), 0);
}

static void begin(struct world *world)
{
	memset(world, 0, sizeof *world);
	if (geteuid() != 0)
		cr_skip_test("needs root");
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("needs network namespaces");
	world->guest = namespace();
	world->host = namespace();
	world->socket = link_open(&world->error);
	cr_assert_not_null(world->socket, "%s", world->error.text);
	cr_assert_eq(rtnl_link_bridge_add(world->socket, "br0"), 0);
}

static void end(struct world *world)
{
	link_close(world->socket);
	close(world->host);
	close(world->guest);
}

static void make(struct world *world)
{
	unsigned mtu = 0;

	strcpy(world->veth.host_name, "one-eth0");
	strcpy(world->veth.guest_name, "eth0");
	cr_assert_eq(link_random_mac(world->veth.host_mac, 0xfe, &world->error), 0);
	cr_assert_eq(link_random_mac(world->veth.guest_mac, 0x02, &world->error), 0);
	world->veth.bridge_index = link_bridge_index(world->socket, "br0", &mtu, &world->error);
	cr_assert_gt(world->veth.bridge_index, 0, "%s", world->error.text);
	cr_assert_eq(mtu, 1500);
	world->veth.mtu = 1400;
	cr_assert_eq(link_make_veth(world->socket, &world->veth, world->guest, "auberge:test/one", &world->error), 0, "%s",
	             world->error.text);
}

Test(host_link, bridge_or_not, .timeout = 20)
{
	struct world world;

	begin(&world);
	cr_assert_eq(link_bridge_index(world.socket, "nobridge", NULL, &world.error), 0);
	cr_assert_eq(strcmp(world.error.text, "no bridge nobridge on this host"), 0, "%s", world.error.text);
	cr_assert_eq(link_bridge_index(world.socket, "lo", NULL, &world.error), 0);
	cr_assert_not_null(strstr(world.error.text, "lo is no bridge"), "%s", world.error.text);
	cr_assert_eq(link_bridge_index(world.socket, "a-name-that-is-too-long", NULL, &world.error), 0);
	cr_assert(link_exists("lo"));
	cr_assert(!link_exists("nobridge"));
	end(&world);
}

Test(host_link, veth_has_all_at_once, .timeout = 20)
{
	struct world world;
	struct link_facts facts;
	struct nl_sock *inside;
	struct rtnl_link *link = NULL;

	begin(&world);
	make(&world);
	cr_assert_eq(rtnl_link_get_kernel(world.socket, world.veth.index, NULL, &link), 0);
	cr_assert_str_eq(rtnl_link_get_name(link), "one-eth0");
	cr_assert_eq(rtnl_link_get_master(link), world.veth.bridge_index);
	cr_assert(rtnl_link_get_flags(link) & IFF_UP);
	cr_assert(rtnl_link_get_flags(link) & IFF_MULTICAST);
	rtnl_link_put(link);
	cr_assert_eq(link_query(world.socket, "one-eth0", &facts), 0);
	cr_assert_eq(facts.index, world.veth.index);
	cr_assert_eq(facts.mtu, 1400);
	cr_assert_eq(memcmp(facts.mac, world.veth.host_mac, 6), 0);
	cr_assert_eq(facts.mac[0], 0xfe);
	cr_assert_str_eq(facts.alias, "auberge:test/one");
	cr_assert_str_eq(facts.kind, "veth");
	cr_assert_lt(link_make_veth(world.socket, &world.veth, world.guest, "x", &world.error), 0);
	cr_assert_eq(world.error.number, EEXIST);
	cr_assert_not_null(strstr(world.error.text, "one-eth0"));
	enter(world.guest);
	inside = link_open(&world.error);
	cr_assert_eq(link_query(inside, "eth0", &facts), 0);
	cr_assert_eq(facts.mtu, 1400);
	cr_assert_eq(memcmp(facts.mac, world.veth.guest_mac, 6), 0);
	link_close(inside);
	end(&world);
}

Test(host_link, only_ours_is_deleted, .timeout = 20)
{
	struct world world;
	const uint8_t other[6] = {0xfe, 1, 2, 3, 4, 5};

	begin(&world);
	make(&world);
	cr_assert_eq(link_delete(world.socket, "one-eth0", other, "auberge:other", &world.error), 0);
	cr_assert(link_exists("one-eth0"));
	cr_assert_eq(link_delete(world.socket, "one-eth0", world.veth.host_mac, NULL, &world.error), 0, "%s", world.error.text);
	cr_assert(!link_exists("one-eth0"));
	cr_assert_eq(link_delete(world.socket, "one-eth0", world.veth.host_mac, NULL, &world.error), 0);
	make(&world);
	cr_assert_eq(link_delete(world.socket, "one-eth0", other, "auberge:test/one", &world.error), 0);
	cr_assert(!link_exists("one-eth0"));
	cr_assert(link_exists("br0"));
	end(&world);
}

Test(host_link, gone_by_itself, .timeout = 20)
{
	struct world world;
	uint64_t start;
	pid_t child;

	begin(&world);
	make(&world);
	child = fork();
	if (child == 0) {
		struct auberge_error error;
		struct nl_sock *socket = link_open(&error);

		usleep(100000);
		_exit(link_delete(socket, "one-eth0", world.veth.host_mac, NULL, &error) < 0);
	}
	start = now_monotonic_usec();
	cr_assert_eq(link_await_gone("one-eth0", world.veth.host_mac, NULL, 5000, &world.error), 0, "%s", world.error.text);
	cr_assert_lt(now_monotonic_usec() - start, 2000000);
	cr_assert_gt(now_monotonic_usec() - start, 50000);
	cr_assert(!link_exists("one-eth0"));
	waitpid(child, NULL, 0);
	cr_assert_eq(link_await_gone("one-eth0", world.veth.host_mac, NULL, 5000, &world.error), 0);
	end(&world);
}

/* The guest's namespace is pinned by our descriptor: nothing comes, the link is deleted at the time limit. A port that
 * only leaves its bridge is no end. */
Test(host_link, deleted_at_the_limit, .timeout = 20)
{
	struct world world;
	uint64_t start;
	pid_t child;

	begin(&world);
	make(&world);
	child = fork();
	if (child == 0) {
		struct auberge_error error;
		struct nl_sock *socket = link_open(&error);

		usleep(50000);
		_exit(rtnl_link_release_ifindex(socket, world.veth.index) < 0);
	}
	start = now_monotonic_usec();
	cr_assert_eq(link_await_gone("one-eth0", world.veth.host_mac, NULL, 300, &world.error), 0, "%s", world.error.text);
	cr_assert_geq(now_monotonic_usec() - start, 300000);
	cr_assert(!link_exists("one-eth0"));
	waitpid(child, NULL, 0);
	end(&world);
}

static bool has_address(struct nl_sock *socket, const char *wanted)
{
	struct nl_cache *cache;
	char text[128];
	bool found = false;

	cr_assert_eq(rtnl_addr_alloc_cache(socket, &cache), 0);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at))
		found |= strcmp(nl_addr2str(rtnl_addr_get_local((struct rtnl_addr *)at), text, sizeof text), wanted) == 0;
	nl_cache_free(cache);
	return found;
}

static bool has_route(struct nl_sock *socket, int family, const char *to, const char *via)
{
	struct nl_cache *cache;
	char text[128];
	bool found = false;

	cr_assert_eq(rtnl_route_alloc_cache(socket, family, 0, &cache), 0);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		struct rtnl_route *route = (struct rtnl_route *)at;
		struct rtnl_nexthop *hop = rtnl_route_get_nnexthops(route) == 1 ? rtnl_route_nexthop_n(route, 0) : NULL;
		struct nl_addr *gateway = hop ? rtnl_route_nh_get_gateway(hop) : NULL;
		bool same;

		if (rtnl_route_get_table(route) != RT_TABLE_MAIN)
			continue;
		same = nl_addr_get_prefixlen(rtnl_route_get_dst(route)) == 0
		           ? strcmp(to, "default") == 0
		           : strcmp(nl_addr2str(rtnl_route_get_dst(route), text, sizeof text), to) == 0;
		found |= same && (via ? gateway && strcmp(nl_addr2str(gateway, text, sizeof text), via) == 0 : !gateway);
	}
	nl_cache_free(cache);
	return found;
}

#define LIST(...) {(char *[]){__VA_ARGS__}, COUNT_OF(((char *[]){__VA_ARGS__}))}

static char a4[] = "192.0.2.10/24", a32[] = "198.51.100.7/32", a6[] = "2001:db8::10/64", g4[] = "192.0.2.1", g6[] = "2001:db8::1",
            r4[] = "10.1.0.0/16 via 192.0.2.2", r6[] = "2001:db8:1::/48 via 2001:db8::2", rd[] = "10.9.0.0/16", bad[] = "10.0.0.1/33";

Test(host_link, guest_side, .timeout = 20)
{
	struct world world;
	struct nl_sock *inside;
	struct rtnl_link *lo = NULL;
	struct config_net net = {.name = "eth0", .addresses = LIST(a4, a6), .gateways = LIST(g4, g6), .routes = LIST(r4, r6, rd)};

	begin(&world);
	make(&world);
	enter(world.guest);
	cr_assert_eq(link_configure_guest(&net, 1, &world.error), 0, "%s", world.error.text);
	inside = link_open(&world.error);
	nl_socket_enable_auto_ack(inside);
	cr_assert_eq(rtnl_link_get_kernel(inside, 1, NULL, &lo), 0);
	cr_assert(rtnl_link_get_flags(lo) & IFF_UP);
	rtnl_link_put(lo);
	cr_assert(has_address(inside, "127.0.0.1/8") || has_address(inside, "127.0.0.1"));
	cr_assert(has_address(inside, "192.0.2.10/24"));
	cr_assert(has_address(inside, "2001:db8::10/64"));
	cr_assert(has_route(inside, AF_INET, "default", "192.0.2.1"));
	cr_assert(has_route(inside, AF_INET, "10.1.0.0/16", "192.0.2.2"));
	cr_assert(has_route(inside, AF_INET, "10.9.0.0/16", NULL));
	cr_assert(has_route(inside, AF_INET6, "default", "2001:db8::1"));
	cr_assert(has_route(inside, AF_INET6, "2001:db8:1::/48", "2001:db8::2"));
	link_close(inside);
	end(&world);
}

/* A lone address whose gateway is in no network of the interface. */
Test(host_link, gateway_on_the_link, .timeout = 20)
{
	struct world world;
	struct nl_sock *inside;
	struct config_net net = {.name = "eth0", .addresses = LIST(a32), .gateways = LIST(g4)};

	begin(&world);
	make(&world);
	enter(world.guest);
	cr_assert_eq(link_configure_guest(&net, 1, &world.error), 0, "%s", world.error.text);
	inside = link_open(&world.error);
	cr_assert(has_route(inside, AF_INET, "default", "192.0.2.1"));
	link_close(inside);
	end(&world);
}

Test(host_link, errors_name_interface_and_text, .timeout = 20)
{
	struct world world;
	struct config_net wrong = {.name = "eth0", .addresses = LIST(bad)}, missing = {.name = "eth7"},
	                  twice = {.name = "eth0", .addresses = LIST(a4, a4)};

	begin(&world);
	make(&world);
	enter(world.guest);
	cr_assert_lt(link_configure_guest(&wrong, 1, &world.error), 0);
	cr_assert_eq(strcmp(world.error.text, "interface eth0: address 10.0.0.1/33: Invalid argument"), 0, "%s", world.error.text);
	cr_assert_lt(link_configure_guest(&missing, 1, &world.error), 0);
	cr_assert_not_null(strstr(world.error.text, "interface eth7"), "%s", world.error.text);
	cr_assert_lt(link_configure_guest(&twice, 1, &world.error), 0);
	cr_assert_eq(world.error.number, EEXIST);
	cr_assert_not_null(strstr(world.error.text, "192.0.2.10/24"), "%s", world.error.text);
	end(&world);
}
