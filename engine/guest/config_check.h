/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be wrong with a config as a whole though each of its values is right. Texts only: the host is not asked. */
#ifndef GUEST_CONFIG_CHECK_H
#define GUEST_CONFIG_CHECK_H

#include "guest/config.h"

/* Adds every contradiction to the error. 0, or negative when there was one. */
int config_check_together(const struct config *config, struct auberge_error *error);
/* The setting of that section and key ("net eth0", "mtu"), or NULL. */
const struct config_setting *config_find_setting(const struct config *config, const char *section, const char *key);

#endif
