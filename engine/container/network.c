/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's links: what they are called and what they hang on is worked out and checked here, host/link makes them.
 * Owns nothing. The caller holds the host-wide lock from network_prepare() until the links are made.
 */
#include "container/network.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define TAG "auberge "
#define GUEST_MAC 0x02
#define NAME_TRIES 64

void network_alias(const struct auberge *auberge, const char *name, char *out, size_t size)
{
	snprintf(out, size, TAG "%s %s", auberge->set_id, name);
}

bool network_alias_split(const char *alias, char set_id[SET_ID_SIZE], const char **name)
{
	size_t start = strlen(TAG), digits = SET_ID_SIZE - 1;

	if (strncmp(alias, TAG, start) != 0 || strspn(alias + start, "0123456789abcdef") != digits || alias[start + digits] != ' ')
		return false;
	memcpy(set_id, alias + start, digits);
	set_id[digits] = '\0';
	*name = alias + start + digits + 1;
	return auberge_name_valid(*name);
}

static bool name_taken(const struct container_network *network, const char *name)
{
	for (size_t i = 0; i < network->count; i++)
		if (strcmp(network->links[i].host_name, name) == 0)
			return true;
	return link_exists(name);
}

/* A check of a guest that runs finds the link that it has. */
static bool is_its_own(const struct container_plan *plan, const char *link)
{
	char path[64], alias[160], text[160];

	network_alias(plan->auberge, plan->name, alias, sizeof alias);
	snprintf(path, sizeof path, "/sys/class/net/%.15s/ifalias", link);
	if (!plan->probe || file_read_at(AT_FDCWD, path, text, sizeof text) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, alias) == 0;
}

/* "GUEST-eth0" when it fits and is free, else the guest's name cut and four random digits. */
static int choose_name(const struct container_plan *plan, const struct config_net *net,
                       const struct container_network *network, char out[AUBERGE_LINK_SIZE])
{
	int length = snprintf(out, AUBERGE_LINK_SIZE, "%s-%s", plan->name, net->name);

	if (length > 0 && length < AUBERGE_LINK_SIZE && !name_taken(network, out))
		return 0;
	for (int attempt = 0; attempt < NAME_TRIES; attempt++) {
		uint16_t number;

		if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
			return -1;
		snprintf(out, AUBERGE_LINK_SIZE, "%.10s-%04x", plan->name, (unsigned)number);
		if (!name_taken(network, out))
			return 0;
	}
	return -1;
}

static int prepare_name(const struct container_plan *plan, const struct config_net *net,
                        const struct container_network *network, struct link_veth *veth, struct auberge_error *error)
{
	const char *file = plan->config->file ? plan->config->file : plan->name;

	if (!net->host_name) {
		if (choose_name(plan, net, network, veth->host_name) < 0)
			return error_add_line(error, "%s:%u: [net %s]: no free name for the host's side", file, net->line, net->name);
		return 0;
	}
	if (strlen(net->host_name) >= AUBERGE_LINK_SIZE)
		return error_add_line(error, "%s:%u: [net %s]: host_name %s is longer than %d bytes", file, net->line, net->name,
		                      net->host_name, AUBERGE_LINK_SIZE - 1);
	if (name_taken(network, net->host_name) && !is_its_own(plan, net->host_name))
		return error_add_line(error, "%s:%u: [net %s]: host_name %s: this host has a link of that name", file, net->line,
		                      net->name, net->host_name);
	snprintf(veth->host_name, sizeof veth->host_name, "%s", net->host_name);
	return 0;
}

static int prepare_link(const struct container_plan *plan, const struct config_net *net, struct nl_sock *socket,
                        const struct container_network *network, struct link_veth *veth, struct auberge_error *error)
{
	const char *file = plan->config->file ? plan->config->file : plan->name;
	struct auberge_error one = {0};
	unsigned bridge_mtu = 0;
	int result = prepare_name(plan, net, network, veth, error);

	snprintf(veth->guest_name, sizeof veth->guest_name, "%s", net->name);
	if (net->bridge) {
		veth->bridge_index = link_bridge_index(socket, net->bridge, &bridge_mtu, &one);
		if (veth->bridge_index <= 0)
			result = error_add_line(error, "%s:%u: [net %s]: %s", file, net->line, net->name, one.text);
	}
	veth->mtu = net->mtu ? (unsigned)net->mtu : bridge_mtu;
	if (net->mac.set)
		memcpy(veth->guest_mac, net->mac.bytes, sizeof veth->guest_mac);
	else if (link_random_mac(veth->guest_mac, GUEST_MAC, &one) < 0)
		result = error_add_line(error, "%s", one.text);
	if (link_random_mac(veth->host_mac, NETWORK_HOST_MAC, &one) < 0)
		result = error_add_line(error, "%s", one.text);
	return result;
}

int network_prepare(const struct container_plan *plan, struct nl_sock *socket, struct container_network *network,
                    struct auberge_error *error)
{
	int result = 0;

	*network = (struct container_network){0};
	for (size_t i = 0; i < plan->config->nets_count; i++) {
		if (prepare_link(plan, &plan->config->nets[i], socket, network, &network->links[i], error) < 0)
			result = -1;
		network->count++;
	}
	return result;
}

int network_make(const struct container_plan *plan, struct nl_sock *socket, struct link_veth *veth, int netns_fd,
                 struct auberge_error *error)
{
	char alias[160];

	network_alias(plan->auberge, plan->name, alias, sizeof alias);
	if (link_make_veth(socket, veth, netns_fd, alias, error) < 0)
		return error_prefix(error, "[net %s]", veth->guest_name);
	return 0;
}
