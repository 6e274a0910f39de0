/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of guest.ini. A new key is one row here and one field in struct config.
 * "net *" and "mount *" stand for one section per name; their offsets are into struct config_net and config_mount.
 */
#include "guest/schema.h"

#include "base/cleanup.h"

#include <string.h>

#define KIBI UINT64_C(1024)
#define MEBI (KIBI * KIBI)
#define IN_GUEST(field) .offset = offsetof(struct config, field)
#define IN_NET(field) .offset = offsetof(struct config_net, field)
#define IN_MOUNT(field) .offset = offsetof(struct config_mount, field)
#define HALT_CHOICES "auto systemd sysvinit busybox openrc runit s6 finit dinit program"

static const struct schema_row rows[] = {
	{.key = {.section = "guest", .name = "kind", .type = "choice", .choices = "container vm",
	         .default_text = "container",
	         .help = "What the guest is: a container shares the host's kernel, a vm has its own (not yet)."},
	 .type = SCHEMA_CHOICE, IN_GUEST(kind)},
	{.key = {.section = "guest", .name = "hostname", .type = "hostname",
	         .help = "The host name inside; without it the guest's name."},
	 .type = SCHEMA_HOSTNAME, IN_GUEST(hostname)},
	{.key = {.section = "guest", .name = "rootfs", .type = "path",
	         .help = "The directory on the host that is the guest's root; without it rootfs beside guest.ini."},
	 .type = SCHEMA_PATH, IN_GUEST(rootfs)},
	{.key = {.section = "guest", .name = "init", .type = "path", .default_text = "/sbin/init",
	         .help = "The first program, as a path inside the guest."},
	 .type = SCHEMA_PATH, IN_GUEST(init)},
	{.key = {.section = "guest", .name = "autostart", .type = "bool", .default_text = "no", .live = true,
	         .help = "Whether start --autostart starts it."},
	 .type = SCHEMA_BOOL, IN_GUEST(autostart)},
	{.key = {.section = "guest", .name = "after", .type = "guests", .live = true,
	         .help = "Guests that it needs, with blanks between: it starts after they are up and stops before them."},
	 .type = SCHEMA_GUESTS, IN_GUEST(after)},
	{.key = {.section = "guest", .name = "order", .type = "count", .range = "0..999", .default_text = "500", .live = true,
	         .help = "Its place among the guests that start or stop together: lower starts earlier and stops later."},
	 .type = SCHEMA_COUNT, .min = 0, .max = 999, IN_GUEST(order)},
	{.key = {.section = "guest", .name = "stop_timeout", .type = "duration", .range = "1s..24h", .default_text = "90s",
	         .unit = "seconds", .live = true,
	         .help = "How long a clean stop may take before the processes that hold it up are listed."},
	 .type = SCHEMA_DURATION, .min = 1, .max = 24 * 3600, IN_GUEST(stop_timeout)},
	{.key = {.section = "guest", .name = "restart", .type = "choice", .choices = "no on-failure always", .default_text = "no",
	         .help = "Whether it is started again when it ends by itself: never, after a bad end (a status that is not 0, a "
	                 "signal, an OOM kill), or after any end that no stop or kill of ours asked for, its own poweroff included."},
	 .type = SCHEMA_CHOICE, IN_GUEST(restart)},
	{.key = {.section = "guest", .name = "halt", .type = "choice", .choices = HALT_CHOICES, .default_text = "auto",
	         .live = true, .help = "Which kind of init it has, and so how it is asked to halt; auto finds out."},
	 .type = SCHEMA_TEXT, IN_GUEST(halt)},
	{.key = {.section = "guest", .name = "halt_signal", .type = "signal", .live = true,
	         .help = "The signal that makes the init halt; without it the one of its kind."},
	 .type = SCHEMA_SIGNAL, IN_GUEST(halt_signal)},
	{.key = {.section = "guest", .name = "reboot_signal", .type = "signal", .live = true,
	         .help = "The signal that makes the init reboot; without it the one of its kind."},
	 .type = SCHEMA_SIGNAL, IN_GUEST(reboot_signal)},

	{.key = {.section = "console", .name = "ttys", .type = "count", .range = "0..16", .default_text = "1",
	         .help = "How many ttys (/dev/tty1 and up) it has besides the console."},
	 .type = SCHEMA_COUNT, .min = 0, .max = 16, IN_GUEST(ttys)},

	{.key = {.section = "security", .name = "privileged", .type = "bool", .default_text = "no",
	         .help = "Without a user namespace: root inside is root of the host. Marked on every screen."},
	 .type = SCHEMA_BOOL, IN_GUEST(privileged)},
	{.key = {.section = "security", .name = "drop_capabilities", .type = "capabilities",
	         .help = "Capabilities that the guest loses besides the ones that every guest loses."},
	 .type = SCHEMA_CAPABILITIES, IN_GUEST(drop_capabilities)},

	{.key = {.section = "limits", .name = "memory", .type = "size", .range = "1M..max", .default_text = "max",
	         .unit = "bytes", .live = true, .help = "The most memory that it may use, file cache included."},
	 .type = SCHEMA_SIZE, .min = MEBI, .max = AUBERGE_UNLIMITED, IN_GUEST(memory)},
	{.key = {.section = "limits", .name = "swap", .type = "size", .range = "0..max", .default_text = "max",
	         .unit = "bytes", .live = true, .help = "The most swap that it may use besides memory."},
	 .type = SCHEMA_SIZE, .min = 0, .max = AUBERGE_UNLIMITED, IN_GUEST(swap)},
	{.key = {.section = "limits", .name = "cpus", .type = "decimal", .range = "0.01..4096", .default_text = "max",
	         .unit = "processors", .live = true, .help = "How many processors' time it may use; 1.5 is one and a half."},
	 .type = SCHEMA_DECIMAL, .min = 10, .max = 4096000, IN_GUEST(cpus_thousandths)},
	{.key = {.section = "limits", .name = "pids", .type = "count", .range = "1..max", .default_text = "16384",
	         .live = true, .help = "How many processes and threads it may have."},
	 .type = SCHEMA_COUNT, .min = 1, .max = AUBERGE_UNLIMITED, IN_GUEST(pids)},

	{.key = {.section = "net *", .name = "type", .type = "choice", .choices = "veth", .default_text = "veth",
	         .help = "What the interface is: veth is a pair with one end on the host."},
	 .type = SCHEMA_CHOICE, IN_NET(type)},
	{.key = {.section = "net *", .name = "bridge", .type = "link name",
	         .help = "The host's bridge that the host end is a port of; without it none."},
	 .type = SCHEMA_LINK_NAME, IN_NET(bridge)},
	{.key = {.section = "net *", .name = "host_name", .type = "link name",
	         .help = "The name of the host end; without it one is made from the guest's name."},
	 .type = SCHEMA_LINK_NAME, IN_NET(host_name)},
	{.key = {.section = "net *", .name = "mtu", .type = "count", .range = "68..65535", .unit = "bytes",
	         .help = "The largest packet; without it the bridge's."},
	 .type = SCHEMA_COUNT, .min = 68, .max = 65535, IN_NET(mtu)},
	{.key = {.section = "net *", .name = "mac", .type = "mac",
	         .help = "The hardware address inside; without it a random one at each start."},
	 .type = SCHEMA_MAC, IN_NET(mac)},
	{.key = {.section = "net *", .name = "address", .type = "addresses",
	         .help = "Addresses inside with their prefix length, IPv4 and IPv6, with blanks or commas between."},
	 .type = SCHEMA_ADDRESSES, IN_NET(addresses)},
	{.key = {.section = "net *", .name = "gateway", .type = "gateways",
	         .help = "The default route's gateway, at most one of IPv4 and one of IPv6."},
	 .type = SCHEMA_GATEWAYS, IN_NET(gateways)},
	{.key = {.section = "net *", .name = "route", .type = "routes",
	         .help = "More routes: DESTINATION/LENGTH via GATEWAY, with commas between."},
	 .type = SCHEMA_ROUTES, IN_NET(routes)},

	{.key = {.section = "mount *", .name = "source", .type = "path",
	         .help = "The directory or file of the host to mount."},
	 .type = SCHEMA_PATH, IN_MOUNT(source)},
	{.key = {.section = "mount *", .name = "target", .type = "path", .help = "Where it is mounted inside."},
	 .type = SCHEMA_PATH, IN_MOUNT(target)},
	{.key = {.section = "mount *", .name = "idmap", .type = "bool", .default_text = "no",
	         .help = "Whether owners on the host's disk are the guest's own ids, as in its rootfs."},
	 .type = SCHEMA_BOOL, IN_MOUNT(idmap)},
	{.key = {.section = "mount *", .name = "readonly", .type = "bool", .default_text = "no",
	         .help = "Whether the guest may only read it."},
	 .type = SCHEMA_BOOL, IN_MOUNT(readonly)},
};

const struct schema_row *schema_rows(size_t *count)
{
	*count = COUNT_OF(rows);
	return rows;
}

bool schema_section_matches(const char *pattern, const char *section)
{
	size_t length = strlen(pattern);

	if (length > 1 && pattern[length - 1] == '*')
		return strncmp(pattern, section, length - 1) == 0 && section[length - 1] != '\0';
	return strcmp(pattern, section) == 0;
}

const struct schema_row *schema_find(const char *section, const char *key)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(rows[i].key.name, key) == 0 && schema_section_matches(rows[i].key.section, section))
			return &rows[i];
	}
	return NULL;
}

const struct auberge_key *auberge_schema(size_t index)
{
	return index < COUNT_OF(rows) ? &rows[index].key : NULL;
}
