/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter language: what matches, and that each error names its term. */
#include "model_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct model_row web3(void)
{
	struct auberge_guest guest = fixture_guest("web3", AUBERGE_RUNNING);
	struct auberge_counters counters = fixture_counters(100000000);
	struct model_row row;

	guest.bridges_count = 2;
	snprintf(guest.bridges[0], sizeof guest.bridges[0], "br0");
	snprintf(guest.bridges[1], sizeof guest.bridges[1], "V2003");
	guest.addresses_count = 1;
	snprintf(guest.addresses[0], sizeof guest.addresses[0], "fd00::10/64");
	guest.links_count = 1;
	snprintf(guest.links[0], sizeof guest.links[0], "dns1-clus");
	guest.autostart = true;
	model_row_init(&row, &guest, &fixture_clock);
	counters.memory_bytes = counters.memory_limit_bytes = UINT64_C(1) << 30;
	counters.memory_stall_percent = 31;
	counters.oom_kills = 2;
	counters.have |= AUBERGE_HAVE_OOM_KNOWN;
	counters.oom_seconds = fixture_clock.wall_seconds - 60;
	model_update_counters(&row, &counters, &fixture_clock);
	counters.time_usec += 1000000;
	counters.cpu_usec += 881000;
	counters.read_bytes += 4 << 20;
	model_update_counters(&row, &counters, &fixture_clock);
	return row;
}

Test(model_filter, matches)
{
	static const struct {
		const char *text;
		bool matches;
	} cases[] = {
		{"", true}, {"  ", true}, {"web", true}, {"WEB", true}, {"eb3", true}, {"db", false}, {"!web", false},
		{"!db", true}, {"web state:running", true}, {"web state:stopped", false}, {"state:FAILED", false},
		{"!state:stop", true}, {"cpu>50", true}, {"cpu>88.0 cpu<88.2", true}, {"cpu>90", false}, {"cpu>50%", true},
		{"!cpu>50", false}, {"mem>1G", false}, {"mem>1023M", true}, {"mem<1.5G", true}, {"mem<max", true},
		{"lim>99", true}, {"stall>30", true}, {"stall>31", false}, {"io>1M", true}, {"io<1M", false},
		{"bridge:V2003", true}, {"bridge:br1", false}, {"!bridge:br1", true}, {"up>3d", true}, {"up<1h", false},
		{"kind:container", true}, {"kind:vm", false}, {"name:eb", true}, {"address:fd00::10", true},
		{"link:clus", true}, {"autostart:yes", true}, {"autostart:no", false}, {"privileged:no", true},
		{"oom>1", true}, {"why:oom", true}, {"flags:oom", true}, {"flags:memory", true}, {"flags:disk", false},
		{"cpu_percent>50", true}, {"state:running cpu>50 bridge:V2003 stall>10", true},
	};
	struct model_row row = web3();

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct model_filter filter;
		struct auberge_error error;

		cr_expect_eq(model_filter_parse(&filter, cases[i].text, &error), 0, "%s", cases[i].text);
		cr_expect_eq(model_filter_match(&filter, &row), cases[i].matches, "%s", cases[i].text);
		cr_expect_str_eq(filter.text, cases[i].text);
	}
}

Test(model_filter, an_unknown_figure_is_on_no_side)
{
	struct auberge_guest guest = fixture_guest("old", AUBERGE_STOPPED);
	struct model_filter filter;
	struct auberge_error error;
	struct model_row row;

	model_row_init(&row, &guest, &fixture_clock);
	cr_assert_eq(model_filter_parse(&filter, "cpu<50", &error), 0);
	cr_assert_not(model_filter_match(&filter, &row));
	cr_assert_eq(model_filter_parse(&filter, "cpu>50", &error), 0);
	cr_assert_not(model_filter_match(&filter, &row));
	cr_assert_eq(model_filter_parse(&filter, "!cpu>50", &error), 0);
	cr_assert(model_filter_match(&filter, &row));
}

Test(model_filter, errors_name_the_term)
{
	static const struct {
		const char *text, *error, *remedy;
	} cases[] = {
		{"web cpu>x", "filter term cpu>x: cpu wants a percentage", ""},
		{"mem>1Q", "filter term mem>1Q: mem wants a size, as 512M or 2G", ""},
		{"up<soon", "filter term up<soon: up wants a duration, as 30s, 2m or 1h", ""},
		{"processes>1,5", "filter term processes>1,5: processes wants a number", ""},
		{"processes>5%", "filter term processes>5%: processes wants a number", ""},
		{"cpu:5", "filter term cpu:5: cpu is a figure: cpu<N or cpu>N", ""},
		{"state>running", "filter term state>running: state is not a figure: state:TEXT", ""},
		{"stae:running", "filter term stae:running: no such field", "did you mean state?"},
		{":x", "filter term :x: no field before :", NULL},
		{"state:", "filter term state:: nothing after :", ""},
		{"cpu>", "filter term cpu>: nothing after >", ""},
		{"cpu>=5", "filter term cpu>=5: cpu wants a percentage", ""},
		{"!", "filter term !: nothing after !", ""},
		{"autostart:maybe", "filter term autostart:maybe: autostart:yes or autostart:no", ""},
		{"\x1b[2J:x", "filter term ^[[2J:x: no such field", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct model_filter filter = {.count = 77};
		struct auberge_error error;

		cr_expect_eq(model_filter_parse(&filter, cases[i].text, &error), -1, "%s", cases[i].text);
		cr_expect_eq(error.code, AUBERGE_USAGE);
		cr_expect_str_eq(error.text, cases[i].error, "%s", error.text);
		if (cases[i].remedy)
			cr_expect_str_eq(error.remedy, cases[i].remedy, "%s", error.remedy);
		else
			cr_expect_eq(strncmp(error.remedy, "fields: name", 12), 0);
		cr_expect_eq(filter.count, 77u); /* the one in force stands */
	}
}

Test(model_filter, limits)
{
	struct model_filter filter;
	struct auberge_error error;
	char text[2000] = "";

	for (int i = 0; i < MODEL_TERMS_MAX; i++)
		memcpy(text + 2 * i, "a ", 3);
	cr_assert_eq(model_filter_parse(&filter, text, &error), 0);
	memcpy(text + 2 * MODEL_TERMS_MAX, "a", 2);
	cr_assert_eq(model_filter_parse(&filter, text, &error), -1);
	memset(text, 'a', sizeof text - 1);
	cr_assert_eq(model_filter_parse(&filter, text, &error), -1);
	text[200] = '\0';
	cr_assert_eq(model_filter_parse(&filter, text, &error), -1);
}

Test(model_filter, search)
{
	struct model_row row = web3();

	cr_assert(model_search_match(&row, "Web"));
	cr_assert(model_search_match(&row, "v2003"));
	cr_assert(model_search_match(&row, "fd00"));
	cr_assert(model_search_match(&row, "DNS1"));
	cr_assert_not(model_search_match(&row, "running"));
	cr_assert_not(model_search_match(&row, "4A:11"));
	strcpy(row.guest.macs[1], "02:00:00:00:4a:11");
	cr_assert(model_search_match(&row, "4A:11"));
}
