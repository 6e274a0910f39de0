/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of a process that reads: requests in, progress and figures out; see helper.h. It may block. */
#include "model/helper_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(struct helper_child *child, const char *name, uint32_t doing)
{
	snprintf(child->page->name, sizeof child->page->name, "%s", name);
	atomic_store(&child->page->doing, doing);
	atomic_fetch_add(&child->page->turn, 1);
}

bool helper_receive(struct helper_child *child, struct message *message)
{
	say(child, "", HELPER_WAITS);
	for (;;) {
		int result = message_next(&child->reader, message);

		if (result == 0 && message_read(&child->reader, child->fd) < 0)
			return false;
		if (result < 0)
			return false;
		if (result == 0)
			continue;
		free(child->left_out);
		child->left_out = NULL;
		say(child, "", HELPER_READS);
		return true;
	}
}

void helper_take_left_out(struct helper_child *child, const struct message *message, size_t at)
{
	size_t length = 0;
	const char *text;

	child->left_out = calloc(1, message->length + 2);
	while (child->left_out && (text = message_string(message, &at)))
		if (text[0] == '-') {
			size_t size = strlen(text + 1) + 1;

			memcpy(child->left_out + length, text + 1, size);
			length += size;
		}
}

bool helper_reading(struct helper_child *child, const char *name)
{
	for (const char *left = child->left_out; left && *left; left += strlen(left) + 1)
		if (strcmp(left, name) == 0)
			return false;
	say(child, name, HELPER_READS);
	return true;
}

/* A parent that is gone is noticed here at the latest. */
static void write_all(struct helper_child *child, const char *data, size_t length)
{
	uint32_t before = atomic_load(&child->page->doing);

	atomic_store(&child->page->doing, HELPER_SENDS);
	while (length > 0) {
		ssize_t wrote = send(child->fd, data, length, MSG_NOSIGNAL);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			_exit(0);
		data += wrote;
		length -= (size_t)wrote;
	}
	atomic_fetch_add(&child->page->turn, 1);
	atomic_store(&child->page->doing, before);
}

void helper_flush(struct helper_child *child)
{
	write_all(child, child->buffer, child->length);
	child->length = 0;
}

void helper_send(struct helper_child *child, enum message_kind kind, const void *first, size_t first_length,
                 const void *second, size_t second_length)
{
	size_t whole = first_length + second_length + 8;
	char *large;

	if (whole <= sizeof child->buffer) {
		if (whole > sizeof child->buffer - child->length)
			helper_flush(child);
		child->length += message_put(child->buffer + child->length, kind, first, first_length, second, second_length);
		return;
	}
	helper_flush(child);
	large = malloc(whole);
	if (!large)
		_exit(1);
	write_all(child, large, message_put(large, kind, first, first_length, second, second_length));
	free(large);
}
