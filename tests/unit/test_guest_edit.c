/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An edit at rest: reading, values, sections, problems, changes, diff. Nothing is saved here. */
#include "guest/edit.h"
#include "guest_place.h"

static struct place place;

static void begin(void)
{
	place = make_place();
}

static void end(void)
{
	drop_place(&place);
}

TestSuite(edit, .init = begin, .fini = end);

static struct auberge_edit *edit_of(const char *text)
{
	struct auberge_edit *edit;

	make_guest(&place, "web", text);
	edit = auberge_edit_open(place.auberge, "web", &place.error);
	cr_assert_not_null(edit, "%s", place.error.text);
	return edit;
}

static void expect_value(const struct auberge_edit *edit, const char *section, const char *key, const char *value, bool written)
{
	cleanup_free char *found = NULL;
	bool said;

	cr_assert_eq(auberge_edit_get(edit, section, key, &found, &said, &place.error), 0, "%s", place.error.text);
	cr_expect_str_eq(found ? found : "(none)", value ? value : "(none)");
	cr_expect_eq(said, written);
}

Test(edit, values_and_defaults)
{
	struct auberge_edit *edit = edit_of("[limits]\nmemory = 1024M\n[net eth0]\nmtu = 1400\n");

	expect_value(edit, "limits", "memory", "1024M", true);
	expect_value(edit, "limits", "pids", "16384", false);
	expect_value(edit, "guest", "hostname", NULL, false);
	expect_value(edit, "net eth0", "mtu", "1400", true);
	expect_value(edit, "net eth7", "type", "veth", false);
	cr_expect_str_eq(auberge_edit_section(edit, 0), "limits");
	cr_expect_str_eq(auberge_edit_section(edit, 1), "net eth0");
	cr_expect_null(auberge_edit_section(edit, 2));
	auberge_edit_free(edit);
}

Test(edit, a_key_that_is_none_is_refused_with_the_nearest)
{
	struct auberge_edit *edit = edit_of("[guest]\n");
	char *value;
	bool written;

	cr_expect_lt(auberge_edit_set(edit, "limits", "memroy", "1G", &place.error), 0);
	cr_expect_eq(place.error.code, AUBERGE_USAGE);
	cr_expect_str_eq(place.error.remedy, "did you mean limits.memory?");
	cr_expect_lt(auberge_edit_get(edit, "guest", "memory", &value, &written, &place.error), 0);
	cr_expect_str_eq(place.error.remedy, "it belongs in [limits]");
	cr_expect_str_eq(auberge_edit_text(edit), "[guest]\n");
	auberge_edit_free(edit);
}

Test(edit, a_value_that_is_none_leaves_the_text)
{
	static const char *const wrong[][3] = {
		{"limits", "memory", "much"}, {"limits", "memory", ""},        {"limits", "pids", "0"},
		{"guest", "autostart", "si"}, {"net eth0", "mac", "1:2"},      {"net eth0", "address", "10.0.0.1"},
		{"net lo", "mtu", "1500"},    {"net a/b", "mtu", "1500"},      {"net sixteenbytesname", "mtu", "1500"},
		{"guest", "hostname", "a\nb"}, {"guest", "rootfs", "relative"},
	};
	struct auberge_edit *edit = edit_of("[guest]\n");

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		cr_expect_lt(auberge_edit_set(edit, wrong[i][0], wrong[i][1], wrong[i][2], &place.error), 0, "%zu", i);
		cr_expect_eq(place.error.code, AUBERGE_USAGE, "%zu", i);
		cr_expect_neq(place.error.text[0], '\0');
		cr_expect_str_eq(auberge_edit_text(edit), "[guest]\n");
	}
	cr_expect_lt(auberge_edit_add_section(edit, "net", &place.error), 0);
	cr_expect_lt(auberge_edit_add_section(edit, "netz eth0", &place.error), 0);
	cr_expect_str_eq(auberge_edit_text(edit), "[guest]\n");
	auberge_edit_free(edit);
}

Test(edit, a_new_guest_begins_empty)
{
	struct auberge_edit *edit = auberge_edit_new(place.auberge, "fresh", &place.error);
	cleanup_free struct auberge_change *changes = NULL;
	size_t count;

	cr_assert_not_null(edit);
	cr_expect_str_eq(auberge_edit_text(edit), "");
	cr_expect_eq(auberge_edit_set(edit, "net eth0", "bridge", "br0", &place.error), 0);
	cr_expect_str_eq(auberge_edit_text(edit), "[net eth0]\nbridge = br0\n");
	cr_expect_eq(auberge_edit_changes(edit, &changes, &count, &place.error), 0);
	cr_expect_eq(count, 1);
	auberge_edit_free(edit);
}

Test(edit, problems_know_their_section_and_key)
{
	struct auberge_edit *edit = edit_of("[guest]\nkind = vm\n[limits]\nmemroy = 1G\npids = none\nnonsense\n[nett eth0]\nmtu = 1\n"
	                                    "[mount data]\ntarget = /x\n");
	cleanup_free struct auberge_problem *problems = NULL;
	static const struct {
		const char *section, *key, *text;
		unsigned line;
	} wanted[] = {
		{"guest", "kind", "not yet", 2},          {"limits", "memroy", "did you mean \"memory\"", 4},
		{"limits", "pids", "pids = none", 5},     {"limits", "", "neither", 6},
		{"nett eth0", "", "unknown section", 7}, {"mount data", "", "needs a source", 9},
	};
	size_t count;

	cr_assert_eq(auberge_edit_problems(edit, &problems, &count, &place.error), 0);
	cr_assert_eq(count, COUNT_OF(wanted));
	for (size_t i = 0; i < count; i++) {
		cr_expect_str_eq(problems[i].section, wanted[i].section);
		cr_expect_str_eq(problems[i].key, wanted[i].key);
		cr_expect_eq(problems[i].line, wanted[i].line);
		cr_expect_not_null(strstr(problems[i].text, wanted[i].text), "%s", problems[i].text);
	}
	auberge_edit_free(edit);
}

Test(edit, no_problems)
{
	struct auberge_edit *edit = edit_of("[guest]\nhostname = a\n");
	struct auberge_problem *problems;
	size_t count;

	cr_expect_eq(auberge_edit_problems(edit, &problems, &count, &place.error), 0);
	cr_expect_eq(count, 0);
	cr_expect_null(problems);
	auberge_edit_free(edit);
}

Test(edit, changes_name_each_value)
{
	struct auberge_edit *edit = edit_of("[limits]\nmemory = 1G\n[net eth0]\nmtu = 1400\n[net eth1]\n");
	cleanup_free struct auberge_change *changes = NULL;
	static const char *const wanted[][4] = {
		{"guest", "hostname", "", "b"},     {"limits", "memory", "1G", "max"}, {"net eth2", "bridge", "", "br0"},
		{"net eth0", "mtu", "1400", ""},    {"net eth1", "", "there", ""},
	};
	size_t count;

	auberge_edit_set(edit, "limits", "memory", NULL, &place.error);
	auberge_edit_set(edit, "guest", "hostname", "b", &place.error);
	auberge_edit_set(edit, "guest", "autostart", "off", &place.error); /* as it was */
	auberge_edit_remove_section(edit, "net eth0", &place.error);
	auberge_edit_remove_section(edit, "net eth1", &place.error);
	auberge_edit_set(edit, "net eth2", "bridge", "br0", &place.error);
	cr_assert_eq(auberge_edit_changes(edit, &changes, &count, &place.error), 0);
	cr_assert_eq(count, COUNT_OF(wanted));
	for (size_t i = 0; i < count; i++) {
		cr_expect_str_eq(changes[i].section, wanted[i][0]);
		cr_expect_str_eq(changes[i].key, wanted[i][1]);
		cr_expect_str_eq(changes[i].before, wanted[i][2]);
		cr_expect_str_eq(changes[i].after, wanted[i][3]);
		cr_expect_eq(changes[i].effect, AUBERGE_EFFECT_NOW);
	}
	auberge_edit_free(edit);
}

static void expect_diff(const char *before, const char *after, const char *wanted)
{
	cleanup_free char *diff = text_diff(before, strlen(before), after, strlen(after), "f");

	cr_assert_not_null(diff);
	cr_expect_str_eq(diff, wanted);
}

Test(edit, diffs)
{
	expect_diff("a\n", "a\n", "");
	expect_diff("a\nb\nc\n", "a\nx\nc\n", "--- f\n+++ f, edited\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
	expect_diff("", "a\n", "--- f\n+++ f, edited\n@@ -0,0 +1 @@\n+a\n");
	expect_diff("a\nb", "a\nb\nc", "--- f\n+++ f, edited\n@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n\\ No newline at end of file\n");
	expect_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "1\n2\nx\n4\n5\n6\n7\n8\n9\n10\n11\n12\ny\n",
	            "--- f\n+++ f, edited\n@@ -1,6 +1,6 @@\n 1\n 2\n-3\n+x\n 4\n 5\n 6\n@@ -10,3 +10,4 @@\n 10\n 11\n 12\n+y\n");
}

Test(edit, a_guest_that_is_none)
{
	cr_expect_null(auberge_edit_open(place.auberge, "nobody", &place.error));
	cr_expect_eq(place.error.code, AUBERGE_NO_GUEST);
}
