/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's config as parsed: typed fields for the engine, and each setting's text and line for people.
 * Reading never stops at the first error: all are told at once, with FILE:LINE and the nearest known key.
 */
#ifndef GUEST_CONFIG_H
#define GUEST_CONFIG_H

#include "auberge.h"

struct config_list {
	char **items;
	size_t count;
};

struct config_mac {
	bool set;
	uint8_t bytes[6];
};

enum config_net_type { CONFIG_NET_VETH };

struct config_net {
	char name[AUBERGE_LINK_SIZE]; /* of the section: the interface inside */
	int type;
	char *bridge;    /* NULL: no bridge */
	char *host_name; /* NULL: made from the guest's name */
	uint64_t mtu;    /* 0: the bridge's */
	struct config_mac mac;
	struct config_list addresses, gateways, routes;
	unsigned line; /* of the section */
};

#define CONFIG_MOUNTS_MAX 64
#define CONFIG_AFTER_MAX 64

struct config_mount {
	char *name, *source, *target;
	bool idmap, readonly;
	unsigned line;
};

enum config_restart { CONFIG_RESTART_NO, CONFIG_RESTART_ON_FAILURE, CONFIG_RESTART_ALWAYS };
enum config_init { CONFIG_INIT_AUTO /* then the names of supervisor/inits.h, in that order */ };

struct config {
	/* [guest] */
	int kind; /* enum auberge_kind */
	char *hostname; /* NULL: the guest's name */
	char *rootfs;   /* NULL: STATE_DIR/NAME/rootfs */
	char *init;     /* path inside */
	bool autostart;
	struct config_list after; /* guests' names */
	uint64_t order;
	int64_t stop_timeout; /* seconds */
	int restart;          /* enum config_restart */
	char *halt;           /* "auto", or a name of the table of inits */
	int halt_signal, reboot_signal; /* 0: by the table of inits */
	/* [console] */
	uint64_t ttys;
	/* [security] */
	bool privileged;
	uint64_t drop_capabilities; /* bit set, in addition to the default drops */
	/* [limits] AUBERGE_UNLIMITED: none */
	uint64_t memory, swap, cpus_thousandths, pids;
	struct config_net nets[AUBERGE_LINKS_MAX];
	size_t nets_count;
	struct config_mount *mounts;
	size_t mounts_count;

	/* as written, in file order */
	struct config_setting {
		char *section, *key, *value;
		unsigned line;
	} *settings;
	size_t settings_count;
	char *file; /* its path, for messages */
};

/* Reads NAME's guest.ini (from = STATE_DIR/NAME) or effective.ini (RUN_DIR/NAME). dirfd and file name locate it, path
 * is what messages call it. Syntax and types and ranges; the host is not looked at. *config also on error, as far as it
 * was understood (free it), or NULL when the file cannot be read at all. Errors are added to those that error already
 * holds: it must be clear or meant. */
int config_read(int dirfd, const char *file, const char *path, struct config **config, struct auberge_error *error);
/* The same from memory: the fuzz target's way in, and create's. */
int config_parse(const char *text, size_t length, const char *path, struct config **config, struct auberge_error *error);
void config_free(struct config *config);
#define cleanup_config __attribute__((cleanup(config_free_pointer)))
void config_free_pointer(struct config **config);

/* The text of a file that says what config says, defaults included: what effective.ini holds. malloc'ed. */
char *config_format(const struct config *config);
/* The value in force of a row, as text ("2G"), and the line it came from (0: default). malloc'ed, NULL: unset. */
struct schema_row;
char *config_value_text(const struct config *config, const struct schema_row *row, size_t index, unsigned *line);
/* Negative for what parses but cannot be started yet: kind = vm. */
int config_check_startable(const struct config *config, struct auberge_error *error);
/* Sets one value in the text of a guest.ini: replaces the key's line, or adds it to its section, or adds the section; NULL
 * takes the line away. *text is malloc'ed and replaced. What the value means is checked by parsing the result. */
int config_set_text(char **text, const char *section, const char *key, const char *value, struct auberge_error *error);
/* Adds a section without settings, if it is not there. */
int config_add_section_text(char **text, const char *section, struct auberge_error *error);
/* Takes a section away with all of its settings, if it is there. */
int config_remove_section_text(char **text, const char *section, struct auberge_error *error);
/* The absolute path of the guest's rootfs on the host. malloc'ed. */
char *config_rootfs(const struct auberge *auberge, const char *name, const struct config *config);

#endif
