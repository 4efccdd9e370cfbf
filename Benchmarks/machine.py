"""Whole machines: lyrebird-system-ppc and qemu-system-ppc, same images, in turn. CPU seconds of the
emulator until its serial line shows a text; the steps of the guest's self-test; idling."""

import math
import os
import re
import select
import shutil
import statistics
import subprocess
import time

import cases

IMAGES = os.path.join(cases.SHARED, "guests")
BOARDS = ["g3beige", "mac99"]
TICK = os.sysconf("SC_CLK_TCK")
# Seconds after which a run is given up.
LIMIT = 600
# Seconds for which an idle machine is watched.
IDLE = 10
# What a figure is to reach: at most this many times QEMU's time; at least this speed.
GOALS = {"prompt": 0.6, "shell": 0.6, "login": 0.6}


def memory_boot(append=""):
    return [
        "-m", "256", "-nographic", "-no-reboot", "-kernel", os.path.join(IMAGES, "vmlinux"),
        "-initrd", os.path.join(IMAGES, "initramfs.cpio.gz"), "-append", "console=ttyS0 " + append]


# What is started, and the text that ends the measurement.
BOOTS = {
    "prompt": (["-nographic"], rb"\n0 > "),
    "shell": (memory_boot(), rb"GUEST-MARKER shell"),
    "login": (
        ["-m", "256", "-nographic", "-snapshot", os.path.join(IMAGES, "ppc-grub-disk.qcow2")],
        rb"login:"),
}


class Machine:
    """A running emulator."""

    def __init__(self, emulator, board, options):
        self.child = subprocess.Popen(
            [emulator, "-M", board, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0)
        self.text = b""
        self.start = time.monotonic()

    def cpu(self):
        with open(f"/proc/{self.child.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def read(self, seconds):
        """Whether anything came; raises at the end of the program or of patience."""
        if time.monotonic() - self.start > LIMIT:
            raise TimeoutError(self.text[-300:])
        if not select.select([self.child.stdout], [], [], seconds)[0]:
            return False
        piece = os.read(self.child.stdout.fileno(), 65536)
        if not piece:
            raise EOFError(self.text[-300:])
        self.text += piece
        return True

    def until(self, pattern):
        while not re.search(pattern, self.text):
            self.read(1)
        return self.cpu()

    def watch(self, seconds):
        """The share of a host core that it takes from now on."""
        before, start = self.cpu(), time.monotonic()
        while time.monotonic() - start < seconds:
            self.read(0.2)
        return (self.cpu() - before) / (time.monotonic() - start)

    def stop(self):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()


def boot(emulator, board, name):
    options, pattern = BOOTS[name]
    machine = Machine(emulator, board, options)
    try:
        return machine.until(pattern)
    finally:
        machine.stop()


def idle(emulator, board):
    machine = Machine(emulator, board, memory_boot())
    try:
        machine.until(rb"GUEST-MARKER shell")
        machine.watch(3)
        return machine.watch(IDLE)
    finally:
        machine.stop()


def self_test(emulator, board):
    """CPU seconds and digest of each step."""
    machine = Machine(emulator, board, memory_boot("autotest=run1,poweroff"))
    steps, seen, last = {}, 0, None
    line = re.compile(rb"(AUTOTEST|GBENCH)(-BEGIN| (\S+) )[^\n]*\n")
    try:
        while b"AUTOTEST-END" not in machine.text:
            machine.read(1)
            for found in line.finditer(machine.text, seen):
                seen, now = found.end(), machine.cpu()
                if found[3] and last is not None:
                    digest = re.search(rb"sum=(\S+)", found[0])
                    name = found[3].decode() + ("*" if found[1] == b"GBENCH" else "")
                    steps[name] = (now - last, digest[1].decode() if digest else "")
                last = now
    finally:
        machine.stop()
    return steps


def in_turn(emulators, rounds, measure):
    """Engine name -> what each round gave; None and a message where a run fails."""
    results = {name: [] for name in emulators}
    for _ in range(rounds):
        for name, path in emulators.items():
            try:
                results[name].append(measure(path))
            except (TimeoutError, EOFError) as problem:
                print(f"  ! {name}: {problem!r}", flush=True)
    return results if all(results.values()) else None


def print_boots(emulators, board, rounds):
    for name in BOOTS:
        found = in_turn(emulators, rounds, lambda path, n=name: boot(path, board, n))
        if not found:
            continue
        ours, peer = (statistics.median(found[n]) for n in ("lyrebird", "qemu"))
        spread = sorted(a / b for a, b in zip(found["lyrebird"], found["qemu"]) if b)
        print(
            f"  to the {name:8} {ours:8.2f} s  qemu {peer:8.2f} s  {ours / peer:5.2f} times"
            f" [{spread[0]:.2f}..{spread[-1]:.2f}], wanted {GOALS[name]}", flush=True)


def print_steps(emulators, board, rounds):
    found = in_turn(emulators, rounds, lambda path: self_test(path, board))
    if not found:
        return 1
    problems, speeds = 0, []
    for step in found["qemu"][0]:
        if not all(step in run for runs in found.values() for run in runs):
            print(f"  ! {step} is missing in a run")
            problems += 1
            continue
        digests = {run[step][1] for runs in found.values() for run in runs}
        times = {n: statistics.median(run[step][0] for run in runs) for n, runs in found.items()}
        speed = max(times["qemu"], 1 / TICK) / max(times["lyrebird"], 1 / TICK)
        speeds.append((speed, step))
        note = "" if len(digests) == 1 else f"  ! digests differ: {digests}"
        problems += len(digests) != 1
        print(
            f"  {step:12} {times['lyrebird']:8.2f} s  qemu {times['qemu']:8.2f} s  {speed:5.2f}x{note}")
    mean = math.exp(sum(math.log(speed) for speed, _ in speeds) / len(speeds))
    print(
        f"  geometric mean: {mean:.2f} times QEMU's speed, wanted 1.8; least {min(speeds)[0]:.2f}"
        f" ({min(speeds)[1]}), wanted 1", flush=True)
    return problems


def run(lyrebird, rounds):
    """Measures everything on both boards; how many things went wrong."""
    qemu = shutil.which("qemu-system-ppc")
    if not qemu or not os.path.exists(lyrebird) or not os.path.exists(BOOTS["login"][0][-1]):
        print("\nskipping machines: no", "qemu-system-ppc" if not qemu else f"{lyrebird} or {IMAGES}")
        return 0
    emulators, problems = {"lyrebird": lyrebird, "qemu": qemu}, 0
    for board in BOARDS:
        print(f"\nmachine {board}: CPU seconds of the emulator (* steps of gbench)")
        print_boots(emulators, board, rounds)
        problems += print_steps(emulators, board, rounds)
        found = in_turn(emulators, rounds, lambda path: idle(path, board))
        if found:
            shares = {name: 100 * statistics.median(runs) for name, runs in found.items()}
            print(
                f"  idle Linux: {shares['lyrebird']:.1f} % of a host core, wanted at most 2;"
                f" qemu {shares['qemu']:.1f} %", flush=True)
    return problems
