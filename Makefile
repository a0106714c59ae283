# Fairlead. `make run` builds it and starts the demo; `make check` tests everything.
# Both install what is missing (Debian 12; as root, or with sudo).

BUILD = build/release

.PHONY: run check build bench deps fmt clean

run: build
	./$(BUILD)/fairlead demo $(ARGS)

build: deps
	@test -d $(BUILD) || meson setup $(BUILD) --buildtype=release -Dtests=false
	@ninja -C $(BUILD)

check:
	@tools/deps.sh check
	@/usr/bin/python3 tests/check.py $(ARGS)

bench: build
	./$(BUILD)/fairlead bench $(ARGS)

deps:
	@tools/deps.sh build

# Only lines that were changed: what was aligned by hand stays.
fmt:
	@command -v git-clang-format >/dev/null || { echo "make fmt needs Debian's clang-format"; exit 1; }
	git clang-format --extensions c,h HEAD

clean:
	rm -rf build demo-data
