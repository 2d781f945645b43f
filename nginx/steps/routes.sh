# Puts a rendered config (standard input) into force: checked first, swapped at once, proven, or the old one put back.
set -eu

point_to() {
    ln -sfn "$1" "$dir/current.next"
    mv -Tf "$dir/current.next" "$dir/current"
}

reload() {
    : >"$dir/emergencies.log"
    kill -HUP "$(cat "$pid_file")"
}

# The workers of before take no more connections: `nginx -s reload` returns 0 also when the master kept them.
old_workers_stopped() {
    deadline=$(($(date +%s) + 10))
    while [ "$(date +%s)" -le "$deadline" ]; do
        [ ! -s "$dir/emergencies.log" ] || return 1
        left=
        for worker in $(workers); do
            case " $1 " in *" $worker "*) left=$worker ;; esac
        done
        [ -n "$left" ] || return 0
        sleep 0.05
    done
    return 1
}

release=$dir/releases/$GENERATION
mkdir -p "$release"
replace "$release/nginx.conf"
if ! refused=$(nginx -t -q -c "$release/nginx.conf" 2>&1); then
    rm -rf "$release"
    fail "nginx refuses the rendered config; the one in force was not touched: $refused"
fi
previous=$(readlink "$dir/current")
before=$(workers | tr '\n' ' ')
point_to "$release"
reload
if ! old_workers_stopped "$before" || ! all_workers_say "generation=$GENERATION"; then
    reason=$(cat "$dir/emergencies.log")
    point_to "$previous"
    reload
    [ "$previous" = "$release" ] || rm -rf "$release"
    fail "nginx did not take the new config, so the old one was put back: ${reason:-no answer within 10 s}"
fi
for old in "$dir"/releases/*; do
    [ "$old" = "$release" ] || [ "$old" = "$previous" ] || rm -rf "$old"
done
printf '%s %s\n' "$GENERATION" "$REPAIR" | replace "$dir/routes"
printf 'generation %s is served\n' "$GENERATION"
