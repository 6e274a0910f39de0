/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of the user who asks. Apart from the rest of host/process.h: it needs the name service, which a statically
 * linked program cannot use. */
#include "host/process.h"

#include "base/file.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void process_user(char *out, size_t size)
{
	char text[32], names[4096];
	struct passwd entry, *found = NULL;
	uid_t user = getuid();

	if (file_read_at(AT_FDCWD, "/proc/self/loginuid", text, sizeof text) > 0 && strtoul(text, NULL, 10) < UINT32_MAX)
		user = (uid_t)strtoul(text, NULL, 10);
	if (user == 0) { /* spares the name service, which takes longer than all else that a command does first */
		snprintf(out, size, "root");
		return;
	}
	if (getpwuid_r(user, &entry, names, sizeof names, &found) == 0 && found)
		auberge_text_clean(out, size, found->pw_name, strlen(found->pw_name), 0);
	else
		snprintf(out, size, "%u", (unsigned)user);
}
