/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes from a process that reads for the screens: framing, and whatever is in it. */
#include "model/message.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t seen; /* so that nothing is optimised away */

static void look(const struct message *message)
{
	struct message_counters counters;
	struct message_answer answer;
	struct auberge_guest guest;
	struct auberge_error error;
	struct auberge_host host;
	struct message_ask ask;
	const char *items, *text;
	size_t length;

	if (message_take_guest(message, &guest))
		seen += strlen(guest.problem) + strlen(guest.rootfs) + guest.bridges_count + strlen(guest.addresses[15]);
	if (message_take_host(message, &host))
		seen += strlen(host.name);
	if (message_take_counters(message, &counters))
		seen += strlen(counters.name) + strlen(counters.counters.blocked_command) + strlen(counters.counters.oom_victim);
	if (message_take_error(message, &error))
		seen += strlen(error.text) + strlen(error.remedy);
	if (message_take_ask(message, &ask))
		seen += strlen(ask.name);
	for (size_t at = 0; (text = message_string(message, &at));)
		seen += strlen(text);
	if (message_take_answer(message, 0, &answer, &items, &length) && length >= sizeof(struct auberge_network)) {
		struct auberge_network *network = malloc(length);

		memcpy(network, items, length);
		if (message_unpack_network(network, length))
			for (size_t i = 0; i < network->ports_count; i++)
				seen += strlen(network->ports[i].note) + (network->ports[i].bridge < network->bridges_count);
		free(network);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_reader reader = {0};
	struct message message;
	int ends[2];

	if (size > 32768 || pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
		return 0;
	for (size_t done = 0; done < size;) {
		size_t part = size - done < 9000 ? size - done : 9000;

		if (write(ends[1], data + done, part) != (ssize_t)part || message_read(&reader, ends[0]) < 0)
			break;
		done += part;
		while (message_next(&reader, &message) > 0)
			look(&message);
	}
	message_reader_free(&reader);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
