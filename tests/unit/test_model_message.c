/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/message.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static struct message_reader reader;

static void begin(void)
{
	cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
}

static void end(void)
{
	message_reader_free(&reader);
	close(ends[0]);
	close(ends[1]);
}

TestSuite(model_message, .init = begin, .fini = end);

static void put(const void *data, size_t length)
{
	cr_assert_eq(write(ends[1], data, length), (ssize_t)length);
}

static struct auberge_guest a_guest(void)
{
	struct auberge_guest guest = {.name = "web3", .state = AUBERGE_RUNNING, .running = true, .bridges_count = 1};

	strcpy(guest.bridges[0], "br0");
	return guest;
}

Test(model_message, one_torn_at_each_byte)
{
	struct auberge_guest guest = a_guest(), came;
	static char bytes[2 * sizeof guest + 64];
	size_t length = message_put(bytes, MESSAGE_GUEST, &guest, sizeof guest, NULL, 0);
	struct message message;

	for (size_t cut = 0; cut <= length; cut += 97) {
		cr_assert_eq(message_next(&reader, &message), 0);
		put(bytes, cut);
		if (cut > 0)
			cr_assert_eq(message_read(&reader, ends[0]), 1);
		cr_assert_eq(message_next(&reader, &message), cut == length);
		put(bytes + cut, length - cut);
		cr_assert_eq(message_read(&reader, ends[0]), 1);
		cr_assert_eq(message_next(&reader, &message), 1);
		cr_assert(message_take_guest(&message, &came));
		cr_assert_str_eq(came.name, "web3");
		cr_assert_str_eq(came.bridges[0], "br0");
	}
	cr_assert_eq(message_read(&reader, ends[0]), 0, "nothing more, and no waiting");
	close(ends[1]);
	cr_assert_eq(message_read(&reader, ends[0]), -1);
	ends[1] = open("/dev/null", O_WRONLY);
}

Test(model_message, several_at_once)
{
	char bytes[256];
	size_t length = message_put(bytes, MESSAGE_NAMES, "a\0b", 4, "c", 2);
	struct message message;
	size_t at = 0;

	length += message_put(bytes + length, MESSAGE_OVER, NULL, 0, NULL, 0);
	put(bytes, length);
	cr_assert_eq(message_read(&reader, ends[0]), 1);
	cr_assert_eq(message_next(&reader, &message), 1);
	cr_assert_str_eq(message_string(&message, &at), "a");
	cr_assert_str_eq(message_string(&message, &at), "b");
	cr_assert_str_eq(message_string(&message, &at), "c");
	cr_assert_null(message_string(&message, &at));
	cr_assert_eq(message_next(&reader, &message), 1);
	cr_assert_eq(message.kind, MESSAGE_OVER);
	cr_assert_eq(message_next(&reader, &message), 0);
}

Test(model_message, hostile_lengths_and_kinds)
{
	static const uint32_t headers[][2] = {
		{MESSAGE_GUEST, UINT32_MAX}, {MESSAGE_GUEST, MESSAGE_MAX + 1}, {0, 0}, {MESSAGE_ANSWER + 1, 0}, {UINT32_MAX, 4},
	};

	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		struct message message;

		put(headers[i], sizeof headers[i]);
		cr_assert_eq(message_read(&reader, ends[0]), 1);
		cr_assert_eq(message_next(&reader, &message), -1, "header %zu", i);
		message_reader_free(&reader);
	}
}

static bool takes(const struct auberge_guest *guest, size_t length)
{
	struct message message = {MESSAGE_GUEST, (uint32_t)length, (const char *)guest};
	struct auberge_guest came;

	return message_take_guest(&message, &came);
}

Test(model_message, guests_that_are_none)
{
	struct auberge_guest guest = a_guest();
	unsigned char odd = 7;

	cr_assert(takes(&guest, sizeof guest));
	cr_assert_not(takes(&guest, sizeof guest - 1));
	guest.state = (enum auberge_state)(AUBERGE_INCOMPLETE + 1);
	cr_assert_not(takes(&guest, sizeof guest), "a state that indexes past a table");
	guest = a_guest();
	guest.addresses_count = AUBERGE_ADDRESSES_MAX + 1;
	cr_assert_not(takes(&guest, sizeof guest));
	guest = a_guest();
	memcpy(&guest.running, &odd, 1);
	cr_assert_not(takes(&guest, sizeof guest));
	guest = a_guest();
	memset(guest.name, '/', sizeof guest.name);
	cr_assert_not(takes(&guest, sizeof guest));
}

Test(model_message, strings_without_an_end)
{
	struct auberge_guest guest = a_guest(), came;
	struct message message = {MESSAGE_GUEST, sizeof guest, (const char *)&guest};
	size_t at = 0;

	memset(guest.problem, 'x', sizeof guest.problem);
	memset(guest.links, 'y', sizeof guest.links);
	memset(guest.last_end.detail, 'z', sizeof guest.last_end.detail);
	cr_assert(message_take_guest(&message, &came));
	cr_assert_eq(strlen(came.problem), sizeof came.problem - 1);
	cr_assert_eq(strlen(came.links[7]), sizeof came.links[7] - 1);
	cr_assert_eq(strlen(came.last_end.detail), sizeof came.last_end.detail - 1);
	message = (struct message){MESSAGE_NAMES, 3, "abc"};
	cr_assert_null(message_string(&message, &at));
}

Test(model_message, answers_must_be_as_long_as_they_say)
{
	static struct message_answer head = {.topic = 0, .count = 2, .name = "web3"};
	static char bytes[sizeof head + 128];
	struct message message;
	struct message_answer came;
	const char *items;
	size_t length;

	message_put(bytes, MESSAGE_ANSWER, &head, sizeof head, "12345678", 8);
	message = (struct message){MESSAGE_ANSWER, sizeof head + 8, bytes + 8};
	cr_assert(message_take_answer(&message, 4, &came, &items, &length));
	cr_assert_eq(length, 8);
	cr_assert_not(message_take_answer(&message, 8, &came, &items, &length));
	message.length = sizeof head - 1;
	cr_assert_not(message_take_answer(&message, 0, &came, &items, &length));
}

static struct auberge_network *a_network(size_t bridges, size_t ports)
{
	size_t size = sizeof(struct auberge_network) + bridges * sizeof(struct auberge_bridge) +
	              ports * sizeof(struct auberge_port);
	struct auberge_network *network = calloc(1, size);

	network->size = size;
	network->bridges_count = bridges;
	network->ports_count = ports;
	network->bridges = (void *)(network + 1);
	network->ports = (void *)(network->bridges + bridges);
	return network;
}

Test(model_message, a_network_moves)
{
	struct auberge_network *network = a_network(2, 3), *moved = malloc(network->size);

	strcpy(network->bridges[1].name, "br1");
	strcpy(network->ports[2].name, "veth2");
	network->ports[2].bridge = 1;
	network->ports[1].bridge = SIZE_MAX;
	message_pack_network(network);
	memcpy(moved, network, network->size);
	free(network);
	cr_assert(message_unpack_network(moved, moved->size));
	cr_assert_str_eq(moved->bridges[1].name, "br1");
	cr_assert_str_eq(moved->ports[2].name, "veth2");
	free(moved);
	network = a_network(0, 0);
	message_pack_network(network);
	cr_assert(message_unpack_network(network, network->size));
	free(network);
}

Test(model_message, hostile_networks)
{
	for (int way = 0; way < 7; way++) {
		struct auberge_network *network = a_network(2, 3);
		size_t length = network->size;

		if (way == 0)
			network->ports[1].bridge = 2;
		if (way == 1)
			network->bridges[0].addresses_count = AUBERGE_PORT_ADDRESSES_MAX + 1;
		message_pack_network(network);
		if (way == 2)
			network->ports_count = SIZE_MAX / 8;
		if (way == 3)
			network->bridges = (void *)(uintptr_t)(length + 1);
		if (way == 4)
			network->ports = (void *)(uintptr_t)8;
		if (way == 5)
			network->bridges = (void *)((uintptr_t)network->bridges + 1);
		if (way == 6)
			length--;
		cr_assert_not(message_unpack_network(network, length), "way %d", way);
		free(network);
	}
}
