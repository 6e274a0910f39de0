/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links on the host's side: bridges, veth pairs, deletion by identity. Messages are built with libnl and sent one by
 * one; answers are read raw, because one link's identity needs four attributes, not a cache of all links.
 */
#include "host/link.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "host/link_private.h"

#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#define ANSWER_SIZE 32768

struct nl_sock *link_open(struct auberge_error *error)
{
	struct nl_sock *socket = nl_socket_alloc();
	int one = 1, result;

	if (!socket) {
		error_set(error, ENOMEM, "cannot open a netlink socket");
		return NULL;
	}
	errno = 0;
	result = nl_connect(socket, NETLINK_ROUTE); /* close-on-exec by libnl itself */
	if (result < 0) {
		error_set(error, errno, "cannot open a netlink socket: %s", nl_geterror(result));
		nl_socket_free(socket);
		return NULL;
	}
	nl_socket_disable_auto_ack(socket);
	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one); /* the kernel's own words */
	return socket;
}

void link_close(struct nl_sock *socket)
{
	if (socket)
		nl_socket_free(socket);
}

/* The sentence that the kernel adds to an error, if any. */
static void take_reason(struct nlmsghdr *header, char *reason, size_t size)
{
	struct nlmsgerr *answer = nlmsg_data(header);
	size_t skip = NLMSG_ALIGN(sizeof *answer);
	struct nlattr *text;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(answer->msg.nlmsg_len - NLMSG_HDRLEN);
	if (header->nlmsg_len < NLMSG_HDRLEN + skip)
		return;
	text = nla_find((struct nlattr *)(void *)((char *)answer + skip), (int)(header->nlmsg_len - NLMSG_HDRLEN - skip),
	                NLMSGERR_ATTR_MSG);
	if (text)
		snprintf(reason, size, "%.*s", nla_len(text), (const char *)nla_data(text));
}

/* One answer: a message for take, or the kernel's error number. 1: go on reading. */
static int take_answer(struct nlmsghdr *header, void (*take)(struct nlmsghdr *, void *), void *data, char *reason, size_t size)
{
	if (header->nlmsg_type == NLMSG_ERROR) {
		struct nlmsgerr *answer = nlmsg_data(header);

		take_reason(header, reason, size);
		return answer->error;
	}
	if (header->nlmsg_type == NLMSG_DONE)
		return 0;
	if (take)
		take(header, data);
	return header->nlmsg_flags & NLM_F_MULTI ? 1 : 0;
}

int link_exchange(struct nl_sock *socket, struct nl_msg *message, void (*take)(struct nlmsghdr *, void *), void *data,
                  char *reason, size_t size)
{
	cleanup_free char *answer = malloc(ANSWER_SIZE);
	uint32_t sequence;
	int result;

	reason[0] = '\0';
	if (!answer || !message) {
		nlmsg_free(message);
		return -ENOMEM;
	}
	result = nl_send_auto(socket, message);
	sequence = nlmsg_hdr(message)->nlmsg_seq;
	nlmsg_free(message);
	if (result < 0)
		return errno ? -errno : -EIO;
	for (;;) {
		ssize_t got = recv(nl_socket_get_fd(socket), answer, ANSWER_SIZE, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		int left = (int)got;
		for (struct nlmsghdr *header = (struct nlmsghdr *)(void *)answer; nlmsg_ok(header, left);
		     header = nlmsg_next(header, &left)) {
			if (header->nlmsg_seq != sequence)
				continue;
			result = take_answer(header, take, data, reason, size);
			if (result <= 0)
				return result;
		}
	}
}

struct nl_msg *link_message(int type, int flags, const void *header, size_t length)
{
	struct nl_msg *message = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (message && nlmsg_append(message, (void *)(uintptr_t)header, length, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

/* --- asking ---------------------------------------------------------------------------------------------------- */

static void take_link(struct nlmsghdr *header, void *data)
{
	struct nlattr *attributes[IFLA_MAX + 1], *kind;
	struct ifinfomsg *found = nlmsg_data(header);
	struct link_facts *facts = data;

	if (header->nlmsg_type != RTM_NEWLINK || nlmsg_parse(header, sizeof *found, attributes, IFLA_MAX, NULL) < 0)
		return;
	facts->index = found->ifi_index;
	if (attributes[IFLA_MTU])
		facts->mtu = nla_get_u32(attributes[IFLA_MTU]);
	if (attributes[IFLA_ADDRESS] && nla_len(attributes[IFLA_ADDRESS]) == 6)
		memcpy(facts->mac, nla_data(attributes[IFLA_ADDRESS]), 6);
	if (attributes[IFLA_IFALIAS])
		nla_strlcpy(facts->alias, attributes[IFLA_IFALIAS], sizeof facts->alias);
	kind = attributes[IFLA_LINKINFO] ? nla_find(nla_data(attributes[IFLA_LINKINFO]), nla_len(attributes[IFLA_LINKINFO]),
	                                            IFLA_INFO_KIND) : NULL;
	if (kind)
		nla_strlcpy(facts->kind, kind, sizeof facts->kind);
}

int link_query(struct nl_sock *socket, const char *name, struct link_facts *facts)
{
	struct ifinfomsg nothing = {.ifi_family = AF_UNSPEC};
	struct nl_msg *message;
	char reason[128];
	int result;

	memset(facts, 0, sizeof *facts);
	if (strlen(name) >= AUBERGE_LINK_SIZE)
		return -ENODEV;
	message = link_message(RTM_GETLINK, 0, &nothing, sizeof nothing);
	if (message)
		nla_put_string(message, IFLA_IFNAME, name);
	result = link_exchange(socket, message, take_link, facts, reason, sizeof reason);
	return result < 0 ? result : facts->index ? 0 : -ENODEV;
}

int link_bridge_index(struct nl_sock *socket, const char *name, unsigned *mtu, struct auberge_error *error)
{
	struct link_facts facts;
	int result = link_query(socket, name, &facts);

	if (result < 0 && result != -ENODEV) {
		error_set(error, -result, "cannot look for the bridge %s", name);
		return 0;
	}
	if (result < 0) {
		error_set(error, 0, "no bridge %s on this host", name);
		error_remedy(error, "make it first: ip link add %s type bridge && ip link set %s up", name, name);
		return 0;
	}
	if (strcmp(facts.kind, "bridge") != 0) {
		error_set(error, 0, "%s is no bridge%s%s", name, facts.kind[0] ? " but of kind " : "", facts.kind);
		return 0;
	}
	if (mtu)
		*mtu = facts.mtu;
	return facts.index;
}

bool link_exists(const char *name)
{
	return strlen(name) < AUBERGE_LINK_SIZE && if_nametoindex(name) != 0;
}

int link_random_mac(uint8_t mac[6], uint8_t first, struct auberge_error *error)
{
	if (getrandom(mac, 6, 0) != 6)
		return error_set(error, errno, "cannot make a random MAC");
	mac[0] = first;
	return 0;
}

/* --- making ------------------------------------------------------------------------------------------------------ */

static struct nl_msg *veth_message(const struct link_veth *veth, int netns_fd)
{
	struct ifinfomsg host = {.ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct ifinfomsg guest = {.ifi_family = AF_UNSPEC};
	struct nl_msg *message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &host, sizeof host);
	struct nlattr *info, *data, *peer;

	if (!message)
		return NULL;
	nla_put_string(message, IFLA_IFNAME, veth->host_name);
	nla_put(message, IFLA_ADDRESS, 6, veth->host_mac);
	if (veth->mtu)
		nla_put_u32(message, IFLA_MTU, veth->mtu);
	if (veth->bridge_index)
		nla_put_u32(message, IFLA_MASTER, (uint32_t)veth->bridge_index);
	info = nla_nest_start(message, IFLA_LINKINFO);
	nla_put_string(message, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(message, IFLA_INFO_DATA);
	peer = nla_nest_start(message, VETH_INFO_PEER);
	if (!info || !data || !peer || nlmsg_append(message, &guest, sizeof guest, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	nla_put_string(message, IFLA_IFNAME, veth->guest_name);
	nla_put(message, IFLA_ADDRESS, 6, veth->guest_mac);
	if (veth->mtu)
		nla_put_u32(message, IFLA_MTU, veth->mtu);
	nla_put_u32(message, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	nla_nest_end(message, peer);
	nla_nest_end(message, data);
	nla_nest_end(message, info);
	return message;
}

static int delete_index(struct nl_sock *socket, int index, char *reason, size_t size)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	int result = link_exchange(socket, link_message(RTM_DELLINK, NLM_F_ACK, &header, sizeof header), NULL, NULL, reason, size);

	return result == -ENODEV ? 0 : result;
}

static int set_alias(struct nl_sock *socket, int index, const char *alias, char *reason, size_t size)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	struct nl_msg *message = link_message(RTM_SETLINK, NLM_F_ACK, &header, sizeof header);

	if (message)
		nla_put(message, IFLA_IFALIAS, (int)strlen(alias), alias);
	return link_exchange(socket, message, NULL, NULL, reason, size);
}

int link_make_veth(struct nl_sock *socket, struct link_veth *veth, int netns_fd, const char *alias, struct auberge_error *error)
{
	char reason[160], more[160];
	int result = link_exchange(socket, veth_message(veth, netns_fd), NULL, NULL, reason, sizeof reason);

	if (result < 0)
		return error_set(error, -result, "interface %s: cannot make its pair %s%s%s", veth->guest_name, veth->host_name,
		                 reason[0] ? ": " : "", reason);
	veth->index = (int)if_nametoindex(veth->host_name);
	if (veth->index == 0)
		return error_set(error, errno, "interface %s: its pair %s has vanished", veth->guest_name, veth->host_name);
	result = alias ? set_alias(socket, veth->index, alias, reason, sizeof reason) : 0;
	if (result == 0)
		return 0;
	delete_index(socket, veth->index, more, sizeof more);
	return error_set(error, -result, "interface %s: cannot mark %s as ours", veth->guest_name, veth->host_name);
}

/* --- deleting ------------------------------------------------------------------------------------------------- */

/* ifindex of the link of that name when it is the one meant; 0: gone, or the name is another's now; -errno. */
static int find_ours(struct nl_sock *socket, const char *name, const uint8_t mac[6], const char *alias)
{
	struct link_facts facts;
	int result = link_query(socket, name, &facts);

	if (result < 0)
		return result == -ENODEV ? 0 : result;
	if ((mac && memcmp(facts.mac, mac, 6) == 0) || (alias && *alias && strcmp(facts.alias, alias) == 0))
		return facts.index;
	return 0;
}

int link_delete(struct nl_sock *socket, const char *name, const uint8_t mac[6], const char *alias, struct auberge_error *error)
{
	char reason[160] = "";
	int index = find_ours(socket, name, mac, alias);
	int result = index > 0 ? delete_index(socket, index, reason, sizeof reason) : index;

	return result < 0 ? error_set(error, -result, "cannot delete the link %s%s%s", name, reason[0] ? ": " : "", reason) : 0;
}

/* 1: the link's end was among the messages. A bridge tells of a port that leaves it by RTM_DELLINK too, in its own
 * family. */
static int tells_of_end(char *messages, ssize_t length, int index)
{
	int left = (int)length;

	for (struct nlmsghdr *header = (struct nlmsghdr *)(void *)messages; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
		const struct ifinfomsg *link = nlmsg_data(header);

		if (header->nlmsg_type == RTM_DELLINK && link->ifi_index == index && link->ifi_family == AF_UNSPEC)
			return 1;
	}
	return 0;
}

/* 1 gone, 0 not within the time, -errno (ENOBUFS: messages were lost). */
static int await_end(int fd, int index, uint64_t deadline)
{
	cleanup_free char *messages = malloc(ANSWER_SIZE);
	struct pollfd event = {.fd = fd, .events = POLLIN};

	if (!messages)
		return -ENOMEM;
	for (;;) {
		uint64_t now = now_monotonic_usec();

		if (now >= deadline)
			return 0;
		if (poll(&event, 1, (int)((deadline - now + 999) / 1000)) <= 0)
			continue;
		ssize_t got = recv(fd, messages, ANSWER_SIZE, MSG_DONTWAIT);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (got > 0 && tells_of_end(messages, got, index))
			return 1;
	}
}

int link_await_gone(const char *name, const uint8_t mac[6], const char *alias, int timeout_ms, struct auberge_error *error)
{
	uint64_t deadline = now_monotonic_usec() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0) * 1000;
	struct nl_sock *listener = link_open(error), *socket = listener ? link_open(error) : NULL;
	int index = 0, result = -1;

	if (!socket)
		goto out;
	result = nl_socket_add_membership(listener, RTNLGRP_LINK);
	if (result < 0) {
		result = error_set(error, 0, "cannot listen for links: %s", nl_geterror(result));
		goto out;
	}
	do { /* listening began first, so an end between the question and the wait is heard */
		index = find_ours(socket, name, mac, alias);
		result = index > 0 ? await_end(nl_socket_get_fd(listener), index, deadline) : 1;
	} while (result == -ENOBUFS);
	if (index < 0 || result < 0)
		result = error_set(error, index < 0 ? -index : -result, "cannot wait for the end of the link %s", name);
	else
		result = result == 1 ? 0 : link_delete(socket, name, mac, alias, error);
out:
	link_close(listener);
	link_close(socket);
	return result;
}
