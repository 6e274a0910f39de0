/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames and messages of the control protocol. What arrives is checked here for length and shape, and nowhere else. */
#include "supervisor/protocol.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "guest/set.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD 4
#define PIDS_MAX (4u << 20) /* the kernel's PID_MAX_LIMIT */
#define SEND_TRIES 3 /* when the kernel is short of memory */

void frame_reader_free(struct frame_reader *reader)
{
	free(reader->data);
	*reader = (struct frame_reader){0};
}

static bool reserve(struct frame_reader *reader, size_t more)
{
	size_t wanted = reader->length + more + 1; /* one for the NUL that frame_next sets */
	unsigned char *data;

	if (wanted <= reader->size)
		return true;
	data = realloc(reader->data, wanted);
	if (!data)
		return false;
	reader->data = data;
	reader->size = wanted;
	return true;
}

void frame_add(struct frame_reader *reader, const void *data, size_t length)
{
	if (!reserve(reader, length))
		return;
	memcpy(reader->data + reader->length, data, length);
	reader->length += length;
}

int frame_fill(struct frame_reader *reader, int fd)
{
	size_t room = reader->length < HEAD + FRAME_LIMIT ? HEAD + FRAME_LIMIT - reader->length : 0;
	ssize_t got;

	if (room > 4096)
		room = 4096;
	if (room == 0)
		return 1;
	if (!reserve(reader, room))
		return -ENOMEM;
	do
		got = read(fd, reader->data + reader->length, room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (got == 0)
		return -ECONNRESET;
	reader->length += (size_t)got;
	return 1;
}

static size_t body_length(const struct frame_reader *reader)
{
	const unsigned char *head = reader->data;

	return (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
}

int frame_next(struct frame_reader *reader, char *type, char **body, size_t *length)
{
	size_t whole;

	if (reader->length < HEAD)
		return 0;
	whole = body_length(reader);
	if (whole == 0 || whole > FRAME_LIMIT)
		return -EPROTO;
	if (reader->length < HEAD + whole)
		return 0;
	*type = (char)reader->data[HEAD];
	*body = (char *)reader->data + HEAD + 1;
	*length = whole - 1;
	return 1;
}

void frame_drop(struct frame_reader *reader)
{
	size_t whole = HEAD + body_length(reader);

	memmove(reader->data, reader->data + whole, reader->length - whole);
	reader->length -= whole;
}

int frame_send(int fd, enum frame_type type, const void *body, size_t length)
{
	unsigned char head[HEAD + 1];
	struct iovec parts[2] = {{.iov_base = head, .iov_len = sizeof head}, {.iov_base = (void *)(uintptr_t)body, .iov_len = length}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	size_t whole = length + 1, sent = 0;
	int tries = SEND_TRIES;

	if (whole > FRAME_LIMIT)
		return -EMSGSIZE;
	head[0] = (unsigned char)(whole >> 24);
	head[1] = (unsigned char)(whole >> 16);
	head[2] = (unsigned char)(whole >> 8);
	head[3] = (unsigned char)whole;
	head[4] = (unsigned char)type;
	while (sent < sizeof head + length) {
		ssize_t took = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (took < 0 && (errno == EINTR || (--tries > 0 && (errno == ENOMEM || errno == ENOBUFS || errno == EAGAIN))))
			continue;
		if (took < 0) /* a frame begun must not be left half: such a connection is given up */
			return sent == 0 ? -errno : -EPIPE;
		sent += (size_t)took;
		for (int i = 0; i < 2; i++) {
			size_t step = (size_t)took < parts[i].iov_len ? (size_t)took : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + step;
			parts[i].iov_len -= step;
			took -= (ssize_t)step;
		}
	}
	return 0;
}

int frame_sendf(int fd, enum frame_type type, const char *format, ...)
{
	char body[2048];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(body, sizeof body, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof body)
		return -EMSGSIZE;
	return frame_send(fd, type, body, (size_t)length);
}

int frame_send_error(int fd, const struct auberge_error *error)
{
	char body[sizeof error->text + sizeof error->remedy + 40];
	int head = snprintf(body, 40, "%d %d\n", (int)error->code, error->number);
	size_t length = (size_t)head;

	memcpy(body + length, error->text, strlen(error->text) + 1);
	length += strlen(error->text) + 1;
	memcpy(body + length, error->remedy, strlen(error->remedy));
	length += strlen(error->remedy);
	return frame_send(fd, FRAME_ERROR, body, length);
}

void frame_parse_error(const char *body, size_t length, struct auberge_error *error)
{
	const char *end = body + length, *text = memchr(body, '\n', length), *remedy;
	int code = AUBERGE_FAILED, number = 0;
	char head[40] = "";

	*error = (struct auberge_error){.code = AUBERGE_FAILED};
	if (!text) {
		snprintf(error->text, sizeof error->text, "an answer that cannot be read");
		return;
	}
	snprintf(head, sizeof head, "%.*s", (int)(text - body), body); /* nothing ends the body for scanf */
	if (sscanf(head, "%d %d", &code, &number) == 2 && code > AUBERGE_OK && code <= AUBERGE_NOT_PERMITTED)
		error->code = (enum auberge_code)code;
	error->number = number;
	text++;
	remedy = memchr(text, '\0', (size_t)(end - text));
	snprintf(error->text, sizeof error->text, "%.*s", (int)((remedy ? remedy : end) - text), text);
	if (remedy)
		snprintf(error->remedy, sizeof error->remedy, "%.*s", (int)(end - remedy - 1), remedy + 1);
}

bool message_value(const char *body, const char *key, char *out, size_t size)
{
	size_t key_length = strlen(key);

	out[0] = '\0';
	for (const char *line = body; line && *line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, key, key_length) != 0 || line[key_length] != '=')
			continue;
		const char *value = line + key_length + 1;
		snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
		return true;
	}
	return false;
}

int64_t message_number(const char *body, const char *key, int64_t otherwise)
{
	char text[32], *end;
	long long number;

	if (!message_value(body, key, text, sizeof text) || text[0] == '\0')
		return otherwise;
	errno = 0;
	number = strtoll(text, &end, 10);
	return errno || *end ? otherwise : number;
}

void survivors_format(const struct auberge_survivor *survivors, size_t count, size_t total, struct buffer *out)
{
	buffer_addf(out, "= %zu\n", total);
	for (size_t i = 0; i < count && out->length < FRAME_LIMIT - 512; i++) {
		const struct auberge_survivor *one = &survivors[i];

		buffer_addf(out, "%d %d %c %" PRId64 " %s %s\n+ %" PRIu64 " %" PRId64 " %s\n", one->pid, one->host_pid, one->state,
		            one->age_seconds, one->wait[0] ? one->wait : "-", one->command, one->start_time, one->stuck_seconds,
		            one->stuck_in[0] ? one->stuck_in : "-");
	}
}

static void take_text(char *out, size_t size, const char *text)
{
	auberge_text_clean(out, size, text, strcspn(text, "\n"), 0);
}

static void take_optional(char *out, size_t size, const char *text)
{
	bool none = text[0] == '-' && (text[1] == '\n' || text[1] == '\0');

	take_text(out, size, none ? "" : text);
}

/* What scanf took is followed by one blank, and it went over no end of line: its own blanks stand for those too. */
static bool within_line(const char *line, int taken)
{
	return taken > 0 && line[taken] == ' ' && !memchr(line, '\n', (size_t)taken);
}

static bool parse_survivor(const char *line, struct auberge_survivor *one)
{
	char wait[sizeof one->wait];
	int taken = 0;

	*one = (struct auberge_survivor){.stuck_seconds = -1};
	if (sscanf(line, "%d %d %c %" SCNd64 " %47s%n", &one->pid, &one->host_pid, &one->state, &one->age_seconds, wait,
	           &taken) != 5 || !within_line(line, taken))
		return false;
	if (one->state < 'A' || one->state > 'z')
		one->state = '?';
	take_optional(one->wait, sizeof one->wait, wait);
	take_text(one->command, sizeof one->command, line + taken + 1);
	return true;
}

static void parse_more(const char *line, struct auberge_survivor *one)
{
	uint64_t start;
	int64_t seconds;
	int taken = 0;

	if (sscanf(line, "+ %" SCNu64 " %" SCNd64 "%n", &start, &seconds, &taken) != 2 || !within_line(line, taken))
		return;
	one->start_time = start;
	one->stuck_seconds = seconds;
	take_optional(one->stuck_in, sizeof one->stuck_in, line + taken + 1);
}

size_t survivors_parse(const char *body, struct auberge_survivor *survivors, size_t room, size_t *total)
{
	struct auberge_survivor *last = NULL; /* that a line of more would belong to */
	size_t count = 0;

	*total = 0;
	for (const char *line = body; *line; line++) {
		if (*line == '=') {
			if (sscanf(line, "=%zu", total) != 1 || *total > PIDS_MAX)
				*total = 0;
		} else if (*line == '+') {
			if (last)
				parse_more(line, last);
		} else {
			last = count < room && parse_survivor(line, &survivors[count]) ? &survivors[count++] : NULL;
		}
		line += strcspn(line, "\n");
		if (!*line)
			break;
	}
	if (*total < count)
		*total = count;
	return count;
}

static int address_through_fd(int dirfd, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* sun_path holds 108 bytes only; a directory descriptor makes any path short. */
	int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/control", dirfd);
	return length > 0 ? 0 : -EINVAL;
}

int control_connect(const struct auberge *auberge, const char *name)
{
	cleanup_close int run_fd = set_open_run(auberge, name);
	struct sockaddr_un address;

	if (run_fd < 0)
		return -errno;
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || address_through_fd(run_fd, &address) < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	return take_fd(&fd);
}

int control_listen(int run_fd)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	mode_t mask;
	int result;

	if (fd < 0 || address_through_fd(run_fd, &address) < 0)
		return -errno;
	if (unlinkat(run_fd, "control", 0) < 0 && errno != ENOENT) /* a stale one: we hold the supervisor's lock */
		return -errno;
	mask = umask(0177);
	result = bind(fd, (struct sockaddr *)&address, sizeof address);
	umask(mask);
	if (result < 0 || listen(fd, 64) < 0)
		return -errno;
	return take_fd(&fd);
}
