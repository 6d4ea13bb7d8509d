# nemg's front door. The building is CMake's (CMakePresets.json); this only names the things one
# does. Every goal sets up what it needs: missing Debian packages, configuration, build.

PREFIX ?= /usr/local
export IMAGES

build/nemg: setup
	@cmake --preset release $(QUIETLY)
	@cmake --build --preset release $(QUIETLY)

QUIETLY = $(if $(VERBOSE),,> build/make.log 2>&1 || { cat build/make.log; exit 1; })

setup:
	@mkdir -p build
	@tools/setup.sh build

demo: build/nemg ## the whole workflow in a few minutes; IMAGES=DIR takes your class folders
	@tools/demo.sh

check: ## every test and every check of the sources; closes with "N passed, N failed, N skipped"
	@mkdir -p build
	@tools/setup.sh check
	@tools/setup.sh browser || echo "make check: without a browser its tests are skipped"
	@tools/check.sh

lint: ## only the checks of the sources
	@mkdir -p build
	@tools/setup.sh check
	@tools/lint.sh

bench: build/nemg ## speed and memory on this machine, in less than five minutes; JSON lines and a table
	@tools/setup.sh bench
	@tools/bench.sh suite $(ARGS)

bench-peers: build/nemg ## beside PyTorch, ONNX Runtime, OpenVINO and Keras, which it fetches from PyPI
	@tools/setup.sh bench
	@tools/bench.sh peers $(ARGS)

bench-scaling: build/nemg ## time against batch, width, picture size, threads and examples; a chart
	@tools/setup.sh bench
	@tools/bench.sh scaling $(ARGS)

bench-neighbour: build/nemg ## what is left while another program keeps one core busy
	@tools/setup.sh bench
	@tools/bench.sh neighbour $(ARGS)

check-tensorflow: build/nemg ## our files through real TensorFlow, which it fetches from PyPI
	@tools/check_tensorflow.sh

check-avx512: build/nemg ## the engine on emulated processors with AVX-512, VNNI, bfloat16 and AMX: half an hour
	@tools/emulator/check.sh

install: build/nemg ## program, manual pages, completion; PREFIX=/usr/local, DESTDIR=
	@DESTDIR=$(DESTDIR) cmake --install build --prefix $(PREFIX)

clean: ## removes what was built
	rm -rf build build-* demo

help:
	@echo "make: builds build/nemg"
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1: /p' Makefile

.PHONY: build/nemg setup demo check lint bench bench-peers bench-scaling bench-neighbour check-tensorflow check-avx512 \
	install clean help
.DEFAULT_GOAL := build/nemg
