/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of all links by one dump per refresh, read from the raw attributes: a figure is never older than the last
 * refresh. RTM_GETSTATS gives the counters alone, by index, for a tenth of what RTM_GETLINK costs (rtnetlink(7)); names
 * and counters are read by the latter at first, and again after the kernel has told of any change of any link.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
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
	uint32_t round;               /* of the refresh that gave the counters */
	struct traffic_link counters;
};

struct auberge_traffic {
	int fd, news; /* questions; what the kernel tells of links */
	uint32_t sequence, round;
	char *answer;
	struct slot *slots;
	size_t size, used; /* size is a power of two, and at most half of it is used */
	struct index {
		uint32_t index; /* 0: free */
		uint32_t slot;
	} *indexes; /* as many as slots; where a link's slot is */
	bool known; /* names and indexes are those of now */
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

static struct index *place_index(struct auberge_traffic *traffic, uint32_t index)
{
	size_t at = index * 2654435761u & (traffic->size - 1);

	while (traffic->indexes[at].index && traffic->indexes[at].index != index)
		at = (at + 1) & (traffic->size - 1);
	return &traffic->indexes[at];
}

/* Empty ones of that size. */
static int make_slots(struct auberge_traffic *traffic, size_t size)
{
	struct slot *slots = calloc(size, sizeof *slots);
	struct index *indexes = calloc(size, sizeof *indexes);

	if (!slots || !indexes) {
		free(slots);
		free(indexes);
		return -ENOMEM;
	}
	free(traffic->slots);
	free(traffic->indexes);
	traffic->slots = slots;
	traffic->indexes = indexes;
	traffic->size = size;
	traffic->used = 0;
	return 0;
}

static struct traffic_link counters_of(const char *value)
{
	struct rtnl_link_stats64 stats;

	memcpy(&stats, value, offsetof(struct rtnl_link_stats64, multicast));
	return (struct traffic_link){
		.receive = {stats.rx_bytes, stats.rx_packets, stats.rx_errors, stats.rx_dropped},
		.transmit = {stats.tx_bytes, stats.tx_packets, stats.tx_errors, stats.tx_dropped},
	};
}

/* The attribute's value, NULL where it is missing or shorter than that. */
static const char *find_attribute(const struct nlmsghdr *header, size_t at, unsigned short type, size_t least, size_t *length)
{
	const char *message = (const char *)header;
	struct rtattr attribute;

	for (; at + sizeof attribute <= header->nlmsg_len; at += RTA_ALIGN(attribute.rta_len)) {
		memcpy(&attribute, message + at, sizeof attribute);
		if (attribute.rta_len < sizeof attribute || attribute.rta_len > header->nlmsg_len - at)
			return NULL;
		*length = RTA_PAYLOAD(&attribute);
		if (attribute.rta_type == type)
			return *length >= least ? message + at + RTA_LENGTH(0) : NULL;
	}
	return NULL;
}

#define COUNTERS_SIZE offsetof(struct rtnl_link_stats64, multicast)

/* -ENOSPC: the table is full. */
static int take_link(struct auberge_traffic *traffic, const struct nlmsghdr *header)
{
	const size_t begin = NLMSG_SPACE(sizeof(struct ifinfomsg));
	const char *name, *counters;
	struct ifinfomsg link;
	struct index *index;
	struct slot *slot;
	size_t length = 0;

	if (header->nlmsg_len < begin)
		return 0;
	memcpy(&link, NLMSG_DATA(header), sizeof link);
	counters = find_attribute(header, begin, IFLA_STATS64, COUNTERS_SIZE, &length);
	name = find_attribute(header, begin, IFLA_IFNAME, 2, &length);
	if (!name || !counters || length > AUBERGE_LINK_SIZE || link.ifi_index <= 0)
		return 0;
	if ((traffic->used + 1) * 2 > traffic->size)
		return -ENOSPC;
	slot = place(traffic->slots, traffic->size, name);
	traffic->used += slot->name[0] == '\0';
	snprintf(slot->name, sizeof slot->name, "%s", name);
	slot->counters = counters_of(counters);
	slot->round = traffic->round;
	index = place_index(traffic, (uint32_t)link.ifi_index);
	*index = (struct index){(uint32_t)link.ifi_index, (uint32_t)(slot - traffic->slots)};
	return 0;
}

/* -ENOENT: of a link that we do not know. */
static int take_stats(struct auberge_traffic *traffic, const struct nlmsghdr *header)
{
	const size_t begin = NLMSG_SPACE(sizeof(struct if_stats_msg));
	const char *counters;
	struct if_stats_msg stats;
	struct index *index;
	size_t length = 0;

	if (header->nlmsg_len < begin)
		return 0;
	memcpy(&stats, NLMSG_DATA(header), sizeof stats);
	counters = find_attribute(header, begin, IFLA_STATS_LINK_64, COUNTERS_SIZE, &length);
	index = place_index(traffic, stats.ifindex);
	if (!counters || !index->index)
		return index->index ? 0 : -ENOENT;
	traffic->slots[index->slot].counters = counters_of(counters);
	traffic->slots[index->slot].round = traffic->round;
	return 0;
}

static int ask_links(struct auberge_traffic *traffic)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr mask;
		uint32_t skip;
	} request = {
		.header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		           .nlmsg_seq = ++traffic->sequence},
		.link = {.ifi_family = AF_UNSPEC},
		/* not the counters of each protocol */
		.mask = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
		.skip = RTEXT_FILTER_SKIP_STATS,
	};

	return send(traffic->fd, &request, sizeof request, 0) < 0 ? -errno : 0;
}

static int ask_stats(struct auberge_traffic *traffic)
{
	struct {
		struct nlmsghdr header;
		struct if_stats_msg stats;
	} request = {
		.header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETSTATS, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		           .nlmsg_seq = ++traffic->sequence},
		.stats = {.family = AF_UNSPEC, .filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)},
	};

	return send(traffic->fd, &request, sizeof request, 0) < 0 ? -errno : 0;
}

/* 1 go on, 0 the dump is complete, -errno. What a message was refused for goes into *refused: the rest is taken all the
 * same, for until its end is read the kernel begins no other dump. */
static int take_answer(struct auberge_traffic *traffic, size_t length, int *refused)
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
		else if (header->nlmsg_type == RTM_NEWSTATS)
			result = take_stats(traffic, header);
		if (result < 0 && *refused == 0)
			*refused = result;
	}
	return 1;
}

static int dump(struct auberge_traffic *traffic, int (*ask)(struct auberge_traffic *traffic))
{
	int result = ask(traffic), refused = 0;

	for (int more = result == 0; more;) {
		ssize_t got = recv(traffic->fd, traffic->answer, ANSWER_SIZE, 0);

		if (got < 0 && errno == EINTR)
			continue;
		result = got < 0 ? -errno : take_answer(traffic, (size_t)got, &refused);
		more = result == 1;
	}
	return result < 0 ? result : refused;
}

static int read_links(struct auberge_traffic *traffic)
{
	int result = make_slots(traffic, traffic->size);

	while (result == 0 && (result = dump(traffic, ask_links)) == -ENOSPC)
		result = make_slots(traffic, traffic->size * 2);
	return result;
}

/* Whatever it was, or more than the kernel kept for us: names and indexes may be others now. */
static bool has_news(struct auberge_traffic *traffic)
{
	bool any = false;

	while (recv(traffic->news, traffic->answer, ANSWER_SIZE, MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR)
		any = true;
	return any;
}

int auberge_traffic_refresh(struct auberge_traffic *traffic, struct auberge_error *error)
{
	int result = -ENOENT;

	traffic->round++;
	if (!has_news(traffic) && traffic->known)
		result = dump(traffic, ask_stats);
	if (result < 0)
		result = read_links(traffic);
	traffic->known = result == 0;
	return result < 0 ? error_set(error, -result, "cannot read the counters of the links") : 0;
}

static int open_news(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : take_fd(&fd);
}

struct auberge_traffic *auberge_traffic_open(struct auberge_error *error)
{
	struct auberge_traffic *traffic = calloc(1, sizeof *traffic);

	if (traffic) {
		traffic->answer = malloc(ANSWER_SIZE);
		traffic->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
		traffic->news = open_news();
	}
	if (traffic && traffic->answer && traffic->fd >= 0 && traffic->news >= 0 && make_slots(traffic, SLOTS_FIRST) == 0)
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
	if (traffic->news >= 0)
		close(traffic->news);
	free(traffic->slots);
	free(traffic->indexes);
	free(traffic->answer);
	free(traffic);
}

const struct traffic_link *traffic_find(const struct auberge_traffic *traffic, const char *name)
{
	const struct slot *slot = name[0] ? place(traffic->slots, traffic->size, name) : NULL;

	return slot && slot->name[0] && slot->round == traffic->round ? &slot->counters : NULL;
}
