# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# What nginx serves, and what the steps last reached.
set -eu
status 1
for step in traffic routes; do
    [ ! -f "$dir/$step" ] || printf '%s=%s\n' "$step" "$(cat "$dir/$step")"
done
