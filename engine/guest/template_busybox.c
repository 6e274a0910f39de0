/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds a small root file system around the host's static busybox. The tree is new and nobody runs in it yet, so its
 * paths are joined to its descriptor here; modes are set whatever the umask.
 */
#include "guest/template_busybox.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char *const candidates[] = {
	"/bin/busybox",        "/usr/bin/busybox",        "/bin/busybox-static",
	"/bin/busybox.static", "/usr/bin/busybox-static", "/usr/bin/busybox.static",
};

static const struct {
	const char *path;
	mode_t mode;
} directories[] = {
	{"bin", 0755}, {"sbin", 0755}, {"etc", 0755}, {"dev", 0755}, {"proc", 0755}, {"sys", 0755}, {"run", 0755},
	{"tmp", 01777}, {"root", 0700}, {"home", 0755}, {"mnt", 0755}, {"srv", 0755}, {"usr", 0755}, {"usr/bin", 0755},
	{"usr/sbin", 0755}, {"var", 0755}, {"var/log", 0755}, {"var/tmp", 01777}, {"var/spool", 0755},
};

static const char in_bin[] =
	"sh ash awk base64 basename bunzip2 bzcat cat chgrp chmod chown clear cmp cp cpio cut date dd df "
	"dirname dmesg dnsdomainname du echo ed egrep env expr false fgrep find fold free getopt grep groups "
	"gunzip gzip head hexdump hostname id kill killall less ln logger login logname ls md5sum mkdir "
	"mkfifo mknod mktemp more mount mv nc netstat nice nohup nslookup od passwd patch pidof ping ping6 "
	"printf ps pwd readlink realpath renice reset rm rmdir sed seq setsid sha1sum sha256sum sha512sum "
	"sleep sort stat strings stty su sync tail tar tee telnet test tftp time timeout top touch tr "
	"traceroute true tty umount uname uniq unxz uptime usleep vi watch wc wget which who whoami xargs xxd "
	"xz xzcat yes zcat";
static const char in_sbin[] =
	"init halt poweroff reboot getty sulogin arp arping brctl chroot crond fdisk httpd hwclock ifconfig "
	"ifdown ifup ip klogd losetup mkswap nologin pivot_root route start-stop-daemon swapoff swapon "
	"switch_root sysctl syslogd telnetd udhcpc vconfig";

static const struct {
	const char *path;
	mode_t mode;
	const char *text;
} files[] = {
	{"etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"},
	{"etc/group", 0644, "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"},
	{"etc/shadow", 0600, "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n"},
	{"etc/profile", 0644, "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexport PS1='\\u@\\h:\\w\\$ '\n"},
	{"etc/shells", 0644, "/bin/sh\n/bin/ash\n"},
	{"etc/nsswitch.conf", 0644, "passwd: files\ngroup: files\nhosts: files dns\n"},
};

/* 1 static, 0 not, negative: no ELF file. */
static int is_static(int fd)
{
	unsigned char ident[EI_NIDENT];
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;
	uint64_t offset;
	unsigned count, size;

	if (pread(fd, ident, sizeof ident, 0) != sizeof ident || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return -1;
	if (ident[EI_CLASS] == ELFCLASS64) {
		if (pread(fd, &wide, sizeof wide, 0) != sizeof wide)
			return -1;
		offset = wide.e_phoff;
		count = wide.e_phnum;
		size = wide.e_phentsize;
	} else {
		if (pread(fd, &narrow, sizeof narrow, 0) != sizeof narrow)
			return -1;
		offset = narrow.e_phoff;
		count = narrow.e_phnum;
		size = narrow.e_phentsize;
	}
	for (unsigned i = 0; i < count; i++) {
		Elf32_Word type; /* the first member in both classes */

		if (pread(fd, &type, sizeof type, (off_t)(offset + (uint64_t)i * size)) != sizeof type)
			return -1;
		if (type == PT_INTERP)
			return 0;
	}
	return 1;
}

int template_busybox_find(const char **path, struct auberge_error *error)
{
	const char *dynamic = NULL;

	for (size_t i = 0; i < COUNT_OF(candidates); i++) {
		cleanup_close int fd = open(candidates[i], O_RDONLY | O_CLOEXEC);
		int verdict = fd >= 0 ? is_static(fd) : -1;

		if (verdict == 1) {
			*path = candidates[i];
			return take_fd(&fd);
		}
		if (verdict == 0 && !dynamic)
			dynamic = candidates[i];
	}
	if (dynamic)
		error_set(error, 0, "%s: needs shared libraries, which the guest would not have", dynamic);
	else
		error_set(error, 0, "template busybox: this host has no busybox");
	return error_remedy(error, "apt install busybox-static");
}

static int fail(struct auberge_error *error, int number, const char *path)
{
	return error_set(error, number, "rootfs/%s", path);
}

static int copy_program(int rootfs_fd, int busybox_fd, struct auberge_error *error)
{
	cleanup_close int fd = openat(rootfs_fd, "bin/busybox", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	char block[65536];
	off_t offset = 0;
	ssize_t got;
	int result;

	if (fd < 0)
		return fail(error, errno, "bin/busybox");
	while ((got = copy_file_range(busybox_fd, &offset, fd, NULL, 1 << 30, 0)) > 0)
		;
	if (got < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS)) {
		while ((got = pread(busybox_fd, block, sizeof block, offset)) > 0) {
			offset += got;
			if ((result = write_all(fd, block, (size_t)got)) < 0)
				return fail(error, -result, "bin/busybox");
		}
	}
	if (got < 0 || fchmod(fd, 0755) < 0 || fsync(fd) < 0)
		return fail(error, errno, "bin/busybox");
	return 0;
}

static int link_applets(int rootfs_fd, const char *directory, const char *names, const char *target,
                        struct auberge_error *error)
{
	char path[64];

	while (*names) {
		int length = (int)strcspn(names, " ");

		snprintf(path, sizeof path, "%s/%.*s", directory, length, names);
		if (symlinkat(target, rootfs_fd, path) < 0)
			return fail(error, errno, path);
		names += length;
		names += *names == ' ';
	}
	return 0;
}

static int write_file(int rootfs_fd, const char *path, mode_t mode, const char *text, struct auberge_error *error)
{
	cleanup_close int fd = openat(rootfs_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int result;

	if (fd < 0)
		return fail(error, errno, path);
	result = write_all(fd, text, strlen(text));
	if (result == 0 && fchmod(fd, mode) < 0)
		result = -errno;
	return result < 0 ? fail(error, -result, path) : 0;
}

static int write_named(int rootfs_fd, const char *hostname, unsigned ttys, struct auberge_error *error)
{
	cleanup_buffer struct buffer inittab = {0};
	char text[300];

	snprintf(text, sizeof text, "%s\n", hostname);
	if (write_file(rootfs_fd, "etc/hostname", 0644, text, error) < 0)
		return -1;
	snprintf(text, sizeof text, "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost\n", hostname);
	if (write_file(rootfs_fd, "etc/hosts", 0644, text, error) < 0)
		return -1;
	buffer_addf(&inittab, "::respawn:-/bin/sh\n");
	for (unsigned i = 1; i <= ttys; i++)
		buffer_addf(&inittab, "tty%u::askfirst:-/bin/sh\n", i);
	buffer_addf(&inittab, "::ctrlaltdel:/sbin/reboot\n::shutdown:/bin/true\n");
	if (inittab.failed)
		return fail(error, ENOMEM, "etc/inittab");
	return write_file(rootfs_fd, "etc/inittab", 0644, inittab.data, error);
}

int template_busybox_build(int rootfs_fd, int busybox_fd, const char *hostname, unsigned ttys,
                           struct auberge_error *error)
{
	for (size_t i = 0; i < COUNT_OF(directories); i++) {
		const char *path = directories[i].path;

		if (mkdirat(rootfs_fd, path, 0755) < 0 || fchmodat(rootfs_fd, path, directories[i].mode, 0) < 0)
			return fail(error, errno, path);
	}
	if (copy_program(rootfs_fd, busybox_fd, error) < 0 || link_applets(rootfs_fd, "bin", in_bin, "busybox", error) < 0 ||
	    link_applets(rootfs_fd, "sbin", in_sbin, "../bin/busybox", error) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		if (write_file(rootfs_fd, files[i].path, files[i].mode, files[i].text, error) < 0)
			return -1;
	}
	return write_named(rootfs_fd, hostname, ttys, error);
}
