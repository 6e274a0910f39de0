/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands on the lines of the bridges: columns, cells, notes and the words above and below them; see network.h. */
#include "model/network.h"

#include <stdio.h>
#include <string.h>

/* --- columns */

enum { NARROW, MIDDLE, NORMAL, WIDE, WIDTHS };
static const int from_columns[WIDTHS] = {0, 50, 78, 125};
static const struct {
	const char *head, *total; /* total: the heading of bytes since ever */
	int widths[WIDTHS];       /* 0: not there; -1: the rest */
	bool right;
} columns_table[MODEL_NET_COLUMNS] = {
	[MODEL_NET_NAME] = {"BRIDGE/PORT", NULL, {14, 14, 14, 19}, false},
	[MODEL_NET_GUEST] = {"GUEST", NULL, {9, 9, 9, 20}, false},
	[MODEL_NET_STATE] = {"S", NULL, {0, 0, 1, 1}, false},
	[MODEL_NET_MAC] = {"MAC", NULL, {0, 0, 8, 17}, false},
	[MODEL_NET_ADDRESS] = {"ADDRESS", NULL, {0, 0, 15, 28}, false},
	[MODEL_NET_VLAN] = {"VLAN", NULL, {0, 0, 0, 4}, true},
	[MODEL_NET_RECEIVE] = {"RX/s", "RX", {5, 5, 5, 5}, true},
	[MODEL_NET_TRANSMIT] = {"TX/s", "TX", {0, 5, 5, 5}, true},
	[MODEL_NET_DROPS] = {"DROP", NULL, {0, 4, 4, 6}, true},
	[MODEL_NET_NOTE] = {"NOTE", NULL, {-1, -1, -1, -1}, false},
};

size_t model_network_layout(struct model_network_place places[MODEL_NET_COLUMNS], int x, int columns, bool states)
{
	size_t count = 0, class = WIDTHS - 1;

	while (class > 0 && columns < from_columns[class])
		class--;
	for (int i = 0; i < MODEL_NET_COLUMNS; i++) {
		int width = columns_table[i].widths[class];

		if (width == 0 || (i == MODEL_NET_STATE && !states))
			continue;
		if (width < 0)
			width = columns > x ? columns - x : 0;
		places[count++] = (struct model_network_place){(enum model_network_column)i, x, width, columns_table[i].right};
		x += width + 1;
	}
	return count;
}

const char *model_network_heading(const struct model_network *network, enum model_network_column column)
{
	return network->totals && columns_table[column].total ? columns_table[column].total : columns_table[column].head;
}

int model_network_span(const struct model_network_place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].column == MODEL_NET_RECEIVE)
			return places[i].x - 1;
	return 0;
}

/* --- notes: which words weigh what, and how they are said where there is no room */

static const struct {
	const char *words, *brief, *one, *many; /* many: as counted in the warnings; NULL: no warning */
	enum model_level level;
} notes[] = {
	{"duplicate MAC", "dup. MAC", "dup. MAC", "dup. MACs", MODEL_BAD},
	{"duplicate address", "dup. addr", "dup. address", "dup. addresses", MODEL_BAD},
	{"orphan", "orphan", "orphan", "orphans", MODEL_WARN},
	{"drops", "drops", "with drops", "with drops", MODEL_WARN},
	{"errors", "errors", "with errors", "with errors", MODEL_WARN},
	{"no carrier", "no carrier", "no carrier", "no carrier", MODEL_WARN},
	{"down", "down", "down", "down", MODEL_WARN},
	{"no uplink", "no uplink", NULL, NULL, MODEL_QUIET},
	{"unused", "unused", NULL, NULL, MODEL_QUIET},
};
#define NOTES (sizeof notes / sizeof notes[0])
#define ORPHAN 2

static void add_words(char *out, size_t size, const char *words)
{
	size_t length = strlen(out);

	if (*words)
		snprintf(out + length, size - length, "%s%s", length ? "; " : "", words);
}

/* "drops" is no part of another word: a guest may be called so. */
static bool says(const char *note, const char *words)
{
	for (const char *at = note; at; at = strstr(at, "; ")) {
		at += at == note ? 0 : 2;
		if (strncmp(at, words, strlen(words)) == 0)
			return true;
	}
	return false;
}

static bool unused(const struct auberge_bridge *bridge)
{
	return bridge->ports_count == 0;
}

enum model_level model_network_note(const struct model_network *network, const struct model_network_line *line, char *out,
                                    size_t size)
{
	const struct model_network_rate *rate;
	enum model_level level = MODEL_QUIET;

	out[0] = '\0';
	if (line->kind == MODEL_LOOSE)
		return level;
	rate = line->kind == MODEL_BRIDGE ? &network->bridge_rates[line->index] : &network->port_rates[line->index];
	if (line->kind == MODEL_PORT && network->now->ports[line->index].uplink)
		add_words(out, size, "uplink");
	add_words(out, size, line->kind == MODEL_BRIDGE ? network->now->bridges[line->index].note :
	                                                  network->now->ports[line->index].note);
	if (rate->drops)
		add_words(out, size, "drops");
	if (rate->errors)
		add_words(out, size, "errors");
	for (size_t i = 0; i < NOTES; i++)
		if (notes[i].level > level && says(out, notes[i].words))
			level = notes[i].level;
	/* Nobody misses what nobody uses. */
	if (line->kind == MODEL_BRIDGE && level == MODEL_WARN && unused(&network->now->bridges[line->index]))
		level = MODEL_QUIET;
	return level;
}

enum model_level model_network_warnings(const struct model_network *network, char *out, size_t size)
{
	size_t counts[NOTES] = {0}, length = 0;
	enum model_level worst = MODEL_QUIET;
	char note[192];

	out[0] = '\0';
	for (size_t i = 0; i < network->all_count; i++) {
		enum model_level level = model_network_note(network, &network->all[i], note, sizeof note);

		for (size_t k = 0; k < NOTES && level >= MODEL_WARN; k++) {
			bool said = notes[k].many && says(note, notes[k].words);

			counts[k] += said;
			if (said && k == ORPHAN) /* that it is without carrier goes without saying */
				break;
		}
		worst = level > worst ? level : worst;
	}
	for (size_t k = 0; k < NOTES && length < size; k++)
		if (counts[k] > 0)
			length += (size_t)snprintf(out + length, size - length, "%s%zu %s", length ? ", " : "", counts[k],
			                           counts[k] == 1 ? notes[k].one : notes[k].many);
	return worst;
}

static const char *brief_words(const char *part, size_t length)
{
	for (size_t i = 0; i < NOTES; i++)
		if (length >= strlen(notes[i].words) && strncmp(part, notes[i].words, strlen(notes[i].words)) == 0)
			return notes[i].brief;
	return NULL;
}

/* What fits: the whole note, else its parts in few words, of the first at least as much as there is room for. */
static void brief_note(const char *note, int width, bool uplink, char *out, size_t size)
{
	const char *from = note, *end;

	if (uplink) /* the GUEST column has it */
		from += strncmp(note, "uplink; ", 8) == 0 ? 8 : 6;
	snprintf(out, size, "%s", from);
	if ((int)auberge_text_columns(out) <= width)
		return;
	out[0] = '\0';
	for (; *from; from = *end ? end + 2 : end) {
		char part[192];
		size_t length, used = strlen(out);

		end = strstr(from, "; ");
		end = end ? end : from + strlen(from);
		length = (size_t)(end - from);
		if (brief_words(from, length))
			snprintf(part, sizeof part, "%s", brief_words(from, length));
		else
			snprintf(part, sizeof part, "%.*s", (int)length, from);
		if (used && (int)(auberge_text_columns(out) + 2 + auberge_text_columns(part)) > width)
			return;
		snprintf(out + used, size - used, "%s%s", used ? ", " : "", part);
	}
}

/* --- bridges */

struct piece {
	char text[96];
	int weight; /* the largest stays longest */
};

static void choose_pieces(struct piece *pieces, size_t count, int columns)
{
	for (;;) {
		size_t least = count;
		int total = -2;

		for (size_t i = 0; i < count; i++) {
			if (pieces[i].text[0] == '\0')
				continue;
			total += (int)auberge_text_columns(pieces[i].text) + 2;
			if (least == count || pieces[i].weight < pieces[least].weight)
				least = i;
		}
		if (total <= columns || least == count || pieces[least].weight == 9)
			return;
		pieces[least].text[0] = '\0';
	}
}

void model_network_bridge_text(const struct model_network *network, const struct model_network_line *line, int columns,
                               char *out, size_t size)
{
	struct piece pieces[7] = {{"", 9}, {"", 8}, {"", 7}, {"", 4}, {"", 5}, {"", 3}, {"", 6}};
	const struct auberge_bridge *bridge;
	char cut[96];
	size_t length = 0;

	if (line->kind == MODEL_LOOSE) {
		snprintf(out, size, "on no bridge");
		return;
	}
	bridge = &network->now->bridges[line->index];
	snprintf(pieces[0].text, sizeof pieces[0].text, "%s", bridge->name);
	snprintf(pieces[1].text, sizeof pieces[1].text, "%s", !bridge->up ? "DOWN" : bridge->carrier ? "up" : "NO CARRIER");
	if (bridge->vlan)
		snprintf(pieces[2].text, sizeof pieces[2].text, "vlan %u", bridge->vlan);
	else if (bridge->vlan_filtering)
		snprintf(pieces[2].text, sizeof pieces[2].text, "vlans");
	if (bridge->addresses_count)
		snprintf(pieces[3].text, sizeof pieces[3].text, "%s", bridge->addresses[0]);
	snprintf(pieces[4].text, sizeof pieces[4].text, "stp %s", bridge->stp ? "on" : "off");
	snprintf(pieces[5].text, sizeof pieces[5].text, "mtu %u", bridge->mtu);
	snprintf(pieces[6].text, sizeof pieces[6].text, "%u port%s", bridge->ports_count, bridge->ports_count == 1 ? "" : "s");
	choose_pieces(pieces, sizeof pieces / sizeof pieces[0], columns);
	out[0] = '\0';
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0] && length < size; i++)
		if (pieces[i].text[0])
			length += (size_t)snprintf(out + length, size - length, "%s%s", length ? "  " : "", pieces[i].text);
	snprintf(cut, sizeof cut, "%s", out);
	model_cut_middle(out, size, cut, columns);
}

/* --- cells */

static void put_count(uint64_t count, char *out, size_t size)
{
	if (count < 10000)
		snprintf(out, size, "%llu", (unsigned long long)count);
	else if (count < 1000000)
		snprintf(out, size, "%lluk", (unsigned long long)count / 1000);
	else if (count < 1000000000)
		snprintf(out, size, "%lluM", (unsigned long long)count / 1000000);
	else
		snprintf(out, size, "%lluG", (unsigned long long)count / 1000000000);
}

/* With one reading yet to come "…"; without carrier, or where the counters began anew, "-". */
static void put_bytes(const struct model_network *network, const struct model_network_rate *rate, double per_second,
                      uint64_t total, char *out, size_t size)
{
	if (network->totals)
		auberge_format_size(out, size, total);
	else if (rate->known && per_second < 1)
		snprintf(out, size, "0");
	else if (rate->known)
		auberge_format_size(out, size, (uint64_t)per_second);
	else
		snprintf(out, size, "%s", network->before ? "-" : "…");
}

static void put_name(const struct model_network *network, const struct model_network_line *line, int width, bool utf8,
                     char *out, size_t size)
{
	char name[64];

	model_cut_middle(name, sizeof name, model_network_name(network, line), width - 3);
	snprintf(out, size, "%s %s", utf8 ? line->last ? "└─" : "├─" : line->last ? "`-" : "|-", name);
}

static void put_mac(const struct auberge_port *port, int width, char *out, size_t size)
{
	if (!port->mac[0])
		snprintf(out, size, "-");
	else if (width >= 17)
		snprintf(out, size, "%s", port->mac);
	else
		snprintf(out, size, "..%s", port->mac + strlen(port->mac) - 6);
}

static void put_address(const struct auberge_port *port, int width, char *out, size_t size)
{
	char text[64], more[16] = "";

	if (port->addresses_count == 0) {
		snprintf(out, size, "-");
		return;
	}
	snprintf(text, sizeof text, "%s", port->addresses[0]);
	text[strcspn(text, "/")] = '\0';
	if (port->addresses_count > 1)
		snprintf(more, sizeof more, "+%u", port->addresses_count - 1);
	model_cut_middle(out, size, text, width - (int)strlen(more));
	snprintf(out + strlen(out), size - strlen(out), "%s", more);
}

static enum model_level put_guest(const struct auberge_port *port, int width, char *out, size_t size)
{
	const char *word = port->guest[0] ? port->guest : port->uplink ? "(uplink)" : "?";

	model_cut_middle(out, size, word, width);
	return port->guest[0] && !port->orphan ? MODEL_PLAIN : MODEL_QUIET;
}

static enum model_level put_state(const struct auberge_port *port, const struct model *guests, char *out, size_t size)
{
	const struct model_row *row = port->guest[0] && guests ? model_find(guests, port->guest) : NULL;

	snprintf(out, size, "%c", port->uplink ? 'U' : row ? model_state_glyph(row) : '-');
	return MODEL_PLAIN;
}

/* The three columns of figures that bridges and ports share. */
static enum model_level put_figure(const struct model_network *network, const struct model_network_line *line,
                                   enum model_network_column column, char *out, size_t size)
{
	const struct auberge_bridge *bridge = line->kind == MODEL_BRIDGE ? &network->now->bridges[line->index] : NULL;
	const struct auberge_port *port = bridge ? NULL : &network->now->ports[line->index];
	const struct model_network_rate *rate = bridge ? &network->bridge_rates[line->index] : &network->port_rates[line->index];

	if (bridge && !bridge->carrier) {
		snprintf(out, size, "-");
		return MODEL_QUIET;
	}
	if (column == MODEL_NET_RECEIVE)
		put_bytes(network, rate, rate->receive, bridge ? bridge->receive_bytes : port->receive_bytes, out, size);
	else if (column == MODEL_NET_TRANSMIT)
		put_bytes(network, rate, rate->transmit, bridge ? bridge->transmit_bytes : port->transmit_bytes, out, size);
	else
		put_count(bridge ? bridge->drops : port->drops, out, size);
	return column == MODEL_NET_DROPS && rate->drops ? MODEL_WARN : MODEL_PLAIN;
}

enum model_level model_network_cell(const struct model_network *network, const struct model_network_line *line,
                                    enum model_network_column column, int width, const struct model *guests, bool utf8,
                                    char *out, size_t size)
{
	const struct auberge_port *port = line->kind == MODEL_PORT ? &network->now->ports[line->index] : NULL;
	enum model_level level;
	char note[192];

	out[0] = '\0';
	if (line->kind == MODEL_LOOSE)
		return MODEL_PLAIN;
	if (column == MODEL_NET_NOTE) {
		level = model_network_note(network, line, note, sizeof note);
		brief_note(note, width, port && port->uplink, out, size);
		return level;
	}
	if (column >= MODEL_NET_RECEIVE)
		return put_figure(network, line, column, out, size);
	if (!port)
		return MODEL_PLAIN;
	if (column == MODEL_NET_GUEST)
		return put_guest(port, width, out, size);
	if (column == MODEL_NET_STATE)
		return put_state(port, guests, out, size);
	if (column == MODEL_NET_NAME)
		put_name(network, line, width, utf8, out, size);
	else if (column == MODEL_NET_MAC)
		put_mac(port, width, out, size);
	else if (column == MODEL_NET_ADDRESS)
		put_address(port, width, out, size);
	else if (port->vlan)
		snprintf(out, size, "%u", port->vlan);
	return MODEL_PLAIN;
}

/* --- one line in full */

static void add_list(char *out, size_t size, const char (*items)[64], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		size_t length = strlen(out);

		snprintf(out + length, size - length, "  %s", items[i]);
	}
}

void model_network_detail(const struct model_network *network, const struct model_network_line *line, char *out, size_t size)
{
	const struct auberge_port *port = line->kind == MODEL_PORT ? &network->now->ports[line->index] : NULL;
	const struct auberge_bridge *bridge = line->kind == MODEL_BRIDGE ? &network->now->bridges[line->index] : NULL;
	char note[192];

	model_network_note(network, line, note, sizeof note);
	if (port) {
		snprintf(out, size, "%s%s%s%s%s%s%s  mtu %u  %s", port->name, port->guest[0] ? " " : "", port->guest,
		         port->interface[0] ? " " : "", port->interface, note[0] ? ": " : "", note, port->mtu, port->mac);
		add_list(out, size, (const char (*)[64])port->addresses, port->addresses_count);
	} else if (bridge) {
		snprintf(out, size, "%s%s%s%s%s  stp %s  mtu %u", bridge->name, note[0] ? ": " : "", note,
		         bridge->uplink[0] ? "  uplink " : "", bridge->uplink, bridge->stp ? "on" : "off", bridge->mtu);
		add_list(out, size, (const char (*)[64])bridge->addresses, bridge->addresses_count);
	} else {
		snprintf(out, size, "links of guests, and orphans, that are ports of no bridge");
	}
}

void model_network_capture(const struct model_network *network, const struct model_network_line *line, char *out, size_t size)
{
	const char *name = model_network_name(network, line);
	char quoted[4 * AUBERGE_LINK_SIZE + 3] = "";
	size_t length = 0;

	out[0] = '\0';
	if (!*name)
		return;
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@")] == '\0' && *name != '-') {
		snprintf(out, size, "tcpdump -nei %s", name);
		return;
	}
	for (const char *at = name; *at; at++) /* ' ends the quotes, an escaped one follows, and they begin again */
		length += (size_t)snprintf(quoted + length, sizeof quoted - length, *at == '\'' ? "'\\''" : "%c", *at);
	snprintf(out, size, "tcpdump -ne --interface='%s'", quoted);
}
