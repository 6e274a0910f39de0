/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dump of links, addresses and VLANs, in network namespaces of the test's own. */
#include "base/cleanup.h"
#include "host/link.h"
#include "host/network.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

static struct auberge_error error;

static const struct network_link *find(const struct network_dump *dump, const char *name)
{
	for (size_t i = 0; i < dump->links_count; i++)
		if (strcmp(dump->links[i].entry.name, name) == 0)
			return &dump->links[i];
	cr_assert_fail("no %s", name);
	return NULL;
}

static void add_address(struct nl_sock *socket, const char *text, int index)
{
	struct nl_addr *local;
	struct rtnl_addr *address = rtnl_addr_alloc();

	cr_assert_eq(nl_addr_parse(text, AF_UNSPEC, &local), 0);
	rtnl_addr_set_ifindex(address, index);
	rtnl_addr_set_local(address, local);
	cr_assert_eq(rtnl_addr_add(socket, address, 0), 0, "%s", text);
	nl_addr_put(local);
	rtnl_addr_put(address);
}

static int namespace(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		cr_skip_test("needs root and network namespaces");
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

Test(host_network, links_as_they_are, .timeout = 20)
{
	cleanup_close int other = namespace(), host = namespace();
	struct nl_sock *socket = link_open(&error);
	struct link_veth veth = {.host_name = "one", .guest_name = "eth0", .host_mac = {0xfe, 1, 2, 3, 4, 5},
	                         .guest_mac = {2, 1, 2, 3, 4, 5}, .mtu = 1400};
	const struct network_link *bridge, *link;
	struct network_dump dump;

	cr_assert(host >= 0 && socket);
	cr_assert_eq(rtnl_link_bridge_add(socket, "br0"), 0);
	veth.bridge_index = link_bridge_index(socket, "br0", NULL, &error);
	cr_assert_eq(link_make_veth(socket, &veth, other, "auberge 0123456789abcdef one", &error), 0, "%s", error.text);
	add_address(socket, "10.0.0.1/24", veth.bridge_index);
	add_address(socket, "2001:db8::1/64", veth.bridge_index);
	cr_assert_eq(network_dump(&dump, &error), 0, "%s", error.text);
	cr_expect(find(&dump, "lo")->loopback);
	bridge = find(&dump, "br0");
	cr_expect_str_eq(bridge->kind, "bridge");
	cr_expect(!bridge->up && !bridge->stp && !bridge->vlan_filtering && bridge->master == 0);
	link = find(&dump, "one");
	cr_expect_eq(link, network_dump_find(&dump, veth.index));
	cr_expect_str_eq(link->kind, "veth");
	cr_expect_str_eq(link->entry.alias, "auberge 0123456789abcdef one");
	cr_expect_eq(memcmp(link->entry.mac, veth.host_mac, 6), 0);
	cr_expect_eq(link->master, bridge->entry.index);
	cr_expect_eq(link->mtu, 1400);
	cr_expect(link->up && !link->carrier && link->elsewhere, "its other end is down, and in another namespace");
	cr_assert_eq(dump.addresses_count, 2);
	cr_expect_eq(dump.addresses[0].index, bridge->entry.index);
	cr_expect_eq(dump.addresses[0].prefix, 24);
	cr_expect_eq(memcmp(dump.addresses[0].bytes, "\x0a\x00\x00\x01", 4), 0);
	cr_expect_eq(dump.addresses[1].family, AF_INET6);
	cr_expect_null(network_dump_find(&dump, 1 << 30));
	network_dump_free(&dump);
	link_close(socket);
}

Test(host_network, many_links_take_many_answers, .timeout = 60)
{
	cleanup_close int host = namespace();
	struct nl_sock *socket = link_open(&error);
	struct network_dump dump;
	char name[16];

	cr_assert(host >= 0 && socket);
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof name, "br%d", i);
		cr_assert_eq(rtnl_link_bridge_add(socket, name), 0);
	}
	cr_assert_eq(network_dump(&dump, &error), 0, "%s", error.text);
	cr_expect_geq(dump.links_count, 151);
	for (size_t i = 1; i < dump.links_count; i++)
		cr_expect_lt(dump.links[i - 1].entry.index, dump.links[i].entry.index);
	network_dump_free(&dump);
	link_close(socket);
}
