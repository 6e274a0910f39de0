/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages between the screens and the processes that read for them; see message.h. */
#include "model/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER 8
#define READ_SIZE (64u << 10)
#define KEPT_ROOM (256u << 10) /* a larger buffer is given back when it has run empty */

#define END(text) ((text)[sizeof(text) - 1] = '\0')

static bool make_room(struct message_reader *reader)
{
	size_t room = reader->room ? reader->room : READ_SIZE;
	char *more;

	if (reader->start > 0)
		memmove(reader->data, reader->data + reader->start, reader->length);
	reader->start = 0;
	while (room - reader->length < READ_SIZE)
		room *= 2;
	if (room == reader->room)
		return true;
	more = realloc(reader->data, room);
	if (!more)
		return false;
	reader->data = more;
	reader->room = room;
	return true;
}

int message_read(struct message_reader *reader, int fd)
{
	ssize_t got;

	if (reader->length == 0 && reader->room > KEPT_ROOM)
		message_reader_free(reader);
	if (!make_room(reader))
		return -1;
	do
		got = read(fd, reader->data + reader->length, reader->room - reader->length);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? 0 : -1;
	reader->length += (size_t)got;
	return got > 0 ? 1 : -1;
}

int message_next(struct message_reader *reader, struct message *message)
{
	const char *at = reader->data + reader->start;

	if (reader->length < HEADER)
		return 0;
	memcpy(&message->kind, at, sizeof message->kind);
	memcpy(&message->length, at + sizeof message->kind, sizeof message->length);
	if (message->kind < MESSAGE_ROUND || message->kind > MESSAGE_ANSWER || message->length > MESSAGE_MAX)
		return -1;
	if (reader->length - HEADER < message->length)
		return 0;
	message->data = at + HEADER;
	reader->start += HEADER + message->length;
	reader->length -= HEADER + message->length;
	return 1;
}

void message_reader_free(struct message_reader *reader)
{
	free(reader->data);
	*reader = (struct message_reader){0};
}

size_t message_put(char *out, enum message_kind kind, const void *first, size_t first_length, const void *second,
                   size_t second_length)
{
	uint32_t header[2] = {kind, (uint32_t)(first_length + second_length)};

	memcpy(out, header, sizeof header);
	if (first_length > 0)
		memcpy(out + HEADER, first, first_length);
	if (second_length > 0)
		memcpy(out + HEADER + first_length, second, second_length);
	return HEADER + first_length + second_length;
}

/* --- what is in them */

static bool take_whole(const struct message *message, enum message_kind kind, void *out, size_t size)
{
	if (message->kind != kind || message->length != size)
		return false;
	memcpy(out, message->data, size);
	return true;
}

/* A bool that is neither true nor false would be undefined to read. */
static bool is_bool(const bool *value)
{
	unsigned char byte;

	memcpy(&byte, value, sizeof byte);
	return byte <= 1;
}

bool message_take_guest(const struct message *message, struct auberge_guest *guest)
{
	if (!take_whole(message, MESSAGE_GUEST, guest, sizeof *guest))
		return false;
	END(guest->name);
	if (!auberge_name_valid(guest->name) || (unsigned)guest->kind > AUBERGE_VM ||
	    (unsigned)guest->state > AUBERGE_INCOMPLETE || (unsigned)guest->supervision > AUBERGE_SUPERVISION_NOT_ANSWERING)
		return false;
	if (!is_bool(&guest->running) || !is_bool(&guest->ready) || !is_bool(&guest->autostart) ||
	    !is_bool(&guest->privileged) || !is_bool(&guest->last_end.known) || !is_bool(&guest->last_end.bad))
		return false;
	if (guest->bridges_count > AUBERGE_LINKS_MAX || guest->links_count > AUBERGE_LINKS_MAX ||
	    guest->addresses_count > AUBERGE_ADDRESSES_MAX)
		return false;
	for (size_t i = 0; i < AUBERGE_LINKS_MAX; i++) {
		END(guest->bridges[i]);
		END(guest->links[i]);
		END(guest->macs[i]);
	}
	for (size_t i = 0; i < AUBERGE_ADDRESSES_MAX; i++)
		END(guest->addresses[i]);
	END(guest->last_end.cause);
	END(guest->last_end.detail);
	END(guest->problem);
	END(guest->rootfs);
	return true;
}

bool message_take_host(const struct message *message, struct auberge_host *host)
{
	if (!take_whole(message, MESSAGE_HOST, host, sizeof *host))
		return false;
	END(host->name);
	return true;
}

bool message_take_counters(const struct message *message, struct message_counters *counters)
{
	if (!take_whole(message, MESSAGE_COUNTERS, counters, sizeof *counters))
		return false;
	END(counters->name);
	END(counters->counters.blocked_command);
	END(counters->counters.oom_victim);
	return auberge_name_valid(counters->name);
}

static bool end_error(struct auberge_error *error)
{
	END(error->text);
	END(error->remedy);
	return (unsigned)error->code <= AUBERGE_NOT_PERMITTED;
}

bool message_take_error(const struct message *message, struct auberge_error *error)
{
	return take_whole(message, MESSAGE_ERROR, error, sizeof *error) && end_error(error);
}

const char *message_string(const struct message *message, size_t *at)
{
	const char *text = message->data + *at, *end;

	if (*at >= message->length)
		return NULL;
	end = memchr(text, '\0', message->length - *at);
	if (!end)
		return NULL;
	*at += (size_t)(end - text) + 1;
	return text;
}

bool message_take_ask(const struct message *message, struct message_ask *ask)
{
	if (message->kind != MESSAGE_ASK || message->length < sizeof *ask)
		return false;
	memcpy(ask, message->data, sizeof *ask);
	END(ask->name);
	return true;
}

bool message_take_answer(const struct message *message, size_t item_size, struct message_answer *answer,
                         const char **items, size_t *items_length)
{
	if (message->kind != MESSAGE_ANSWER || message->length < sizeof *answer)
		return false;
	memcpy(answer, message->data, sizeof *answer);
	END(answer->name);
	*items = message->data + sizeof *answer;
	*items_length = message->length - sizeof *answer;
	if (!end_error(&answer->error))
		return false;
	return item_size == 0 || *items_length == (size_t)answer->count * item_size;
}

void message_pack_network(struct auberge_network *network)
{
	const char *base = (const char *)network;

	network->bridges = (void *)(uintptr_t)((const char *)network->bridges - base);
	network->ports = (void *)(uintptr_t)((const char *)network->ports - base);
}

/* Is there an array of so many in length bytes from that offset on? */
static bool is_inside(size_t offset, size_t count, size_t item, size_t alignment, size_t length)
{
	return offset >= sizeof(struct auberge_network) && offset <= length && offset % alignment == 0 &&
	       count <= (length - offset) / item;
}

static bool check_bridge(struct auberge_bridge *bridge)
{
	END(bridge->name);
	END(bridge->uplink);
	END(bridge->note);
	for (size_t i = 0; i < sizeof bridge->addresses / sizeof bridge->addresses[0]; i++)
		END(bridge->addresses[i]);
	return bridge->addresses_count <= sizeof bridge->addresses / sizeof bridge->addresses[0] && is_bool(&bridge->up) &&
	       is_bool(&bridge->carrier) && is_bool(&bridge->stp) && is_bool(&bridge->vlan_filtering);
}

static bool check_port(struct auberge_port *port, size_t bridges)
{
	END(port->name);
	END(port->guest);
	END(port->interface);
	END(port->mac);
	END(port->note);
	for (size_t i = 0; i < sizeof port->addresses / sizeof port->addresses[0]; i++)
		END(port->addresses[i]);
	return port->addresses_count <= sizeof port->addresses / sizeof port->addresses[0] &&
	       (port->bridge < bridges || port->bridge == SIZE_MAX) && is_bool(&port->up) && is_bool(&port->carrier) &&
	       is_bool(&port->uplink) && is_bool(&port->orphan);
}

bool message_unpack_network(struct auberge_network *network, size_t length)
{
	size_t bridges, ports;

	if (length < sizeof *network || network->size != length)
		return false;
	bridges = (size_t)(uintptr_t)network->bridges;
	ports = (size_t)(uintptr_t)network->ports;
	if (!is_inside(bridges, network->bridges_count, sizeof *network->bridges, _Alignof(struct auberge_bridge), length) ||
	    !is_inside(ports, network->ports_count, sizeof *network->ports, _Alignof(struct auberge_port), length))
		return false;
	network->bridges = (void *)((char *)network + bridges);
	network->ports = (void *)((char *)network + ports);
	for (size_t i = 0; i < network->bridges_count; i++)
		if (!check_bridge(&network->bridges[i]))
			return false;
	for (size_t i = 0; i < network->ports_count; i++)
		if (!check_port(&network->ports[i], network->bridges_count))
			return false;
	return true;
}
