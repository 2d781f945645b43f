# shellcheck shell=sh disable=SC2154,SC3013 # assemble.mjs writes the constants in front; every shell knows -ef
# `pulumi` with plugins that were built. They are not the official ones, so they may not lie in the user's plugins folder,
# and Pulumi warns of plugins on PATH: they get a Pulumi home inside the user's. Its login, the stacks that are selected
# and its other plugins stay in use.
set -u
user=${PULUMI_HOME:-${HOME:?}/.pulumi}
case $user in /*) ;; *) user=$PWD/$user ;; esac
user=${user%/with-built-plugins} # when this is called by what it called
home=$user/with-built-plugins
export PULUMI_HOME="$home" PULUMI_CREDENTIALS_PATH="${PULUMI_CREDENTIALS_PATH:-$user}"
mkdir -p "$home/plugins" "$user/workspaces"
[ -e "$home/workspaces" ] || ln -s "$user/workspaces" "$home/"

# A plugin's folder must be one, so the links are in it.
for file in "$assembled"/plugins/*/* "$user"/plugins/*/*; do
    folder=${file%/*}
    link=$home/plugins/${folder##*/}/${file##*/}
    if [ ! -e "$file" ] || [ -e "$folder.partial" ] || [ "$link" -ef "$file" ]; then continue; fi
    mkdir -p "${link%/*}"
    ln -sf "$file" "${link%/*}/"
done
for link in "$home"/plugins/*/*; do
    [ -e "$link" ] || rm -rf "${link%/*}"
done
exec "$cli/pulumi" "$@"
