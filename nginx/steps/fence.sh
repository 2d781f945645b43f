# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# Who may change what nginx serves: the step that began last, for as long as the program that began it is there. The
# fence is a file with that step's token and name. A step that has lost it changes nothing any more, however late it
# finds out: it looks and changes under one lock.

# Runs a command, $1 and on, while nobody else runs one so.
alone() {
    (flock 9 && "$@") 9>"$dir/lock"
}

take_fence() {
    printf '%s %s\n' "$TOKEN" "$0" >"$dir/fence"
}

fence_is_mine() {
    [ "$(cat "$dir/fence")" = "$TOKEN $0" ]
}

leave_fence() {
    if fence_is_mine; then : >"$dir/fence"; fi
}

# Runs a command, $1 and on, that changes what others read, or ends the step when it may not any more. What fails in the
# command does not end it, as `set -e` does elsewhere.
fenced() {
    alone if_mine "$@" || exit
}

if_mine() {
    fence_is_mine || fail "$lost"
    "$@"
}

lost="The step ($0) was given up and changes nothing any more: another \`pulumi up\` has begun, or the program that
began this one is gone or was silent for 30 s."

# shellcheck disable=SC2034 # $input is for the steps
# Begins a step; $input is what it was given. That comes only once the fence is taken: from somebody who is there.
begin() {
    command -v flock >/dev/null || fail "The nginx image has no flock (it is part of util-linux and busybox), so" \
        "nothing was changed. Name an image in nginxImage that has it, as the official ones do."
    alone take_fence
    watcher=
    trap end EXIT
    printf '%s\n' "$TOKEN"
    input=$(receive) || fail "$lost"
    exec 3<&0 </dev/null
    trap 'fail "$lost"' TERM
    watch <&3 >/dev/null 2>&1 &
    watcher=$!
    exec 3<&-
}

receive() {
    while IFS= read -r line; do
        [ "$line" != "$TOKEN" ] || return 0
        printf '%s\n' "$line"
    done
    return 1
}

# Ends the step when standard input has ended or brought nothing for 30 s.
watch() {
    trap '' PIPE # nginx would log the death of a process that was left to it
    while [ -n "$(timeout 30 head -c 1)" ]; do :; done
    alone leave_fence
    kill -TERM 0
}

end() {
    alone leave_fence
    if [ "$watcher" ]; then
        kill "$watcher" 2>/dev/null || :
        wait "$watcher" 2>/dev/null || : # the shell tells of its death
    fi
}
