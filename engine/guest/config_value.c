/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of single values: one function per schema type, in one table. None looks at the host. */
#include "guest/config_value.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>

#define SIGNAL_REALTIME 34 /* SIGRTMIN as programs inside see it */
#define SIGNAL_LAST 64

struct parsing {
	const struct schema_row *row;
	void *field;
	char *why;
	size_t size;
};

#define WRONG(parsing, ...) (snprintf((parsing)->why, (parsing)->size, __VA_ARGS__), false)

static bool store_text(struct parsing *parsing, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return WRONG(parsing, "out of memory");
	free(*(char **)parsing->field);
	*(char **)parsing->field = copy;
	return true;
}

/* The place of text among words with blanks between, or -1. */
static int choice_index(const char *choices, const char *text)
{
	size_t length = strlen(text);

	for (int index = 0; *choices; index++) {
		size_t word = strcspn(choices, " ");

		if (word == length && memcmp(choices, text, word) == 0)
			return index;
		choices += word;
		choices += *choices == ' ';
	}
	return -1;
}

static bool parse_text(struct parsing *parsing, const char *text)
{
	const char *choices = parsing->row->key.choices;

	if (choices && choice_index(choices, text) < 0)
		return WRONG(parsing, "not one of: %s", choices);
	return store_text(parsing, text);
}

static bool parse_choice(struct parsing *parsing, const char *text)
{
	int index = choice_index(parsing->row->key.choices, text);

	if (index < 0)
		return WRONG(parsing, "not one of: %s", parsing->row->key.choices);
	*(int *)parsing->field = index;
	return true;
}

static bool parse_path(struct parsing *parsing, const char *text)
{
	size_t length = strlen(text);

	if (*text != '/')
		return WRONG(parsing, "not an absolute path");
	if (length >= 4096)
		return WRONG(parsing, "longer than a path can be (4095 bytes)");
	for (const char *at = text; (at = strstr(at, "/..")); at += 3) {
		if (at[3] == '/' || at[3] == '\0')
			return WRONG(parsing, "a path with \"..\" in it");
	}
	return store_text(parsing, text);
}

static bool parse_hostname(struct parsing *parsing, const char *text)
{
	size_t label = 0, length = strlen(text);

	if (length > 63)
		return WRONG(parsing, "longer than 63 bytes");
	for (size_t i = 0; i <= length; i++) {
		bool end = text[i] == '.' || text[i] == '\0';

		if (end && (label == 0 || text[i - 1] == '-'))
			return WRONG(parsing, "not a host name: a part is empty or ends with '-'");
		if (!end && !isalnum((unsigned char)text[i]) && (text[i] != '-' || label == 0))
			return WRONG(parsing, "not a host name: letters, digits, '-' and '.', no part beginning with '-'");
		label = end ? 0 : label + 1;
	}
	return store_text(parsing, text);
}

bool config_link_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= AUBERGE_LINK_SIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)name[i];

		if (byte <= ' ' || byte >= 0x7f || byte == '/' || byte == ':' || byte == '%')
			return false;
	}
	return true;
}

static bool parse_link_name(struct parsing *parsing, const char *text)
{
	static const char *const taken[] = {"lo", "all", "default"};

	if (!config_link_name_valid(text))
		return WRONG(parsing, "not a link name: 1 to 15 bytes without blank, '/', ':' and '%%'");
	for (size_t i = 0; i < COUNT_OF(taken); i++) {
		if (strcmp(text, taken[i]) == 0)
			return WRONG(parsing, "a name that the kernel uses itself");
	}
	return store_text(parsing, text);
}

static bool parse_bool(struct parsing *parsing, const char *text)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*(bool *)parsing->field = i % 2 == 1;
			return true;
		}
	}
	return WRONG(parsing, "neither yes nor no");
}

static bool in_range(struct parsing *parsing, uint64_t number)
{
	if (number < parsing->row->min || number > parsing->row->max)
		return WRONG(parsing, "out of range: %s", parsing->row->key.range ? parsing->row->key.range : "");
	return true;
}

static bool parse_digits(const char *text, size_t length, uint64_t *number)
{
	uint64_t sum = 0;

	if (length == 0 || length > 18)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		sum = sum * 10 + (uint64_t)(text[i] - '0');
	}
	*number = sum;
	return true;
}

static bool parse_count(struct parsing *parsing, const char *text)
{
	uint64_t number;

	if (parsing->row->max == AUBERGE_UNLIMITED && strcmp(text, "max") == 0)
		number = AUBERGE_UNLIMITED;
	else if (!parse_digits(text, strlen(text), &number))
		return WRONG(parsing, "not a number");
	if (!in_range(parsing, number))
		return false;
	*(uint64_t *)parsing->field = number;
	return true;
}

static bool parse_size(struct parsing *parsing, const char *text)
{
	uint64_t bytes;

	if (auberge_parse_size(text, &bytes) < 0)
		return WRONG(parsing, "not a size: a number with K, M, G or T, or max");
	if (!in_range(parsing, bytes))
		return false;
	*(uint64_t *)parsing->field = bytes;
	return true;
}

static bool parse_duration(struct parsing *parsing, const char *text)
{
	int64_t seconds;

	if (auberge_parse_duration(text, &seconds) < 0 || seconds < 0)
		return WRONG(parsing, "not a duration: 30s, 2m or 1h");
	if (!in_range(parsing, (uint64_t)seconds))
		return false;
	*(int64_t *)parsing->field = seconds;
	return true;
}

static bool parse_decimal(struct parsing *parsing, const char *text)
{
	size_t whole_length = strcspn(text, ".");
	const char *fraction = text[whole_length] == '.' ? text + whole_length + 1 : "0";
	size_t fraction_length = strlen(fraction);
	uint64_t whole, part;

	if (strcmp(text, "max") == 0) {
		*(uint64_t *)parsing->field = AUBERGE_UNLIMITED;
		return true;
	}
	if (whole_length > 9 || !parse_digits(text, whole_length, &whole) || fraction_length > 3 ||
	    !parse_digits(fraction, fraction_length, &part))
		return WRONG(parsing, "not a number with at most three decimals, nor max");
	for (size_t i = fraction_length; i < 3; i++)
		part *= 10;
	if (!in_range(parsing, whole * 1000 + part))
		return false;
	*(uint64_t *)parsing->field = whole * 1000 + part;
	return true;
}

static int signal_number(const char *text)
{
	uint64_t number;

	if (parse_digits(text, strlen(text), &number))
		return number >= 1 && number <= SIGNAL_LAST ? (int)number : 0;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0) {
		if (text[5] == '\0')
			return SIGNAL_REALTIME;
		if (text[5] != '+' || !parse_digits(text + 6, strlen(text + 6), &number))
			return 0;
		return number <= SIGNAL_LAST - SIGNAL_REALTIME ? (int)number + SIGNAL_REALTIME : 0;
	}
	for (int i = 1; i < 32; i++) {
		const char *name = sigabbrev_np(i);

		if (name && strcasecmp(text, name) == 0)
			return i;
	}
	return 0;
}

static bool parse_signal(struct parsing *parsing, const char *text)
{
	int number = signal_number(text);

	if (number == 0)
		return WRONG(parsing, "no such signal: SIGPWR, SIGRTMIN+3 or a number up to 64");
	*(int *)parsing->field = number;
	return true;
}

/* Cuts the next word off *rest; separators are bytes of the set. Returns its length, 0 at the end. */
static size_t next_word(const char **rest, const char *separators, const char **word)
{
	size_t length;

	*rest += strspn(*rest, separators);
	*word = *rest;
	length = strcspn(*rest, separators);
	*rest += length;
	return length;
}

static bool parse_capabilities(struct parsing *parsing, const char *text)
{
	const char *word;
	uint64_t set = 0;
	size_t length;

	while ((length = next_word(&text, " \t,", &word)) > 0) {
		char name[48];
		cap_value_t value;
		bool prefixed = strncasecmp(word, "cap_", 4) == 0;
		size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");

		snprintf(name, sizeof name, "%s%.*s", prefixed ? "" : "cap_", (int)length, word);
		/* libcap stops at the first other character, without a word. */
		if (length > 40 || letters != length || cap_from_name(name, &value) < 0 || value > 63)
			return WRONG(parsing, "no capability \"%.*s\"", (int)(length > 60 ? 60 : length), word);
		set |= UINT64_C(1) << value;
	}
	*(uint64_t *)parsing->field = set;
	return true;
}

static bool parse_mac(struct parsing *parsing, const char *text)
{
	struct config_mac mac = {.set = true};

	if (strlen(text) != 17)
		return WRONG(parsing, "not a hardware address: six bytes as 02:00:00:00:00:01");
	for (size_t i = 0; i < 6; i++) {
		const char *at = text + i * 3;
		char digits[3] = {at[0], at[1], '\0'};

		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) || (i < 5 && at[2] != ':'))
			return WRONG(parsing, "not a hardware address: six bytes as 02:00:00:00:00:01");
		mac.bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	if (mac.bytes[0] & 1)
		return WRONG(parsing, "a multicast address: the first byte must be even");
	if (memcmp(mac.bytes, (const uint8_t[6]){0}, 6) == 0)
		return WRONG(parsing, "the zero address");
	*(struct config_mac *)parsing->field = mac;
	return true;
}

static void list_free(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct config_list){0};
}

static bool list_add(struct config_list *list, const char *text, size_t length)
{
	char **items = realloc(list->items, (list->count + 1) * sizeof *items);

	if (!items)
		return false;
	list->items = items;
	items[list->count] = strndup(text, length);
	return items[list->count] ? (list->count++, true) : false;
}

static bool address_wrong(struct parsing *parsing, const struct config_list *list, const char *text)
{
	struct config_network network;

	if (!config_network_parse(text, true, &network))
		return !WRONG(parsing, "\"%.60s\" is not an address with its prefix length (192.0.2.10/24)", text);
	if (list->count > AUBERGE_ADDRESSES_MAX)
		return !WRONG(parsing, "more than %d addresses", AUBERGE_ADDRESSES_MAX);
	return false;
}

static bool gateway_wrong(struct parsing *parsing, const struct config_list *list, const char *text)
{
	struct config_network gateway, other;

	if (!config_network_parse(text, false, &gateway))
		return !WRONG(parsing, "\"%.60s\" is not an address (192.0.2.1)", text);
	for (size_t i = 0; i + 1 < list->count; i++) {
		if (config_network_parse(list->items[i], false, &other) && other.family == gateway.family)
			return !WRONG(parsing, "more than one gateway of a family");
	}
	return false;
}

static bool route_wrong(struct parsing *parsing, const struct config_list *list, const char *text)
{
	struct config_network destination, gateway;

	(void)list;
	if (!config_route_parse(text, &destination, &gateway))
		return !WRONG(parsing, "\"%.80s\" is not DESTINATION/LENGTH via GATEWAY", text);
	if (destination.family != gateway.family)
		return !WRONG(parsing, "\"%.80s\": IPv4 and IPv6 in one route", text);
	for (unsigned bit = destination.prefix; bit < destination.bits; bit++) {
		if (destination.bytes[bit / 8] & (0x80u >> (bit % 8)))
			return !WRONG(parsing, "\"%.80s\": the destination has bits beyond its length", text);
	}
	return false;
}

static bool guest_wrong(struct parsing *parsing, const struct config_list *list, const char *text)
{
	if (!auberge_name_valid(text))
		return !WRONG(parsing, "\"%.60s\" is not a guest's name", text);
	for (size_t i = 0; i + 1 < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return !WRONG(parsing, "\"%.63s\" is there twice", text);
	}
	if (list->count > CONFIG_AFTER_MAX)
		return !WRONG(parsing, "more than %d guests", CONFIG_AFTER_MAX);
	return false;
}

static bool parse_list(struct parsing *parsing, const char *text, const char *separators,
                       bool (*wrong)(struct parsing *, const struct config_list *, const char *))
{
	struct config_list list = {0};
	const char *word;
	size_t length;

	while ((length = next_word(&text, separators, &word)) > 0) {
		while (length > 0 && (*word == ' ' || *word == '\t')) {
			word++;
			length--;
		}
		while (length > 0 && (word[length - 1] == ' ' || word[length - 1] == '\t'))
			length--;
		if (!list_add(&list, word, length)) {
			list_free(&list);
			return WRONG(parsing, "out of memory");
		}
		if (wrong(parsing, &list, list.items[list.count - 1])) {
			list_free(&list);
			return false;
		}
	}
	list_free(parsing->field);
	*(struct config_list *)parsing->field = list;
	return true;
}

static bool parse_addresses(struct parsing *parsing, const char *text)
{
	return parse_list(parsing, text, " \t,", address_wrong);
}

static bool parse_gateways(struct parsing *parsing, const char *text)
{
	return parse_list(parsing, text, " \t,", gateway_wrong);
}

static bool parse_routes(struct parsing *parsing, const char *text)
{
	return parse_list(parsing, text, ",", route_wrong);
}

static bool parse_guests(struct parsing *parsing, const char *text)
{
	return parse_list(parsing, text, " \t,", guest_wrong);
}

static bool (*const parsers[])(struct parsing *, const char *) = {
	[SCHEMA_TEXT] = parse_text,           [SCHEMA_PATH] = parse_path,
	[SCHEMA_HOSTNAME] = parse_hostname,   [SCHEMA_LINK_NAME] = parse_link_name,
	[SCHEMA_BOOL] = parse_bool,           [SCHEMA_COUNT] = parse_count,
	[SCHEMA_SIZE] = parse_size,           [SCHEMA_DURATION] = parse_duration,
	[SCHEMA_DECIMAL] = parse_decimal,     [SCHEMA_CHOICE] = parse_choice,
	[SCHEMA_SIGNAL] = parse_signal,       [SCHEMA_CAPABILITIES] = parse_capabilities,
	[SCHEMA_MAC] = parse_mac,             [SCHEMA_ADDRESSES] = parse_addresses,
	[SCHEMA_GATEWAYS] = parse_gateways,   [SCHEMA_ROUTES] = parse_routes,
	[SCHEMA_GUESTS] = parse_guests,
};

bool config_value_parse(const struct schema_row *row, const char *text, void *field, char *why, size_t size)
{
	struct parsing parsing = {.row = row, .field = field, .why = why, .size = size};

	if (*text == '\0' && row->type != SCHEMA_CAPABILITIES)
		return WRONG(&parsing, "no value; leave the line out for the default");
	return parsers[row->type](&parsing, text);
}

void config_value_free(const struct schema_row *row, void *field)
{
	switch (row->type) {
	case SCHEMA_TEXT:
	case SCHEMA_PATH:
	case SCHEMA_HOSTNAME:
	case SCHEMA_LINK_NAME:
		free(*(char **)field);
		*(char **)field = NULL;
		break;
	case SCHEMA_ADDRESSES:
	case SCHEMA_GATEWAYS:
	case SCHEMA_GUESTS:
	case SCHEMA_ROUTES:
		list_free(field);
		break;
	default:
		break;
	}
}
