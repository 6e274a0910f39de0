/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of its links, from within its network namespace: up, addresses, gateways, routes. Each message is
 * made from the config's text; an error names the interface and the text.
 */
#include "host/link.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "host/link_private.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

struct address {
	uint8_t family, prefix, bytes[16];
	int length;
};

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::1/64". Without a prefix: all bits. */
static bool parse_address(const char *text, size_t length, struct address *address)
{
	char copy[INET6_ADDRSTRLEN + 8], *slash, *end;
	unsigned long prefix;

	if (length >= sizeof copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	address->family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	address->length = address->family == AF_INET6 ? 16 : 4;
	address->prefix = (uint8_t)(address->length * 8);
	if (inet_pton(address->family, copy, address->bytes) != 1)
		return false;
	if (!slash)
		return true;
	prefix = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || prefix > address->prefix)
		return false;
	address->prefix = (uint8_t)prefix;
	return true;
}

static int set_up(struct nl_sock *socket, int index, char *reason, size_t size)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	return link_exchange(socket, link_message(RTM_NEWLINK, NLM_F_ACK, &header, sizeof header), NULL, NULL, reason, size);
}

static int add_address(struct nl_sock *socket, int index, const char *text, char *reason, size_t size)
{
	struct address address;
	struct ifaddrmsg header = {.ifa_index = (unsigned)index, .ifa_scope = RT_SCOPE_UNIVERSE};
	struct nl_msg *message;

	if (!parse_address(text, strlen(text), &address))
		return -EINVAL;
	header.ifa_family = address.family;
	header.ifa_prefixlen = address.prefix;
	message = link_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header, sizeof header);
	if (message) {
		nla_put(message, IFA_LOCAL, address.length, address.bytes);
		nla_put(message, IFA_ADDRESS, address.length, address.bytes);
	}
	if (message && address.family == AF_INET && address.prefix < 31) {
		uint32_t broadcast;

		memcpy(&broadcast, address.bytes, sizeof broadcast);
		broadcast |= htonl(address.prefix ? UINT32_MAX >> address.prefix : UINT32_MAX);
		nla_put(message, IFA_BROADCAST, sizeof broadcast, &broadcast);
	}
	return link_exchange(socket, message, NULL, NULL, reason, size);
}

/* via NULL: directly on the link. */
static int add_route(struct nl_sock *socket, int index, const struct address *to, const struct address *via, bool onlink,
                     char *reason, size_t size)
{
	struct rtmsg header = {
		.rtm_family = to->family, .rtm_dst_len = to->prefix, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
		.rtm_scope = via || to->family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK, .rtm_type = RTN_UNICAST,
		.rtm_flags = onlink ? RTNH_F_ONLINK : 0,
	};
	struct nl_msg *message = link_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header, sizeof header);

	if (message) {
		if (to->prefix > 0)
			nla_put(message, RTA_DST, to->length, to->bytes);
		if (via)
			nla_put(message, RTA_GATEWAY, via->length, via->bytes);
		nla_put_u32(message, RTA_OIF, (uint32_t)index);
	}
	return link_exchange(socket, message, NULL, NULL, reason, size);
}

/* A gateway outside all of the interface's networks (a /32 address) is taken to be on its link. */
static int add_route_via(struct nl_sock *socket, int index, const struct address *to, const struct address *via,
                         char *reason, size_t size)
{
	int result = add_route(socket, index, to, via, false, reason, size);

	if (via && (result == -ENETUNREACH || result == -EHOSTUNREACH))
		result = add_route(socket, index, to, via, true, reason, size);
	return result;
}

static int add_gateway(struct nl_sock *socket, int index, const char *text, char *reason, size_t size)
{
	struct address to = {0}, via;

	if (!parse_address(text, strlen(text), &via) || strchr(text, '/'))
		return -EINVAL;
	to.family = via.family;
	to.length = via.length;
	return add_route_via(socket, index, &to, &via, reason, size);
}

/* "DEST/N via GATEWAY", "DEST/N". */
static int add_route_text(struct nl_sock *socket, int index, const char *text, char *reason, size_t size)
{
	size_t length = strcspn(text, " \t");
	const char *rest = text + length + strspn(text + length, " \t");
	struct address to, via;

	if (!parse_address(text, length, &to))
		return -EINVAL;
	if (*rest == '\0')
		return add_route(socket, index, &to, NULL, false, reason, size);
	if (strncmp(rest, "via", 3) != 0 || (rest[3] != ' ' && rest[3] != '\t'))
		return -EINVAL;
	rest += 3 + strspn(rest + 3, " \t");
	length = strcspn(rest, " \t");
	if (!parse_address(rest, length, &via) || memchr(rest, '/', length) || via.family != to.family)
		return -EINVAL;
	return add_route_via(socket, index, &to, &via, reason, size);
}

static int add_each(struct nl_sock *socket, const struct config_net *net, int index, const char *what,
                    const struct config_list *list, int (*add)(struct nl_sock *, int, const char *, char *, size_t),
                    struct auberge_error *error)
{
	char reason[160] = "";

	for (size_t i = 0; i < list->count; i++) {
		int result = add(socket, index, list->items[i], reason, sizeof reason);

		if (result < 0)
			return error_set(error, -result, "interface %s: %s %s%s%s", net->name, what, list->items[i],
			                 reason[0] ? ": " : "", reason);
	}
	return 0;
}

static int configure(struct nl_sock *socket, const struct config_net *net, struct auberge_error *error)
{
	char reason[160] = "";
	int index = (int)if_nametoindex(net->name), result;

	if (index == 0)
		return error_set(error, errno, "interface %s", net->name);
	result = set_up(socket, index, reason, sizeof reason);
	if (result < 0)
		return error_set(error, -result, "interface %s: cannot bring it up%s%s", net->name, reason[0] ? ": " : "", reason);
	if (add_each(socket, net, index, "address", &net->addresses, add_address, error) < 0 ||
	    add_each(socket, net, index, "gateway", &net->gateways, add_gateway, error) < 0 ||
	    add_each(socket, net, index, "route", &net->routes, add_route_text, error) < 0)
		return -1;
	return 0;
}

int link_configure_guest(const struct config_net *nets, size_t count, struct auberge_error *error)
{
	struct nl_sock *socket = link_open(error);
	char reason[160];
	int result;

	if (!socket)
		return -1;
	result = set_up(socket, 1, reason, sizeof reason); /* a network namespace's first link is its loopback */
	if (result < 0)
		result = error_set(error, -result, "interface lo: cannot bring it up");
	for (size_t i = 0; i < count && result == 0; i++)
		result = configure(socket, &nets[i], error);
	link_close(socket);
	return result;
}
