#!/bin/sh
# Lets the vendors' own client libraries judge the sandbox. $FAIRLEAD names the program.
# Ends with `N passed, N failed`.
cd "$(dirname "$0")" || exit 1
case "$FAIRLEAD" in
"") FAIRLEAD=../../build/check/fairlead ;;
esac
case "$FAIRLEAD" in
/*) ;;
*) FAIRLEAD="$(cd "$(dirname "$FAIRLEAD")" && pwd)/$(basename "$FAIRLEAD")" ;;
esac
export FAIRLEAD

fail() {
	echo "$1"
	echo "0 passed, 1 failed"
	exit 1
}

[ -x "$FAIRLEAD" ] || fail "no program at $FAIRLEAD"
said=$(npm ci --silent --no-audit --no-fund 2>&1) || fail "npm ci: $said"
log=$(mktemp) || fail "mktemp"
trap 'rm -f "$log"' EXIT
timeout 300 node --test --test-reporter=tap ./*.test.mjs >"$log" 2>&1
status=$?
cat "$log"
passed=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log" | tail -1)
failed=$(sed -n 's/^# fail \([0-9]*\)$/\1/p' "$log" | tail -1)
cancelled=$(sed -n 's/^# cancelled \([0-9]*\)$/\1/p' "$log" | tail -1)
failed=$((${failed:-0} + ${cancelled:-0}))
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
	failed=1
fi
echo "${passed:-0} passed, $failed failed"
[ "$failed" -eq 0 ] && [ "${passed:-0}" -gt 0 ]
