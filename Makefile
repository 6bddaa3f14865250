# Where a person starts. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
DOCDIR ?= $(PREFIX)/share/doc/vrun
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

# The tools build without ICU, which a fresh machine has not; nothing here depends on a culture.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE := 1

VRUN := out/bin/vrun
VESSEL := out/bin/vessel
STANDALONE := out/bin/vessel-tests
TESTS := out/dotnet/bin/Runtime.Tests/release/Vessel.Tests.dll
SCRIPTS := .ci/run $(filter-out build/bench build/bench-images build/docs-test build/completion,$(wildcard build/*)) rootfs-fixtures/make $(wildcard rootfs-fixtures/images/*)

# Folders are among the sources: they change when a file is taken away.
SETTINGS := $(wildcard Directory.*.props global.json BannedSymbols.txt .editorconfig)
SOURCES := $(shell find Runtime Runtime.Native -name bin -prune -o -name obj -prune -o \( -type d -o -name '*.cs' -o -name '*.csproj' -o -name '*.json' \) -print) $(SETTINGS)
TEST_SOURCES := $(shell find Runtime.Tests -name bin -prune -o -name obj -prune -o \( -type d -o -name '*.cs' -o -name '*.csproj' -o -name '*.json' \) -print)

.PHONY: help
help: ## list the targets
	@echo 'Vessel: containers, by vrun (an OCI runtime) and vessel (images). Targets:'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'What is missing on this machine is installed by apt, as root, and named before.'

.PHONY: build
build: $(VRUN) $(VESSEL) ## build the executables out/bin/vrun (static) and out/bin/vessel

$(VRUN): $(SOURCES) build/publish
	@build/packages build
	@build/publish vrun

$(VESSEL): $(SOURCES) build/publish
	@build/packages build
	@build/publish vessel

$(STANDALONE): $(SOURCES) $(TEST_SOURCES) build/publish
	@build/packages build
	@build/publish tests

.PHONY: run
run: override export CMD := $(value CMD)
run: $(VRUN) ## run a container and look around in it; CMD='...' runs that instead, with its exit code
	@build/packages fixtures
	@rootfs-fixtures/make busybox
	@build/run

.PHONY: fixtures
fixtures: ## make the root filesystems that tests use, in out/fixtures
	@build/packages fixtures debian
	@rootfs-fixtures/make busybox debian

.PHONY: images
images: ## make the images that tests and the benchmark pull, in out/fixtures/images (root)
	@build/packages fixtures debian images
	@rootfs-fixtures/make images

.PHONY: test
test: lint build $(TESTS) $(STANDALONE) fixtures images ## everything that must pass: lint, unit and kernel tests, fallbacks, the short form of test-vm (root)
	@build/packages test vm
	@build/test unit kernel fallback vm

.PHONY: test-unit
test-unit: $(TESTS) ## tests that need no root; FILTER='an NUnit filter, or a word'
	@build/test unit

# What is drawn by chance anew in each run: damaged tars, documents and references, layers that nobody would make.
.PHONY: fuzz
fuzz: $(TESTS) ## the tests that draw their input by chance, TIMES=100 times as long (root)
	@VESSEL_FUZZ_TIMES=$(or $(TIMES),100) FILTER='test =~ /Mutation|AnyLayer_IsTheSame|Merged_IsWhatOverlayShows/' build/test unit kernel

.PHONY: test-kernel
test-kernel: build $(TESTS) fixtures $(if $(RUNTIME),,images) ## tests with real containers (root); RUNTIME=runc|crun|PATH, FILTER=...
	@build/packages test $(if $(filter runc crun,$(RUNTIME)),peers)
	@build/test kernel $(if $(RUNTIME),,fallback)

.PHONY: docs-test
docs-test: build fixtures ## run the commands of the pages and compare what they print (root); PAGE='README.md docs/images.md'
	@build/packages test
	@build/docs-test $(PAGE)

# Machines as build/test-vm names them; without KERNEL and IMAGE all of them.
VM_MACHINES := $(if $(IMAGE)$(KERNEL),$(or $(IMAGE),plain)-$(or $(KERNEL),6.1)$(if $(CGROUP),-$(CGROUP)),plain-6.1 plain-6.12 plain-5.10 systemd-6.1 systemd-6.12 systemd-6.1-hybrid)

.PHONY: test-vm
test-vm: build $(STANDALONE) fixtures ## the kernel tests in virtual machines; KERNEL=5.10|6.1|6.12, IMAGE=plain|systemd, CGROUP=hybrid|v1, FILTER=regex, RUNTIME=runc|crun, SHORT=1
	@build/packages test vm
	@build/test-vm $(VM_MACHINES)

.PHONY: vm
vm: build ## a root shell in a virtual machine with vrun in it; KERNEL=, IMAGE=, CGROUP=
	@build/packages fixtures vm
	@build/vm shell --image $(or $(IMAGE),plain) --kernel $(or $(KERNEL),6.1) $(if $(CGROUP),--cgroup $(CGROUP))

$(TESTS): $(SOURCES) $(TEST_SOURCES)
	@build/packages build
	@echo 'building the tests'
	@mkdir -p out/log
	@dotnet build Runtime.Tests -c Release --nologo -v quiet -tl:off >out/log/tests.log 2>&1 || { grep -E '(error|warning) [A-Z]+[0-9]+' out/log/tests.log | sort -u >&2 || cat out/log/tests.log >&2; exit 1; }
	@touch $@

.PHONY: lint
lint: out/stamps/lint ## formatting, analyzers, syntax of scripts

out/stamps/lint: $(SOURCES) $(TEST_SOURCES) $(SCRIPTS) $(wildcard build/completion/*) rootfs-fixtures/probe rootfs-fixtures/busybox/tour docs/vrun.md docs/vessel.md $(VRUN) $(VESSEL) | $(TESTS) $(STANDALONE)
	@build/lint $(SCRIPTS)
	@mkdir -p $(@D) && touch $@

.PHONY: bench
bench: bench-containers bench-images ## compare with other runtimes and engines, into docs/BENCHMARKS.md (root); N=rounds, QUICK=1

.PHONY: bench-containers
bench-containers: build ## the first part of it: vrun, crun and runc
	@build/packages fixtures peers bench engines images
	@rootfs-fixtures/make busybox
	@build/bench $(if $(N),--rounds $(N)) $(if $(QUICK),--quick)

.PHONY: bench-images
bench-images: build images ## the second: vessel, containerd, Podman, Docker, skopeo with umoci
	@build/packages bench engines
	@build/bench-images $(if $(N),--rounds $(N)) $(if $(QUICK),--quick)

.PHONY: install
install: build ## install under PREFIX (/usr/local): program, completions, documents; DESTDIR=... for packages
	@install -Dm755 $(VRUN) '$(DESTDIR)$(BINDIR)/vrun'
	@install -Dm755 $(VESSEL) '$(DESTDIR)$(BINDIR)/vessel'
	@for program in vrun vessel; do \
	    install -Dm644 build/completion/$$program.bash '$(DESTDIR)$(BASHDIR)/'$$program && \
	    install -Dm644 build/completion/$$program.zsh '$(DESTDIR)$(ZSHDIR)/_'$$program && \
	    install -Dm644 build/completion/$$program.fish '$(DESTDIR)$(FISHDIR)/'$$program.fish || exit 1; \
	done
	@install -d '$(DESTDIR)$(DOCDIR)'
	@install -m644 LICENSE README.md CHANGELOG.md docs/*.md '$(DESTDIR)$(DOCDIR)'
	@echo 'installed $(DESTDIR)$(BINDIR)/vrun and vessel'

.PHONY: clean
clean: ## remove all that was built, fixtures too
	@if grep -q '$(CURDIR)/out/' /proc/self/mountinfo; then echo 'something is mounted below $(CURDIR)/out: not removed' >&2; exit 1; fi
	@rm -rf --one-file-system out
