/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links: on the bridge, with their addresses and routes inside, and gone with their guest, whoever holds its namespace. */
#include "place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BRIDGE "agtestbr1"

static void begin(void)
{
	place_begin();
	sh("ip link del " BRIDGE);
	cr_assert_eq(sh("ip link add " BRIDGE " type bridge"), 0, "%s", got.errors);
	cr_assert_eq(sh("ip link set " BRIDGE " up"), 0, "%s", got.errors);
}

static void end(void)
{
	place_end();
	sh("ip link del " BRIDGE);
	run_free(&got);
}

TestSuite(network, .init = begin, .fini = end, .timeout = 300);

static const char quick[] = "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n";

Test(network, a_link_has_what_its_config_says)
{
	guest_script("net", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=agtest-n' "
	                           "--set 'net eth0.mac=BA:BE:BA:BE:01:01' --set 'net eth0.mtu=1400' "
	                           "--set 'net eth0.address=192.0.2.10/24 2001:db8::10/64' "
	                           "--set 'net eth0.gateway=192.0.2.1 2001:db8::1' "
	                           "--set 'net eth0.route=198.51.100.0/24 via 192.0.2.2'");
	cr_assert_eq(au("start net"), 0, "%s", got.errors);
	cr_expect_eq(sh("readlink /sys/class/net/agtest-n/master"), 0);
	cr_expect(strstr(got.output, BRIDGE) != NULL, "%s", got.output);
	cr_expect_eq(sh("cat /sys/class/net/agtest-n/ifalias"), 0);
	cr_expect_eq(strncmp(got.output, "auberge ", 8), 0, "%s", got.output);
	cr_expect_eq(au("exec net -- ip addr show eth0"), 0, "%s", got.errors);
	cr_expect(strstr(got.output, "ba:be:ba:be:01:01") && strstr(got.output, "mtu 1400") && strstr(got.output, "192.0.2.10/24") &&
	              strstr(got.output, "2001:db8::10/64"), "%s", got.output);
	cr_expect_eq(au("exec net -- ip route"), 0);
	cr_expect(strstr(got.output, "default via 192.0.2.1") && strstr(got.output, "198.51.100.0/24 via 192.0.2.2"), "%s", got.output);
	cr_expect_eq(au("exec net -- ip -6 route"), 0);
	cr_expect(strstr(got.output, "default via 2001:db8::1") != NULL, "%s", got.output);
	cr_expect_eq(au("stop net"), 0, "%s", got.errors);
	cr_expect_neq(access("/sys/class/net/agtest-n", F_OK), 0);
}

Test(network, two_guests_on_a_bridge_hear_each_other)
{
	guest_script("p1", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.address=203.0.113.1/24'");
	guest_script("p2", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.address=203.0.113.2/24'");
	cr_assert_eq(au("start p1 p2"), 0, "%s", got.errors);
	cr_expect_eq(au("exec p1 -- ping -c 1 -W 10 203.0.113.2"), 0, "%s%s", got.output, got.errors);
}

Test(network, a_link_goes_although_its_namespace_is_held)
{
	char path[64];
	int held;

	guest_script("pin", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=agtest-p'");
	guest_script("oth", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=agtest-o'");
	cr_assert_eq(au("start pin oth"), 0, "%s", got.errors);
	snprintf(path, sizeof path, "/proc/%d/ns/net", guest_look("pin").init_pid);
	held = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(held, 0);
	cr_expect_eq(au("stop pin oth"), 0, "%s", got.errors);
	cr_expect_neq(access("/sys/class/net/agtest-p", F_OK), 0);
	cr_expect_neq(access("/sys/class/net/agtest-o", F_OK), 0);
	close(held);
	expect_nothing_left();
}

Test(network, a_taken_name_is_refused_or_another_is_chosen)
{
	cr_assert_eq(sh("ip link add agtest-x type bridge"), 0, "%s", got.errors);
	guest_script("named", quick, "--set 'net eth0.bridge=" BRIDGE "' --set 'net eth0.host_name=agtest-x'");
	cr_expect_eq(au("start named"), 1);
	cr_expect(strstr(got.errors, "agtest-x") != NULL, "%s", got.errors);
	cr_expect_eq(access("/sys/class/net/agtest-x", F_OK), 0, "a foreign link was taken away");
	cr_assert_eq(sh("ip link del agtest-x"), 0);
	expect_nothing_left();
}
