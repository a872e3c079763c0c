# qrrot: everything a person or CI does here, one word each.
#
#   make help          this list
#   make run           installs what is missing, builds, opens the shell on sample data
#   make test          installs what is missing, builds, runs all tests
#   make model         the store beside its models: millions of random operations, in release
#   make fuzz          libFuzzer on files, commands, paths, the protocol and the server, each for SECONDS (default 60)
#   make fuzz-record   the same, then writes the corpus in Tests/Fuzz/Corpus anew
#   make crash         kill -9, power failures, failing and full disks: 10,000 kills and more, 45 minutes
#   make crash-states  a database whose disk fails at every call, in over a million states, in release
#   make clients       the server with redis-cli, redis-benchmark, nc, redis-py, valkey-py and iredis, which it installs
#   make hostile       the server under attack, another client measuring: waits, memory, refusals
#   make wire          50 clients at once whose histories are checked, and kill -9 of the server under load
#   make remote        the shell over redis-server: films, faults, errors, types, Sentinel, TLS; a cluster that loses nodes
#   make build         a debug build
#   make eval          90 tasks for the model that ask and ai find; with REPLAY=1 on recordings (docs/eval.md)
#   make demo          requests in plain words on sample data, from a recording, without a network
#   make check         what CI runs first: format-check, lint, test (which builds everything), instructions, docs-check
#   make format        rewrites the Swift sources in the house format
#   make format-check  fails where a source is not in that format
#   make lint          the rules no formatter knows: layers, lengths, traps (.ci/lint)
#   make docs          writes the generated pages anew (docs/commands.md)
#   make docs-check    every link in a *.md file leads somewhere
#   make instructions  counts the instructions of the hot paths; over 10 % more than noted fails
#   make instructions-record  notes them anew, in Benchmarks/instructions.json
#   make sdk-check     the providers' own clients, which it installs, read the scenes that tests use
#   make transcripts   records the golden files anew; read the diff before you commit it
#   make bench         all benchmarks beside their peers, which it installs
#   make bench-remote  the shell over redis-server and a cluster, beside redis-cli and a script
#   make bench-start   start-up beside sqlite3 and redis-cli
#   make bench-replay  a million puts beside sqlite3 and redis-cli --pipe
#   make bench-query  filters and groups over JSON beside sqlite3, DuckDB (which it installs) and jq
#   make bench-durable writes that survive, snapshots, recovery, beside redis-server and sqlite3
#   make bench-server  the server beside redis-server and the same in Go: throughput, processor time a request
#   make bench-store   the table and the parser beside the same in Go, which it installs
#   make release       the users' binary; its path is the last line printed
#   make clean         removes every build folder
#
#   SCRATCH=DIR        the build folder (default .build; for release, run and bench .build-release)
#   JSON=FILE          bench targets append one JSON object a row to FILE
#   COUNT=N            bench-replay, bench-query and bench-store with N keys instead of a million
#   SECONDS=N          fuzz for N seconds each, measure each attack of hostile for so long
#   ROUNDS=N           benchmarks, and each suite of crash and wire, with N rounds instead of their own number
#   SHARE=N            model and crash-states with the Nth part of the operations, crash of the rounds
#   SUITE=NAME...      crash with these suites only: kill power sync eio full events; clients, wire and remote too
#   ATTACK=NAME...     hostile with these attacks only
#   SEED=TEXT          crash, wire and remote with this seed
#   SERVER=valkey      remote over Valkey, which it installs, instead of Redis; it has no TLS there
#   AI= MODEL= URL=    eval: whose model, as for --ai, --ai-model and --ai-url
#   RUNS=N JOBS=N      eval: attempts at each task, and how many at the same time
#   TASK=TEXT KIND=K   eval: only tasks whose names hold TEXT, only tasks of kind K
#   REPLAY=1 WRONG=1 SCRIPTED=1 RECORD=1   eval without a model: see docs/eval.md

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# One build at a time: two would wait for the same build folder's lock anyway.
.NOTPARALLEL:

# The two kinds of build have a folder each, for switching flags in one folder rebuilds everything.
ifdef SCRATCH
debugScratch := $(SCRATCH)
releaseScratch := $(SCRATCH)
else
debugScratch := .build
releaseScratch := .build-release
endif

# Cross-module optimisation stands here and not in the manifest, where it would need unsafeFlags and
# so forbid others to depend on the libraries. The static standard library halves the start-up time
# and runs where no Swift is installed. lld, which comes with the toolchain, links without the
# noise that the static Foundation gives with the system's linker; -s strips, which halves the file.
releaseFlags := -c release -Xswiftc -cross-module-optimization -debug-info-format none
ifneq ($(shell uname -s),Darwin)
releaseFlags += --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker -s
endif
releaseBinary := $(releaseScratch)/release/qrrot

# Nobody debugs what CI has built, and what a debugger reads takes a good part of a build's time.
debugFlags := --scratch-path $(debugScratch) $(if $(CI),-debug-info-format none)

formatted := Sources Tests Benchmarks/Store Package.swift

# The golden files (docs/commands.md too) are compared by tests; with this set they are written instead.
record := TEST_UPDATE=1

# The suites that hold the store against a simpler one: a dictionary, or one call at a time.
modelSuites := ModelTests|LinearizabilityTests|LinearizabilityCheckerTests|FaultyStoreTests

storeBinary := $(releaseScratch)/release/qrrot-bench-store
benchFlags := $(if $(JSON),--json $(JSON)) $(if $(ROUNDS),--rounds $(ROUNDS))

# The suites that take a database's disk away, in every way and at every call.
crashSuites := EngineCrashTests|CompactionTests|EngineThreadTests|LogCrashTests

.PHONY: help run test eval demo model fuzz fuzz-record crash crash-states clients hostile wire remote build check format format-check lint docs \
  docs-check sdk-check transcripts bench bench-start bench-replay bench-store bench-durable bench-query bench-server bench-remote store-build \
  instructions instructions-record install-check release release-build clean install install-test install-bench install-crash

help:
	@sed -n '/^#   /s/^#   //p' Makefile

install:
	@.ci/install

install-check:
	@.ci/install check

install-test:
	@.ci/install test

install-bench:
	@.ci/install bench

install-crash:
	@.ci/install crash

# The users' binary is what this opens: on a clean tree its build takes no longer than a debug build,
# and a shell is judged by its speed. `set -m` gives the shell a process group of its own, so that
# Ctrl-C reaches it and not make, which would end with the session in an error.
run: release-build
	@set -m; $(releaseBinary) --init docs/examples/sample.qrrot; exit $$?

test: install-test
	@.ci/test $(debugScratch) $(if $(CI),-debug-info-format none)

# Without the shell: what is not built is not waited for.
model: install
	@QRROT_ENGINE_ONLY=1 TEST_LONG=1 $(if $(SHARE),TEST_SHARE=$(SHARE)) swift test -c release \
	  -Xswiftc -enable-testing --disable-xctest --scratch-path $(or $(SCRATCH),.build-model) \
	  --filter '$(modelSuites)'

fuzz: install-check
	@.ci/fuzz $(or $(SECONDS),60)

fuzz-record: install-check
	@.ci/fuzz record $(or $(SECONDS),60)

crash: install-crash release-build
	@"$$(.ci/python)" Tests/Crash/run.py --binary $(releaseBinary) $(SUITE:%=--suite %) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SHARE),--share $(SHARE)) $(if $(SEED),--seed $(SEED))
crash-states: install
	@QRROT_ENGINE_ONLY=1 TEST_LONG=1 $(if $(SHARE),TEST_SHARE=$(SHARE)) swift test -c release \
	  -Xswiftc -enable-testing --disable-xctest --scratch-path $(or $(SCRATCH),.build-model) \
	  --filter '$(crashSuites)'

clients: install-bench release-build
	@python=$$(.ci/clients); "$$python" Tests/Clients/run.py --binary $(releaseBinary) \
	  --iredis "$$(dirname "$$python")/../iredis/bin/iredis" $(SUITE:%=--suite %) $(if $(RECORD),--record)

# A release build without the peers of the benchmarks: Python is all that these two need.
hostile: install release-build
	@"$$(.ci/python)" Tests/Hostile/run.py --binary $(releaseBinary) $(ATTACK:%=--attack %) \
	  $(if $(SECONDS),--seconds $(SECONDS))

wire: install release-build
	@"$$(.ci/python)" Tests/Wire/run.py --binary $(releaseBinary) $(SUITE:%=--suite %) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

remote: install-test release-build
	@$(if $(filter valkey,$(SERVER)),path=$$(.ci/valkey); PATH="$$path:$$PATH" )"$$(.ci/python)" Tests/Remote/run.py --binary $(releaseBinary) $(SUITE:%=--suite %) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

evalFlags := $(if $(REPLAY),--replay) $(if $(WRONG),--wrong) $(if $(SCRIPTED),--scripted) $(if $(RECORD),--record) \
  $(TASK:%=--task %) $(KIND:%=--kind %) $(if $(RUNS),--runs $(RUNS)) $(if $(JOBS),--jobs $(JOBS)) $(if $(JSON),--json $(JSON))
evalModel := $(if $(AI),--ai $(AI)) $(if $(MODEL),--ai-model $(MODEL)) $(if $(URL),--ai-url $(URL))

# A debug build, which every developer has: the time goes to the model.
eval: install
	@swift build --product qrrot $(debugFlags)
	@"$$(.ci/python)" Tests/Eval/run.py --binary $(debugScratch)/debug/qrrot $(evalFlags) -- $(evalModel)

demo: release-build
	@"$$(.ci/python)" Tests/Eval/demo.py --binary $(releaseBinary)

build: install
	@swift build $(debugFlags)

# Without `build`: `test` builds everything, and both at once is quicker than one after the other.
check: format-check lint test instructions docs-check

format:
	@swift format format --in-place --parallel --configuration .swift-format -r $(formatted)

format-check:
	@swift format lint --strict --parallel --configuration .swift-format -r $(formatted)

lint: install
	@"$$(.ci/python)" .ci/lint

docs: install
	@$(record) swift test --disable-xctest $(debugFlags) --filter CommandReference

docs-check: install
	@"$$(.ci/python)" .ci/docs-check

sdk-check:
	@python=$$(.ci/sdks); "$$python" Tests/Providers/sdk_check.py

transcripts: install
	@$(record) swift test --disable-xctest $(debugFlags) --filter Transcript
	@git --no-pager diff --stat -- Tests docs

bench: bench-start bench-replay bench-store bench-durable bench-query bench-server bench-remote

bench-start: install-bench release-build
	@"$$(.ci/python)" Benchmarks/startup.py --binary $(releaseBinary) $(benchFlags)

bench-replay: install-bench release-build
	@"$$(.ci/python)" Benchmarks/replay.py --binary $(releaseBinary) $(benchFlags) $(if $(COUNT),--count $(COUNT))

bench-durable: install-bench release-build store-build
	@"$$(.ci/python)" Benchmarks/durable.py --binary $(releaseBinary) --store $(storeBinary) $(benchFlags) $(if $(COUNT),--count $(COUNT) --seconds 0.1)

bench-query: install-bench release-build store-build
	@python=$$(.ci/duckdb); "$$(.ci/python)" Benchmarks/query.py --binary $(releaseBinary) --store $(storeBinary) \
	  --python "$$python" $(benchFlags) $(if $(COUNT),--count $(COUNT))

bench-store: store-build
	@go=$$(.ci/go); "$$(.ci/python)" Benchmarks/store.py --binary $(storeBinary) --go "$$go" \
	  $(benchFlags) $(if $(COUNT),--count $(COUNT))

bench-server: install-bench release-build
	@go=$$(.ci/go); "$$(.ci/python)" Benchmarks/server.py --binary $(releaseBinary) --go "$$go" \
	  $(benchFlags) $(if $(COUNT),--count $(COUNT))

bench-remote: install-bench release-build
	@"$$(.ci/python)" Benchmarks/remote.py --binary $(releaseBinary) $(benchFlags) $(if $(COUNT),--count $(COUNT))

instructions: install-check store-build
	@.ci/instructions $(storeBinary)

instructions-record: install-check store-build
	@.ci/instructions $(storeBinary) --record

store-build: install
	@swift build $(releaseFlags) --product qrrot-bench-store --scratch-path $(releaseScratch)

release-build: install
	@swift build $(releaseFlags) --product qrrot --scratch-path $(releaseScratch)

release: release-build
	@echo $(releaseBinary)

clean:
	@rm -rf .build .build-*
