/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of guest.ini: section, key, type, range, default, unit, live or next start, help, and where the parsed
 * value goes in struct config. Parser, validator, form, `show`, help and man page are made from it.
 */
#ifndef GUEST_SCHEMA_H
#define GUEST_SCHEMA_H

#include "guest/config.h"

enum schema_type {
	SCHEMA_TEXT,       /* char *; with choices: one of their words */
	SCHEMA_PATH,       /* char *, absolute */
	SCHEMA_HOSTNAME,   /* char * */
	SCHEMA_LINK_NAME,  /* char *, 1..15 bytes, no '/' and no blank */
	SCHEMA_BOOL,       /* bool: yes no true false on off 1 0 */
	SCHEMA_COUNT,      /* uint64_t, min..max; "max" gives AUBERGE_UNLIMITED when max is that */
	SCHEMA_SIZE,       /* uint64_t bytes */
	SCHEMA_DURATION,   /* int64_t seconds */
	SCHEMA_DECIMAL,    /* uint64_t thousandths: "1.5" is 1500; "max" gives AUBERGE_UNLIMITED */
	SCHEMA_CHOICE,     /* int, index into choices */
	SCHEMA_SIGNAL,     /* int: "SIGPWR" "PWR" "SIGRTMIN+3" or a number */
	SCHEMA_CAPABILITIES, /* uint64_t bit set; names with or without cap_ */
	SCHEMA_MAC,        /* struct config_mac; unicast */
	SCHEMA_ADDRESSES,  /* struct config_list of "A.B.C.D/N" or "X::Y/N" */
	SCHEMA_GATEWAYS,   /* struct config_list of addresses, one a family */
	SCHEMA_GUESTS,     /* struct config_list of guests' names, none twice */
	SCHEMA_ROUTES,     /* struct config_list of "DESTINATION/N via GATEWAY", separated by commas */
};

struct schema_row {
	struct auberge_key key; /* the public half */
	enum schema_type type;
	uint64_t min, max;
	size_t offset; /* into struct config, struct config_net or struct config_mount by section */
};

const struct schema_row *schema_rows(size_t *count);
/* The row for a key of a section as written ("net eth0", "mtu"), or NULL. */
const struct schema_row *schema_find(const char *section, const char *key);
/* Whether a section as written ("net eth0") is one of the row's ("net *"). */
bool schema_section_matches(const char *pattern, const char *section);

#endif
