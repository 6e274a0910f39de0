/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console rows of the bench, from both sides of a pty, with one and the same writer.
 *
 *   ptyloop MIB      forks a writer of MIB on a pty and reads it in a bare loop into a 256 KiB memfd ring, as the least
 *                    that a console can cost; prints the decimal megabytes a second
 *   as a guest's /init (pid 1, linked statically): writes one byte into the FIFO /ready; for each SIGHUP the
 *                    MIB named in /mib to its console, then another byte into /ready; for each SIGUSR1 about 4 ms of
 *                    work and one page; ends on SIGTERM, SIGPWR, SIGINT and SIGRTMIN+3
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536
#define RING (256 * 1024)

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Writes bytes of printable text, lines of 80, to fd. */
static int spew(int fd, uint64_t bytes)
{
	static char text[CHUNK];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 80 == 79 ? '\n' : (char)('a' + i % 26);
	while (bytes) {
		size_t size = bytes < sizeof(text) ? (size_t)bytes : sizeof(text);
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes -= (uint64_t)written;
	}
	return 0;
}

static void raw(int fd)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) < 0)
		return;
	cfmakeraw(&mode);
	tcsetattr(fd, TCSANOW, &mode);
}

/* The bare loop: read what there is, one positioned write into the ring. */
static int loop(uint64_t bytes)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int ring = memfd_create("ring", MFD_CLOEXEC);
	static char buffer[CHUNK];
	uint64_t total = 0;
	double start;
	pid_t writer;

	if (master < 0 || ring < 0 || ftruncate(ring, RING) < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	writer = fork();
	if (writer < 0)
		return -1;
	if (writer == 0) {
		int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);

		close(master);
		if (slave < 0)
			_exit(1);
		raw(slave);
		_exit(spew(slave, bytes) < 0);
	}
	start = seconds();
	while (total < bytes) {
		ssize_t got = read(master, buffer, sizeof(buffer));
		uint64_t at = total % RING;

		if (got <= 0) {
			if (got < 0 && (errno == EINTR || errno == EAGAIN))
				continue;
			if (got < 0 && errno == EIO && total == 0) /* the writer has not opened its end yet */
				continue;
			break;
		}
		if (pwrite(ring, buffer, (size_t)got, (off_t)at) < 0)
			break;
		total += (uint64_t)got;
	}
	printf("%.1f\n", (double)total / 1e6 / (seconds() - start));
	waitpid(writer, NULL, 0);
	return total == bytes ? 0 : -1;
}

static void ready(void)
{
	int fd = open("/ready", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "R", 1) < 0)
		errno = 0;
	close(fd);
}

static void work(void)
{
	volatile unsigned count = 0;
	char *page = malloc(4096); /* kept: the guest's memory is to change */

	if (page)
		memset(page, 1, 4096);
	for (clock_t end = clock() + CLOCKS_PER_SEC / 250; clock() < end;)
		count++;
}

static int init(void)
{
	sigset_t signals;
	char text[32] = "";
	int fd;

	sigfillset(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	ready();
	for (;;) {
		int number = sigwaitinfo(&signals, NULL);

		if (number == SIGUSR1)
			work();
		if (number == SIGTERM || number == SIGPWR || number == SIGINT || number == SIGRTMIN + 3)
			_exit(0);
		if (number == SIGCHLD)
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		if (number != SIGHUP)
			continue;
		fd = open("/mib", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
			continue;
		close(fd);
		raw(1);
		spew(1, strtoull(text, NULL, 10) << 20);
		ready();
	}
}

int main(int argc, char **argv)
{
	if (getpid() == 1)
		return init();
	if (argc != 2 || strtoull(argv[1], NULL, 10) == 0) {
		fprintf(stderr, "usage: ptyloop MIB\n");
		return 2;
	}
	return loop(strtoull(argv[1], NULL, 10) << 20) < 0;
}
