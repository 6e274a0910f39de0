/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges and their ports as they are shown, without curses: lines, cells, notes, what is searched, and rates from two
 * readings. The screen, `net` and its JSON are all made from this.
 *
 * Owns copies of the readings: an answer of the source may go at the next turn of the loop.
 */
#ifndef MODEL_NETWORK_H
#define MODEL_NETWORK_H

#include "model/model.h"

struct model_network_rate {
	bool known;               /* two readings, and the counters went on */
	double receive, transmit; /* bytes per second */
	bool drops, errors;       /* more of them than before */
};

enum model_network_kind { MODEL_BRIDGE, MODEL_PORT, MODEL_LOOSE /* the heading of what is on no bridge */ };
struct model_network_line {
	enum model_network_kind kind;
	size_t index; /* of the bridge or the port */
	bool last;    /* of its bridge's ports */
};

/* Of the lines: by name as the kernel has them, by a figure the largest first. */
enum model_network_order { MODEL_NET_BY_NAME, MODEL_NET_BY_RECEIVE, MODEL_NET_BY_TRANSMIT, MODEL_NET_BY_DROPS, MODEL_NET_ORDERS };

struct model_network {
	struct auberge_network *now, *before; /* NULL: not read yet */
	struct model_network_rate *bridge_rates, *port_rates;
	struct model_network_line *lines; /* each bridge, its ports below it: those that pass the filter, in the order wanted */
	size_t lines_count;
	struct model_network_line *all;   /* whatever the filter */
	size_t all_count;
	char filter[256]; /* words, all wanted in a line or in that of its bridge; empty: none. model_network_arrange() after a change */
	enum model_network_order order;
	bool reverse;
	bool totals; /* show bytes since the link was made, no rates: one reading is all there will be */
};
void model_network_free(struct model_network *network);
/* Takes a copy as the newest reading; one that is there already (by its time) changes nothing. 0, or -1: no memory. */
int model_network_take(struct model_network *network, const struct auberge_network *reading);

/* Chooses and sorts the lines anew. */
void model_network_arrange(struct model_network *network);
const char *model_network_order_word(enum model_network_order order);
/* Has the line that text in name, guest, interface, MAC, addresses or the words of its note? */
bool model_network_matches(const struct model_network *network, const struct model_network_line *line, const char *text);

/* --- lines and cells */

enum model_network_column {
	MODEL_NET_NAME, MODEL_NET_GUEST, MODEL_NET_STATE, MODEL_NET_MAC, MODEL_NET_ADDRESS, MODEL_NET_VLAN, MODEL_NET_RECEIVE,
	MODEL_NET_TRANSMIT, MODEL_NET_DROPS, MODEL_NET_NOTE, MODEL_NET_COLUMNS,
};
struct model_network_place {
	enum model_network_column column;
	int x, width;
	bool right;
};
/* Which columns stand where on so many, from x on; NOTE has the rest. states: the guests' states are known. Returns how
 * many. */
size_t model_network_layout(struct model_network_place places[MODEL_NET_COLUMNS], int x, int columns, bool states);
const char *model_network_heading(const struct model_network *network, enum model_network_column column);
/* A bridge's cells before RECEIVE are one text: up to which x it may go. */
int model_network_span(const struct model_network_place *places, size_t count);
void model_network_bridge_text(const struct model_network *network, const struct model_network_line *line, int columns,
                               char *out, size_t size);
/* The text of a cell in so many columns, not padded. guests: for the state, may be NULL. utf8: tree of lines. */
enum model_level model_network_cell(const struct model_network *network, const struct model_network_line *line,
                                    enum model_network_column column, int width, const struct model *guests, bool utf8,
                                    char *out, size_t size);

/* --- what is said of a line */

/* The whole note, what the rates tell included: "uplink; no carrier". Its level by the worst of it. */
enum model_level model_network_note(const struct model_network *network, const struct model_network_line *line, char *out,
                                    size_t size);
/* Everything that a narrow line leaves out, the note first. */
void model_network_detail(const struct model_network *network, const struct model_network_line *line, char *out, size_t size);
/* "2 orphans, 1 duplicate MAC": what is wrong at all; empty: nothing. Returns its level. */
enum model_level model_network_warnings(const struct model_network *network, char *out, size_t size);
/* The name of the link, empty for MODEL_LOOSE; and of the guest behind it, empty: none. */
const char *model_network_name(const struct model_network *network, const struct model_network_line *line);
const char *model_network_guest(const struct model_network *network, const struct model_network_line *line);
/* The index of the line of that link; -1: none. */
ssize_t model_network_find(const struct model_network *network, const char *name);
/* The next line after (step 1) or before (-1) from that has the text in name, guest, interface, MAC, addresses or the
 * words of the note;
 * round the end; -1 none. */
ssize_t model_network_search(const struct model_network *network, ssize_t from, int step, const char *text);
/* The tcpdump(8) line that listens there, quoted for a shell. Empty for MODEL_LOOSE. */
void model_network_capture(const struct model_network *network, const struct model_network_line *line, char *out, size_t size);

#endif
