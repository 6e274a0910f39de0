/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graph of `after` and `order`. `after` is the stronger: a guest of a low order that comes after one of a high order
 * has that one's level, or the two would wait for each other. Sets have hundreds of guests, so walks are plain.
 */
#include "guest/order.h"

#include "guest/config_check.h"
#include "guest/set.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <string.h>

#define ORDER_DEFAULT 500
#define STOP_DEFAULT 90

static size_t find(const struct order *order, const char *name)
{
	size_t i = 0;

	while (i < order->count && strcmp(order->guests[i].name, name) != 0)
		i++;
	return i;
}

/* Its index, or SIZE_MAX out of memory. */
static size_t find_or_add(struct order *order, const char *name)
{
	size_t index = find(order, name);

	if (index < order->count)
		return index;
	if (order->count % 32 == 0) {
		void *more = reallocarray(order->guests, order->count + 32, sizeof *order->guests);

		if (!more)
			return SIZE_MAX;
		order->guests = more;
	}
	order->guests[order->count] = (struct order_guest){.order = ORDER_DEFAULT, .level = ORDER_DEFAULT, .stop_timeout = STOP_DEFAULT};
	snprintf(order->guests[order->count].name, sizeof order->guests->name, "%s", name);
	return order->count++;
}

static bool link_add(struct order_links *links, size_t index)
{
	size_t *items = reallocarray(links->items, links->count + 1, sizeof *items);

	if (!items)
		return false;
	links->items = items;
	items[links->count++] = index;
	return true;
}

static bool take_config(struct order *order, size_t index, const struct config *config)
{
	const struct config_setting *setting = config_find_setting(config, "guest", "after");
	struct order_guest *guest = &order->guests[index];

	guest->found = true;
	guest->order = config->order;
	guest->stop_timeout = config->stop_timeout;
	guest->file = strdup(config->file);
	guest->line = setting ? setting->line : 0;
	for (size_t i = 0; i < config->after.count; i++) {
		size_t other = find_or_add(order, config->after.items[i]); /* guests[] may have moved */

		if (other == SIZE_MAX || !link_add(&order->guests[index].after, other))
			return false;
	}
	return order->guests[index].file != NULL;
}

static struct config *read_config(const struct auberge *auberge, const char *name, enum order_source source)
{
	cleanup_close int run_fd = source == ORDER_AS_STARTED ? set_open_run(auberge, name) : -1;
	cleanup_close int guest_fd = set_open_guest(auberge, name);
	cleanup_free char *path = NULL, *run_path = NULL;
	struct auberge_error ignored = {0};
	struct config *config = NULL;

	if (run_fd >= 0 && asprintf(&run_path, "%s/%s/effective.ini", auberge->run_dir, name) >= 0)
		config_read(run_fd, "effective.ini", run_path, &config, &ignored);
	if (!config && guest_fd >= 0 && asprintf(&path, "%s/%s/guest.ini", auberge->state_dir, name) >= 0)
		config_read(guest_fd, "guest.ini", path, &config, &ignored);
	return config;
}

struct order *order_read(const struct auberge *auberge, const char *const *names, size_t count, enum order_source source,
                         const struct config *given, struct auberge_error *error)
{
	struct order *order = calloc(1, sizeof *order);
	bool fine = order != NULL;

	for (size_t i = 0; fine && i < count; i++) {
		fine = find_or_add(order, names[i]) != SIZE_MAX;
		if (fine)
			order->guests[i].member = true;
	}
	if (fine)
		order->members = order->count;
	for (size_t i = 0; fine && i < order->count; i++) { /* it grows by what they name */
		cleanup_config struct config *config = NULL;

		if (i > 0 || !given)
			config = read_config(auberge, order->guests[i].name, source);
		if (config || (i == 0 && given))
			fine = take_config(order, i, config ? config : given);
	}
	if (fine)
		return order;
	order_free(order);
	error_set(error, ENOMEM, "cannot work out the order of the guests");
	return NULL;
}

void order_free(struct order *order)
{
	if (!order)
		return;
	for (size_t i = 0; i < order->count; i++) {
		free(order->guests[i].file);
		free(order->guests[i].after.items);
		free(order->guests[i].before.items);
	}
	free(order->guests);
	free(order);
}

/* The shortest way from start back to it: via[i] is where i was reached from. The last guest on it, or SIZE_MAX. */
static size_t way_back(const struct order *order, size_t start, size_t *via)
{
	cleanup_free size_t *queue = calloc(order->count, sizeof *queue);
	size_t read = 0, written = 0;

	for (size_t i = 0; i < order->count; i++)
		via[i] = SIZE_MAX;
	if (queue)
		queue[written++] = start;
	while (read < written) {
		size_t at = queue[read++];

		for (size_t i = 0; i < order->guests[at].after.count; i++) {
			size_t next = order->guests[at].after.items[i];

			if (next == start)
				return at;
			if (via[next] != SIZE_MAX)
				continue;
			via[next] = at;
			queue[written++] = next;
		}
	}
	return SIZE_MAX;
}

/* "web -> db -> web": from start along via, whose last is the one that leads back. */
static char *cycle_text(const struct order *order, size_t start, size_t last, const size_t *via)
{
	cleanup_free size_t *path = calloc(order->count, sizeof *path);
	cleanup_buffer struct buffer text = {0};
	size_t count = 0;

	for (size_t at = last; path && at != start; at = via[at])
		path[count++] = at;
	buffer_addf(&text, "%s -> ", order->guests[start].name);
	while (count > 0)
		buffer_addf(&text, "%s -> ", order->guests[path[--count]].name);
	buffer_addf(&text, "%s", order->guests[start].name);
	return text.failed ? NULL : take_pointer(&text.data);
}

static void tell_cycle(const struct order *order, size_t start, size_t last, const size_t *via, size_t at,
                       struct auberge_error *error)
{
	cleanup_free char *text = cycle_text(order, start, last, via);

	error_add_line(error, "%s:%u: [guest] after goes round in a cycle: %s", order->guests[at].file, order->guests[at].line,
	               text ? text : order->guests[start].name);
	error_remedy(error, "take one of these guests out of the other's `after`");
}

bool order_in_cycle(const struct order *order, size_t index, struct auberge_error *error)
{
	cleanup_free size_t *via = calloc(order->count, sizeof *via);
	size_t last = via ? way_back(order, index, via) : SIZE_MAX;

	if (last == SIZE_MAX)
		return false;
	tell_cycle(order, index, last, via, index, error);
	return true;
}

bool order_names_unknown(const struct auberge *auberge, const struct order *order, size_t index, struct auberge_error *error)
{
	const struct order_guest *guest = &order->guests[index];
	bool unknown = false;

	for (size_t i = 0; i < guest->after.count; i++) {
		const struct order_guest *other = &order->guests[guest->after.items[i]];
		char near[AUBERGE_NAME_MAX + 1];

		if (other->found)
			continue;
		unknown = true;
		set_nearest_guest(auberge, other->name, near);
		if (near[0] && strcmp(near, guest->name) != 0)
			error_add_line(error, "%s:%u: [guest] after = %s: there is no such guest: did you mean \"%s\"?", guest->file,
			               guest->line, other->name, near);
		else
			error_add_line(error, "%s:%u: [guest] after = %s: there is no such guest", guest->file, guest->line, other->name);
	}
	return unknown;
}

static void cut(struct order_links *links, size_t index)
{
	for (size_t i = 0; i < links->count; i++) {
		if (links->items[i] == index) {
			links->items[i] = links->items[--links->count];
			return;
		}
	}
}

bool order_drop_cycle(struct order *order, struct auberge_error *error)
{
	cleanup_free size_t *via = calloc(order->count + 1, sizeof *via);

	for (size_t start = 0; via && start < order->count; start++) {
		size_t last = way_back(order, start, via);

		if (last == SIZE_MAX)
			continue;
		tell_cycle(order, start, last, via, start, error);
		cut(&order->guests[last].after, start);
		for (size_t at = last; at != start; at = via[at])
			cut(&order->guests[via[at]].after, at);
		return true;
	}
	return false;
}

void order_keep_members(struct order *order)
{
	for (size_t i = 0; i < order->count; i++) {
		struct order_links *after = &order->guests[i].after;

		for (size_t k = 0; k < after->count;) {
			if (i < order->members && order->guests[after->items[k]].member)
				k++;
			else
				after->items[k] = after->items[--after->count];
		}
	}
}

int order_settle(struct order *order, struct auberge_error *error)
{
	bool changed = true;

	for (size_t i = 0; i < order->members; i++) {
		struct order_guest *guest = &order->guests[i];

		guest->level = guest->order;
		for (size_t k = 0; k < guest->after.count; k++) {
			struct order_guest *other = &order->guests[guest->after.items[k]];

			if (other->member && !link_add(&other->before, i))
				return error_set(error, ENOMEM, "cannot work out the order of the guests");
		}
	}
	while (changed) {
		changed = false;
		for (size_t i = 0; i < order->members; i++) {
			const struct order_guest *guest = &order->guests[i];

			for (size_t k = 0; k < guest->before.count; k++) {
				struct order_guest *later = &order->guests[guest->before.items[k]];

				if (later->level < guest->level) {
					later->level = guest->level;
					changed = true;
				}
			}
		}
	}
	return 0;
}

/* The next lower level than this one that some member has; false: none. */
static bool next_level(const struct order *order, uint64_t *level)
{
	uint64_t below = *level, next = 0;
	bool any = false;

	for (size_t i = 0; i < order->members; i++) {
		uint64_t its = order->guests[i].level;

		if (its < below && (!any || its > next)) {
			next = its;
			any = true;
		}
	}
	*level = next;
	return any;
}

int64_t order_stop_seconds(const struct order *order)
{
	cleanup_free int64_t *until = calloc(order->members + 1, sizeof *until);
	int64_t above = 0, longest = 0;
	uint64_t level = UINT64_MAX;

	while (until && next_level(order, &level)) {
		bool changed = true;

		while (changed) {
			changed = false;
			for (size_t i = 0; i < order->members; i++) {
				const struct order_guest *guest = &order->guests[i];
				int64_t begins = above;

				if (guest->level != level)
					continue;
				for (size_t k = 0; k < guest->before.count; k++)
					begins = until[guest->before.items[k]] > begins ? until[guest->before.items[k]] : begins;
				changed = changed || until[i] < begins + guest->stop_timeout;
				until[i] = begins + guest->stop_timeout;
				longest = until[i] > longest ? until[i] : longest;
			}
		}
		above = longest;
	}
	return longest;
}

int order_check(const struct auberge *auberge, const char *name, const struct config *given, unsigned flags,
                struct auberge_error *error)
{
	struct order *order = order_read(auberge, &name, 1, ORDER_AS_WRITTEN, given, error);
	cleanup_free size_t *via = order ? calloc(order->count, sizeof *via) : NULL;
	size_t last = via ? way_back(order, 0, via) : SIZE_MAX;
	bool unknown = false;

	if (last != SIZE_MAX) /* where the line can be looked at: one that is new has no file yet */
		tell_cycle(order, 0, last, via, flags & ORDER_NEW ? last : 0, error);
	if (order && !(flags & ORDER_UNKNOWN_FINE))
		unknown = order_names_unknown(auberge, order, 0, error);
	order_free(order);
	return !via || last != SIZE_MAX || unknown ? -1 : 0;
}
