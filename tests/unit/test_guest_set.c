/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets: what follows from a replaced state directory, modes, the set-id, names, the settings file. */
#include "guest_place.h"

static mode_t mode_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

Test(set, derived_from_the_state_directory)
{
	struct place place = make_place();
	char wanted[100];

	cr_assert(place.auberge->cgroup_pending);
	cr_assert_eq(set_prepare(place.auberge, &place.error), 0, "%s", place.error.text);
	snprintf(wanted, sizeof wanted, "%s/.run", place.state);
	cr_assert_str_eq(auberge_run_dir(place.auberge), wanted);
	snprintf(wanted, sizeof wanted, "%s/.log", place.state);
	cr_assert_str_eq(auberge_log_dir(place.auberge), wanted);
	cr_assert_eq(strlen(place.auberge->set_id), 16);
	snprintf(wanted, sizeof wanted, "auberge-%s", place.auberge->set_id);
	cr_assert_str_eq(auberge_cgroup_root(place.auberge), wanted);
	cr_assert_eq(mode_of(auberge_state_dir(place.auberge)), 0711);
	cr_assert_eq(mode_of(auberge_run_dir(place.auberge)), 0755);
	cr_assert_eq(mode_of(auberge_log_dir(place.auberge)), 0700);
	int fd = set_make_run(place.auberge, "web", &place.error);
	cr_assert_geq(fd, 0);
	close(fd);
	snprintf(wanted, sizeof wanted, "%s/.run/web", place.state);
	cr_assert_eq(mode_of(wanted), 0711);
	drop_place(&place);
}

Test(set, the_id_stays_and_others_notice_it)
{
	struct place place = make_place();
	struct auberge_options options = {.state_dir = place.state};
	struct auberge *early = auberge_open(&options, &place.error), *late;

	cr_assert_eq(set_prepare(place.auberge, &place.error), 0);
	late = auberge_open(&options, &place.error);
	cr_assert_str_eq(late->set_id, place.auberge->set_id);
	cr_assert(early->cgroup_pending);
	set_refresh(early);
	cr_assert_str_eq(auberge_cgroup_root(early), auberge_cgroup_root(late));
	auberge_close(early);
	auberge_close(late);
	drop_place(&place);
}

Test(set, relative_and_explicit)
{
	struct auberge_options options = {.state_dir = "./x//y/", .run_dir = "/r/", .cgroup = "/mine/"};
	struct auberge_error error = {0};
	struct auberge *auberge;
	cleanup_free char *here = getcwd(NULL, 0);
	char wanted[4200];

	auberge = auberge_open(&options, &error);
	snprintf(wanted, sizeof wanted, "%s/x/y", here);
	cr_assert_str_eq(auberge_state_dir(auberge), wanted);
	cr_assert_str_eq(auberge_run_dir(auberge), "/r");
	cr_assert_str_eq(auberge_cgroup_root(auberge), "mine");
	auberge_close(auberge);
	options.cgroup = "a/../b";
	cr_assert_null(auberge_open(&options, &error));
	cr_assert_eq(error.code, AUBERGE_USAGE);
	options = (struct auberge_options){.state_dir = "/var/lib/auberge"};
	auberge = auberge_open(&options, &error);
	cr_assert_str_eq(auberge_cgroup_root(auberge), "auberge");
	cr_assert_str_eq(auberge_run_dir(auberge), "/run/auberge");
	auberge_close(auberge);
}

Test(set, arguments_go_around)
{
	struct place place = make_place();
	struct auberge_options options = {0};
	const char *words[SET_ARGUMENTS + 1];
	char *argv[SET_ARGUMENTS + 2] = {(char *)(uintptr_t)"program"};
	int index = 1;

	set_arguments(place.auberge, words);
	for (int i = 0; i < SET_ARGUMENTS; i++)
		argv[i + 1] = (char *)(uintptr_t)words[i];
	cr_assert_null(words[SET_ARGUMENTS]);
	while (index < SET_ARGUMENTS + 1 && set_take_argument(&options, SET_ARGUMENTS + 1, argv, &index))
		index++;
	cr_assert_eq(index, SET_ARGUMENTS + 1);
	cr_assert_str_eq(options.state_dir, place.state);
	cr_assert_str_eq(options.cgroup, auberge_cgroup_root(place.auberge));
	drop_place(&place);
}

Test(set, names)
{
	char longest[66];

	memset(longest, 'a', sizeof longest);
	longest[63] = '\0';
	cr_assert(auberge_name_valid("web") && auberge_name_valid("1.a_b-c") && auberge_name_valid(longest));
	longest[63] = 'a';
	longest[64] = '\0';
	cr_assert(!auberge_name_valid(longest) && !auberge_name_valid("") && !auberge_name_valid(".web") &&
	          !auberge_name_valid("-web") && !auberge_name_valid("a/b") && !auberge_name_valid("a b") &&
	          !auberge_name_valid("\xc3\xa9"));
}

Test(set, requiring_a_guest)
{
	struct place place = make_place();

	make_guest(&place, "webserver", "[guest]\n");
	cr_assert_eq(set_require_guest(place.auberge, "webserver", &place.error), 0);
	cr_assert_lt(set_require_guest(place.auberge, "webservr", &place.error), 0);
	cr_assert_eq(place.error.code, AUBERGE_NO_GUEST);
	cr_assert_str_eq(place.error.text, "webservr: no such guest");
	cr_assert_str_eq(place.error.remedy, "did you mean webserver?");
	cr_assert_lt(set_require_guest(place.auberge, "../x", &place.error), 0);
	cr_assert_eq(place.error.code, AUBERGE_USAGE);
	drop_place(&place);
}

Test(set, console_escape)
{
	static const struct {
		const char *text;
		int byte;
	} cases[] = {{"", 0x1d}, {"[console]\nescape = ^A\n", 1}, {"[console]\nescape = ~\n", '~'}, {"[console]\nescape = ^a\n", 1},
	             {"[console]\nescape = ab\n", -1}, {"[console]\nescpe = ^A\n", -1}, {"[theme]\nname = mono\n", 0x1d}};
	struct place place = make_place();
	cleanup_close int fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(place.auberge->config_file);
	cr_assert_geq(asprintf(&place.auberge->config_file, "%s/auberge.ini", place.path), 0);
	cr_assert_eq(auberge_console_escape(place.auberge, &place.error), 0x1d);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		error_clear(&place.error);
		file_replace_at(fd, "auberge.ini", cases[i].text, strlen(cases[i].text), 0600);
		cr_expect_eq(auberge_console_escape(place.auberge, &place.error), cases[i].byte, "%s", cases[i].text);
		cr_expect(cases[i].byte > 0 || strstr(place.error.text, "auberge.ini:2: "));
	}
	drop_place(&place);
}
