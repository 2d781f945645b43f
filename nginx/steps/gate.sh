# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# The gate of one color: its pool passes, seen from where the traffic will come from. Then testers may reach it, and
# the traffic step may choose it. Standard input: the pool, as pool_passes reads it. `withdraw` takes that back.
set -eu
begin
ready=$dir/ready/$COLOR
case "$0" in withdraw*)
    fenced rm -f "$ready"
    printf '%s is withdrawn\n' "$COLOR"
    exit
    ;;
esac
# Until they have passed, new containers are neither for testers nor for the traffic step. What is known of the old ones
# stays true, whatever comes of another check.
passed=$(sed 1,2d "$ready" 2>/dev/null || :)
if [ "$passed" = "$(printf '%s\n' "$input" | sed 1d)" ]; then
    verdict="$COLOR did not pass this check. Its containers are those that passed before, so it stays as it was."
else
    fenced rm -f "$ready"
    verdict="$COLOR did not pass its health check, so it gets no traffic."
fi
printf '%s\n' "$input" | pool_passes || fail "$verdict"
fenced record "ready/$COLOR" "$CHECK" "$input"
printf '%s passed its health check\n' "$COLOR"
