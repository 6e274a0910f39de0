/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.ini: what parses, what is refused and with which words, and back to text. */
#include "base/cleanup.h"
#include "guest/config.h"

#include <criterion/criterion.h>
#include <string.h>

static struct auberge_error error;

static struct config *parse(const char *text)
{
	struct config *config = NULL;

	error = (struct auberge_error){0};
	config_parse(text, strlen(text), "guest.ini", &config, &error);
	return config;
}

/* The whole text of the errors for one input. */
static void expect(const char *text, const char *wanted)
{
	config_free(parse(text));
	cr_expect_str_eq(error.text, wanted, "for:\n%s\ngot:    %s\nwanted: %s", text, error.text, wanted);
}

static void expect_part(const char *text, const char *wanted)
{
	config_free(parse(text));
	cr_expect(strstr(error.text, wanted), "for:\n%s\ngot:    %s\nwanted: %s", text, error.text, wanted);
}

static const char example[] =
	"# the talk's guest\n"
	"[guest]\nkind = container\nhostname = dns1-lmb\nautostart = yes\nhalt = systemd\nhalt_signal = RTMIN+3\n"
	"[console]\nttys = 4\n"
	"[security]\ndrop_capabilities = audit_control cap_sys_time, mknod\n"
	"[limits]\nmemory = 2G\ncpus = 1.5\nswap = 0\n"
	"[net eth0]\ntype = veth\nbridge = V2003\nhost_name = dns1-lmb-clus\nmtu = 1500\nmac = BA:BE:BA:BE:01:01\n"
	"address = 192.0.2.10/24 2001:db8::10/64\ngateway = 192.0.2.1, fe80::1\nroute = 198.51.100.0/24 via 192.0.2.254\n"
	"[mount data]\nsource = /srv/ldap\ntarget = /srv/ldap\nidmap = on\n";

Test(config, talk_example)
{
	cleanup_config struct config *config = parse(example);

	cr_assert_str_eq(error.text, "");
	cr_assert_str_eq(config->hostname, "dns1-lmb");
	cr_assert(config->autostart && !config->privileged);
	cr_assert_eq(config->ttys, 4);
	cr_assert_eq(config->memory, UINT64_C(2) << 30);
	cr_assert_eq(config->swap, 0);
	cr_assert_eq(config->cpus_thousandths, 1500);
	cr_assert_eq(config->pids, 16384);
	cr_assert_eq(config->stop_timeout, 90);
	cr_assert_eq(config->halt_signal, 37);
	cr_assert_str_eq(config->init, "/sbin/init");
	cr_assert_eq(config->drop_capabilities, UINT64_C(1) << 30 | UINT64_C(1) << 25 | UINT64_C(1) << 27);
	cr_assert_eq(config->nets_count, 1);
	cr_assert_str_eq(config->nets[0].name, "eth0");
	cr_assert_eq(config->nets[0].mac.bytes[0], 0xba);
	cr_assert_eq(config->nets[0].addresses.count, 2);
	cr_assert_eq(config->nets[0].gateways.count, 2);
	cr_assert_str_eq(config->nets[0].routes.items[0], "198.51.100.0/24 via 192.0.2.254");
	cr_assert_eq(config->mounts_count, 1);
	cr_assert(config->mounts[0].idmap && !config->mounts[0].readonly);
	cr_assert_eq(config->settings[0].line, 3);
}

Test(config, text_gives_the_same_config)
{
	cleanup_config struct config *config = parse(example);
	cleanup_free char *text = config_format(config);
	cleanup_config struct config *again = parse(text);
	cleanup_free char *text_again = NULL;

	cr_assert_str_eq(error.text, "");
	text_again = config_format(again);
	cr_assert_str_eq(text, text_again);
	cr_assert_eq(again->drop_capabilities, config->drop_capabilities);
	cr_assert(strstr(text, "memory = 2G\n"));
	cr_assert(strstr(text, "cpus = 1.5\n"));
	cr_assert(strstr(text, "halt_signal = SIGRTMIN+3\n"));
}

/* Over 200 bytes on one line, as in the talk: a reader that cuts it drops the last ones without a word. */
Test(config, talk_capability_list_passes_whole)
{
	cleanup_config struct config *config = parse(
		"[security]\n"
		"drop_capabilities = audit_control audit_write fsetid ipc_lock ipc_owner lease linux_immutable "
		"mac_admin mac_override mac_admin mknod setfcap setpcap sys_admin sys_boot "
		"sys_module sys_nice sys_pacct sys_ptrace sys_rawio sys_resource sys_time sys_tty_config\n");
	int count = 0;

	cr_assert_str_eq(error.text, "");
	for (uint64_t set = config->drop_capabilities; set; set &= set - 1)
		count++;
	cr_assert_eq(count, 22);
	cr_assert(config->drop_capabilities >> 26 & 1, "the last one, sys_tty_config");
}

Test(config, lines_up_to_64_kib)
{
	cleanup_free char *text = malloc(80000);
	size_t length;
	struct config *config;

	length = (size_t)snprintf(text, 80000, "[security]\ndrop_capabilities =");
	while (length < 65000)
		length += (size_t)snprintf(text + length, 80000 - length, " sys_time");
	snprintf(text + length, 80000 - length, " mknod\n[console]\nttys = 3\n");
	config = parse(text);
	cr_assert_str_eq(error.text, "");
	cr_assert(config->drop_capabilities >> 27 & 1);
	cr_assert_eq(config->ttys, 3);
	config_free(config);
	while (length < 70000)
		length += (size_t)snprintf(text + length, 80000 - length, " sys_time");
	expect(text, "guest.ini:2: the line is longer than 64 KiB");
}

Test(config, every_buffer_boundary_of_the_reader)
{
	cleanup_free char *text = malloc(5000);

	for (size_t pad = 1; pad < 1100; pad++) {
		struct config *config;
		size_t length = (size_t)snprintf(text, 5000, "[guest]\ninit = /");

		memset(text + length, 'x', pad);
		snprintf(text + length + pad, 5000 - length - pad, "\nautostart = yes");
		config = parse(text);
		cr_assert_str_eq(error.text, "", "%zu: %s", pad, error.text);
		cr_assert_eq(strlen(config->init), pad + 1);
		cr_assert(config->autostart);
		config_free(config);
	}
}

Test(config, all_errors_at_once)
{
	expect("[guest]\nkind = pod\n[limits]\nmemory = 2X\nmemmory = 1G\n[nett eth0]\nbridge = br0\n[console]\nttys = 17\n",
	       "guest.ini:2: [guest] kind = pod: not one of: container vm\n"
	       "guest.ini:4: [limits] memory = 2X: not a size: a number with K, M, G or T, or max\n"
	       "guest.ini:5: unknown key \"memmory\" in [limits]: did you mean \"memory\"?\n"
	       "guest.ini:6: unknown section [nett eth0]: did you mean [net eth0]?\n"
	       "guest.ini:9: [console] ttys = 17: out of range: 0..16");
}

Test(config, what_inih_would_suffer)
{
	expect("[guest]\nhostname\n", "guest.ini:2: neither a comment nor [section] nor key = value");
	expect("[guest\nhostname = a\n", "guest.ini:1: the section's ']' is missing");
	expect("[guest] x\n", "guest.ini:1: text after the section's ']'");
	expect("hostname = a\n", "guest.ini:1: a key before the first [section]");
	expect("[guest]\nhostname: a = b\n", "guest.ini:2: ':' in the key's name");
	expect("[guest]\n= a\n", "guest.ini:2: no key before '='");
	expect("[guest]\nhostname =\n", "guest.ini:2: [guest] hostname = : no value; leave the line out for the default");
	expect("[guest]\nhostname = a\nhostname = b\n", "guest.ini:3: \"hostname\" of [guest] is there twice: first in line 2");
	expect("[guest]\n[console]\n[guest]\n", "guest.ini:3: [guest] is there twice: first in line 1");
	expect("[net eth0]\n[net  eth0]\n", "guest.ini:2: [net eth0] is there twice: first in line 1");
	expect("[guest]\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = 1\n",
	       "guest.ini:2: the key's name is longer than 49 bytes");
	expect("[mount xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]\n",
	       "guest.ini:1: the section's name is longer than 49 bytes");
	expect("[guest]\ninit = /a\x01\n", "guest.ini:2: a control character in the line");
}

Test(config, nul_bytes_are_refused)
{
	static const char text[] = "[guest]\nhostname = a\0b\nautostart = yes\n";
	cleanup_config struct config *config = NULL;

	error = (struct auberge_error){0};
	cr_assert_lt(config_parse(text, sizeof text - 1, "guest.ini", &config, &error), 0);
	cr_assert_str_eq(error.text, "guest.ini:2: a NUL byte in the line");
	cr_assert(config->autostart);
}

Test(config, indented_lines_semicolons_and_crlf)
{
	cleanup_config struct config *config = parse("\xef\xbb\xbf[guest]\r\n  hostname = web\r\n\tinit = /a ;b\r\n   ; a comment\r\n");

	cr_assert_str_eq(error.text, "");
	cr_assert_str_eq(config->hostname, "web");
	cr_assert_str_eq(config->init, "/a ;b");
}

Test(config, contradictions)
{
	expect("[net eth0]\naddress = 192.0.2.10/24\ngateway = 198.51.100.1\n",
	       "guest.ini:3: [net eth0] gateway 198.51.100.1 is in none of its addresses' networks");
	expect("[net eth0]\nmtu = 1000\naddress = 2001:db8::1/64\n",
	       "guest.ini:2: [net eth0] mtu 1000 is too small for IPv6, which needs 1280");
	expect("[net a]\nmac = 02:00:00:00:00:01\nhost_name = x\n[net b]\nhost_name = x\nmac = 02:00:00:00:00:01\n",
	       "guest.ini:6: [net b] mac is also [net a]'s, line 2\nguest.ini:5: [net b] host_name x is also [net a]'s, line 3");
	expect("[net a]\naddress = 192.0.2.1/24\n[net b]\naddress = 192.0.2.1/25\n",
	       "guest.ini:4: [net b] address 192.0.2.1/25 is also [net a]'s, line 2");
	expect("[mount a]\nsource = /a\n", "guest.ini:1: [mount a] needs a target");
	expect("[mount a]\nsource = /a\ntarget = /b\n[mount c]\nsource = /c\ntarget = /b\n",
	       "guest.ini:6: [mount c] target /b is also [mount a]'s, line 3");
	expect_part("[mount a]\nsource = /a\ntarget = b\n", "guest.ini:3: [mount a] target = b: not an absolute path");
}

Test(config, bad_values)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{"[guest]\nhostname = a_b\n", "not a host name"},
		{"[guest]\nhostname = a-\n", "not a host name"},
		{"[guest]\nrootfs = /a/../b\n", "\"..\""},
		{"[guest]\nautostart = perhaps\n", "neither yes nor no"},
		{"[guest]\nstop_timeout = soon\n", "not a duration"},
		{"[guest]\nhalt = upstart\n", "not one of"},
		{"[guest]\nhalt_signal = SIGNONE\n", "no such signal"},
		{"[guest]\nhalt_signal = 65\n", "no such signal"},
		{"[guest]\nmemory = 1G\n", "it belongs in [limits]"},
		{"[security]\ndrop_capabilities = sys_admin sys_time2\n", "no capability \"sys_time2\""},
		{"[limits]\ncpus = 1.2345\n", "three decimals"},
		{"[limits]\ncpus = 0\n", "out of range"},
		{"[limits]\nmemory = 10K\n", "out of range"},
		{"[limits]\npids = 99999999999999999999\n", "not a number"},
		{"[net eth0]\nmac = 01:00:00:00:00:01\n", "multicast"},
		{"[net eth0]\nmac = 02:00:00:00:00\n", "hardware address"},
		{"[net eth0]\nmtu = 67\n", "out of range: 68..65535"},
		{"[net eth0]\naddress = 192.0.2.1\n", "prefix length"},
		{"[net eth0]\naddress = 192.0.2.1/33\n", "prefix length"},
		{"[net eth0]\naddress = 239.1.1.1/24\n", "prefix length"},
		{"[net eth0]\naddress = 192.0.2.2/24\ngateway = 192.0.2.1 192.0.2.3\n", "more than one gateway"},
		{"[net eth0]\nroute = 192.0.2.1/24 via 192.0.2.9\n", "beyond its length"},
		{"[net eth0]\nroute = 192.0.2.0/24 over 192.0.2.9\n", "via GATEWAY"},
		{"[net eth0]\nbridge = a/b\n", "not a link name"},
		{"[net eth0]\nhost_name = sixteenbytesxxxx\n", "not a link name"},
		{"[net lo]\n", "not an interface's name"},
		{"[net]\n", "[net] needs a name"},
		{"[gest]\n", "did you mean [guest]?"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect_part(cases[i].text, cases[i].part);
}

Test(config, vm_parses_but_does_not_start)
{
	cleanup_config struct config *config = parse("[guest]\nkind = vm\n");

	cr_assert_str_eq(error.text, "");
	cr_assert_lt(config_check_startable(config, &error), 0);
	cr_assert_str_eq(error.text, "guest.ini:2: kind = vm: not yet: this version runs containers only");
}

Test(config, set_text)
{
	cleanup_free char *text = strdup("# mine\n[guest]\nhostname = a ; b\n\n[net eth0]\nmtu = 1500\n");

	error = (struct auberge_error){0};
	cr_assert_eq(config_set_text(&text, "guest", "hostname", "b", &error), 0);
	cr_assert_eq(config_set_text(&text, "guest", "autostart", "yes", &error), 0);
	cr_assert_eq(config_set_text(&text, "net eth0", "bridge", "br0", &error), 0);
	cr_assert_eq(config_set_text(&text, "limits", "memory", "1G", &error), 0);
	cr_assert_str_eq(text, "# mine\n[guest]\nhostname = b\nautostart = yes\n\n[net eth0]\nmtu = 1500\nbridge = br0\n"
	                       "\n[limits]\nmemory = 1G\n");
	cr_assert_lt(config_set_text(&text, "guest", "hostname", "a\n[x]", &error), 0);
	cr_assert_eq(error.code, AUBERGE_USAGE);
	cr_assert_lt(config_set_text(&text, "a]b", "hostname", "a", &error), 0);
}
