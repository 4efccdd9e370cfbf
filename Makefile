# Lyrebird: `make demo` shows it, `make test` checks it, `make bench` measures it.

# Where Swift builds.
SCRATCH ?= .build
SWIFT_FLAGS := --scratch-path $(SCRATCH)
# A folder that holds the archive of the C++ library alone, so that the linker finds no other: one library
# less to load at each start.
ARCHIVES := $(SCRATCH)/archives
RELEASE_FLAGS := $(SWIFT_FLAGS) -c release --static-swift-stdlib -Xlinker -L$(abspath $(ARCHIVES))
LYREBIRD := $(SCRATCH)/release/lyrebird-ppc
SYSTEM := $(SCRATCH)/release/lyrebird-system-ppc
# Linux for the demo: a kernel and its first file system.
IMAGES ?= ../shared/guests
# Where `make sysroot` puts programs.
SYSROOT ?= $(SCRATCH)/sysroot
# Passed to the benchmark: see Benchmarks/bench --help.
BENCH ?=

# A crash of a program under test is not to leave a debugger behind.
export SWIFT_BACKTRACE := enable=no

PACKAGES := binutils binutils-powerpc-linux-gnu e2fsprogs g++-powerpc-linux-gnu gcc-powerpc-linux-gnu \
  libc6-dev-powerpc-cross libcapstone4 libslirp-dev libzstd-dev python3 qemu-system-data qemu-utils \
  zlib1g-dev
SUITE_PACKAGES := autoconf bison dpkg-dev g++-powerpc-linux-gnu gawk gperf libc6-dev perl tcl8.6
SYSROOT_PACKAGES := autoconf automake autopoint bison flex g++-powerpc-linux-gnu gettext libtool m4 patch \
  pkg-config
BENCH_PACKAGES := g++ g++-powerpc-linux-gnu gcc qemu-system-ppc qemu-user seabios

all: build

# $(call install,PACKAGES): what is missing of some Debian packages.
define install
@command -v dpkg-query >/dev/null || exit 0; \
missing=; \
for package in $(1); do \
  dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || \
    missing="$$missing $$package"; \
done; \
[ -n "$$missing" ] || exit 0; \
echo "Installing$$missing"; \
root=; [ "$$(id -u)" = 0 ] || root=sudo; \
$$root apt-get -qq update && \
$$root env DEBIAN_FRONTEND=noninteractive \
  apt-get -qq -y --no-install-recommends install $$missing >/dev/null
endef

# Installs the Debian packages that building, guests and reading logs take.
setup:
	$(call install,$(PACKAGES))

setup-bench: setup
	$(call install,$(BENCH_PACKAGES))

build: setup
	@mkdir -p $(ARCHIVES)
	@archive=$$(clang -print-file-name=libstdc++.a 2>/dev/null) && \
	  ln -sf "$$archive" $(ARCHIVES)/libstdc++.a || true
	@swift build $(RELEASE_FLAGS) --product lyrebird-ppc
	@swift build $(RELEASE_FLAGS) --product lyrebird-system-ppc

guests: setup
	@$(MAKE) --no-print-directory -C Guests

# Programs for PowerPC Linux, built from Debian's source packages: shells, an editor, a compiler, a
# database and others, for SysrootTests. Takes an hour or so.
sysroot: setup
	$(call install,$(SYSROOT_PACKAGES))
	@Guests/sysroot/build $(SYSROOT)

# Runs a program and takes its hottest block apart; boots firmware, with the log of the first block;
# boots Linux, where its images are at hand.
demo: build guests
	@echo; echo "== A PowerPC program, translated while it runs =="
	@$(LYREBIRD) Guests/build/demo
	@echo; echo "== Its hot loop: guest code, ops, optimised ops with liveness, host code =="
	@address=0x$$(powerpc-linux-gnu-nm Guests/build/demo | awk '$$3 == "hot_loop" {print $$1}'); \
	log=$$(mktemp); \
	$(LYREBIRD) -d in_asm,op,op_opt,out_asm -dfilter $$address+4 -D $$log Guests/build/demo \
	  >/dev/null; \
	sed -n '/^-----/,$$p' $$log; rm -f $$log
	@echo; echo "== A machine, from the reset vector to its firmware's prompt: 2 3 + . =="
	@log=$$(mktemp); \
	Tests/converse --until 'ok' --send '0 > =2 3 + .\r' -- $(SYSTEM) -nographic \
	  -d in_asm,op,op_opt,out_asm -dfilter 0xfff00100+4 -D $$log; \
	echo; echo; echo "== The beginning of the machine's first block =="; \
	awk '/^-----/ {on = 1} /^(IN|OP|OUT)/ {n = 0} on && n++ < 16' $$log; rm -f $$log
	@echo; echo "== Linux on it =="
	@if [ -r $(IMAGES)/vmlinux ]; then \
	  Tests/converse --until 'Power down' --send 'GUEST-MARKER shell=uname -a; poweroff -f\r' -- \
	    $(SYSTEM) -m 256 -nographic -no-reboot -kernel $(IMAGES)/vmlinux \
	    -initrd $(IMAGES)/initramfs.cpio.gz -append console=ttyS0; \
	else echo "no Linux here: make demo IMAGES=FOLDER, with vmlinux and initramfs.cpio.gz"; fi

# One process a target, as the guest's 4 GiB, the fault handler and the watchdog of runs belong to
# the process, and suites that run translated code wait for each other anyway. In one process a run
# once took minutes: EngineTests was reducing programs that it saw disagree, each endless one two
# seconds an engine. Memory that TranslationTests left mapped is the likely cause, not a proven one.
SUITES := $(notdir $(patsubst %/,%,$(dir $(wildcard Tests/*Tests/*.swift))))
SUITES := $(sort $(filter-out MemoryTests,$(SUITES)))

# $(call run-suites,ENVIRONMENT): all of them, to the end, whatever fails.
define run-suites
@swift build $(SWIFT_FLAGS) --build-tests
@failed=; for suite in $(SUITES); do \
  $(1) swift test $(SWIFT_FLAGS) --skip-build --filter "^$$suite\." || failed="$$failed $$suite"; \
done; \
[ -z "$$failed" ] || { echo "Failed:$$failed"; exit 1; }
endef

# The whole suite.
test: guests
	$(call run-suites)

# And the parts of it that take long.
test-long: guests
	$(call run-suites,LYREBIRD_LONG=1)

# Builds other projects' tests for PowerPC, which `test-long` then runs too: docs/Conformance.md.
suites: setup
	$(call install,$(SUITE_PACKAGES))
	@$(MAKE) --no-print-directory -C Guests/suites SUITES=$(abspath $(SCRATCH))/suites

bench: build setup-bench
	@Benchmarks/bench --lyrebird $(LYREBIRD) --system $(SYSTEM) $(BENCH)

format:
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

lint:
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests

clean:
	@rm -rf $(SCRATCH) Benchmarks/build
	@$(MAKE) --no-print-directory -C Guests clean

.PHONY: all setup setup-bench build guests suites sysroot demo test test-long bench format lint clean
