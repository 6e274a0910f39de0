/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One flat JSON object on one line: strings, numbers, true, false, null. What the history files are made of. */
#ifndef GUEST_HISTORY_JSON_H
#define GUEST_HISTORY_JSON_H

#include "base/file.h"

void json_begin(struct buffer *out);
void json_add_string(struct buffer *out, const char *key, const char *value);
void json_add_integer(struct buffer *out, const char *key, int64_t value);
void json_add_seconds(struct buffer *out, const char *key, double value);
void json_add_bool(struct buffer *out, const char *key, bool value);
void json_end(struct buffer *out);

enum json_type { JSON_STRING, JSON_NUMBER, JSON_BOOL, JSON_NULL };
struct json_value {
	enum json_type type;
	char text[512]; /* of strings: longer ones are cut; of numbers: as written */
	double number;
	bool truth;
};
/* Calls take for each member; false: not a flat object. */
bool json_parse_flat(const char *line, size_t length,
                     void (*take)(void *data, const char *key, const struct json_value *value), void *data);

#endif
