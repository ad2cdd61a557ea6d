# `make` builds the command and the runtimes; `make demo` and `make test` also install what they need.
.PHONY: all setup tool runtime demo test lint format conformance bench fuzz install clean

PREFIX ?= /usr/local

all: tool runtime

setup:
	@Scripts/setup.sh

tool: setup
	swift build -c release

runtime: setup
	@Scripts/runtime.sh

demo: all
	@Scripts/setup.sh python
	@Scripts/demo.sh

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

format:
	swift format --in-place --recursive Sources Tests Package.swift

test: all lint
	@Scripts/setup.sh python
	@Scripts/test.sh

install: all
	install -D .build/release/pack $(DESTDIR)$(PREFIX)/bin/pack
	mkdir -p $(DESTDIR)$(PREFIX)/share/pack
	cp -R Profiles build/runtime $(DESTDIR)$(PREFIX)/share/pack/

clean:
	rm -rf .build .build-* build
