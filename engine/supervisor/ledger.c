/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger's writing and reading. A record is one line "CHECKSUM WORD ARGUMENTS", appended by one write; what cannot
 * be verified ends the reading, so a torn last line costs nothing: the thing it announced was not made yet.
 */
#include "supervisor/ledger.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define LEDGER_FILE "ledger"
#define LEDGER_HEADER "auberge-ledger "
#define LEDGER_VERSION 1
#define LEDGER_LIMIT (256 * 1024)

static const char *const words[] = {
#define X(constant, word, arguments) [constant] = word,
	LEDGER_RECORDS(X)
#undef X
};

static const char *const phases[] = {"none", "starting", "running", "stopping", "waiting", "ended"};

const char *ledger_record_word(enum ledger_record record)
{
	return record < LEDGER_RECORDS_COUNT ? words[record] : NULL;
}

/* FNV-1a: enough against a torn line, which is all that a tmpfs file can suffer. */
static uint32_t checksum(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

int ledger_begin(int run_fd, struct auberge_error *error)
{
	char boot_id[37], header[80];
	int result;

	result = process_boot_id(boot_id);
	if (result < 0)
		return error_set(error, -result, "cannot read the boot id");
	cleanup_close int fd = openat(run_fd, LEDGER_FILE, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(error, errno, "cannot create the ledger");
	snprintf(header, sizeof header, LEDGER_HEADER "%d %s\n", LEDGER_VERSION, boot_id);
	result = write_all(fd, header, strlen(header));
	if (result < 0) {
		unlinkat(run_fd, LEDGER_FILE, 0);
		return error_set(error, -result, "cannot write the ledger");
	}
	return take_fd(&fd);
}

bool ledger_exists(const struct auberge *auberge, const char *name)
{
	cleanup_close int run_fd = auberge->run_fd < 0 ? -1 : set_open_run(auberge, name);

	if (auberge->run_fd < 0)
		return false;
	return (run_fd >= 0 && faccessat(run_fd, "ledger", F_OK, AT_SYMLINK_NOFOLLOW) == 0) || errno != ENOENT; /* when in doubt */
}

int ledger_open_append(int run_fd, struct auberge_error *error)
{
	cleanup_close int fd = openat(run_fd, LEDGER_FILE, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct ledger ledger;

	if (fd < 0)
		return error_set(error, errno, "cannot open the ledger");
	if (ledger_read(run_fd, &ledger, error) < 0)
		return -1;
	/* What follows a torn line would never be read. */
	if (ledger.valid_length > 0 && ftruncate(fd, (off_t)ledger.valid_length) < 0)
		return error_set(error, errno, "cannot mend the ledger");
	return take_fd(&fd);
}

int ledger_append(int fd, struct auberge_error *error, enum ledger_record record, const char *format, ...)
{
	char body[400], line[440];
	size_t start;
	va_list arguments;
	struct stat status = {0};
	int length, result;

	result = fault_record("before", words[record]);
	if (result < 0)
		return error_set(error, -result, "fail point before-%s", words[record]);
	start = (size_t)snprintf(body, sizeof body, "%s ", words[record]);
	va_start(arguments, format);
	vsnprintf(body + start, sizeof body - start, format, arguments);
	va_end(arguments);
	length = snprintf(line, sizeof line, "%08" PRIx32 " %s\n", checksum(body, strlen(body)), body);
	result = fstat(fd, &status) < 0 ? -errno : write_all(fd, line, (size_t)length);
	if (result < 0) {
		/* The disk is full: what follows the half of a line would never be read. */
		if (status.st_size > 0 && ftruncate(fd, status.st_size) < 0)
			result = -errno;
		return error_set(error, -result, "cannot write the ledger record \"%s\"", words[record]);
	}
	result = fault_record("after", words[record]);
	return result < 0 ? error_set(error, -result, "fail point after-%s", words[record]) : 0;
}

static void add_record(struct buffer *out, enum ledger_record record, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void add_record(struct buffer *out, enum ledger_record record, const char *format, ...)
{
	char body[400];
	size_t start = (size_t)snprintf(body, sizeof body, "%s ", words[record]);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(body + start, sizeof body - start, format, arguments);
	va_end(arguments);
	buffer_addf(out, "%08" PRIx32 " %s\n", checksum(body, strlen(body)), body);
}

int ledger_keep_waiting(int run_fd, const struct ledger *ledger, struct auberge_error *error)
{
	cleanup_buffer struct buffer out = {0};
	char boot_id[37], restarts[300];
	int result = process_boot_id(boot_id);

	if (result < 0)
		return error_set(error, -result, "cannot read the boot id");
	restart_format(&ledger->restarts, restarts, sizeof restarts);
	buffer_addf(&out, LEDGER_HEADER "%d %s\n", LEDGER_VERSION, boot_id);
	add_record(&out, LEDGER_SUPERVISOR, "%d %" PRIu64, ledger->supervisor_pid, ledger->supervisor_start);
	if (ledger->keeper_pid > 0)
		add_record(&out, LEDGER_KEEPER, "%d %" PRIu64, ledger->keeper_pid, ledger->keeper_start);
	add_record(&out, LEDGER_SOCKET, "control");
	add_record(&out, LEDGER_RESTARTS, "%s", restarts);
	add_record(&out, LEDGER_PHASE, "waiting %" PRId64 " %u", ledger->waiting_until_seconds, ledger->restarts.count);
	result = out.failed ? -ENOMEM : file_swap_at(run_fd, LEDGER_FILE, out.data, out.length, 0600);
	return result < 0 ? error_set(error, -result, "cannot write the ledger") : 0;
}

static bool parse_mac(const char *text, uint8_t mac[6])
{
	unsigned part[6];
	char end;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &part[0], &part[1], &part[2], &part[3], &part[4], &part[5], &end) != 6)
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)part[i];
	return true;
}

static bool apply_link(const char *arguments, struct ledger *ledger)
{
	struct ledger_link *link = &ledger->links[ledger->links_count];
	char host_mac[18], guest_mac[18];

	if (ledger->links_count == COUNT_OF(ledger->links))
		return false;
	*link = (struct ledger_link){0};
	if (sscanf(arguments, "%15s %17s %15s %15s %17s", link->host_name, host_mac, link->guest_name, link->bridge, guest_mac) != 5 ||
	    !parse_mac(host_mac, link->host_mac) || !parse_mac(guest_mac, link->guest_mac))
		return false;
	if (strcmp(link->bridge, "-") == 0)
		link->bridge[0] = '\0';
	ledger->links_count++;
	return true;
}

static bool apply_link_index(const char *arguments, struct ledger *ledger)
{
	char name[AUBERGE_LINK_SIZE];
	int index;

	if (sscanf(arguments, "%15s %d", name, &index) != 2)
		return false;
	for (size_t i = 0; i < ledger->links_count; i++)
		if (strcmp(ledger->links[i].host_name, name) == 0)
			ledger->links[i].index = index;
	return true;
}

/* "stopping DEADLINE stop|kill|stop-kill BY": the first is a halt request, the last one that kills at the deadline. */
static void apply_stop(const char *arguments, struct ledger *ledger)
{
	char how[16] = "";

	ledger->stop_by[0] = '\0';
	sscanf(arguments, "%*s %*d %15s %63[^\n]", how, ledger->stop_by);
	ledger->stop_is_kill = strcmp(how, "kill") == 0;
	ledger->stop_kills = strcmp(how, "stop-kill") == 0;
}

static bool apply_phase(const char *arguments, struct ledger *ledger)
{
	char word[16];
	int64_t time = 0;

	if (sscanf(arguments, "%15s %" SCNd64, word, &time) < 1)
		return false;
	for (size_t i = 1; i < COUNT_OF(phases); i++) {
		if (strcmp(phases[i], word) != 0)
			continue;
		ledger->phase = (enum ledger_phase)i;
		ledger->stop_deadline_seconds = i == PHASE_STOPPING ? time : 0;
		if (i == PHASE_STOPPING)
			apply_stop(arguments, ledger);
		ledger->waiting_until_seconds = i == PHASE_AWAITING ? time : 0;
		if (i == PHASE_RUNNING && ledger->running_since == 0)
			ledger->running_since = time;
		return true;
	}
	return false;
}

static bool apply_record(enum ledger_record record, const char *arguments, struct ledger *ledger)
{
	switch (record) {
	case LEDGER_SUPERVISOR:
		return sscanf(arguments, "%d %" SCNu64, &ledger->supervisor_pid, &ledger->supervisor_start) == 2;
	case LEDGER_KEEPER:
		return sscanf(arguments, "%d %" SCNu64, &ledger->keeper_pid, &ledger->keeper_start) == 2;
	case LEDGER_INIT:
		return sscanf(arguments, "%d %" SCNu64, &ledger->init_pid, &ledger->init_start) == 2;
	case LEDGER_INIT_END:
		ledger->init_ended = sscanf(arguments, "%d %d %" SCNd64, &ledger->init_code, &ledger->init_status,
		                            &ledger->init_end_time) == 3;
		return ledger->init_ended;
	case LEDGER_CGROUP:
		ledger->cgroup = true;
		sscanf(arguments, "%*s %127s", ledger->scope);
		return true;
	case LEDGER_SOCKET:
		ledger->socket = true;
		return true;
	case LEDGER_HALT_HEARD:
		ledger->halt_heard = true;
		return true;
	case LEDGER_READY:
		ledger->ready = true;
		return true;
	case LEDGER_RESTARTS:
		return restart_parse(arguments, &ledger->restarts);
	case LEDGER_LINK:
		return apply_link(arguments, ledger);
	case LEDGER_LINK_INDEX:
		return apply_link_index(arguments, ledger);
	case LEDGER_PHASE:
		return apply_phase(arguments, ledger);
	case LEDGER_RECORDS_COUNT:
		break;
	}
	return false;
}

/* line is without its newline. False: torn or unknown, reading ends here. */
static bool apply_line(const char *line, size_t length, struct ledger *ledger)
{
	char body[400];
	unsigned sum;
	const char *arguments;

	if (length < 10 || length - 9 >= sizeof body || line[8] != ' ' || sscanf(line, "%8x", &sum) != 1)
		return false;
	memcpy(body, line + 9, length - 9);
	body[length - 9] = '\0';
	if (checksum(body, length - 9) != sum)
		return false;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		size_t word_length = strlen(words[i]);

		if (strncmp(body, words[i], word_length) != 0 || body[word_length] != ' ')
			continue;
		arguments = body + word_length + 1;
		return apply_record((enum ledger_record)i, arguments, ledger);
	}
	return false;
}

int ledger_parse(const char *text, size_t length, const char *boot_id, struct ledger *ledger, struct auberge_error *error)
{
	const char *end = memchr(text, '\n', length), *at;
	char header[80], id[40];
	int version;

	*ledger = (struct ledger){0};
	if (!end) /* torn before anything was made */
		return 0;
	if ((size_t)(end - text) >= sizeof header)
		return error_set(error, EPROTONOSUPPORT, "not a ledger of ours");
	memcpy(header, text, (size_t)(end - text));
	header[end - text] = '\0';
	if (sscanf(header, LEDGER_HEADER "%d %39s", &version, id) != 2)
		return error_set(error, EPROTONOSUPPORT, "not a ledger of ours");
	if (version > LEDGER_VERSION)
		return error_set(error, EPROTONOSUPPORT, "ledger of format %d, newer than this program's %d", version, LEDGER_VERSION);
	ledger->present = true;
	ledger->this_boot = strcmp(id, boot_id) == 0;
	for (at = end + 1; at < text + length; at = end + 1) {
		end = memchr(at, '\n', length - (size_t)(at - text));
		if (!end || !apply_line(at, (size_t)(end - at), ledger))
			break;
	}
	ledger->valid_length = (size_t)(at - text);
	return 0;
}

int ledger_read(int run_fd, struct ledger *ledger, struct auberge_error *error)
{
	cleanup_free char *text = NULL;
	char boot_id[37];
	ssize_t length;
	int result;

	*ledger = (struct ledger){0};
	length = file_read_whole_at(run_fd, LEDGER_FILE, LEDGER_LIMIT, &text);
	if (length == -ENOENT)
		return 0;
	if (length < 0)
		return error_set(error, (int)-length, "cannot read the ledger");
	result = process_boot_id(boot_id);
	if (result < 0)
		return error_set(error, -result, "cannot read the boot id");
	result = ledger_parse(text, (size_t)length, boot_id, ledger, error);
	if (result == 0 && !ledger->present)
		ledger->present = true; /* the file is there, torn in its header */
	return result;
}
