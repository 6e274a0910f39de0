# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# Sourced by ./try and ./check: root, packages, and a build tree. Debian 12.

build_packages='autoconf automake gcc libc6-dev make pkg-config libncurses-dev libcap-dev libnl-3-dev
	libnl-route-3-dev libinih-dev libjansson-dev libvterm-dev busybox-static iproute2 libsystemd-dev'
test_packages='libcriterion-dev clang libclang-rt-14-dev llvm binutils util-linux procps tmux strace ncurses-term
	debootstrap qemu-system-x86 linux-image-amd64 kmod e2fsprogs xz-utils systemd dbus'

# Goes on as root: ARGUMENTS are the script and its own arguments.
become_root() {
	[ "$(id -u)" != 0 ] || return 0
	command -v sudo >/dev/null || { echo "$1: run this as root, or install sudo" >&2; exit 1; }
	exec sudo -- "$@"
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Installs those of PACKAGES that are not there; touches nothing when none is missing.
install_missing() {
	local package missing=()
	for package; do installed "$package" || missing+=("$package"); done
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing ${missing[*]}"
	local log
	log=$(mktemp) || return 1
	export DEBIAN_FRONTEND=noninteractive
	if ! { apt-get -q install -y --no-install-recommends "${missing[@]}" ||
		{ apt-get -q update && apt-get -q install -y --no-install-recommends "${missing[@]}"; }; } >"$log" 2>&1 </dev/null; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		echo "apt-get could not install: ${missing[*]}" >&2
		return 1
	fi
	rm -f "$log"
}

# Makes configure where it is missing or older than what it is made from.
prepare_configure() {
	[ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] && [ Makefile.in -nt configure.ac ] && return 0
	autoreconf -i
}

# A build tree DIR for configure's ARGUMENTS; an existing one for the same is kept, so that a second run is quick.
configure_tree() { # DIR ARGUMENT...
	local directory=$1 here=$PWD
	shift
	if [ -e "$directory/Makefile" ] && [ "$(cat "$directory/arguments" 2>/dev/null)" = "$here $*" ]; then return 0; fi
	rm -rf "$directory"
	mkdir -p "$directory" && (cd "$directory" && "$here/configure" -q "$@") && echo "$here $*" >"$directory/arguments"
}
