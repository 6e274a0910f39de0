/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of all links by one RTM_GETLINK dump per refresh, read from the raw attributes into a hash by name that
 * is made anew each time: a figure is never older than the last refresh.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "host/meter_private.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_SIZE 65536
#define SLOTS_FIRST 64

struct slot {
	char name[AUBERGE_LINK_SIZE]; /* empty: free */
	struct traffic_link counters;
};

struct auberge_traffic {
	int fd;
	uint32_t sequence;
	char *answer;
	struct slot *slots;
	size_t size, used; /* size is a power of two, and at most half of it is used */
};

static size_t hash(const char *name)
{
	uint32_t value = 2166136261u;

	for (; *name; name++)
		value = (value ^ (uint8_t)*name) * 16777619u;
	return value;
}

static struct slot *place(struct slot *slots, size_t size, const char *name)
{
	size_t at = hash(name) & (size - 1);

	while (slots[at].name[0] && strcmp(slots[at].name, name) != 0)
		at = (at + 1) & (size - 1);
	return &slots[at];
}

static int grow(struct auberge_traffic *traffic)
{
	size_t size = traffic->size * 2;
	struct slot *slots = calloc(size, sizeof *slots);

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < traffic->size; i++)
		if (traffic->slots[i].name[0])
			*place(slots, size, traffic->slots[i].name) = traffic->slots[i];
	free(traffic->slots);
	traffic->slots = slots;
	traffic->size = size;
	return 0;
}

static int take_link(struct auberge_traffic *traffic, const struct nlmsghdr *header)
{
	const char *message = (const char *)header, *name = NULL;
	struct rtnl_link_stats64 counters;
	struct rtattr attribute;
	bool counted = false;
	struct slot *slot;

	for (size_t at = NLMSG_SPACE(sizeof(struct ifinfomsg)); at + sizeof attribute <= header->nlmsg_len && !(name && counted);
	     at += RTA_ALIGN(attribute.rta_len)) {
		const char *value = message + at + RTA_LENGTH(0);

		memcpy(&attribute, message + at, sizeof attribute);
		if (attribute.rta_len < sizeof attribute || attribute.rta_len > header->nlmsg_len - at)
			break;
		if (attribute.rta_type == IFLA_IFNAME && RTA_PAYLOAD(&attribute) > 1 && RTA_PAYLOAD(&attribute) <= AUBERGE_LINK_SIZE)
			name = value;
		if (attribute.rta_type == IFLA_STATS64 && RTA_PAYLOAD(&attribute) >= offsetof(struct rtnl_link_stats64, multicast)) {
			memcpy(&counters, value, offsetof(struct rtnl_link_stats64, multicast));
			counted = true;
		}
	}
	if (!name || !counted)
		return 0;
	if ((traffic->used + 1) * 2 > traffic->size && grow(traffic) < 0)
		return -ENOMEM;
	slot = place(traffic->slots, traffic->size, name);
	traffic->used += slot->name[0] == '\0';
	snprintf(slot->name, sizeof slot->name, "%s", name);
	slot->counters = (struct traffic_link){
		.receive = {counters.rx_bytes, counters.rx_packets, counters.rx_errors, counters.rx_dropped},
		.transmit = {counters.tx_bytes, counters.tx_packets, counters.tx_errors, counters.tx_dropped},
	};
	return 0;
}

static int ask(struct auberge_traffic *traffic)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		           .nlmsg_seq = ++traffic->sequence},
		.link = {.ifi_family = AF_UNSPEC},
	};

	return send(traffic->fd, &request, sizeof request, 0) < 0 ? -errno : 0;
}

/* 1 go on, 0 the dump is complete, -errno. */
static int take_answer(struct auberge_traffic *traffic, size_t length)
{
	for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
		struct nlmsghdr *header = (struct nlmsghdr *)(void *)(traffic->answer + at);
		int result = 0;

		if (header->nlmsg_len < sizeof *header || header->nlmsg_len > length - at)
			return -EBADMSG;
		at += NLMSG_ALIGN(header->nlmsg_len);
		if (header->nlmsg_seq != traffic->sequence)
			continue;
		if (header->nlmsg_type == NLMSG_DONE)
			return 0;
		if (header->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(header))->error;
		if (header->nlmsg_type == RTM_NEWLINK)
			result = take_link(traffic, header);
		if (result < 0)
			return result;
	}
	return 1;
}

int auberge_traffic_refresh(struct auberge_traffic *traffic, struct auberge_error *error)
{
	int result;

	memset(traffic->slots, 0, traffic->size * sizeof *traffic->slots);
	traffic->used = 0;
	result = ask(traffic);
	for (int more = result == 0; more;) {
		ssize_t got = recv(traffic->fd, traffic->answer, ANSWER_SIZE, 0);

		if (got < 0 && errno == EINTR)
			continue;
		result = got < 0 ? -errno : take_answer(traffic, (size_t)got);
		more = result == 1;
	}
	return result < 0 ? error_set(error, -result, "cannot read the counters of the links") : 0;
}

struct auberge_traffic *auberge_traffic_open(struct auberge_error *error)
{
	struct auberge_traffic *traffic = calloc(1, sizeof *traffic);

	if (traffic) {
		traffic->size = SLOTS_FIRST;
		traffic->slots = calloc(traffic->size, sizeof *traffic->slots);
		traffic->answer = malloc(ANSWER_SIZE);
		traffic->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	}
	if (traffic && traffic->slots && traffic->answer && traffic->fd >= 0)
		return traffic;
	error_set(error, errno, "cannot open a socket for the counters of the links");
	auberge_traffic_close(traffic);
	return NULL;
}

void auberge_traffic_close(struct auberge_traffic *traffic)
{
	if (!traffic)
		return;
	if (traffic->fd >= 0)
		close(traffic->fd);
	free(traffic->slots);
	free(traffic->answer);
	free(traffic);
}

const struct traffic_link *traffic_find(const struct auberge_traffic *traffic, const char *name)
{
	const struct slot *slot = name[0] ? place(traffic->slots, traffic->size, name) : NULL;

	return slot && slot->name[0] ? &slot->counters : NULL;
}
