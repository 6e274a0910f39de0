/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lines of a reading of bridges are shown, and in which order; see network.h. A bridge stays above its ports: they are
 * sorted among themselves, and the bridges among each other.
 */
#include "model/network.h"

#include <stdlib.h>
#include <string.h>

static const char *const order_words[MODEL_NET_ORDERS] = {
	[MODEL_NET_BY_NAME] = "name", [MODEL_NET_BY_RECEIVE] = "rx", [MODEL_NET_BY_TRANSMIT] = "tx", [MODEL_NET_BY_DROPS] = "drops",
};

const char *model_network_order_word(enum model_network_order order)
{
	return order_words[order];
}

/* --- all lines, as the kernel has them */

static size_t add_ports(const struct auberge_network *network, size_t bridge, size_t from, struct model_network_line *lines,
                        size_t *count)
{
	size_t at = from;

	for (; at < network->ports_count && network->ports[at].bridge == bridge; at++)
		lines[(*count)++] = (struct model_network_line){.kind = MODEL_PORT, .index = at};
	return at;
}

static size_t make_lines(const struct auberge_network *network, struct model_network_line *lines)
{
	size_t count = 0, port = 0;

	for (size_t i = 0; i < network->bridges_count; i++) {
		lines[count++] = (struct model_network_line){.kind = MODEL_BRIDGE, .index = i};
		port = add_ports(network, i, port, lines, &count);
	}
	if (port == network->ports_count)
		return count;
	lines[count++] = (struct model_network_line){.kind = MODEL_LOOSE};
	add_ports(network, SIZE_MAX, port, lines, &count);
	return count;
}

/* --- filter */

static bool passes(const struct model_network *network, const struct model_network_line *line,
                   const struct model_network_line *bridge)
{
	char words[sizeof network->filter], *rest = words, *word;

	memcpy(words, network->filter, sizeof words);
	while ((word = strsep(&rest, " ")))
		if (*word && !model_network_matches(network, line, word) && !model_network_matches(network, bridge, word))
			return false;
	return true;
}

/* A bridge that passes is shown with those of its ports that do; a port brings its bridge along. */
static size_t choose_lines(const struct model_network *network, struct model_network_line *lines, size_t count)
{
	size_t kept = 0, first;

	for (size_t i = 0; i < count;) {
		struct model_network_line head = lines[i++];
		bool shown = passes(network, &head, &head) && head.kind == MODEL_BRIDGE;

		first = kept++;
		for (; i < count && lines[i].kind == MODEL_PORT; i++)
			if (passes(network, &lines[i], &head))
				lines[kept++] = lines[i];
		lines[first] = head;
		if (!shown && kept == first + 1)
			kept = first;
	}
	return kept;
}

/* --- order */

static double figure(const struct model_network *network, const struct model_network_line *line)
{
	const struct model_network_rate *rate;
	bool port = line->kind == MODEL_PORT;

	if (line->kind == MODEL_LOOSE)
		return -2;
	rate = port ? &network->port_rates[line->index] : &network->bridge_rates[line->index];
	if (network->order == MODEL_NET_BY_DROPS)
		return (double)(port ? network->now->ports[line->index].drops : network->now->bridges[line->index].drops);
	if (!rate->known)
		return -1;
	return network->order == MODEL_NET_BY_RECEIVE ? rate->receive : rate->transmit;
}

/* What is on no bridge stays at the end; equals stay as they were. */
static int compare(const struct model_network *network, const struct model_network_line *a, const struct model_network_line *b)
{
	double left = figure(network, a), right = figure(network, b);
	int result = 0;

	if ((a->kind == MODEL_LOOSE) != (b->kind == MODEL_LOOSE))
		return a->kind == MODEL_LOOSE ? 1 : -1;
	if (network->order != MODEL_NET_BY_NAME)
		result = left < right ? 1 : left > right ? -1 : 0;
	if (result == 0)
		result = a->index < b->index ? -1 : a->index > b->index;
	return network->reverse ? -result : result;
}

static int compare_lines(const void *a, const void *b, void *network)
{
	return compare(network, a, b);
}

/* One line of heads after the other takes its ports along. */
static void sort_lines(struct model_network *network, size_t count)
{
	struct model_network_line *heads = calloc(2 * count + 2, sizeof *heads), *sorted;
	size_t heads_count = 0, at = 0;

	if (!heads) /* as the kernel has them, then */
		return;
	sorted = heads + count + 1;
	for (size_t i = 0; i < count; i++)
		if (network->lines[i].kind != MODEL_PORT)
			heads[heads_count++] = network->lines[i];
	qsort_r(heads, heads_count, sizeof *heads, compare_lines, network);
	for (size_t h = 0; h < heads_count; h++) {
		size_t i = 0, first;

		while (network->lines[i].kind != heads[h].kind || network->lines[i].index != heads[h].index)
			i++;
		sorted[at++] = network->lines[i++];
		for (first = at; i < count && network->lines[i].kind == MODEL_PORT; i++)
			sorted[at++] = network->lines[i];
		qsort_r(sorted + first, at - first, sizeof *sorted, compare_lines, network);
	}
	memcpy(network->lines, sorted, count * sizeof *sorted);
	free(heads);
}

void model_network_arrange(struct model_network *network)
{
	size_t count;

	if (!network->now)
		return;
	network->all_count = make_lines(network->now, network->all);
	memcpy(network->lines, network->all, network->all_count * sizeof *network->lines);
	count = choose_lines(network, network->lines, network->all_count);
	if (network->order != MODEL_NET_BY_NAME || network->reverse)
		sort_lines(network, count);
	for (size_t i = 0; i < count; i++)
		network->lines[i].last = network->lines[i].kind == MODEL_PORT && (i + 1 == count || network->lines[i + 1].kind != MODEL_PORT);
	network->lines_count = count;
}
