# SPDX-License-Identifier: GPL-2.0-only
#
# The entry for people; kbuild itself reads Kbuild. `make help` lists targets.
#
#   make                  the module for the running kernel, and the reader
#   make KDIR=DIR         for the kernel with that build directory
#   make KERNEL=6.1       for a stock Debian kernel, which is fetched
#   make demo             see it at work, in a virtual machine
#   make check            all checks and tests; a selection on kernels other than 6.1
#   make check-all        all tests on all kernels, many in their long form
#   make check-long       the same, all in their long form
#   make check-debug      the guest tests on a kernel with lockdep, kmemleak, KASAN, UBSAN
#   make check-truth      what leakacct holds against what lives, out of a dump
#   make bench            what it costs, in instructions

KERNEL ?=
KDIR ?= /lib/modules/$(shell uname -r)/build
# The stock kernel of check, demo and guest.
STOCK ?= $(or $(KERNEL),6.1)

kbuild = scripts/kbuild.sh $(if $(KERNEL),--kernel $(KERNEL),--kdir $(KDIR))
kbuild_stock = scripts/kbuild.sh --kernel $(STOCK)

all: module tools

# The module lands in build/RELEASE/; leakacct.ko in the top directory links to
# the one built last, for insmod.
module:
	@$(kbuild) .
	@ln -sfn "$$($(kbuild) --print | sed 's|^$(CURDIR)/||')/module/leakacct.ko" leakacct.ko
	@echo "module: $$(readlink leakacct.ko)"

tools:
	@$(MAKE) --no-print-directory -C tools all

# Everything that goes into a guest, as an installed kselftest tree.
guest:
	@scripts/build-guest.sh $(STOCK)

check:
	@scripts/suite.sh $(or $(KERNELS),$(KERNEL))

check-all:
	@scripts/suite.sh --all

check-long:
	@scripts/suite.sh --long

# DEBUG_KERNELS: of selftests/qemu/kernels.
check-debug:
	@scripts/suite.sh --debug $(DEBUG_KERNELS)

# TRUTH_RUNS: plain, tracks.
check-truth:
	@scripts/check-truth.sh $(TRUTH_RUNS)

static-checks:
	@scripts/check.sh $(STOCK)

bench:
	@bench/run.sh $(STOCK) $(PARTS)

demo:
	@scripts/demo.sh $(STOCK)

install: all
	@release=$$(basename "$$($(kbuild) --print)") && \
	install -D -m 644 leakacct.ko \
		"$(INSTALL_MOD_PATH)/lib/modules/$$release/updates/leakacct.ko" && \
	{ [ -n "$(INSTALL_MOD_PATH)" ] || depmod "$$release"; }
	@$(MAKE) --no-print-directory -C tools install

clean:
	rm -rf build leakacct.ko
	@$(MAKE) --no-print-directory -C tools clean
	@$(MAKE) --no-print-directory -C selftests/unit clean

help:
	@echo 'make                the module for the running kernel, and the reader'
	@echo 'make module|tools   one of them'
	@echo 'make demo           show leakacct at work: boots a stock kernel in QEMU (as root)'
	@echo 'make check          all checks and tests; ends with "N passed, N failed"'
	@echo 'make check-all      the same, with all guest tests on all kernels, many in long form (hours)'
	@echo 'make check-long     the same, all in long form (half a day)'
	@echo 'make check-debug    the guest tests on a debug kernel, which is built first'
	@echo 'make check-truth    its live objects against those in a dump of a guest'
	@echo 'make bench          what it costs: instructions, on a stock kernel in QEMU (as root)'
	@echo 'make static-checks  only the checks of the sources'
	@echo 'make guest          build all that the tests run in a guest'
	@echo 'make install        module and reader into this system (as root)'
	@echo 'make clean          remove what was built; downloads stay in the cache'
	@echo
	@echo 'KDIR=DIR            kernel build directory [$(KDIR)]'
	@echo 'KERNEL=VERSION      build for a stock Debian kernel instead, fetched through apt'
	@echo 'KERNELS="A B"       in make check: these kernels, all guest tests on each'
	@echo 'LEAKACCT_TESTS=...  in make check: only these guest tests (names, globs)'
	@echo 'DEBUG_KERNELS=...   in make check-debug: which (lockdep kasan) [debug, all in one]'
	@echo 'TRUTH_RUNS=...      in make check-truth: only these (tracks plain)'
	@echo 'PARTS=...           in make bench: only these (pairs peers workloads sizes user profile)'
	@echo 'LEAKACCT_CACHE=DIR  where downloads are kept [~/.cache/leakacct]'

.PHONY: all module tools guest check check-all check-long check-debug check-truth static-checks bench demo install clean help
