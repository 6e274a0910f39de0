# SPDX-License-Identifier: GPL-2.0-or-later
"""The screens on a pty: what a key, a refresh and a start cost. Used by tests/bench/run."""
import fcntl, os, pty, re, select, signal, statistics, struct, subprocess, sys, termios, time

DOWN, UP = b'\033[B', b'\033[A'


class Terminal:
    """A program on a pty; what it paints is read and forgotten."""

    def __init__(self, command, rows=24, columns=80):
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm-256color'
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
            os.execvp(command[0], command)

    def read(self, seconds):
        """Whatever comes in so many seconds."""
        text, end = b'', time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                try:
                    text += os.read(self.fd, 65536)
                except OSError:
                    break
        return text

    def until(self, word, seconds):
        """Seconds since the start until word was painted; None: it was not."""
        text, end = b'', time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], .01)[0]:
                text += os.read(self.fd, 65536)
                if word in text:
                    return time.monotonic() - self.began
        return None

    def send(self, keys):
        os.write(self.fd, keys)

    def echo(self, key):
        """Milliseconds from the key to the first byte of its echo."""
        while select.select([self.fd], [], [], 0)[0]:
            os.read(self.fd, 65536)
        begin = time.monotonic()
        os.write(self.fd, key)
        select.select([self.fd], [], [], 2)
        return (time.monotonic() - begin) * 1e3

    def echoes(self, count, gap=.015):
        """Sorted times of so many moves of the cursor, which always moves."""
        times = []
        for i in range(count):
            times.append(self.echo(DOWN if i % 20 < 10 else UP))
            self.read(gap)
        return sorted(times)

    def processes(self):
        """The program and the processes that read for it."""
        with open(f'/proc/{self.pid}/task/{self.pid}/children') as file:
            return [self.pid, *map(int, file.read().split())]

    def close(self):
        """True: it ended when told to."""
        os.kill(self.pid, signal.SIGTERM)
        for _ in range(100):
            try:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    break
            except OSError:
                break
            self.read(.02)
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def percentile(times, percent):
    return times[min(len(times) - 1, len(times) * percent // 100)]


def memory(pid):
    """(RSS, PSS) in kB."""
    with open(f'/proc/{pid}/smaps_rollup') as file:
        text = file.read()
    return tuple(int(re.search(rf'^{word}:\s+(\d+)', text, re.M).group(1)) for word in ('Rss', 'Pss'))


def key_times(command, count, before=None):
    """p50, p99 and the worst in ms; before(terminal) is done first and gives what to undo, or None."""
    if os.environ.get('REALTIME'):  # on a machine that others use, too: nobody but the kernel keeps a key waiting
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    terminal = Terminal(command)
    undo = None
    try:
        terminal.read(3)
        undo = before(terminal) if before else None
        times = terminal.echoes(count)
    finally:
        if undo:
            undo()
        terminal.close()
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return percentile(times, 50), percentile(times, 99), times[-1]


def echo_floor(count):
    """The same of a program that only gives back what it reads: what pty and scheduler take at this moment."""
    return key_times(['sh', '-c', 'stty raw -echo; exec cat'], count)


def first_paints(command, count, word=b'F10'):
    """Median of milliseconds from the start until the key bar stands."""
    times = []
    for _ in range(count):
        terminal = Terminal(command)
        took = terminal.until(word, 5)
        terminal.close()
        times.append(took * 1e3 if took else 5000)
    return statistics.median(times)


def memories(command):
    """RSS of the screens, and of all with the processes that read (the sum of RSS, and of PSS), in kB."""
    terminal = Terminal(command)
    try:
        terminal.read(6)
        sizes = [memory(pid) for pid in terminal.processes()]
    finally:
        terminal.close()
    return sizes[0][0], sum(size[0] for size in sizes), sum(size[1] for size in sizes)


def refresh_cpu(here, command, guests, seconds=24):
    """Microseconds of processor time in a refresh of 2 s, all processes of the program together."""
    text = subprocess.run([sys.executable, f'{here}/ptybench.py', '--secs', str(seconds), '--settle', '4', '--refresh', '2',
                           '--guests', str(guests), '--', *command], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    found = re.search(r'CPU\s+(\d+) us/refresh', text)
    return float(found.group(1)) if found else None


# --- bytes to the terminal

class Screen:
    """A program on a pty of 80x24."""

    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm-256color'
            time.sleep(.1)
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))

    def collect(self, seconds, quiet=None):
        """Bytes of the bursts (0.15 s of silence between them) seen in so many seconds; quiet: ends after such silence."""
        bursts, last, end = [], 0, time.monotonic() + seconds
        while time.monotonic() < end:
            readable, _, _ = select.select([self.fd], [], [], .02)
            now = time.monotonic()
            if readable:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    break
                if now - last > .15 or not bursts:
                    bursts.append(0)
                bursts[-1] += len(data)
                last = now
            elif quiet and bursts and now - last > quiet:
                break
        return bursts

    def key(self, text):
        os.write(self.fd, text.encode())
        return sum(self.collect(.12, quiet=.06))

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        for _ in range(100):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
            time.sleep(.02)
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def churn(pids):
    """A child that makes the first eight guests use an uneven bit of CPU."""
    pid = os.fork()
    if pid:
        return pid
    import random
    while True:
        for target in pids:
            for _ in range(random.randint(0, 3)):
                try:
                    os.kill(target, signal.SIGUSR1)
                except OSError:
                    pass
        time.sleep(.05)


def screen_figures(command):
    screen = Screen(command)
    try:
        first = sum(screen.collect(.8))
        screen.collect(4)
        refresh = screen.collect(15)[1:-1]
        downs = [screen.key('\033[B') for _ in range(12)]
    finally:
        screen.close()
    return statistics.median(refresh or [0]), statistics.median(downs), first
