/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configs of `frozen`: a set of its own in a temporary directory, and what a host would say about it, fixed. */
#ifndef FROZEN_CONFIGS_H
#define FROZEN_CONFIGS_H

#include "screens/source.h"

void frozen_configs(struct source *source);
/* Takes the directory away. */
void frozen_configs_close(struct source *source);
/* What its child `create NAME ...` does. */
int frozen_create(const char *name);

#endif
