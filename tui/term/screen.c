/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal under curses, which writes into the output's file and reads nothing; modes are set by our own termios
 * calls because curses sees no terminal at either end. Invariant: while `restore.active`, restore holds what gives
 * the terminal back, and the handler of fatal signals needs nothing else.
 */
#include "term/screen_private.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#undef columns /* term.h makes a macro of it */

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define CELLS_MAX 131072 /* no larger picture is drawn: the colours of a guest make some megabytes of one */
#define DRAIN_MS 500 /* how long leaving waits for a slow terminal */

static struct {
	volatile sig_atomic_t active;
	int fd;
	struct termios saved;
	char text[256];
	size_t length;
} restore;

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGTRAP, SIGSYS};
#define FATAL_COUNT (sizeof fatal_signals / sizeof fatal_signals[0])
static struct sigaction before[FATAL_COUNT];

/* Only calls that are safe in a handler. */
static void restore_now(void)
{
	if (!restore.active)
		return;
	restore.active = 0;
	if (write(restore.fd, restore.text, restore.length) < 0) {
		/* nothing more can be done */
	}
	tcsetattr(restore.fd, TCSANOW, &restore.saved);
}

static void on_fatal(int number)
{
	restore_now();
	for (size_t i = 0; i < FATAL_COUNT; i++)
		if (fatal_signals[i] == number)
			sigaction(number, &before[i], NULL);
	raise(number);
}

static void catch_fatal(bool catch)
{
	struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_NODEFER};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < FATAL_COUNT; i++)
		sigaction(fatal_signals[i], catch ? &action : &before[i], catch ? &before[i] : NULL);
}

const char *screen_capability(const char *name)
{
	char copy[16];
	const char *text;

	strncpy(copy, name, sizeof copy - 1);
	copy[sizeof copy - 1] = '\0';
	text = tigetstr(copy);
	return text == (char *)-1 ? NULL : text;
}

static void restore_add(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (restore.length + length > sizeof restore.text)
		return;
	memcpy(restore.text + restore.length, text ? text : "", length);
	restore.length += length;
}

/* What leaves the terminal usable, by hand: attributes off, cursor shown, the other screen, no bracketed paste. */
static void restore_prepare(struct screen *screen)
{
	restore.length = 0;
	restore_add(screen_capability("sgr0"));
	restore_add(screen_capability("cnorm"));
	if (screen->paste)
		restore_add(PASTE_OFF);
	if (screen_capability("rmcup"))
		restore_add(screen_capability("rmcup"));
	else
		restore_add("\r\n");
	restore.fd = screen->output.fd;
}

static void mode_raw(struct screen *screen)
{
	struct termios mode = restore.saved;

	mode.c_iflag &= (tcflag_t)~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	mode.c_oflag &= (tcflag_t)~OPOST;
	mode.c_lflag &= (tcflag_t)~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	mode.c_cflag &= (tcflag_t)~(CSIZE | PARENB);
	mode.c_cflag |= CS8;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	restore.active = 1;
	tcsetattr(screen->output.fd, TCSANOW, &mode);
	if (screen->paste) {
		fputs(PASTE_ON, screen->output.stream);
		fflush(screen->output.stream);
	}
	/* curses has set the margins to the lines of the terminal's description; below them some terminals delete and insert
	 * no characters. All is painted anew after this. */
	if (screen->rows > 0 && screen_capability("csr")) {
		fputs(tparm((char *)(uintptr_t)screen_capability("csr"), 0L, (long)screen->rows - 1, 0L, 0L, 0L, 0L, 0L, 0L, 0L),
		      screen->output.stream);
		fflush(screen->output.stream);
	}
}

static void size_get(struct screen *screen, int *rows, int *columns)
{
	struct winsize size = {0};

	if (ioctl(screen->output.fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0) {
		size.ws_row = 24;
		size.ws_col = 80;
	}
	*columns = size.ws_col > 1000 ? 1000 : size.ws_col;
	*rows = size.ws_row;
	if (*rows > CELLS_MAX / *columns)
		*rows = CELLS_MAX / *columns;
	*rows = *rows < 1 ? 1 : *rows;
}

static attr_t attributes_of(const struct theme_style *style)
{
	attr_t bits = A_NORMAL;

	bits |= style->attributes & THEME_BOLD ? A_BOLD : 0;
	bits |= style->attributes & THEME_DIM ? A_DIM : 0;
	bits |= style->attributes & THEME_UNDERLINE ? A_UNDERLINE : 0;
	bits |= style->attributes & THEME_REVERSE ? A_REVERSE : 0;
	return bits;
}

static int colour_8(int colour, attr_t *bits)
{
	if (colour == 8) { /* bold black is black on many a terminal */
		*bits |= A_DIM;
		return -1;
	}
	if (colour >= 8 && colour < 16) {
		*bits |= A_BOLD; /* bright, as eight colours can say it */
		colour -= 8;
	}
	return colour;
}

/* A terminal whose description says true colour takes 0xRRGGBB, but for the first eight. */
static int true_colour(int colour, int32_t exact)
{
	if (exact >= 8)
		return exact;
	return exact >= 0 || colour < 8 ? (colour < 8 ? colour : 0) : theme_rgb(colour);
}

static void role_set_up(struct screen *screen, enum role role, const struct theme_style *style, bool defaults)
{
	attr_t bits = attributes_of(style);
	int pair = (int)role + 1, foreground = style->foreground, background = style->background;

	if (COLORS > 256) {
		foreground = true_colour(foreground, style->exact_foreground);
		background = true_colour(background, style->exact_background);
	} else if (COLORS < 16) {
		foreground = colour_8(foreground, &bits);
		background = background >= 8 ? background - 8 : background;
	}
	if (!defaults) {
		foreground = foreground < 0 ? COLOR_WHITE : foreground;
		background = background < 0 ? COLOR_BLACK : background;
	}
	if ((style->foreground >= 0 || style->background >= 0) && init_extended_pair(pair, foreground, background) == OK)
		bits |= (attr_t)COLOR_PAIR(pair);
	screen->attributes[role] = bits;
}

static void roles_set_up(struct screen *screen, enum theme_depth depth)
{
	bool colours = depth != THEME_MONO && start_color() == OK, defaults = colours && use_default_colors() == OK;

	screen->colours = depth != THEME_MONO;
	screen->defaults = defaults;
	for (int role = 0; role < ROLES_COUNT; role++) {
		const struct theme_style *style = &screen->theme.styles[depth][role];

		if (colours)
			role_set_up(screen, (enum role)role, style, defaults);
		else
			screen->attributes[role] = attributes_of(style);
	}
	/* What nobody writes on has the text's background too. */
	bkgdset((chtype)' ' | (colours && screen->theme.styles[depth][ROLE_TEXT].background >= 0 ?
	                       screen->attributes[ROLE_TEXT] & (attr_t)A_COLOR : 0));
}

static int number_of(const char *name)
{
	char copy[8];

	snprintf(copy, sizeof copy, "%s", name);
	return tigetnum(copy);
}

/* A terminal that nobody described: the nearest one by prefix, then the least of all. */
static bool open_curses(struct screen *screen, char *message, size_t size)
{
	const char *own = getenv("TERM"), *tries[4] = {own, NULL, NULL, NULL};
	size_t count = 1;
	int found;

	if (own && strncmp(own, "xterm", 5) == 0) {
		tries[count++] = "xterm-256color";
		tries[count++] = "xterm";
	}
	tries[count++] = "vt100";
	for (size_t i = 0; i < count; i++) {
		if (!tries[i] || !*tries[i] || strcmp(tries[i], "dumb") == 0 || strcmp(tries[i], "unknown") == 0)
			continue;
		/* Asked first: a newterm() that fails leaks. By its description alone, not by what the environment says. */
		use_env(FALSE);
		if (setupterm(tries[i], screen->output.fd, &found) != OK)
			continue;
		/* Of a terminal whose description has no size (linux, cygwin) curses wants one from elsewhere; ours comes later. */
		use_env(number_of("lines") <= 0 || number_of("cols") <= 0);
		del_curterm(cur_term);
		screen->curses = newterm(tries[i], screen->output.stream, screen->input);
		if (!screen->curses)
			continue;
		if (i > 0)
			snprintf(message, size, "terminal %s is not known here: taken for %s", own && *own ? own : "(none)",
			         tries[i]);
		return true;
	}
	snprintf(message, size, "terminal %s: not known here, nor is vt100 (Debian: ncurses-base)", own ? own : "(none)");
	return false;
}

static bool no_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	return (no_color && *no_color) || !has_colors();
}

static void load_theme(struct screen *screen, const char *name, char *message, size_t size)
{
	/* Not COLORS, which is 0 until start_color(). */
	enum theme_depth depth = number_of("colors") >= 256 ? THEME_256 : THEME_16;
	char problem[512];

	if (no_colours()) {
		name = "mono";
		depth = THEME_MONO;
	}
	if (!name || !*name)
		name = "default";
	if ((theme_load(&screen->theme, name, problem, sizeof problem) < 0 ||
	     !theme_check(&screen->theme, depth, problem, sizeof problem)) && message[0] == '\0')
		snprintf(message, size, "%s", problem);
	if (strcmp(screen->theme.name, "mono") == 0)
		depth = THEME_MONO;
	roles_set_up(screen, depth);
}

/* What cells were drawn with is made anew by the next: it follows the theme and what can be shown. */
static void forget_paint(struct screen *screen)
{
	free(screen->paint);
	screen->paint = NULL;
}

bool screen_set_theme(struct screen *screen, const char *name, char *message, size_t size)
{
	message[0] = '\0';
	if (no_colours()) {
		snprintf(message, size, "this terminal shows no colours, or NO_COLOR is set: the theme stays mono");
		return false;
	}
	load_theme(screen, name, message, size);
	forget_paint(screen);
	screen_repaint(screen);
	return message[0] == '\0';
}

const char *screen_theme(const struct screen *screen)
{
	return screen->theme.name;
}

void screen_set_ascii(struct screen *screen, bool ascii)
{
	screen->utf8 = !ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	forget_paint(screen);
	screen_repaint(screen);
}

/* newterm() took the size from the terminal's description and set the scrolling region to that: a taller terminal would
 * take no deletions below it. Before the first frame the cursor may go anywhere. */
static void scroll_region_set(struct screen *screen)
{
	const char *text = change_scroll_region ? tparm(change_scroll_region, 0, screen->rows - 1) : NULL;

	if (text && !strstr(text, "$<"))
		fputs(text, screen->output.stream);
}

static void curses_set_up(struct screen *screen)
{
	set_term(screen->curses);
	typeahead(-1);
	nonl();
	curs_set(0);
	leaveok(stdscr, TRUE);
	scrollok(stdscr, FALSE);
	size_get(screen, &screen->rows, &screen->columns);
	resizeterm(screen->rows, screen->columns);
	scroll_region_set(screen);
	screen->cursor_row = -1;
}

struct screen *screen_open(const struct screen_options *options, char *message, size_t size)
{
	struct screen *screen = calloc(1, sizeof *screen);
	int result;

	message[0] = '\0';
	if (!screen)
		return NULL;
	result = output_open(&screen->output, options->terminal);
	if (result < 0) {
		snprintf(message, size, "terminal: %s", strerror(-result));
		free(screen);
		return NULL;
	}
	screen->input = fopen("/dev/null", "re");
	if (!screen->input || tcgetattr(screen->output.fd, &restore.saved) < 0) {
		snprintf(message, size, "terminal: %s", strerror(errno));
		screen_close(screen);
		return NULL;
	}
	setlocale(LC_CTYPE, "");
	screen->utf8 = !options->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!open_curses(screen, message, size)) {
		screen_close(screen);
		return NULL;
	}
	screen->paste = screen_capability("smcup") != NULL; /* a terminal that can do less would show the sequence */
	curses_set_up(screen);
	load_theme(screen, options->theme, message, size);
	restore_prepare(screen);
	catch_fatal(true);
	mode_raw(screen);
	return screen;
}

static void give_back(struct screen *screen)
{
	endwin();
	if (screen->paste)
		fputs(PASTE_OFF, screen->output.stream);
	output_take(&screen->output);
	output_drain(&screen->output, DRAIN_MS);
	/* Not TCSADRAIN: on a terminal that takes nothing it would wait for ever. */
	tcsetattr(screen->output.fd, TCSANOW, &restore.saved);
	restore.active = 0;
}

void screen_close(struct screen *screen)
{
	if (!screen)
		return;
	if (screen->curses) {
		give_back(screen);
		catch_fatal(false);
		delscreen(screen->curses);
	}
	if (screen->input)
		fclose(screen->input);
	output_close(&screen->output);
	forget_paint(screen);
	free(screen);
}

void screen_suspend(struct screen *screen)
{
	give_back(screen);
}

void screen_resume(struct screen *screen)
{
	mode_raw(screen);
	screen_resize(screen);
	screen_repaint(screen);
}

int screen_rows(const struct screen *screen)
{
	return screen->rows;
}

int screen_columns(const struct screen *screen)
{
	return screen->columns;
}

struct output *screen_output(struct screen *screen)
{
	return &screen->output;
}

bool screen_utf8(const struct screen *screen)
{
	return screen->utf8;
}

void screen_erase(struct screen *screen)
{
	erase();
	if (screen->paint)
		paint_begin(screen->paint);
	screen->cursor_row = -1;
}

void screen_cursor(struct screen *screen, int row, int column)
{
	screen->cursor_row = row;
	screen->cursor_column = column;
}

size_t screen_frame(struct screen *screen)
{
	bool show = screen->cursor_row >= 0;

	if (show != screen->cursor_shown) {
		curs_set(show ? 1 : 0);
		leaveok(stdscr, show ? FALSE : TRUE);
		screen->cursor_shown = show;
	}
	if (show)
		move(screen->cursor_row, screen->cursor_column);
	wnoutrefresh(stdscr);
	doupdate();
	return output_take(&screen->output);
}

void screen_repaint(struct screen *screen)
{
	(void)screen;
	clearok(curscr, TRUE);
}

bool screen_resize(struct screen *screen)
{
	int rows, columns;

	size_get(screen, &rows, &columns);
	if (rows == screen->rows && columns == screen->columns)
		return false;
	screen->rows = rows;
	screen->columns = columns;
	resizeterm(rows, columns);
	clearok(curscr, TRUE);
	return true;
}
