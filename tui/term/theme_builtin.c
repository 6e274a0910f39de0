/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two themes that are always there, word for word as in themes/: a test compares them. */
#include "term/theme.h"

#include <string.h>

static const char default_theme_text[] =
	"# Works on light and on dark: the terminal's own background, colours that can be read on both, and no colour without\n"
	"# a letter beside it.\n"
	"[meta]\n"
	"name = default\n"
	"background = any\n"
	"[roles]\n"
	"text = default\n"
	"dim = 243 | 16: bright-black | mono: dim\n"
	"title = default bold\n"
	"border = default\n"
	"border.focus = 63 bold | 16: cyan bold | mono: bold\n"
	"keybar.key = default bold\n"
	"keybar.label = default reverse\n"
	"header = default underline\n"
	"header.sort = default underline bold\n"
	"cursor = default reverse\n"
	"cursor.unfocused = default underline\n"
	"mark = 63 bold | 16: yellow bold | mono: bold\n"
	"match = default underline\n"
	"ok = 29 | 16: green | mono: normal\n"
	"warn = 131 bold | 16: yellow bold | mono: bold\n"
	"crit = 163 bold | 16: red bold | mono: reverse bold\n"
	"off = 243 | 16: bright-black | mono: dim\n"
	"info = 63 | 16: cyan | mono: normal\n"
	"graph.low = 29 | 16: green | mono: normal\n"
	"graph.high = 163 bold | 16: red bold | mono: bold\n"
	"input = default underline\n"
	"diff.add = 29 | 16: green | mono: bold\n"
	"diff.del = 163 | 16: red | mono: reverse\n";

static const char mono_theme_text[] =
	"# Attributes only; what NO_COLOR selects.\n"
	"[meta]\n"
	"name = mono\n"
	"[roles]\n"
	"text = normal\n"
	"dim = dim\n"
	"title = bold\n"
	"border = normal\n"
	"border.focus = bold\n"
	"keybar.key = bold\n"
	"keybar.label = reverse\n"
	"header = underline\n"
	"header.sort = underline bold\n"
	"cursor = reverse\n"
	"cursor.unfocused = underline\n"
	"mark = bold\n"
	"match = underline\n"
	"ok = normal\n"
	"warn = bold\n"
	"crit = reverse bold\n"
	"off = dim\n"
	"info = normal\n"
	"graph.low = normal\n"
	"graph.high = bold\n"
	"input = underline\n"
	"diff.add = bold\n"
	"diff.del = reverse\n";

const char *theme_builtin(const char *name)
{
	if (strcmp(name, "default") == 0)
		return default_theme_text;
	return strcmp(name, "mono") == 0 ? mono_theme_text : NULL;
}
