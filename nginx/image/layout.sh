#!/bin/sh
# Lays Debian's nginx out as the official image does, so that either image can be used.
# A customize hook of mmdebstrap (setup/local-images.mjs).
#   $1 the image's root folder
set -eu
chroot "$1" /bin/sh -eu <<'IN_ROOT'
groupadd --system --gid 101 nginx
useradd --system --gid nginx --uid 101 --no-create-home --home-dir /nonexistent --shell /bin/false nginx

cd /etc/nginx
sed -i 's/^user .*/user nginx;/' nginx.conf
rm sites-enabled/default
cat >conf.d/default.conf <<'CONF'
server {
    listen 80;
    server_name localhost;
    root /usr/share/nginx/html;
}
CONF
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
# The official image's entrypoint prepares its default page; here there is nothing to prepare.
printf '#!/bin/sh\nexec "$@"\n' >/docker-entrypoint.sh
chmod 755 /docker-entrypoint.sh

# Into a file: /dev/stderr can't be opened when it is a socket, which is what a parent written in Node gives.
nginx -t >/tmp/test.log 2>&1 || { cat /tmp/test.log; exit 1; }
rm /tmp/test.log
curl --version >/dev/null
IN_ROOT
