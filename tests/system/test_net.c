/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `net` on real bridges, in a network namespace of the test's own: guests and uplinks, what two of them claim, orphans,
 * VLANs, counters in the guest's view, and names that are no names.
 */
#include "pair.h"
#include "place.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char quick[] = "trap 'exit 0' TERM\nwhile :; do sleep 1000 & wait $!; done\n";
static json_t *document;

static void ip(const char *words)
{
	cr_assert_eq(sh("ip %s", words), 0, "ip %s: %s", words, got.errors);
}

/* br0 with an address and an uplink, br1 with STP, br2 down and empty. */
static void begin(void)
{
	place_begin();
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("needs network namespaces");
	ip("link set lo up");
	ip("link add br0 type bridge");
	ip("link add br1 type bridge stp_state 1");
	ip("link add br2 type bridge");
	ip("addr add 10.0.0.1/24 dev br0");
	ip("link set br0 mtu 1400 up");
	ip("link set br1 up");
	/* not by chance with a first byte that makes it look like a host end of ours */
	ip("link add up0 address 02:00:00:00:40:01 type veth peer name far0 address 02:00:00:00:40:02");
	ip("link set up0 master br0 up");
	ip("link set far0 up");
}

static void end(void)
{
	json_decref(document);
	place_end();
	run_free(&got);
}

TestSuite(net, .init = begin, .fini = end, .timeout = 600);
TestSuite(net_vlan, .init = begin, .fini = end, .timeout = 600); /* what the VM's kernel can do and others may not */

static void guest(const char *name, const char *bridge, const char *words)
{
	char all[600];

	snprintf(all, sizeof all, "--set 'net eth0.bridge=%s' --set 'net eth0.host_name=v-%s' %s", bridge, name, words);
	guest_script(name, quick, all);
}

/* The document of `net`, and one bridge or port of it by its name. */
static json_t *bridge(const char *name)
{
	size_t index;
	json_t *one;

	json_array_foreach(json_object_get(document, "bridges"), index, one)
		if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
			return one;
	return NULL;
}

static json_t *port_in(json_t *ports, const char *name)
{
	size_t index;
	json_t *one;

	json_array_foreach(ports, index, one)
		if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
			return one;
	return NULL;
}

static json_t *port(const char *bridge_name, const char *name)
{
	json_t *one = port_in(json_object_get(bridge(bridge_name), "ports"), name);

	cr_assert_not_null(one, "no %s on %s in %s", name, bridge_name, got.output);
	return one;
}

static void look(const char *words)
{
	json_error_t error;

	cr_assert_eq(au("net --json %s", words), 0, "%s", got.errors);
	json_decref(document);
	document = json_loads(got.output, 0, &error);
	cr_assert_not_null(document, "%s: %s", error.text, got.output);
}

static const char *text(json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

static json_int_t number(json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

Test(net, bridges_ports_and_whose_they_are)
{
	json_t *one;

	guest("web", "br0", "--set 'net eth0.address=10.0.0.3/24 2001:db8::3/64' --set 'net eth0.mac=02:00:00:00:4a:11'");
	guest("db", "br1", "--set 'net eth0.address=10.1.0.3/24'");
	cr_assert_eq(au("start web db"), 0, "%s", got.errors);
	look("");
	cr_expect_eq(json_array_size(json_object_get(document, "bridges")), 3);
	cr_expect_null(json_object_get(document, "ports"));
	one = bridge("br0");
	cr_expect(json_is_true(json_object_get(one, "up")) && json_is_false(json_object_get(one, "stp")));
	cr_expect_eq(number(one, "mtu"), 1400);
	cr_expect(json_is_true(json_object_get(bridge("br1"), "stp")), "STP of br1 is on");
	cr_expect(json_is_false(json_object_get(bridge("br2"), "up")));
	one = port("br0", "v-web");
	cr_expect_str_eq(text(one, "guest"), "web");
	cr_expect_str_eq(text(one, "interface"), "eth0");
	cr_expect_str_eq(text(one, "mac"), "02:00:00:00:4a:11");
	cr_expect_str_eq(json_string_value(json_array_get(json_object_get(one, "addresses"), 0)), "10.0.0.3/24");
	cr_expect_eq(json_array_size(json_object_get(one, "addresses")), 2);
	cr_expect(json_is_null(json_object_get(one, "note")), "%s", text(one, "note"));
	cr_expect(json_is_null(json_object_get(one, "receive_bytes_per_second")), "no rate without --interval");
	one = port("br0", "up0");
	cr_expect(json_is_null(json_object_get(one, "guest")));
	cr_expect_str_eq(text(one, "note"), "uplink");
	cr_expect_str_eq(text(port("br1", "v-db"), "guest"), "db");
	cr_expect_eq(au("exec db -- cat /sys/class/net/eth0/address"), 0, "%s", got.errors);
	cr_expect_eq(strncmp(got.output, text(port("br1", "v-db"), "mac"), 17), 0, "a MAC that nobody configured: %s", got.output);
	look("--interval 1s");
	cr_expect(json_is_integer(json_object_get(port("br0", "v-web"), "receive_bytes_per_second")));
	cr_assert_eq(au("stop web db"), 0, "%s", got.errors);
	look("");
	cr_expect_eq(json_array_size(json_object_get(bridge("br1"), "ports")), 0);
}

Test(net, the_table_is_readable_at_80_columns)
{
	char *rest, *line;
	static const char *const wanted[] = {"BRIDGE/PORT", "br0  up  10.0.0.1/24  stp off  mtu 1400  2 ports", "(uplink)",
	                                     "`- v-web", "10.0.0.3", "DOWN  stp off", "unused"};

	guest("web", "br0", "--set 'net eth0.address=10.0.0.3/24'");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("net"), 0, "%s", got.errors);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		cr_expect(strstr(got.output, wanted[i]) != NULL, "no %s in\n%s", wanted[i], got.output);
	rest = got.output;
	while ((line = strsep(&rest, "\n")))
		cr_expect_leq(auberge_text_columns(line), 80, "%s", line);
	cr_expect_eq(au("net --interval 0s"), 2);
	cr_expect_eq(au("net web"), 2);
}

Test(net, what_two_guests_claim)
{
	guest("one", "br0", "--set 'net eth0.address=10.0.0.3/24' --set 'net eth0.mac=02:00:00:00:00:07'");
	guest("two", "br1", "--set 'net eth0.address=10.0.0.3/16' --set 'net eth0.mac=02:00:00:00:00:08'");
	guest("three", "br1", "--set 'net eth0.address=10.0.0.5/24' --set 'net eth0.mac=02:00:00:00:00:07'");
	guest("host", "br0", "--set 'net eth0.address=10.0.0.1/24'");
	cr_assert_eq(au("start one"), 0, "%s", got.errors);
	look("");
	cr_expect_str_eq(text(port("br0", "v-one"), "note"), "", "the other is stopped");
	cr_assert_eq(au("start two three host"), 0, "%s", got.errors);
	look("");
	cr_expect_str_eq(text(port("br0", "v-one"), "note"), "duplicate MAC: also three; duplicate address 10.0.0.3: also two");
	cr_expect_str_eq(text(port("br1", "v-two"), "note"), "duplicate address 10.0.0.3: also one");
	cr_expect_str_eq(text(port("br1", "v-three"), "note"), "duplicate MAC: also one");
	cr_expect_str_eq(text(port("br0", "v-host"), "note"), "duplicate address 10.0.0.1: also br0");
	cr_assert_eq(au("net"), 0);
	cr_expect(strstr(got.output, "v-one (one): duplicate MAC: also three\n") != NULL, "%s", got.output);
}

static void set_id(char out[32])
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/state/set-id", place_directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(read(fd, out, 16), 16);
	out[16] = '\0';
	close(fd);
}

Test(net, links_without_their_guest)
{
	char id[32];
	size_t index;
	json_t *one;

	guest("web", "br0", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	set_id(id);
	for (index = 0; index < 6; index++)
		cr_assert_eq(sh("ip link add l%zu address fe:00:00:00:00:0%zu master br0 type veth peer name p%zu address 02:00:00:00:41:0%zu",
		                index, index, index, index), 0,
		             "%s", got.errors);
	cr_assert_eq(sh("ip link set l0 alias 'auberge %s web'", id), 0);
	ip("link set l1 alias 'auberge 0123456789abcdef web'");
	cr_assert_eq(sh("ip link set l3 alias 'auberge %s ../../etc'", id), 0);
	cr_assert_eq(sh("ip link set l4 alias 'auberge %s web' nomaster", id), 0);
	cr_assert_eq(sh("ip link set l5 alias 'auberge %s nosuchguest' up", id), 0);
	look("");
	cr_expect_str_eq(text(port("br0", "l0"), "note"), "orphan of web; down");
	cr_expect_str_eq(text(port("br0", "l0"), "guest"), "web");
	cr_expect_str_eq(text(port("br0", "l1"), "note"), "another set's; down");
	cr_expect_str_eq(text(port("br0", "l2"), "note"), "orphan; down");
	cr_expect_str_eq(text(port("br0", "l3"), "note"), "orphan; down", "a name that is none");
	cr_expect_str_eq(text(port("br0", "l5"), "note"), "orphan of nosuchguest; no carrier");
	one = port_in(json_object_get(document, "ports"), "l4");
	cr_expect_str_eq(text(one, "note"), "orphan of web; down", "on no bridge: %s", got.output);
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	look("");
	cr_expect_str_eq(text(port("br0", "l0"), "note"), "down", "its guest lives");
	cr_expect_str_eq(text(port("br0", "v-web"), "note"), "");
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	cr_expect_eq(au("audit --reclaim"), 0, "%s%s", got.output, got.errors);
	look("");
	cr_expect_null(port_in(json_object_get(bridge("br0"), "ports"), "l0"));
	cr_expect_null(port_in(json_object_get(bridge("br0"), "ports"), "l5"));
	cr_expect_null(json_object_get(document, "ports"));
}

static bool is_orphan(const void *data)
{
	look("");
	return strcmp(text(port("br0", "v-web"), "note"), data) == 0;
}

/* Everything of it is killed, and somebody holds its network namespace: the link stays, the ledger tells whose it was. */
Test(net, a_guest_that_died_with_all_that_watched_it)
{
	pid_t init;
	char path[64];
	int held;

	guest("web", "br0", "--set 'net eth0.address=10.0.0.3/24'");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	ip("link set v-web alias ''");
	look("");
	cr_expect_str_eq(text(port("br0", "v-web"), "guest"), "web", "by its ledger alone");
	cr_expect_str_eq(text(port("br0", "v-web"), "note"), "");
	init = guest_look("web").init_pid;
	snprintf(path, sizeof path, "/proc/%d/ns/net", init);
	held = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(held, 0);
	pair_kill("web");
	look("");
	cr_expect_str_eq(text(port("br0", "v-web"), "note"), "", "it runs, and nobody supervises it");
	kill(init, SIGKILL);
	wait_until(is_orphan, "orphan of web", 10, "v-web to be an orphan");
	cr_expect_eq(json_array_size(json_object_get(port("br0", "v-web"), "addresses")), 0, "nobody claims it");
	close(held);
}

Test(net, counters_are_the_guests_view)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = inet_addr("10.0.0.3")};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[1000] = {0};
	json_int_t heard = 0;

	guest("web", "br0", "--set 'net eth0.address=10.0.0.3/24'");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	for (int i = 0; i < 1000 && heard < 100000; i++) { /* the first ones wait for who has the address */
		sendto(fd, data, sizeof data, 0, (struct sockaddr *)&to, sizeof to);
		if (i % 50 != 49)
			continue;
		pause_ms(20);
		look("");
		heard = number(port("br0", "v-web"), "receive_bytes");
	}
	close(fd);
	cr_expect_geq(heard, 100000);
	cr_expect_leq(number(port("br0", "v-web"), "transmit_bytes"), heard / 2);
}

Test(net, names_that_are_no_names)
{
	ip("link add \033[2Jx address 02:00:00:00:40:03 type veth peer name q1 address 02:00:00:00:40:04");
	ip("link set \033[2Jx master br0");
	ip("link set \033[2Jx alias \033]0;evil\007");
	ip("link add \xff\xfe;$(id) type bridge");
	cr_assert_eq(au("net"), 0, "%s", got.errors);
	cr_expect_null(strchr(got.output, '\033'));
	cr_expect_null(strchr(got.output, '\xff'));
	cr_expect(strstr(got.output, "^[[2Jx") != NULL, "%s", got.output);
	look(""); /* valid UTF-8, or it would not have been read */
	cr_expect_not_null(port("br0", "^[[2Jx"));
}

Test(net, without_bridges_and_without_root)
{
	const char *path = getenv("AUBERGE_PROGRAM");
	json_error_t error;

	guest("web", "br0", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	if (sh("setpriv --reuid 65534 --clear-groups %s --version", path ? path : "./auberge") == 0) {
		cr_expect_eq(sh("setpriv --reuid 65534 --clear-groups %s net --json", path ? path : "./auberge"), 0, "%s", got.errors);
		document = json_loads(got.output, 0, &error);
		cr_assert_not_null(document);
		cr_expect_str_eq(text(port("br0", "v-web"), "note"), "a guest's: whose is not told",
		                 "its set-id can be read by nobody");
	}
	cr_assert_eq(au("stop web"), 0, "%s", got.errors);
	cr_assert_eq(unshare(CLONE_NEWNET), 0);
	look("");
	cr_expect_eq(json_array_size(json_object_get(document, "bridges")), 0);
	cr_expect_eq(au("net"), 0);
	cr_expect(strstr(got.errors, "no bridge") != NULL, "%s", got.errors);
}

Test(net_vlan, a_bridge_on_a_vlan)
{
	if (sh("ip link add link up0 name up0.77 type vlan id 77") != 0)
		cr_skip_test("this kernel makes no VLAN links (8021q)");
	ip("link set up0.77 master br1 up");
	guest("web", "br1", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	look("");
	cr_expect_eq(number(bridge("br1"), "vlan"), 77);
	cr_expect_eq(number(port("br1", "up0.77"), "vlan"), 77);
	cr_expect_str_eq(text(port("br1", "up0.77"), "note"), "uplink", "it shares its MAC with up0, in peace");
	cr_expect_str_eq(text(port("br0", "up0"), "note"), "uplink");
	cr_expect(json_is_null(json_object_get(bridge("br0"), "vlan")));
	cr_assert_eq(au("net"), 0);
	cr_expect(strstr(got.output, "  vlan 77  stp on") != NULL, "%s", got.output);
}

Test(net_vlan, a_bridge_that_filters_vlans)
{
	if (sh("ip link set br1 type bridge vlan_filtering 1") != 0)
		cr_skip_test("this kernel's bridges do not filter VLANs");
	guest("web", "br1", "");
	cr_assert_eq(au("start web"), 0, "%s", got.errors);
	look("");
	cr_expect_eq(number(port("br1", "v-web"), "vlan"), 1, "the PVID by default");
	cr_assert_eq(sh("bridge vlan add dev v-web vid 2003 pvid untagged"), 0, "%s", got.errors);
	look("");
	cr_expect_eq(number(port("br1", "v-web"), "vlan"), 2003);
	cr_expect(json_is_null(json_object_get(port("br0", "up0"), "vlan")), "br0 filters none");
}
