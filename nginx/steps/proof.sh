# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# Tries an image as nginx's successor: in a container that nobody reaches, on a copy of the volume, which is mounted at
# /before. Says what is wrong, or nothing.
set -eu
missing=
for tool in nginx curl flock; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || fail "it has no$missing"
version=$(nginx -v 2>&1 | sed -n 's|.*/\([0-9]*\.[0-9]*\).*|\1|p')
[ -n "$version" ] || fail "it does not tell nginx's version"
[ "${version%.*}" -gt "${LEAST%.*}" ] ||
    { [ "${version%.*}" -eq "${LEAST%.*}" ] && [ "${version#*.}" -ge "${LEAST#*.}" ]; } ||
    fail "it is nginx $version"
mkdir -p "$dir"
cp -RP /before/. "$dir"
if [ -e "$dir/current" ]; then
    refused=$(nginx -t -q -c "$dir/current/nginx.conf" 2>&1) || fail "it refuses the config in force: $refused"
fi

works() {
    [ -n "$(workers)" ]
}

(eval "$BOOT") >/tmp/boot.log 2>&1 &
within 5 works || fail "nginx does not start: $(tail -n 3 /tmp/boot.log)"
