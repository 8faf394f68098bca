# The commands of this project. `make help` lists them.

# What `dvara up` (make run) or the benchmark (make bench) is given.
ARGS ?=
# What `make fuzz` feeds, all targets if not said, and for how long each.
TARGET ?=
SECONDS ?= 10
# What `make release` publishes, and more options of scripts/release in ARGS.
VERSION ?=
# release, dev or dist: how `make run` builds.
PROFILE ?= release
# Build products stay outside the clone, so that every clone on a machine shares them.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/dvara/target

.DEFAULT_GOAL := help
.PHONY: help run test test-cluster bench quality fuzz image reproducible release tidy setup

help: ## List the commands.
	@sed -nE 's/^([a-z-]+): ## (.*)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

# The recipe is one command that the shell hands its process to, so that Ctrl-C and SIGTERM reach dvara.
run: ## Install what is missing, build, and start `dvara up $(ARGS)`.
	@exec scripts/run $(PROFILE) $(ARGS)

test: ## Install what is missing and run everything that CI runs.
	@exec scripts/test

test-cluster: ## Run what needs pods on the cluster of KUBECONFIG, or on one of its own.
	@exec scripts/test-cluster

bench: ## Measure the gateway beside nginx: `dvara-bench run $(ARGS)`.
	@exec scripts/bench $(ARGS)

quality: ## Measure how well personal data and attacks are found: `make quality ARGS=--mistakes`.
	@exec scripts/quality $(ARGS)

fuzz: ## Feed made-up inputs to the fuzz targets: `make fuzz TARGET=head SECONDS=600`.
	@exec scripts/fuzz $(SECONDS) $(TARGET)

image: ## Build the three images, their bill of materials and licences into dist/.
	@exec scripts/image

reproducible: ## Build the product twice, from two places, and compare the bytes.
	@exec scripts/reproducible

release: ## Publish images and chart: `make release VERSION=1.0.0`.
	@exec scripts/release "$(VERSION)" $(ARGS)

tidy: ## Prove the invariants of the architecture.
	@exec cargo xtask tidy

setup: ## Install what is missing for running and testing, and nothing else.
	@exec scripts/install run test
