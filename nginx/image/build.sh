#!/bin/sh
# Compiles nginx inside the root folder of a new image, then removes what only the compiler needed.
# A customize hook of mmdebstrap (setup/images.mjs); it compiles in there so that nginx is linked with the very
# libraries that it will run with. The layout is the official image's, so that either image can be used.
#   $1 the image's root folder, $2 the folder with nginx's source
set -eu
root=$1
cp -R "$2" "$root/tmp/nginx"
cp "$(dirname "$0")/nginx.conf" "$root/tmp/nginx.conf"
cp "$(dirname "$0")/default.conf" "$root/tmp/default.conf"

chroot "$root" /bin/sh -eu <<'IN_ROOT'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
groupadd --system --gid 101 nginx
useradd --system --gid nginx --uid 101 --no-create-home --home-dir /nonexistent --shell /bin/false nginx

cd /tmp/nginx
sh auto/configure \
    --prefix=/etc/nginx \
    --sbin-path=/usr/sbin/nginx \
    --modules-path=/usr/lib/nginx/modules \
    --conf-path=/etc/nginx/nginx.conf \
    --error-log-path=/var/log/nginx/error.log \
    --http-log-path=/var/log/nginx/access.log \
    --pid-path=/run/nginx.pid \
    --lock-path=/run/nginx.lock \
    --http-client-body-temp-path=/var/cache/nginx/client_temp \
    --http-proxy-temp-path=/var/cache/nginx/proxy_temp \
    --user=nginx \
    --group=nginx \
    --with-threads \
    --with-pcre-jit \
    --with-http_ssl_module \
    --with-http_v2_module \
    --with-http_realip_module \
    --with-http_stub_status_module \
    --with-http_sub_module \
    --with-http_auth_request_module \
    --without-http_fastcgi_module \
    --without-http_uwsgi_module \
    --without-http_scgi_module \
    --without-http_memcached_module \
    --without-http_ssi_module \
    --without-http_browser_module \
    --with-cc-opt="-O2 -g0 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC" \
    --with-ld-opt="-Wl,-z,relro -Wl,-z,now -pie" >/tmp/configure.log || { cat /tmp/configure.log; exit 1; }
make -s -j"$(nproc)"
make -s install >/dev/null
strip /usr/sbin/nginx

mkdir -p /etc/nginx/conf.d /usr/share/nginx /var/cache/nginx /usr/lib/nginx/modules
mv /etc/nginx/html /usr/share/nginx/html
rm -f /etc/nginx/*.default /etc/nginx/fastcgi* /etc/nginx/scgi* /etc/nginx/uwsgi*
cp /tmp/nginx.conf /etc/nginx/nginx.conf
cp /tmp/default.conf /etc/nginx/conf.d/default.conf
mkdir -p /var/log/nginx
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
# The official image's entrypoint prepares its default page; here there is nothing to prepare.
printf '#!/bin/sh\nexec "$@"\n' >/docker-entrypoint.sh
chmod 755 /docker-entrypoint.sh

cd /
rm -rf /tmp/nginx /tmp/*.conf /tmp/configure.log
apt-get purge -qq -y --autoremove gcc libc6-dev make libpcre2-dev libssl-dev zlib1g-dev >/dev/null
# Into a file: /dev/stderr can't be opened when it is a socket, which is what a parent written in Node gives.
nginx -t >/tmp/test.log 2>&1 || { cat /tmp/test.log; exit 1; }
rm /tmp/test.log
curl --version >/dev/null
IN_ROOT
