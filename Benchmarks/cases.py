"""What is measured: kernels, programs, start-up and cold code, built once into Benchmarks/build."""

import dataclasses
import os
import re
import subprocess

import cold

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "build")
SHARED = os.path.join(HERE, "..", "..", "shared")
GUEST_FLAGS = "-O2 -w -pthread -fno-strict-aliasing -static".split()
NATIVE_FLAGS = "-O2 -w -pthread -ffp-contract=off".split()
# What "half of native speed" is measured against: scalar floating point, as the guest's is.
NATIVE_SCALAR = NATIVE_FLAGS + ["-fno-tree-vectorize"]
GUEST_VECTOR = "-O3 -w -maltivec -mabi=altivec -static".split()
NATIVE_VECTOR = "-O3 -w -mssse3".split()


@dataclasses.dataclass
class Case:
    """One thing to run: on the guest, and natively where that exists."""

    name: str
    group: str
    guest: list
    native: list
    stdin: str = os.devnull
    # Options of the emulators.
    options: list = dataclasses.field(default_factory=list)
    # Takes out of the output what differs from run to run.
    normalize: object = bytes
    # Whether the native output must be the same.
    comparesNative: bool = True


# Fused multiply-add, where the host rounds twice: only QEMU's output is the same.
FUSED = {"lame", "f_mandelf"}

GROUPS = [
    ("kernels", "integer and memory kernels", ("i_", "m_")),
    ("programs", "programs", ()),
    ("float", "floating-point kernels", ("f_",)),
    ("system", "system calls and changing code", ("s_", "j_")),
    ("signals", "signals and C++", ("g_",)),
    ("threads", "threads", ("t_",)),
    ("vector", "AltiVec kernels", ("v_",)),
]


def run(command):
    subprocess.run(command, check=True)


def is_current(product, *sources):
    if not os.path.exists(product):
        return False
    return all(os.path.getmtime(source) <= os.path.getmtime(product) for source in sources)


def launcher():
    """The program that runs another and reports its cost."""
    source, product = os.path.join(HERE, "launch.c"), os.path.join(BUILD, "launch")
    if not is_current(product, source):
        os.makedirs(BUILD, exist_ok=True)
        run(["gcc", "-O1", source, "-o", product])
    return product


def build_kernel(source, name, isDynamic=False):
    """Builds a kernel for the guest and the host; returns both paths, None for what fails."""
    paths = []
    isPlusPlus, isVector = source.endswith(".cc"), name.startswith("v_")
    native = NATIVE_SCALAR if name.startswith("f_") else NATIVE_FLAGS
    for target, compiler, flags in [
        ("ppc", "powerpc-linux-gnu-", GUEST_VECTOR if isVector else GUEST_FLAGS),
        ("x86", "", NATIVE_VECTOR if isVector else native),
    ]:
        product = os.path.join(BUILD, target, name)
        os.makedirs(os.path.dirname(product), exist_ok=True)
        if not is_current(product, source):
            tool = compiler + ("g++" if isPlusPlus else "gcc")
            if isDynamic:
                flags = [flag for flag in flags if flag != "-static"]
            result = subprocess.run(
                [tool, *flags, source, "-o", product, "-lm"], stderr=subprocess.DEVNULL)
            if result.returncode != 0:
                paths.append(None)
                continue
        paths.append(product)
    return paths


def kernels(wanted):
    folder = os.path.join(SHARED, "bench")
    if not os.path.isdir(folder):
        print("skipping kernels: there is no", os.path.normpath(folder))
        return
    arguments = {}
    with open(os.path.join(folder, "args.txt")) as file:
        for line in file:
            name, *rest = line.split()
            arguments[name] = rest
    for file in sorted(os.listdir(folder)):
        name, extension = os.path.splitext(file)
        group = next((g for g, _, prefixes in GROUPS if name.startswith(prefixes or ("?",))), None)
        if extension not in (".c", ".cc") or group is None or not wanted(name, group):
            continue
        guest, native = build_kernel(os.path.join(folder, file), name)
        if guest is None:
            print("skipping", name, "- it does not build for the guest")
            continue
        rest = arguments.get(name, [])
        yield Case(
            name, group, [guest, *rest], [native, *rest] if native else [],
            options=["-cpu", "7400"] if group == "vector" else [],
            comparesNative=name not in FUSED)


def without_times(output):
    """speedtest1 prints the time of each step."""
    return re.sub(rb"\d+\.\d+s", b"", output)


def programs(wanted):
    folder = os.path.join(SHARED, "programs")
    if not os.path.isdir(folder):
        print("skipping programs: there is no", os.path.normpath(folder))
        return
    data = os.path.join(folder, "data")
    with open(os.path.join(folder, "commands.txt")) as file:
        rows = [line.rstrip("\n").split("|") for line in file if line.strip() and line[0] != "#"]
    for name, program, arguments, stdin in rows:
        if not wanted(name, "programs"):
            continue
        words = arguments.replace("@D", data).split()
        case = Case(
            name, "programs", [os.path.join(folder, "ppc", program), *words],
            [os.path.join(folder, "x86", program), *words])
        if stdin != "-":
            case.stdin = stdin.replace("@D", data)
        if name == "speedtest1":
            case.normalize = without_times
        case.comparesNative = name not in FUSED
        yield case


def hello(isDynamic):
    """A hello, static or dynamic: start-up time and memory."""
    source = os.path.join(HERE, "..", "Guests", "hello.c")
    name = "hello_dynamic" if isDynamic else "hello"
    guest, native = build_kernel(source, name, isDynamic)
    options = ["-L", "/usr/powerpc-linux-gnu"] if isDynamic else []
    return Case(name, "hello", [guest], [native], options=options)


def cold_code():
    """The program whose code runs once."""
    product = os.path.join(BUILD, "ppc", "cold")
    if not is_current(product, cold.__file__):
        os.makedirs(os.path.dirname(product), exist_ok=True)
        names = [product + ".s", product + "-main.c"]
        for name, text in zip(names, [cold.source(), cold.MAIN]):
            with open(name, "w") as file:
                file.write(text)
        run(["powerpc-linux-gnu-gcc", "-O2", "-static", *names, "-o", product])
    return Case("cold", "cold", [product], [])
