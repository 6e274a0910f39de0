/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links for the audit: listed by one RTM_GETLINK dump, asked for and deleted by index. The kernel gives an index to no
 * second link while it counts up (rtnetlink(7)), and name, MAC and alias are compared again right before a deletion.
 */
#include "host/link_list.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_SIZE 65536

struct listing {
	struct link_entry *links;
	size_t count, room;
};

static int listing_add(struct listing *listing, const struct link_entry *link)
{
	if (listing->count == listing->room) {
		size_t room = listing->room ? listing->room * 2 : 64;
		void *more = reallocarray(listing->links, room, sizeof *listing->links);

		if (!more)
			return -ENOMEM;
		listing->links = more;
		listing->room = room;
	}
	listing->links[listing->count++] = *link;
	return 0;
}

static void take_text(char *out, size_t size, const char *value, size_t length)
{
	length = strnlen(value, length < size ? length : size - 1);
	memcpy(out, value, length);
	out[length] = '\0';
}

static void parse(const struct nlmsghdr *header, struct link_entry *link)
{
	const char *message = (const char *)header;
	struct ifinfomsg info;
	struct rtattr attribute;

	*link = (struct link_entry){0};
	if (header->nlmsg_len < NLMSG_SPACE(sizeof info))
		return;
	memcpy(&info, NLMSG_DATA(header), sizeof info);
	link->index = info.ifi_index;
	for (size_t at = NLMSG_SPACE(sizeof info); at + sizeof attribute <= header->nlmsg_len; at += RTA_ALIGN(attribute.rta_len)) {
		const char *value = message + at + RTA_LENGTH(0);

		memcpy(&attribute, message + at, sizeof attribute);
		if (attribute.rta_len < sizeof attribute || attribute.rta_len > header->nlmsg_len - at)
			break;
		if (attribute.rta_type == IFLA_IFNAME)
			take_text(link->name, sizeof link->name, value, RTA_PAYLOAD(&attribute));
		else if (attribute.rta_type == IFLA_IFALIAS)
			take_text(link->alias, sizeof link->alias, value, RTA_PAYLOAD(&attribute));
		else if (attribute.rta_type == IFLA_ADDRESS && RTA_PAYLOAD(&attribute) == sizeof link->mac)
			memcpy(link->mac, value, sizeof link->mac);
	}
}

/* 1 go on, 0 the answer is complete, -errno. */
static int take_answer(const char *answer, size_t length, struct listing *listing)
{
	for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)(answer + at);
		struct link_entry link;

		if (header->nlmsg_len < sizeof *header || header->nlmsg_len > length - at)
			return -EBADMSG;
		at += NLMSG_ALIGN(header->nlmsg_len);
		if (header->nlmsg_type == NLMSG_DONE)
			return 0;
		if (header->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
		if (header->nlmsg_type != RTM_NEWLINK)
			continue;
		parse(header, &link);
		if (link.index > 0 && listing_add(listing, &link) < 0)
			return -ENOMEM;
		if (!(header->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

/* One request and its whole answer on a socket of its own. index 0: all. */
static int ask(uint16_t type, uint16_t flags, int index, struct listing *listing)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = {.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags), .nlmsg_seq = 1},
		.link = {.ifi_family = AF_UNSPEC, .ifi_index = index},
	};
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	cleanup_free char *answer = malloc(ANSWER_SIZE);
	int result = 1;

	if (fd < 0 || !answer)
		return fd < 0 ? -errno : -ENOMEM;
	if (send(fd, &request, sizeof request, 0) < 0)
		return -errno;
	while (result == 1) {
		ssize_t got = recv(fd, answer, ANSWER_SIZE, 0);

		if (got < 0 && errno == EINTR)
			continue;
		result = got < 0 ? -errno : take_answer(answer, (size_t)got, listing);
	}
	return result;
}

int link_list(struct link_entry **links, size_t *count, struct auberge_error *error)
{
	struct listing listing = {0};
	int result = ask(RTM_GETLINK, NLM_F_DUMP, 0, &listing);

	*links = NULL;
	*count = 0;
	if (result < 0) {
		free(listing.links);
		return error_set(error, -result, "cannot list the links of this host");
	}
	*links = listing.links;
	*count = listing.count;
	return 0;
}

int link_is(const struct link_entry *link)
{
	struct listing listing = {0};
	int result = ask(RTM_GETLINK, 0, link->index, &listing);
	bool same = result == 0 && listing.count == 1 && listing.links[0].index == link->index &&
	            strcmp(listing.links[0].name, link->name) == 0 && strcmp(listing.links[0].alias, link->alias) == 0 &&
	            memcmp(listing.links[0].mac, link->mac, sizeof link->mac) == 0;

	free(listing.links);
	return result == -ENODEV ? 0 : result < 0 ? result : same;
}

int link_delete_entry(const struct link_entry *link, struct auberge_error *error)
{
	struct listing none = {0};
	int result = link_is(link);

	if (result == 1)
		result = ask(RTM_DELLINK, NLM_F_ACK, link->index, &none);
	free(none.links);
	return result < 0 && result != -ENODEV ? error_set(error, -result, "cannot delete the link %s", link->name) : 0;
}
