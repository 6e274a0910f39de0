/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks across values: gateways and routes that the addresses do not reach, IPv6 on a small MTU, the same MAC, host
 * name, address or mount target twice, mounts without source or target. Each is told at the line that must change.
 */
#include "guest/config_check.h"
#include "guest/config_value.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <string.h>
#include <sys/socket.h>

const struct config_setting *config_find_setting(const struct config *config, const char *section, const char *key)
{
	for (size_t i = 0; i < config->settings_count; i++) {
		const struct config_setting *setting = &config->settings[i];

		if (strcmp(setting->key, key) == 0 && strcmp(setting->section, section) == 0)
			return setting;
	}
	return NULL;
}

/* The line of "KIND NAME"'s key, else of the section. */
static unsigned line_of(const struct config *config, const char *kind, const char *name, const char *key,
                        unsigned section)
{
	char full[64];
	const struct config_setting *setting;

	snprintf(full, sizeof full, "%s %s", kind, name);
	setting = config_find_setting(config, full, key);
	return setting ? setting->line : section;
}

static unsigned net_line(const struct config *config, const struct config_net *net, const char *key)
{
	return line_of(config, "net", net->name, key, net->line);
}

static bool reachable(const struct config_net *net, const struct config_network *gateway)
{
	struct config_network network;

	if (gateway->family == AF_INET6 && gateway->bytes[0] == 0xfe && (gateway->bytes[1] & 0xc0) == 0x80)
		return true; /* link-local: on every link */
	for (size_t i = 0; i < net->addresses.count; i++) {
		if (config_network_parse(net->addresses.items[i], true, &network) && config_network_contains(&network, gateway))
			return true;
	}
	return false;
}

static int check_gateways(const struct config *config, const struct config_net *net, struct auberge_error *error)
{
	struct config_network gateway, destination;
	int result = 0;

	for (size_t i = 0; i < net->gateways.count; i++) {
		if (config_network_parse(net->gateways.items[i], false, &gateway) && !reachable(net, &gateway))
			result = error_add_line(error, "%s:%u: [net %s] gateway %s is in none of its addresses' networks", config->file,
			                        net_line(config, net, "gateway"), net->name, net->gateways.items[i]);
	}
	for (size_t i = 0; i < net->routes.count; i++) {
		if (config_route_parse(net->routes.items[i], &destination, &gateway) && !reachable(net, &gateway))
			result = error_add_line(error, "%s:%u: [net %s] route %.80s: its gateway is in none of the addresses' networks",
			                        config->file, net_line(config, net, "route"), net->name, net->routes.items[i]);
	}
	return result;
}

static int check_mtu(const struct config *config, const struct config_net *net, struct auberge_error *error)
{
	struct config_network network;

	if (net->mtu == 0 || net->mtu >= 1280)
		return 0;
	for (size_t i = 0; i < net->addresses.count; i++) {
		if (config_network_parse(net->addresses.items[i], true, &network) && network.family == AF_INET6)
			return error_add_line(error, "%s:%u: [net %s] mtu %llu is too small for IPv6, which needs 1280", config->file,
			                      net_line(config, net, "mtu"), net->name, (unsigned long long)net->mtu);
	}
	return 0;
}

static int check_pair(const struct config *config, const struct config_net *a, const struct config_net *b,
                      struct auberge_error *error)
{
	struct config_network one, two;
	int result = 0;

	if (a->mac.set && b->mac.set && memcmp(a->mac.bytes, b->mac.bytes, 6) == 0)
		result = error_add_line(error, "%s:%u: [net %s] mac is also [net %s]'s, line %u", config->file,
		                        net_line(config, b, "mac"), b->name, a->name, net_line(config, a, "mac"));
	if (a->host_name && b->host_name && strcmp(a->host_name, b->host_name) == 0)
		result = error_add_line(error, "%s:%u: [net %s] host_name %s is also [net %s]'s, line %u", config->file,
		                        net_line(config, b, "host_name"), b->name, b->host_name, a->name,
		                        net_line(config, a, "host_name"));
	for (size_t i = 0; i < a->addresses.count; i++) {
		for (size_t k = 0; k < b->addresses.count; k++) {
			if (config_network_parse(a->addresses.items[i], true, &one) &&
			    config_network_parse(b->addresses.items[k], true, &two) && one.family == two.family &&
			    memcmp(one.bytes, two.bytes, one.bits / 8) == 0)
				result = error_add_line(error, "%s:%u: [net %s] address %s is also [net %s]'s, line %u", config->file,
				                        net_line(config, b, "address"), b->name, b->addresses.items[k], a->name,
				                        net_line(config, a, "address"));
		}
	}
	return result;
}

static int check_mount(const struct config *config, size_t index, struct auberge_error *error)
{
	const struct config_mount *mount = &config->mounts[index];
	int result = 0;

	if (!mount->source)
		result = line_of(config, "mount", mount->name, "source", 0) ? -1 : /* told already: its value was wrong */
		         error_add_line(error, "%s:%u: [mount %s] needs a source", config->file, mount->line, mount->name);
	if (!mount->target)
		return line_of(config, "mount", mount->name, "target", 0) ? -1 :
		       error_add_line(error, "%s:%u: [mount %s] needs a target", config->file, mount->line, mount->name);
	if (mount->target[strspn(mount->target, "/")] == '\0')
		result = error_add_line(error, "%s:%u: [mount %s] target is the root: that is rootfs in [guest]", config->file,
		                        line_of(config, "mount", mount->name, "target", mount->line), mount->name);
	for (size_t i = 0; i < index; i++) {
		const struct config_mount *other = &config->mounts[i];

		if (other->target && strcmp(other->target, mount->target) == 0)
			result = error_add_line(error, "%s:%u: [mount %s] target %s is also [mount %s]'s, line %u", config->file,
			                        line_of(config, "mount", mount->name, "target", mount->line), mount->name, mount->target,
			                        other->name, line_of(config, "mount", other->name, "target", other->line));
	}
	return result;
}

int config_check_together(const struct config *config, struct auberge_error *error)
{
	int result = 0;

	for (size_t i = 0; i < config->nets_count; i++) {
		if (check_gateways(config, &config->nets[i], error) < 0)
			result = -1;
		if (check_mtu(config, &config->nets[i], error) < 0)
			result = -1;
		for (size_t k = 0; k < i; k++) {
			if (check_pair(config, &config->nets[k], &config->nets[i], error) < 0)
				result = -1;
		}
	}
	for (size_t i = 0; i < config->mounts_count; i++) {
		if (check_mount(config, i, error) < 0)
			result = -1;
	}
	return result;
}

int config_check_startable(const struct config *config, struct auberge_error *error)
{
	const struct config_setting *kind = config_find_setting(config, "guest", "kind");

	if (config->kind != AUBERGE_VM)
		return 0;
	return error_add_line(error, "%s:%u: kind = vm: not yet: this version runs containers only", config->file,
	                      kind ? kind->line : 0);
}
