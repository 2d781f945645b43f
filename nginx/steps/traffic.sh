# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# Makes ACTIVE_COLOR live: gates it once more, moves the marker, and returns when every worker serves the color.
set -eu
begin

move() {
    if [ "$1" = green ]; then
        : | replace "$dir/live/green"
    else
        rm -f "$dir/live/green"
    fi
}

was=$(status 1 | sed -n 's/^live=//p')
# Without knowing it nothing could be put back.
[ -n "$was" ] || fail "nginx does not say which color is live, so nothing was changed. Look at its log (docker logs)," \
    "then run \`pulumi up\` again."
if [ "$was" != "$ACTIVE_COLOR" ]; then
    ready=$dir/ready/$ACTIVE_COLOR
    [ -f "$ready" ] || fail "$ACTIVE_COLOR can't become active: it has no version that passed its health check." \
        "$was keeps serving."
    sed 1d "$ready" | pool_passes 0 || fail "$ACTIVE_COLOR can't become active now. $was keeps serving." \
        "Look at the container's log (docker logs NAME), then run \`pulumi up\` again."
    fenced move "$ACTIVE_COLOR"
fi
if ! all_workers_say "live=$ACTIVE_COLOR"; then
    fenced move "$was"
    all_workers_say "live=$was" || fail "nginx does not answer as it should: neither $ACTIVE_COLOR nor $was is served" \
        "by all of its workers. Look at its log (docker logs), then run \`pulumi up\` again."
    fail "nginx did not take the marker up within 10 s, so it was put back: $was keeps serving."
fi
fenced record traffic "$ACTIVE_COLOR"
printf '%s is live\n' "$ACTIVE_COLOR"
