/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value of guest.ini: text to field and back, by the type of its schema row. */
#ifndef GUEST_CONFIG_VALUE_H
#define GUEST_CONFIG_VALUE_H

#include "guest/schema.h"

#include <netinet/in.h>

/* Parses text into the field; false: *why (of size bytes) says what is wrong, and the field is as before. */
bool config_value_parse(const struct schema_row *row, const char *text, void *field, char *why, size_t size);
/* Back to text, malloc'ed; NULL: unset (or out of memory). Parsing it gives the same field. */
char *config_value_format(const struct schema_row *row, const void *field);
/* Frees what the field holds. */
void config_value_free(const struct schema_row *row, void *field);

struct config_network {
	int family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
	unsigned prefix, bits; /* bits: 32 or 128 */
};
/* "192.0.2.1/24"; without prefix only if with_prefix is false. */
bool config_network_parse(const char *text, bool with_prefix, struct config_network *network);
bool config_network_contains(const struct config_network *network, const struct config_network *address);
/* "DESTINATION/N via GATEWAY". */
bool config_route_parse(const char *text, struct config_network *destination, struct config_network *gateway);
bool config_link_name_valid(const char *name);

#endif
