/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control protocol: frames of a 4-byte big-endian length and at most 64 KiB of body, whose first byte is the type.
 * The first frame of a connection is a request "R1 VERB\nKEY=VALUE\n...", 1 being the version. The verbs status, stop,
 * console and kill never change meaning, so that old supervisors serve new commands.
 */
#ifndef SUPERVISOR_PROTOCOL_H
#define SUPERVISOR_PROTOCOL_H

#include "auberge.h"

#define PROTOCOL_VERSION 1
#define FRAME_LIMIT 65536

enum frame_type {
	FRAME_REQUEST = 'R',   /* client: "VERSION VERB\nKEY=VALUE\n" */
	FRAME_ANSWER = 'A',    /* "KEY=VALUE\n": accepted, more may follow */
	FRAME_ERROR = 'E',     /* "CODE NUMBER\nTEXT\0REMEDY": the end */
	FRAME_PROGRESS = 'P',  /* "LEFT_SECONDS TEXT" */
	FRAME_SURVIVORS = 'S', /* who is left, before each progress of a stop and before its time limit's error */
	FRAME_DONE = 'F',      /* the act is complete */
	FRAME_DATA = 'D',      /* console bytes */
	FRAME_MISSED = 'M',    /* decimal: bytes that were dropped here */
	FRAME_VIEWERS = 'V',   /* decimal: how many are attached to this tty; who does not know it drops it */
	FRAME_END = 'X',       /* the guest has ended */
	FRAME_INPUT = 'I',     /* client: bytes for the tty */
	FRAME_SIZE = 'W',      /* client: "ROWS COLUMNS" */
};

/* Bytes of a stream gathered into frames. */
struct frame_reader {
	unsigned char *data;
	size_t length, size;
};
void frame_reader_free(struct frame_reader *reader);
/* Takes what a non-blocking read gives. 1 something came, 0 nothing now, -ECONNRESET end of file, other -errno. */
int frame_fill(struct frame_reader *reader, int fd);
void frame_add(struct frame_reader *reader, const void *data, size_t length);
/* 1: a frame; *body (not NUL-terminated) is valid until the next call of frame_fill, *length without the type byte.
 * 0: none whole yet. -EPROTO: too long or empty. */
int frame_next(struct frame_reader *reader, char *type, char **body, size_t *length);
/* Drops the frame that frame_next gave. */
void frame_drop(struct frame_reader *reader);

/* Writes one frame in one send; a socket that cannot take it whole gives -EAGAIN after nothing was sent, or -EPIPE. */
int frame_send(int fd, enum frame_type type, const void *body, size_t length);
int frame_sendf(int fd, enum frame_type type, const char *format, ...) __attribute__((format(printf, 3, 4)));
int frame_send_error(int fd, const struct auberge_error *error);
/* Reads a FRAME_ERROR's body. */
void frame_parse_error(const char *body, size_t length, struct auberge_error *error);

/* The value of KEY in "KEY=VALUE\n" lines; false and an empty string when there is none. */
bool message_value(const char *body, const char *key, char *out, size_t size);
int64_t message_number(const char *body, const char *key, int64_t otherwise);

/*
 * Survivors as lines, both ways: "= TOTAL", then for each "PID HOST_PID STATE AGE WAIT COMMAND", which alone older ones
 * speak and read, and "+ START_TIME STUCK_SECONDS STUCK_IN", "-" standing for an empty text. What does not fit into a
 * frame is left out. Reading stops at room and cleans all text; *total is never below the number read, which is returned.
 */
struct buffer;
void survivors_format(const struct auberge_survivor *survivors, size_t count, size_t total, struct buffer *out);
size_t survivors_parse(const char *body, struct auberge_survivor *survivors, size_t room, size_t *total);

/* Connects to RUN_DIR/NAME/control, however long the path. -errno. */
int control_connect(const struct auberge *auberge, const char *name);
/* Binds and listens there (0600). -errno. */
int control_listen(int run_fd);

#endif
