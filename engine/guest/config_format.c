/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A config back to text: single values, and the whole file with defaults that effective.ini holds. */
#include "guest/config_check.h"
#include "guest/config_value.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

static void add_scaled(struct buffer *out, uint64_t number, const char *units, uint64_t step)
{
	size_t unit = 0;

	if (number == AUBERGE_UNLIMITED) {
		buffer_addf(out, "max");
		return;
	}
	while (number > 0 && number % step == 0 && units[unit + 1] != '\0') {
		number /= step;
		unit++;
	}
	buffer_addf(out, "%" PRIu64, number);
	if (units[unit] != ' ')
		buffer_add(out, units + unit, 1);
}

static void add_decimal(struct buffer *out, uint64_t thousandths)
{
	uint64_t fraction = thousandths % 1000;
	int digits = 3;

	if (thousandths == AUBERGE_UNLIMITED) {
		buffer_addf(out, "max");
		return;
	}
	buffer_addf(out, "%" PRIu64, thousandths / 1000);
	if (fraction == 0)
		return;
	for (; fraction % 10 == 0; fraction /= 10)
		digits--;
	buffer_addf(out, ".%0*" PRIu64, digits, fraction);
}

static void add_signal(struct buffer *out, int number)
{
	const char *name = number > 0 && number < 32 ? sigabbrev_np(number) : NULL;

	if (name)
		buffer_addf(out, "SIG%s", name);
	else if (number == 34)
		buffer_addf(out, "SIGRTMIN");
	else if (number > 34)
		buffer_addf(out, "SIGRTMIN+%d", number - 34);
	else if (number > 0)
		buffer_addf(out, "%d", number);
}

static void add_capabilities(struct buffer *out, uint64_t set)
{
	for (int bit = 0; bit < 64; bit++) {
		char *name;

		if (!(set >> bit & 1) || !(name = cap_to_name(bit)))
			continue;
		buffer_addf(out, "%s%s", out->length ? " " : "", strncmp(name, "cap_", 4) == 0 ? name + 4 : name);
		cap_free(name);
	}
}

static void add_mac(struct buffer *out, const struct config_mac *mac)
{
	if (mac->set)
		buffer_addf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac->bytes[0], mac->bytes[1], mac->bytes[2], mac->bytes[3],
		            mac->bytes[4], mac->bytes[5]);
}

static void add_list(struct buffer *out, const struct config_list *list, const char *between)
{
	for (size_t i = 0; i < list->count; i++)
		buffer_addf(out, "%s%s", i ? between : "", list->items[i]);
}

static void add_choice(struct buffer *out, const char *choices, int index)
{
	for (; index > 0 && *choices; index--) {
		choices += strcspn(choices, " ");
		choices += *choices == ' ';
	}
	buffer_add(out, choices, strcspn(choices, " "));
}

static void add_value(struct buffer *out, const struct schema_row *row, const void *field)
{
	const char *text;

	switch (row->type) {
	case SCHEMA_TEXT:
	case SCHEMA_PATH:
	case SCHEMA_HOSTNAME:
	case SCHEMA_LINK_NAME:
		text = *(char *const *)field;
		buffer_add(out, text ? text : "", text ? strlen(text) : 0);
		break;
	case SCHEMA_BOOL:
		buffer_addf(out, "%s", *(const bool *)field ? "yes" : "no");
		break;
	case SCHEMA_COUNT:
		if (*(const uint64_t *)field != 0 || row->key.default_text) /* 0 without a default: unset */
			add_scaled(out, *(const uint64_t *)field, " ", 1000);
		break;
	case SCHEMA_SIZE:
		add_scaled(out, *(const uint64_t *)field, " KMGT", 1024);
		break;
	case SCHEMA_DURATION:
		buffer_addf(out, "%" PRId64 "s", *(const int64_t *)field);
		break;
	case SCHEMA_DECIMAL:
		add_decimal(out, *(const uint64_t *)field);
		break;
	case SCHEMA_CHOICE:
		add_choice(out, row->key.choices, *(const int *)field);
		break;
	case SCHEMA_SIGNAL:
		add_signal(out, *(const int *)field);
		break;
	case SCHEMA_CAPABILITIES:
		add_capabilities(out, *(const uint64_t *)field);
		break;
	case SCHEMA_MAC:
		add_mac(out, field);
		break;
	case SCHEMA_ADDRESSES:
	case SCHEMA_GATEWAYS:
	case SCHEMA_GUESTS:
		add_list(out, field, " ");
		break;
	case SCHEMA_ROUTES:
		add_list(out, field, ", ");
		break;
	}
}

char *config_value_format(const struct schema_row *row, const void *field)
{
	cleanup_buffer struct buffer out = {0};

	add_value(&out, row, field);
	if (out.failed || out.length == 0)
		return NULL;
	return take_pointer(&out.data);
}

/* The base of element index of the row's section, and the section's name as written. */
static const char *base_of(const struct config *config, const char *section, size_t index, char *written, size_t size)
{
	if (strcmp(section, "net *") == 0) {
		if (index >= config->nets_count)
			return NULL;
		snprintf(written, size, "net %s", config->nets[index].name);
		return (const char *)&config->nets[index];
	}
	if (strcmp(section, "mount *") == 0) {
		if (index >= config->mounts_count)
			return NULL;
		snprintf(written, size, "mount %s", config->mounts[index].name);
		return (const char *)&config->mounts[index];
	}
	snprintf(written, size, "%s", section);
	return index == 0 ? (const char *)config : NULL;
}

char *config_value_text(const struct config *config, const struct schema_row *row, size_t index, unsigned *line)
{
	char section[64];
	const char *base = base_of(config, row->key.section, index, section, sizeof section);
	const struct config_setting *setting = base ? config_find_setting(config, section, row->key.name) : NULL;

	*line = setting ? setting->line : 0;
	return base ? config_value_format(row, base + row->offset) : NULL;
}

static void format_section(struct buffer *out, const struct config *config, const char *section, size_t index)
{
	const struct schema_row *rows;
	size_t count;
	char written[64];
	const char *base = base_of(config, section, index, written, sizeof written);

	rows = schema_rows(&count);
	buffer_addf(out, "%s[%s]\n", out->length ? "\n" : "", written);
	for (size_t i = 0; base && i < count; i++) {
		cleanup_free char *text = NULL;

		if (strcmp(rows[i].key.section, section) != 0)
			continue;
		text = config_value_format(&rows[i], base + rows[i].offset);
		if (text)
			buffer_addf(out, "%s = %s\n", rows[i].key.name, text);
	}
}

char *config_format(const struct config *config)
{
	static const char *const plain[] = {"guest", "console", "security", "limits"};
	cleanup_buffer struct buffer out = {0};

	for (size_t i = 0; i < COUNT_OF(plain); i++)
		format_section(&out, config, plain[i], 0);
	for (size_t i = 0; i < config->nets_count; i++)
		format_section(&out, config, "net *", i);
	for (size_t i = 0; i < config->mounts_count; i++)
		format_section(&out, config, "mount *", i);
	return out.failed ? NULL : take_pointer(&out.data);
}
