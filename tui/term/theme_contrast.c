/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How well a theme can be read: contrast by WCAG 2; see theme.h. Owns nothing. */
#include "term/theme.h"

#include <math.h>
#include <stdio.h>

static double channel(int32_t value)
{
	double part = (double)(value & 255) / 255;

	return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(int32_t rgb)
{
	return 0.2126 * channel(rgb >> 16) + 0.7152 * channel(rgb >> 8) + 0.0722 * channel(rgb);
}

static double contrast(int32_t one, int32_t other)
{
	double a = luminance(one) + 0.05, b = luminance(other) + 0.05;

	return a > b ? a / b : b / a;
}

/* The user's own palette has these: what they look like is known only roughly. */
static bool is_palette(int colour)
{
	return colour >= 0 && colour < 16;
}

double theme_contrast(const struct theme *theme, enum theme_depth depth, enum role role)
{
	static const int32_t grounds[][2] = {
		[THEME_ON_ANY] = {0x000000, 0xffffff}, [THEME_ON_DARK] = {0x000000, 0x303030}, [THEME_ON_LIGHT] = {0xffffff, 0xeeeeee},
	};
	const struct theme_style *style = &theme->styles[depth][role];
	int32_t text, worst[2];
	double first, second;

	if (depth == THEME_MONO || style->foreground < 0)
		return -1;
	text = theme_rgb(style->foreground);
	if (style->background >= 0)
		return contrast(text, theme_rgb(style->background));
	if (is_palette(style->foreground) && theme->ground == THEME_ON_ANY)
		return -1;
	worst[0] = grounds[theme->ground][0];
	worst[1] = is_palette(style->foreground) ? worst[0] : grounds[theme->ground][1]; /* a palette fits its background */
	first = contrast(text, worst[0]);
	second = contrast(text, worst[1]);
	return first < second ? first : second;
}

bool theme_check(const struct theme *theme, enum theme_depth depth, char *message, size_t size)
{
	for (int role = 0; role < ROLES_COUNT; role++) {
		double found = theme_contrast(theme, depth, (enum role)role);

		if (found < 0 || found >= THEME_CONTRAST)
			continue;
		snprintf(message, size, "theme %s: %s is hard to read, its contrast is %.1f and should be %.1f", theme->name,
		         theme_role_name((enum role)role), found, THEME_CONTRAST);
		return false;
	}
	return true;
}
