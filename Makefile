# SPDX-License-Identifier: MIT
# Thin over Meson. make demo and make check also install what is missing, and
# make demo gets lszcrypt and a real guest if it can.

BUILD ?= build
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20

.PHONY: build demo check bench fuzz mutants install clean need

# What Meson and ninja say is worth reading only when they fail.
quietly = $(1) >$(BUILD)/make.log 2>&1 || { cat $(BUILD)/make.log; exit 3; }

build: $(BUILD)/build.ninja
	@$(call quietly,ninja -C $(BUILD))

demo: need
	@$(MAKE) -s $(BUILD)/build.ninja
	@$(call quietly,ninja -C $(BUILD) vap vapd src/qemu/vap-qemu.so)
	@timeout 60 $(BUILD)/vap fetch tools qemu guest >$(BUILD)/make.log 2>&1 || true
	@$(BUILD)/vap demo

check: need
	@$(MAKE) -s build
	@tests/run $(BUILD)

# In a build of its own, optimised.
bench: need
	@$(MAKE) -s $(BUILD)-bench/build.ninja
	@$(call quietly,ninja -C $(BUILD)-bench bench/vap-bench vap vapd src/qemu/vap-qemu.so)
	@$(BUILD)-bench/bench/vap-bench --json $(BUILD)/bench.json

fuzz:
	@fuzz/run $(BUILD)-fuzz $(FUZZ_SECONDS)

mutants:
	@tests/mutants/run

install: $(BUILD)/build.ninja
	@meson configure $(BUILD) -Dprefix=$(abspath $(PREFIX))
	@$(call quietly,ninja -C $(BUILD))
	@DESTDIR=$(abspath $(DESTDIR)) meson install -C $(BUILD) --no-rebuild --quiet

clean:
	@rm -rf $(BUILD) $(BUILD)-bench $(BUILD)-fuzz

need:
	@.ci/need build

$(BUILD)/build.ninja:
	@mkdir -p $(BUILD)
	@$(call quietly,meson setup $(BUILD))

$(BUILD)-bench/build.ninja:
	@mkdir -p $(BUILD)
	@$(call quietly,meson setup --buildtype=release -Db_ndebug=true $(BUILD)-bench)
