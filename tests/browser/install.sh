#!/bin/sh
# Chromium and a Chinese font from Debian's own packages, for the tests that look at our pages; only what is missing.
# Where that cannot be, it says why and does no harm: the tests are skipped with the same reason.
set -eu

packages=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || packages="chromium"
[ -n "$(fc-list :lang=zh 2>/dev/null)" ] || packages="$packages fonts-wqy-zenhei fontconfig"
[ -n "$packages" ] || exit 0

give_up() {
    echo "no browser for the tests of pages: $1; install$(printf ' %s' $packages) to have them looked at" >&2
    exit 0
}

command -v apt-get >/dev/null || give_up "no apt-get on this system"
[ "$(id -u)" = 0 ] || give_up "not root"
export DEBIAN_FRONTEND=noninteractive
patience="-o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
{ apt-get -q $patience update && apt-get -q $patience install --yes --no-install-recommends $packages; } >/dev/null ||
    give_up "apt-get failed"
