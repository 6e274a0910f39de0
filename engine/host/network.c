/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links with counters, bridges' settings, addresses and VLANs, by three dumps at most (rtnetlink(7)), parsed by libnl.
 * A dump that something changed under is taken again: a link is in it once or, at worst, was not there for all of it.
 */
#include "host/network.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "host/link.h"
#include "host/link_private.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#define TRIES 4

struct taking {
	struct network_dump *dump;
	size_t links_room, addresses_room;
	bool interrupted, failed, filtering; /* filtering: some bridge does */
};

/* One more of an array that doubles; NULL: no memory. */
static void *one_more(void **items, size_t count, size_t *room, size_t size)
{
	if (count == *room) {
		size_t wanted = *room ? *room * 2 : 64;
		void *more = reallocarray(*items, wanted, size);

		if (!more)
			return NULL;
		*items = more;
		*room = wanted;
	}
	memset((char *)*items + count * size, 0, size);
	return (char *)*items + count * size;
}

static unsigned number_of(struct nlattr *attribute, unsigned bytes)
{
	if (!attribute || nla_len(attribute) < (int)bytes)
		return 0;
	return bytes == 1 ? nla_get_u8(attribute) : bytes == 2 ? nla_get_u16(attribute) : nla_get_u32(attribute);
}

static void take_kind(struct network_link *link, struct nlattr *nested)
{
	struct nlattr *info[IFLA_INFO_MAX + 1], *data[IFLA_BR_MAX + 1], *vlan;

	if (nla_parse_nested(info, IFLA_INFO_MAX, nested, NULL) < 0 || !info[IFLA_INFO_KIND])
		return;
	nla_strlcpy(link->kind, info[IFLA_INFO_KIND], sizeof link->kind);
	if (!info[IFLA_INFO_DATA])
		return;
	if (strcmp(link->kind, "bridge") == 0 && nla_parse_nested(data, IFLA_BR_MAX, info[IFLA_INFO_DATA], NULL) >= 0) {
		link->stp = number_of(data[IFLA_BR_STP_STATE], 4) != 0;
		link->vlan_filtering = number_of(data[IFLA_BR_VLAN_FILTERING], 1) != 0;
	} else if (strcmp(link->kind, "vlan") == 0) {
		vlan = nla_find(nla_data(info[IFLA_INFO_DATA]), nla_len(info[IFLA_INFO_DATA]), IFLA_VLAN_ID);
		link->vlan = number_of(vlan, 2);
	}
}

static void take_counters(struct network_link *link, struct nlattr *attribute)
{
	struct rtnl_link_stats64 counters = {0};
	size_t length = (size_t)nla_len(attribute);

	memcpy(&counters, nla_data(attribute), length < sizeof counters ? length : sizeof counters);
	link->receive_bytes = counters.rx_bytes;
	link->transmit_bytes = counters.tx_bytes;
	link->drops = counters.rx_dropped + counters.tx_dropped;
	link->errors = counters.rx_errors + counters.tx_errors;
}

static void take_link(struct nlmsghdr *header, void *data)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	struct ifinfomsg *found = nlmsg_data(header);
	struct taking *taking = data;
	struct network_link *link;

	taking->interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (header->nlmsg_type != RTM_NEWLINK || nlmsg_parse(header, sizeof *found, attributes, IFLA_MAX, NULL) < 0 ||
	    !attributes[IFLA_IFNAME] || found->ifi_index <= 0)
		return;
	link = one_more((void **)&taking->dump->links, taking->dump->links_count, &taking->links_room, sizeof *link);
	taking->failed |= !link;
	if (!link)
		return;
	taking->dump->links_count++;
	link->entry.index = found->ifi_index;
	link->up = found->ifi_flags & IFF_UP;
	link->loopback = found->ifi_flags & IFF_LOOPBACK;
	nla_strlcpy(link->entry.name, attributes[IFLA_IFNAME], sizeof link->entry.name);
	if (attributes[IFLA_IFALIAS])
		nla_strlcpy(link->entry.alias, attributes[IFLA_IFALIAS], sizeof link->entry.alias);
	if (attributes[IFLA_ADDRESS] && nla_len(attributes[IFLA_ADDRESS]) == sizeof link->entry.mac)
		memcpy(link->entry.mac, nla_data(attributes[IFLA_ADDRESS]), sizeof link->entry.mac);
	link->mtu = number_of(attributes[IFLA_MTU], 4);
	link->master = (int)number_of(attributes[IFLA_MASTER], 4);
	link->carrier = number_of(attributes[IFLA_CARRIER], 1) != 0;
	link->elsewhere = attributes[IFLA_LINK_NETNSID] != NULL;
	if (attributes[IFLA_STATS64])
		take_counters(link, attributes[IFLA_STATS64]);
	if (attributes[IFLA_LINKINFO])
		take_kind(link, attributes[IFLA_LINKINFO]);
	taking->filtering |= link->vlan_filtering;
}

static void take_address(struct nlmsghdr *header, void *data)
{
	struct nlattr *attributes[IFA_MAX + 1], *own;
	struct ifaddrmsg *found = nlmsg_data(header);
	struct taking *taking = data;
	struct network_address *address;
	int length;

	taking->interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (header->nlmsg_type != RTM_NEWADDR || nlmsg_parse(header, sizeof *found, attributes, IFA_MAX, NULL) < 0 ||
	    found->ifa_scope >= RT_SCOPE_LINK || (found->ifa_family != AF_INET && found->ifa_family != AF_INET6))
		return;
	own = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	length = found->ifa_family == AF_INET6 ? 16 : 4;
	if (!own || nla_len(own) < length)
		return;
	address = one_more((void **)&taking->dump->addresses, taking->dump->addresses_count, &taking->addresses_room,
	                   sizeof *address);
	taking->failed |= !address;
	if (!address)
		return;
	taking->dump->addresses_count++;
	address->index = (int)found->ifa_index;
	address->family = found->ifa_family;
	address->prefix = found->ifa_prefixlen;
	memcpy(address->bytes, nla_data(own), (size_t)length);
}

/* The PVID of a port: what it takes untagged frames for. */
static void take_vlans(struct nlmsghdr *header, void *data)
{
	struct nlattr *attributes[IFLA_MAX + 1], *entry;
	struct ifinfomsg *found = nlmsg_data(header);
	struct taking *taking = data;
	struct bridge_vlan_info vlan;
	struct network_link *link, *bridge;
	int left;

	taking->interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (header->nlmsg_type != RTM_NEWLINK || nlmsg_parse(header, sizeof *found, attributes, IFLA_MAX, NULL) < 0)
		return;
	link = network_dump_find(taking->dump, found->ifi_index);
	bridge = link ? network_dump_find(taking->dump, link->master) : NULL;
	/* Ports have a PVID also while their bridge minds none. */
	if (!bridge || !bridge->vlan_filtering || strcmp(link->kind, "vlan") == 0 || !attributes[IFLA_AF_SPEC])
		return;
	nla_for_each_nested(entry, attributes[IFLA_AF_SPEC], left) {
		if (nla_type(entry) != IFLA_BRIDGE_VLAN_INFO || nla_len(entry) < (int)sizeof vlan)
			continue;
		memcpy(&vlan, nla_data(entry), sizeof vlan);
		if (vlan.flags & BRIDGE_VLAN_INFO_PVID)
			link->vlan = vlan.vid;
	}
}

static int by_index(const void *a, const void *b)
{
	int left = ((const struct network_link *)a)->entry.index, right = ((const struct network_link *)b)->entry.index;

	return (left > right) - (left < right);
}

struct network_link *network_dump_find(const struct network_dump *dump, int index)
{
	const struct network_link wanted = {.entry.index = index};

	return dump->links_count == 0 ? NULL : bsearch(&wanted, dump->links, dump->links_count, sizeof wanted, by_index);
}

/* A dump that was interrupted may have a link twice. */
static void sort_links(struct network_dump *dump)
{
	size_t kept = 0;

	if (dump->links_count > 0)
		qsort(dump->links, dump->links_count, sizeof *dump->links, by_index);
	for (size_t i = 0; i < dump->links_count; i++)
		if (kept == 0 || dump->links[kept - 1].entry.index != dump->links[i].entry.index)
			dump->links[kept++] = dump->links[i];
	dump->links_count = kept;
}

static struct nl_msg *vlans_message(void)
{
	struct ifinfomsg bridge = {.ifi_family = AF_BRIDGE};
	struct nl_msg *message = link_message(RTM_GETLINK, NLM_F_DUMP, &bridge, sizeof bridge);

	if (message)
		nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
	return message;
}

static int dump_once(struct nl_sock *socket, struct taking *taking)
{
	struct ifinfomsg links = {.ifi_family = AF_UNSPEC};
	struct ifaddrmsg addresses = {.ifa_family = AF_UNSPEC};
	struct network_dump *dump = taking->dump;
	char reason[128];
	int result;

	dump->links_count = dump->addresses_count = 0;
	taking->interrupted = taking->filtering = false;
	result = link_exchange(socket, link_message(RTM_GETLINK, NLM_F_DUMP, &links, sizeof links), take_link, taking, reason,
	                       sizeof reason);
	if (result == 0)
		result = link_exchange(socket, link_message(RTM_GETADDR, NLM_F_DUMP, &addresses, sizeof addresses), take_address,
		                       taking, reason, sizeof reason);
	sort_links(dump);
	if (result == 0 && taking->filtering)
		result = link_exchange(socket, vlans_message(), take_vlans, taking, reason, sizeof reason);
	return result < 0 ? result : taking->failed ? -ENOMEM : 0;
}

int network_dump(struct network_dump *dump, struct auberge_error *error)
{
	struct taking taking = {.dump = dump};
	struct nl_sock *socket = link_open(error);
	int result = 0;

	*dump = (struct network_dump){0};
	if (!socket)
		return -1;
	for (int i = 0; i < TRIES && result == 0; i++) {
		result = dump_once(socket, &taking);
		if (!taking.interrupted)
			break;
	}
	link_close(socket);
	return result < 0 ? error_set(error, -result, "cannot read the links of this host (RTM_GETLINK, RTM_GETADDR)") : 0;
}

void network_dump_free(struct network_dump *dump)
{
	free(dump->links);
	free(dump->addresses);
	*dump = (struct network_dump){0};
}
