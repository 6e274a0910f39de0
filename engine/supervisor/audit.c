/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auberge_audit(): what on this host belongs to no live guest of the set. Everything is looked at once, then asked for
 * again: an item stays only while the thing is there and its owner has no life; what an orderly end passes through gets
 * a second to go, a program of ours ten. Reclaiming is by owner, under the owner's lock, in the order of the kinds, and
 * judged by looking again.
 */
#include "supervisor/audit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "guest/set.h"
#include "host/cgroup.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>

#define SETTLE_USEC 1000000u
#define SETTLE_OURS_USEC 10000000u /* a program of ours that is on its way out, on a host that is busy */
#define SETTLE_STEP_MS 20

static const struct {
	const char *word;
	bool (*there)(const struct audit *audit, const struct audit_item *item);
	int (*reclaim)(struct audit *audit, const struct audit_item *item, int lock, struct auberge_error *error); /* NULL never */
	bool unlocked; /* takes the owner's lock itself */
} kinds[AUDIT_KINDS] = {
	[AUDIT_PROCESS] = {"process", audit_process_there, audit_process_reclaim, false},
	[AUDIT_LEDGER] = {"ledger", audit_ledger_there, audit_ledger_reclaim, false},
	[AUDIT_LINK] = {"link", audit_link_there, audit_link_reclaim, false},
	[AUDIT_CGROUP] = {"cgroup", audit_cgroup_there, audit_cgroup_reclaim, false},
	[AUDIT_MOUNT] = {"mount", audit_mount_there, NULL, false},
	[AUDIT_SOCKET] = {"socket", audit_run_there, audit_run_reclaim, false},
	[AUDIT_DIRECTORY] = {"directory", audit_run_there, audit_run_reclaim, false},
	[AUDIT_FILE] = {"file", audit_place_there, audit_file_reclaim, false},
	[AUDIT_IDS] = {"ids", audit_ids_there, audit_ids_reclaim, false},
	[AUDIT_GUEST] = {"guest", audit_place_there, audit_guest_reclaim, true},
};

/* Ledgers before links, which asks them again; the groups' members before the pass over all processes. */
static int (*const looks[])(struct audit *audit) = {
	audit_look_guests, audit_look_runs, audit_look_ids, audit_look_cgroups, audit_look_links, audit_look_processes,
};

/* --- items ------------------------------------------------------------------------------------------------------- */

static void print_clean(char *out, size_t size, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));
static void print_clean(char *out, size_t size, const char *format, va_list arguments)
{
	char text[4608];
	int length = vsnprintf(text, sizeof text, format, arguments);

	auberge_text_clean(out, size, text, length < 0 ? 0 : strnlen(text, sizeof text - 1), 0);
}

void audit_say(struct audit_item *item, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_clean(item->leftover.sentence, sizeof item->leftover.sentence, format, arguments);
	va_end(arguments);
}

void audit_remedy(struct audit_item *item, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_clean(item->leftover.remedy, sizeof item->leftover.remedy, format, arguments);
	va_end(arguments);
}

static struct audit_item *new_item(struct audit *audit)
{
	if (audit->count == audit->room) {
		size_t room = audit->room ? audit->room * 2 : 32;
		void *more = reallocarray(audit->items, room, sizeof *audit->items);

		if (!more) {
			error_set(audit->error, ENOMEM, "the audit");
			return NULL;
		}
		audit->items = more;
		audit->room = room;
	}
	struct audit_item *item = &audit->items[audit->count++];
	*item = (struct audit_item){0};
	return item;
}

struct audit_item *audit_add(struct audit *audit, enum audit_kind kind, const char *owner, bool *fresh, const char *format, ...)
{
	char name[sizeof audit->items->leftover.name];
	struct audit_item *item;
	va_list arguments;

	va_start(arguments, format);
	print_clean(name, sizeof name, format, arguments);
	va_end(arguments);
	*fresh = false;
	for (size_t i = 0; i < audit->count; i++)
		if (audit->items[i].kind == kind && strcmp(audit->items[i].leftover.name, name) == 0)
			return &audit->items[i];
	item = new_item(audit);
	if (!item)
		return NULL;
	*fresh = true;
	item->kind = kind;
	item->guests = owner != NULL;
	memcpy(item->leftover.name, name, sizeof name);
	snprintf(item->leftover.type, sizeof item->leftover.type, "%s", kinds[kind].word);
	snprintf(item->leftover.owner, sizeof item->leftover.owner, "%s", owner && *owner ? owner : "unknown");
	snprintf(item->leftover.remedy, sizeof item->leftover.remedy, "auberge audit --reclaim");
	return item;
}

/* --- asking again -------------------------------------------------------------------------------------------------- */

static bool stays(const struct audit *audit, const struct audit_item *item)
{
	if (!kinds[item->kind].there(audit, item))
		return false;
	return !item->guests || audit_owner_now(audit->auberge, item->leftover.owner, -1) != OWNER_LIVE;
}

/* An orderly end has no ledger any more when it comes to what is fleeting; programs of ours are so in any case. */
static bool is_fleeting(const struct audit *audit, const struct audit_item *item)
{
	bool ledger = false;

	for (size_t i = 0; i < audit->count && !item->ours; i++)
		ledger |= audit->items[i].kind == AUDIT_LEDGER && strcmp(audit->items[i].leftover.owner, item->leftover.owner) == 0;
	return item->fleeting && !item->leftover.foreign && !ledger;
}

/* Whether anything is left that may go by itself. */
static bool drop_gone(struct audit *audit)
{
	bool fleeting = false;
	size_t kept = 0;

	for (size_t i = 0; i < audit->count; i++) {
		if (!stays(audit, &audit->items[i]))
			continue;
		audit->items[kept++] = audit->items[i];
	}
	audit->count = kept;
	for (size_t i = 0; i < audit->count; i++)
		fleeting |= is_fleeting(audit, &audit->items[i]);
	return fleeting;
}

static bool has_ours(const struct audit *audit)
{
	for (size_t i = 0; i < audit->count; i++)
		if (audit->items[i].ours)
			return true;
	return false;
}

static void settle(struct audit *audit)
{
	uint64_t begin = now_monotonic_usec();

	while (drop_gone(audit) && now_monotonic_usec() - begin < (has_ours(audit) ? SETTLE_OURS_USEC : SETTLE_USEC))
		poll(NULL, 0, SETTLE_STEP_MS);
}

/* --- reclaiming ---------------------------------------------------------------------------------------------------- */

static bool is_reclaimable(const struct audit_item *item)
{
	return !item->leftover.foreign && !item->keep && kinds[item->kind].reclaim;
}

static void say_why(struct audit_item *item, const struct auberge_error *error)
{
	auberge_text_clean(item->why, sizeof item->why, error->text, strlen(error->text), 0);
	if (*error->remedy)
		audit_remedy(item, "%s", error->remedy);
}

static void reclaim_item(struct audit *audit, struct audit_item *item, int lock)
{
	struct auberge_error error = {0};

	if (kinds[item->kind].there(audit, item) && kinds[item->kind].reclaim(audit, item, lock, &error) < 0)
		say_why(item, &error);
}

/* One owner's items, those that need its lock or those that take it themselves. */
static void reclaim_items(struct audit *audit, const char *owner, bool unlocked, int lock)
{
	for (int kind = 0; kind < AUDIT_KINDS; kind++)
		for (size_t i = 0; i < audit->count; i++) {
			struct audit_item *item = &audit->items[i];

			if ((int)item->kind == kind && item->guests && is_reclaimable(item) && kinds[kind].unlocked == unlocked &&
			    strcmp(item->leftover.owner, owner) == 0)
				reclaim_item(audit, item, lock);
		}
}

static void refuse_items(struct audit *audit, const char *owner, const struct auberge_error *error)
{
	for (size_t i = 0; i < audit->count; i++)
		if (audit->items[i].guests && is_reclaimable(&audit->items[i]) && strcmp(audit->items[i].leftover.owner, owner) == 0)
			say_why(&audit->items[i], error);
}

static void reclaim_owner(struct audit *audit, const char *owner)
{
	struct auberge_error error = {0};
	struct audit_hold hold;

	if (audit_hold_take(audit->auberge, owner, &hold, &error) < 0) {
		refuse_items(audit, owner, &error);
		return;
	}
	reclaim_items(audit, owner, false, hold.lock);
	audit_hold_release(audit->auberge, owner, &hold);
	reclaim_items(audit, owner, true, -1);
	cgroup_leave_supervisor(audit->auberge, owner, 0); /* its dead supervisor's, and ROOT if that was the last */
}

static bool seen_before(const struct audit *audit, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (audit->items[i].guests && is_reclaimable(&audit->items[i]) &&
		    strcmp(audit->items[i].leftover.owner, audit->items[index].leftover.owner) == 0)
			return true;
	return false;
}

/* What was reclaimed and what was not. Whose owner came to life meanwhile is no leftover any more. */
static void judge(struct audit *audit)
{
	size_t kept = 0;

	for (size_t i = 0; i < audit->count; i++) {
		struct audit_item *item = &audit->items[i];
		char before[sizeof item->leftover.sentence];

		item->leftover.reclaimed = !item->leftover.foreign && !kinds[item->kind].there(audit, item);
		if (!item->leftover.reclaimed && !stays(audit, item))
			continue;
		if (!item->leftover.reclaimed && *item->why) {
			memcpy(before, item->leftover.sentence, sizeof before);
			audit_say(item, "%s; it stays: %s", before, item->why);
		}
		audit->items[kept++] = *item;
	}
	audit->count = kept;
}

static void reclaim_all(struct audit *audit)
{
	for (size_t i = 0; i < audit->count; i++)
		if (audit->items[i].guests && is_reclaimable(&audit->items[i]) && !seen_before(audit, i))
			reclaim_owner(audit, audit->items[i].leftover.owner);
	for (size_t i = 0; i < audit->count; i++) /* nobody's: groups below ROOT that are empty, and ROOT last */
		if (!audit->items[i].guests && is_reclaimable(&audit->items[i]))
			reclaim_item(audit, &audit->items[i], -1);
	judge(audit);
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

static int by_kind(const void *left, const void *right)
{
	const struct auberge_leftover *a = left, *b = right;
	int order = (int)a->foreign - (int)b->foreign;

	if (order == 0)
		order = strcmp(a->owner, b->owner);
	if (order == 0)
		order = strcmp(a->type, b->type);
	return order ? order : strcmp(a->name, b->name);
}

static int hand_out(const struct audit *audit, struct auberge_leftover **leftovers, size_t *count)
{
	*leftovers = calloc(audit->count + 1, sizeof **leftovers);
	if (!*leftovers)
		return error_set(audit->error, ENOMEM, "the audit");
	for (size_t i = 0; i < audit->count; i++)
		(*leftovers)[(*count)++] = audit->items[i].leftover;
	qsort(*leftovers, *count, sizeof **leftovers, by_kind);
	return 0;
}

int auberge_audit(struct auberge *auberge, bool reclaim, struct auberge_leftover **leftovers, size_t *count,
                  struct auberge_error *error)
{
	struct audit audit = {.auberge = auberge, .error = error};
	int result = 0;

	*leftovers = NULL;
	*count = 0;
	error_clear(error);
	if (geteuid() != 0) {
		error_set_code(error, AUBERGE_NOT_PERMITTED, 0, "audit: only root can look at all of this host");
		return error_remedy(error, "run it as root: sudo auberge audit");
	}
	set_refresh(auberge);
	set_reap(auberge);
	for (size_t i = 0; i < COUNT_OF(looks) && result == 0; i++)
		result = looks[i](&audit);
	if (result == 0) {
		settle(&audit);
		if (reclaim && audit.count > 0)
			reclaim_all(&audit);
		result = hand_out(&audit, leftovers, count);
	}
	free(audit.items);
	free(audit.names);
	return result;
}
