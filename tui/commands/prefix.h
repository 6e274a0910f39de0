/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prefix key of the console, as a filter over what is typed: it may be cut from its second key at any byte. */
#ifndef COMMANDS_PREFIX_H
#define COMMANDS_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

struct prefix {
	unsigned char key;
	bool held; /* the prefix came, its second key not yet */
};

/*
 * Copies what is for the guest to out, which holds 2 * length bytes. The prefix and d or q: *detach is set and the
 * rest dropped; the prefix twice: once to the guest; any other key: both. Returns the bytes in out.
 */
size_t prefix_filter(struct prefix *prefix, const unsigned char *in, size_t length, unsigned char *out, bool *detach);

/* "^A", "^]", "^@" or one plain character. -1: not a key. */
int prefix_parse(const char *text);
/* "^]" for 0x1d. */
void prefix_format(unsigned char key, char out[4]);

#endif
