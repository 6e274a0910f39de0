/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest screen's network: each link with its bridge, end on the host, MAC, addresses, rates, drops. Owns nothing. */
#include "screens/guest/guest.h"

#include "widgets/grid.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EVERY_MS 2000

static const struct grid_column columns[] = {
	{"LINK", 8, false, 0}, {"BRIDGE", 10, false, 0}, {"ON HOST", 15, false, 6}, {"MAC", 17, false, 5},
	{"VLAN", 4, true, 2},  {"MTU", 5, true, 1},      {"RX/s", 5, true, 0},      {"TX/s", 5, true, 0},
	{"DROP", 6, true, 4},  {"STATE", -1, false, 3},
};
#define COLUMNS (sizeof columns / sizeof columns[0])

static const struct auberge_network *network_of(const struct app *app)
{
	const struct source_answer *answer = ask_answer(app, TOPIC_NETWORK, "");

	return answer && answer->count > 0 && !answer->error.code ? answer->items : NULL;
}

/* --- rates */

static const struct guest_port *known_port(const struct guest_network *state, const char *name)
{
	for (size_t i = 0; i < state->ports_count; i++)
		if (strcmp(state->ports[i].name, name) == 0)
			return &state->ports[i];
	return NULL;
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now >= before ? (double)(now - before) / seconds : (double)NAN;
}

static void take(struct guest_screen *guest, const struct auberge_network *network)
{
	struct guest_network before = guest->network, *state = &guest->network;
	double seconds = (double)(network->time_usec - before.time_usec) / 1e6;

	if (network->time_usec <= before.time_usec)
		return;
	state->time_usec = network->time_usec;
	state->ports_count = 0;
	for (size_t i = 0; i < network->ports_count && state->ports_count < GUEST_PORTS; i++) {
		const struct auberge_port *port = &network->ports[i];
		const struct guest_port *old = known_port(&before, port->name);
		struct guest_port *now = &state->ports[state->ports_count];

		if (strcmp(port->guest, guest->name) != 0)
			continue;
		*now = (struct guest_port){.receive_bytes = port->receive_bytes, .transmit_bytes = port->transmit_bytes,
		                           .receive_rate = NAN, .transmit_rate = NAN};
		snprintf(now->name, sizeof now->name, "%s", port->name);
		if (old) {
			now->receive_rate = rate(port->receive_bytes, old->receive_bytes, seconds);
			now->transmit_rate = rate(port->transmit_bytes, old->transmit_bytes, seconds);
		}
		state->ports_count++;
	}
}

static void tick(struct app *app, struct guest_screen *guest)
{
	const struct auberge_network *network;

	ask_tick(app, &guest->network.ask, TOPIC_NETWORK, "", EVERY_MS);
	network = network_of(app);
	if (network)
		take(guest, network);
}

/* --- drawing */

static void format_rate(double value, char *out, size_t size)
{
	if (isnan(value))
		snprintf(out, size, "…");
	else
		auberge_format_size(out, size, (uint64_t)value);
}

static void draw_port(struct app *app, const struct guest_screen *guest, const struct auberge_network *network,
                      const struct auberge_port *port, int line)
{
	const struct guest_port *known = known_port(&guest->network, port->name);
	char vlan[8] = "-", mtu[8], receive[16], transmit[16], drops[24];
	const char *bridge = port->bridge < network->bridges_count ? network->bridges[port->bridge].name : "-";
	const char *texts[COLUMNS] = {port->interface[0] ? port->interface : "-", bridge, port->name, port->mac, vlan, mtu,
	                              receive, transmit, drops, !port->up ? "down" : port->carrier ? "up" : "no carrier"};
	enum role roles[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		roles[i] = ROLE_TEXT;
	roles[8] = port->drops > 0 ? ROLE_WARN : ROLE_TEXT;
	roles[9] = port->up && port->carrier ? ROLE_OK : ROLE_WARN;
	if (port->vlan > 0)
		snprintf(vlan, sizeof vlan, "%u", port->vlan % 10000);
	snprintf(mtu, sizeof mtu, "%u", port->mtu % 1000000);
	snprintf(drops, sizeof drops, "%" PRIu64, port->drops);
	format_rate(known ? known->receive_rate : (double)NAN, receive, sizeof receive);
	format_rate(known ? known->transmit_rate : (double)NAN, transmit, sizeof transmit);
	grid_row(app->screen, line, 0, screen_columns(app->screen), columns, COLUMNS, texts, roles, false);
}

/* What the listing knows without a look at the bridges. */
static void draw_known(struct app *app, const struct model_row *row, int line, int height)
{
	const struct auberge_guest *guest = &row->guest;
	char text[256], receive[16], transmit[16];
	int at = 0;

	for (unsigned i = 0; i < guest->bridges_count && at < height; i++) {
		snprintf(text, sizeof text, "bridge %-15s link on the host %s", guest->bridges[i], i < guest->links_count ? guest->links[i] : "-");
		screen_text(app->screen, line + at++, 2, screen_columns(app->screen) - 2, ROLE_TEXT, text);
	}
	if (row->rates & MODEL_RATE_NET && at < height) {
		auberge_format_size(receive, sizeof receive, (uint64_t)row->receive_rate);
		auberge_format_size(transmit, sizeof transmit, (uint64_t)row->transmit_rate);
		snprintf(text, sizeof text, "all of them: received %s/s, sent %s/s", receive, transmit);
		screen_text(app->screen, line + at++, 2, -1, ROLE_TEXT, text);
	}
	if (guest->bridges_count == 0 && at < height)
		screen_text(app->screen, line + at, 2, -1, ROLE_TEXT, "no link is configured");
}

/* Returns how many there are. */
static int draw_ports(struct app *app, const struct guest_screen *guest, const struct auberge_network *network, int line, int height)
{
	int at = 0;

	for (size_t i = 0; i < network->ports_count; i++)
		if (strcmp(network->ports[i].guest, guest->name) == 0 && ++at < height)
			draw_port(app, guest, network, &network->ports[i], line + at);
	if (at > 0)
		grid_heading(app->screen, line, 0, screen_columns(app->screen), columns, COLUMNS);
	return at;
}

/* What is wrong with a link has a line of its own: it is longer than a column. */
static void add_notes(struct page *page, const struct guest_screen *guest, const struct auberge_network *network)
{
	for (size_t i = 0; i < network->ports_count; i++) {
		const struct auberge_port *port = &network->ports[i];

		if (strcmp(port->guest, guest->name) == 0 && port->note[0])
			page_say(page, ROLE_WARN, "  %s: %s", port->interface[0] ? port->interface : port->name, port->note);
	}
}

static void add_addresses(struct page *page, const struct auberge_guest *guest, bool root)
{
	char text[AUBERGE_ADDRESSES_MAX * 66 + 16] = "  addresses:";

	for (unsigned i = 0; i < guest->addresses_count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " %s", guest->addresses[i]);
	page_add(page, ROLE_TEXT, 13, NULL, guest->addresses_count > 0 ? text :
	         root ? "  addresses: none configured" : "  addresses: not known (you are not root)");
}

static void draw(struct app *app, struct guest_screen *guest, const struct model_row *row, int line, int height)
{
	const struct source_answer *answer = ask_answer(app, TOPIC_NETWORK, "");
	const struct auberge_network *network = network_of(app);
	struct page *page = &guest->pages[TAB_NETWORK];
	int used = network ? draw_ports(app, guest, network, line, height) + 1 : 1;

	if (used == 1) { /* it does not run, or the bridges cannot be read */
		used = (int)(row->guest.bridges_count > 0 ? row->guest.bridges_count : 1) + 1;
		draw_known(app, row, line, used);
	}
	if (answer && answer->error.code)
		page_say(page, ROLE_WARN, "  %.400s", answer->error.text);
	if (network)
		add_notes(page, guest, network);
	add_addresses(page, &row->guest, app->source->root);
	page_draw(page, app->screen, line + used + 1, height - used - 1);
}

const struct guest_tab guest_network_tab = {.name = "Network", .tick = tick, .draw = draw};
