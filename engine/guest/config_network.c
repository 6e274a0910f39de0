/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, networks and routes as written in guest.ini. Pure text and bits: the host is not asked. */
#include "guest/config_value.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <string.h>

static bool usable(const struct config_network *network)
{
	static const uint8_t zero[16];

	if (memcmp(network->bytes, zero, network->bits / 8) == 0)
		return false;
	if (network->family == AF_INET)
		return network->bytes[0] < 224; /* multicast and reserved */
	return network->bytes[0] != 0xff;
}

static bool parse_any(const char *text, bool with_prefix, struct config_network *network)
{
	char address[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "/");
	const char *prefix = text[length] == '/' ? text + length + 1 : NULL;

	*network = (struct config_network){0};
	if (length >= sizeof address || (prefix != NULL) != with_prefix)
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	network->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	network->bits = network->family == AF_INET6 ? 128 : 32;
	network->prefix = network->bits;
	if (inet_pton(network->family, address, network->bytes) != 1)
		return false;
	if (!prefix)
		return true;
	size_t digits = strspn(prefix, "0123456789");
	if (digits == 0 || digits > 3 || prefix[digits] != '\0')
		return false;
	network->prefix = (unsigned)strtoul(prefix, NULL, 10);
	return network->prefix <= network->bits;
}

bool config_network_parse(const char *text, bool with_prefix, struct config_network *network)
{
	return parse_any(text, with_prefix, network) && usable(network) && network->prefix > 0;
}

bool config_network_contains(const struct config_network *network, const struct config_network *address)
{
	if (network->family != address->family)
		return false;
	for (unsigned bit = 0; bit < network->prefix; bit++) {
		if ((network->bytes[bit / 8] ^ address->bytes[bit / 8]) & (0x80u >> (bit % 8)))
			return false;
	}
	return true;
}

bool config_route_parse(const char *text, struct config_network *destination, struct config_network *gateway)
{
	char first[64], second[64];
	size_t length = strcspn(text, " \t");
	const char *rest = text + length;

	rest += strspn(rest, " \t");
	if (length >= sizeof first || strncmp(rest, "via", 3) != 0 || (rest[3] != ' ' && rest[3] != '\t'))
		return false;
	memcpy(first, text, length);
	first[length] = '\0';
	rest += 3 + strspn(rest + 3, " \t");
	length = strcspn(rest, " \t");
	if (length >= sizeof second || rest[length] != '\0')
		return false;
	memcpy(second, rest, length + 1);
	return parse_any(first, true, destination) && destination->prefix > 0 &&
	       config_network_parse(second, false, gateway);
}
