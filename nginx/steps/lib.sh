# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# Functions of the steps that run in the nginx container.

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Answers of the status listener over $1 fresh connections, which the kernel spreads over the workers.
status() {
    curl -s --max-time 5 --no-keepalive -H 'Connection: close' "$status_url?[1-$1]"
}

# The ids of the workers that take new connections.
workers() {
    for process in /proc/[0-9]*; do
        title=
        # No newline ends it, so `read` finds it and fails.
        IFS= read -r title <"$process/cmdline" || :
        [ "$title" != 'nginx: worker process' ] || printf '%s\n' "${process#/proc/}"
    done 2>/dev/null # the shell's word on a process that has ended meanwhile
}

# Runs a command, $2 and on, until it succeeds, $1 seconds at most.
within() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -le "$deadline" ] || return 1
        sleep 0.05
    done
}

# Whether each worker says $1 (such as live=green) and none says otherwise; waits for it, 10 s at most.
all_workers_say() {
    within 10 each_worker_says "$1"
}

each_worker_says() {
    expected=$(workers)
    # One worker may take 16 connections in a row before the next has its turn.
    answers=$(status $((32 * $(printf '%s\n' "$expected" | wc -l)))) || return 1
    if printf '%s\n' "$answers" | grep "^${1%%=*}=" | grep -qvxF "$1"; then return 1; fi
    heard=" $(printf '%s\n' "$answers" | sed -n 's/^worker=//p' | sort -u | tr '\n' ' ')"
    for worker in $expected; do
        case "$heard" in *" $worker "*) ;; *) return 1 ;; esac
    done
}

# Puts standard input into file $1 at once: a reader sees the old content or the new, never a part.
replace() {
    cat >"$1.next" && mv -f "$1.next" "$1"
}

# Notes in file $1 what the step has reached, $2, and with which attempt; then $3, if there is more to know.
record() {
    {
        printf '%s %s\n' "$2" "$ATTEMPT"
        [ -z "${3:-}" ] || printf '%s\n' "$3"
    } | replace "$dir/$1"
}

# Asks one server until it has passed often enough in a row, or until the time is over.
# $1 address, $2 path, $3-$4 accepted status, $5 successes, $6 seconds between, $7 seconds in all
server_passes() {
    passed=0
    last='no answer'
    deadline=$(($(date +%s) + $7))
    # The time may be over after a question as well as after the sleep: for curl, 0 seconds would be no limit at all.
    while left=$((deadline - $(date +%s))) && [ "$left" -ge 0 ]; do
        patience=$((left < 5 ? left + 1 : 5))
        code=$(curl -s -o /dev/null -w '%{http_code}' --globoff --path-as-is --max-time "$patience" "http://$1$2") ||
            code=000
        [ "$code" = 000 ] && last='no answer' || last="status $code"
        if [ "$code" -ge "$3" ] && [ "$code" -le "$4" ]; then
            passed=$((passed + 1))
            [ "$passed" -lt "$5" ] || return 0
        else
            passed=0
        fi
        sleep "$6"
    done
    printf '%s' "$last"
    return 1
}

# Whether all servers of the pool on standard input pass; says which don't. $1: seconds between two questions.
# The pool: a line `path least most successes interval timeout`, then a line `server address container id` each.
# In a pipe, and so in a shell of its own: `wait` would wait for the step's watcher too.
pool_passes() {
    read -r path least most successes interval timeout
    results=$(mktemp -d)
    cat >"$results/servers"
    while read -r server address container _; do
        (
            if ! last=$(server_passes "$address" "$path" "$least" "$most" "$successes" "${1:-$interval}" "$timeout"); then
                printf '%s %s %s\n' "$container" "$server" "$last" >"$results/failed-$server"
            fi
        ) &
    done <"$results/servers"
    wait
    verdict=0
    for failed in "$results"/failed-*; do
        [ -e "$failed" ] || continue
        verdict=1
        while read -r container server last; do
            printf 'FAILED %s: %s did not answer GET %s with %s-%s %s times in a row within %s s; last: %s\n' \
                "$container" "$server" "$path" "$least" "$most" "$successes" "$timeout" "$last"
        done <"$failed"
    done
    rm -rf "$results"
    return "$verdict"
}
