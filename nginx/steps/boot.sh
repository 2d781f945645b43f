# shellcheck shell=sh disable=SC2154 # steps.ts writes the constants in front
# The nginx container's start. Until the first routes step has written a config there is one that serves nothing.
set -eu
mkdir -p "$dir/live" "$dir/ready" "$dir/releases/boot"
if [ ! -e "$dir/current" ]; then
    printf 'pid %s; events {} http { access_log off; server { listen %s; return 503; } }\n' \
        "$pid_file" "$listen_port" >"$dir/releases/boot/nginx.conf"
    ln -sfn "$dir/releases/boot" "$dir/current"
fi
exec nginx -c "$dir/current/nginx.conf" -g 'daemon off;'
