# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# What nginx serves, what it would start with again, what the steps last reached, and which one is under way. With REVOKE
# that one loses its right to change anything first. Without flock there is none; whatever fails, what is live is told.
set -eu

revoke() {
    : >"$dir/fence"
}

[ -z "${REVOKE:-}" ] || ! command -v flock >/dev/null || alone revoke || :
# Refused (7): nginx starts, or has no config of ours yet. No answer may be that of one worker among many.
status 1 || {
    code=$?
    [ "$code" = 7 ] || fail "it gives no answer within 5 s"
    exit "$code"
}
printf 'current=%s\n' "$(basename "$(readlink "$dir/current")")"
for step in traffic routes ready/blue ready/green; do
    [ ! -f "$dir/$step" ] || printf '%s=%s\n' "${step#ready/}" "$(sed q "$dir/$step")"
done
[ ! -s "$dir/fence" ] || printf 'step=%s\n' "$(cut -d ' ' -f 2- "$dir/fence")"
