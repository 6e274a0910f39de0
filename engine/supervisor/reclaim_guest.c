/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reclaim by way of auberge-build, which alone carries the libraries for it. */
#include "supervisor/reclaim.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/set.h"
#include "supervisor/build.h"

#include <unistd.h>

int reclaim_guest(struct auberge *auberge, const char *name, struct auberge_error *error)
{
	cleanup_close int run_fd = set_open_run(auberge, name);

	if (run_fd < 0)
		return errno == ENOENT ? 0 : error_set(error, errno, "cannot open %s/%s", auberge_run_dir(auberge), name);
	return build_run(auberge, name, "reclaim", error);
}
