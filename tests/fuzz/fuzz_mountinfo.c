/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountinfo: the kernel's text, but with paths that others chose. */
#include "host/cgroup.h"
#include "host/mountinfo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_layout layout;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (cgroup_layout_parse(text, &layout) == 0) {
		if (layout.count > CGROUP_HIERARCHIES || layout.v2 >= (int)layout.count)
			abort();
		cgroup_for(&layout, "memory");
		cgroup_for(&layout, "io");
	}
	struct mountinfo mount;
	for (char *line, *rest = text; (line = strsep(&rest, "\n"));)
		if (mountinfo_split(line, &mount) && strlen(mount.root) + strlen(mount.place) + strlen(mount.device) > size)
			abort();
	free(text);
	return 0;
}
