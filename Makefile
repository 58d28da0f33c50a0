# The doors to the build. Each target installs what it needs (tools/install-deps, a
# no-op when all is there), builds by a preset of CMakePresets.json into build/<preset>,
# and does one thing. `make help` lists them.
.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
# ccache needs a place to write; without a usable HOME it gets one in build/.
ifeq ($(shell [ -n "$$CCACHE_DIR" ] || [ -d "$$HOME" -a -w "$$HOME" ] && echo yes),)
export CCACHE_DIR := $(CURDIR)/build/ccache
endif

# $(call build,PRESET): configures when new or when the presets changed (ninja
# itself repeats it when CMake files change), then builds.
define build
	@[ build/$(1)/build.ninja -nt CMakePresets.json ] || cmake --preset $(1)
	@cmake --build --preset $(1) -j $(JOBS)
endef

.PHONY: help all run test test-vm check format bench fuzz asan tsan coverage clean \
  deps-build deps-check deps-test deps-fuzz deps-bench deps-vm

help:  ## say what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

deps-build deps-check deps-test deps-fuzz deps-bench deps-vm: deps-%:
	@tools/install-deps build $(filter-out build,$*)

all: deps-build  ## build what is shipped: build/release/bin
	$(call build,release)

run: all  ## build, then let a sample agent work in a cage and show its receipt
	@samples/agent-session/run.sh build/release/bin

# The tests of tools/check run the checkers, so they are installed too.
test: deps-build deps-check deps-test  ## build and run every test
	$(call build,release)
	@ctest --preset release -j $(JOBS)

# Kernels come by apt at pinned versions and are unpacked, not installed.
test-vm: deps-build deps-test deps-vm  ## boot Debian's kernels in an emulator, attack the cage there (VM=--help)
	$(call build,release)
	@tests/vm/run --build build/release $(VM)

check: deps-build deps-check  ## format, floors, headers, static analysis, documents
	$(call build,release)
	@tools/check --build build/release

format: deps-check  ## rewrite the sources in the house format
	@tools/check --fix format

bench: deps-build deps-bench  ## measure, side by side with the peers
	$(call build,bench)
	@bench/run build/bench

fuzz: deps-build deps-fuzz  ## run each fuzzer for FUZZ_SECONDS (60)
	$(call build,fuzz)
	@fuzz/run --seconds $(FUZZ_SECONDS) --jobs $(JOBS) build/fuzz

asan: deps-build deps-check deps-test  ## every test under AddressSanitizer and UBSan
	$(call build,asan)
	@ctest --preset asan -j $(JOBS)

# ThreadSanitizer's shadow memory collides with wide address randomisation; containers
# may refuse to switch that off, and then it has to do with what it gets.
tsan: deps-build deps-check deps-test  ## the unit and threaded tests under ThreadSanitizer
	$(call build,tsan)
	@fixed=$$(setarch --addr-no-randomize true 2>/dev/null && echo 'setarch --addr-no-randomize'); \
	  $$fixed ctest --preset tsan -j $(JOBS)

coverage: deps-build deps-check deps-test  ## lines reached by the tests, by folder
	$(call build,coverage)
	@find build/coverage -name '*.gcda' -delete
	@ctest --preset coverage -j $(JOBS)
	@tools/coverage build/coverage

clean:  ## remove build/
	rm -rf build
