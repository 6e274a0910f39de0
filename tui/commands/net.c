/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `auberge net`: the bridges of this host, what hangs on them and whose it is. */
#include "commands/command.h"
#include "commands/report.h"
#include "commands/sample.h"
#include "commands/terminal.h"
#include "model/network_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_COLUMNS 80 /* where the output is no terminal */

static const struct option_row options[] = {
	{.name = "interval", .type = OPTION_DURATION, .argument = "D", .least = 1,
	 .help = "take a second reading after D, and say rates"},
	{.name = NULL},
};

static int read_once(struct call *call, struct model_network *network)
{
	struct auberge_error error = {0};
	struct auberge_network *reading = NULL;
	int result;

	if (auberge_network_read(call->auberge, &reading, &error) < 0)
		return complain_error(&error);
	result = model_network_take(network, reading);
	free(reading);
	return result < 0 ? complain(AUBERGE_FAILED, NULL, "net: out of memory") : 0;
}

/* Moves to column x of the line, which has reached *at, and prints text; width 0: as long as it is. */
static void put_at(int *at, int x, int width, bool right, const char *text)
{
	int columns = (int)auberge_text_columns(text), pad = right && columns < width ? width - columns : 0;

	if (columns == 0)
		return;
	printf("%*s%s", (x > *at ? x - *at : *at > 0) + pad, "", text);
	*at = (x > *at ? x : *at + (*at > 0)) + pad + columns;
}

static void put_table(const struct model_network *network, int columns, bool utf8)
{
	struct model_network_place places[MODEL_NET_COLUMNS];
	size_t count = model_network_layout(places, 0, columns, false);
	int span = model_network_span(places, count), at = 0;
	char text[256];

	for (size_t i = 0; i < count; i++)
		put_at(&at, places[i].x, places[i].width, places[i].right, model_network_heading(network, places[i].column));
	putchar('\n');
	for (size_t k = 0; k < network->lines_count; k++) {
		const struct model_network_line *line = &network->lines[k];

		at = 0;
		if (line->kind != MODEL_PORT) {
			model_network_bridge_text(network, line, span, text, sizeof text);
			put_at(&at, 0, 0, false, text);
		}
		for (size_t i = 0; i < count; i++) {
			model_network_cell(network, line, places[i].column, places[i].width, NULL, utf8, text, sizeof text);
			put_at(&at, places[i].x, places[i].width, places[i].right, text);
		}
		putchar('\n');
	}
}

/* What the table has no room for, a thing a line. */
static void put_warnings(const struct model_network *network)
{
	char text[512], *rest, *part;

	for (size_t i = 0, said = 0; i < network->lines_count; i++) {
		const struct model_network_line *line = &network->lines[i];
		const char *guest = model_network_guest(network, line);

		if (model_network_note(network, line, text, sizeof text) < MODEL_WARN)
			continue;
		for (rest = text; (part = strsep(&rest, ";"));) {
			part += *part == ' ';
			if (strcmp(part, "uplink") == 0)
				continue;
			if (said++ == 0)
				printf("\nwarnings:\n");
			printf("  %s%s%s%s: %s\n", model_network_name(network, line), *guest ? " (" : "", guest, *guest ? ")" : "", part);
		}
	}
}

static int print(struct call *call, const struct model_network *network)
{
	unsigned rows, columns = TABLE_COLUMNS;
	bool terminal = isatty(STDOUT_FILENO);

	if (call->json)
		return output_json(model_json_network(network), 2);
	if (terminal)
		terminal_size(&rows, &columns);
	if (network->lines_count == 0)
		note("this host has no bridge: ip link add br0 type bridge && ip link set br0 up");
	else
		put_table(network, columns < 40 ? 40 : (int)columns, terminal && MB_CUR_MAX > 1);
	put_warnings(network);
	return output_flush();
}

static int run(struct call *call)
{
	int64_t interval = arguments_number(&call->arguments, "interval", 0);
	struct model_network network = {.totals = interval == 0};
	int status = read_once(call, &network);

	if (status == 0 && interval > 0) {
		signals_open();
		status = sample_wait(interval * 1000);
		signals_close();
		if (status == 0)
			status = read_once(call, &network);
	}
	if (status == 0)
		status = print(call, &network);
	model_network_free(&network);
	return status;
}

const struct command command_net = {
	.name = "net",
	.arguments = "",
	.summary = "bridges, their ports and the guest behind each",
	.description =
		"RX and TX are the guest's view on a guest's port, the host's on all others: bytes since the link was made, with "
		"--interval per second. (uplink) is a port that leads on to a network, ? one that is no guest's of ours.\n\n"
		"NOTE: an orphan is a link whose guest does not run (`auberge audit` tells more); duplicate MAC and duplicate "
		"address: two running guests, or a guest and this host, claim one; drops and errors: there were more at the "
		"second reading.",
	.options = options,
	.flags = COMMAND_JSON,
	.run = run,
};
