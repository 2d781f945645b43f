# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# Puts a rendered config (standard input) into force: checked first, swapped at once, proven, or the old one put back.
set -eu
begin

point_to() {
    ln -sfn "$1" "$dir/current.next" && mv -Tf "$dir/current.next" "$dir/current"
}

put_back() {
    point_to "$previous" || return
    [ "$previous" = "$release" ] || rm -rf "$release"
}

# Whether none of the workers $1 takes new connections any more: `nginx -s reload` returns 0 also when the master kept
# them.
stopped() {
    for worker in $(workers); do
        case " $1 " in *" $worker "*) return 1 ;; esac
    done
}

# Whether nginx has taken the config from the workers $1 to new ones, or has said why it can't.
decided() {
    [ -s "$dir/emergencies.log" ] || stopped "$1"
}

started() {
    [ -n "$(workers)" ]
}

write_release() {
    mkdir -p "$release" && printf '%s\n' "$input" | replace "$release/nginx.conf"
}

put_into_force() {
    point_to "$release" && : >"$dir/emergencies.log" && kill -HUP "$(cat "$pid_file")"
}

put_back_into_force() {
    put_back && kill -HUP "$(cat "$pid_file")"
}

finish() {
    for old in "$dir"/releases/*; do
        [ "$old" = "$release" ] || [ "$old" = "$previous" ] || rm -rf "$old"
    done
    record routes "$GENERATION"
}

release=$dir/releases/$GENERATION
fenced write_release
# The container may just have been started: until it has workers, nginx would miss the signal.
within 10 started || fail "nginx does not start. Look at its log (docker logs), then run \`pulumi up\` again."
# What nginx runs, which is not what the link says when an earlier run was killed between the two.
previous=$dir/releases/$(status 1 | sed -n 's/^generation=//p')
[ -f "$previous/nginx.conf" ] || previous=$(readlink "$dir/current")
if ! refused=$(nginx -t -q -c "$release/nginx.conf" 2>&1); then
    fenced put_back
    fail "nginx refuses the rendered config; the one in force was not touched: $refused"
fi
before=$(workers | tr '\n' ' ')
fenced put_into_force
if ! within 10 decided "$before" || [ -s "$dir/emergencies.log" ] || ! all_workers_say "generation=$GENERATION"; then
    reason=$(cat "$dir/emergencies.log")
    # nginx may still be trying: the next run must not meet what this one has left.
    before=$(workers | tr '\n' ' ')
    fenced put_back_into_force
    within 10 stopped "$before" || :
    fail "nginx did not take the new config, so the old one was put back: ${reason:-no answer within 10 s}"
fi
fenced finish
printf 'generation %s is served\n' "$GENERATION"
