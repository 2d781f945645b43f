# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# The gate of one color: its pool passes, seen from where the traffic will come from. Then testers may reach it, and
# the traffic step may choose it. Standard input: the pool, as pool_passes reads it.
set -eu
# Until it has passed, the new version is neither for testers nor for the traffic step.
rm -f "$dir/ready/$COLOR"
cat >"$dir/ready/.$COLOR"
pool_passes "$dir/ready/.$COLOR"
mv -f "$dir/ready/.$COLOR" "$dir/ready/$COLOR"
printf '%s passed its health check\n' "$COLOR"
