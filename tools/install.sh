#!/bin/sh
# install.sh NEED... installs what is missing of: postgresql compiler chromium office openpyxl java.
# As root it asks apt; anyone else gets the one line to run, and a failure.
# Nothing is fetched but Debian's packages.
set -eu

postgresql_there() {
    for program in /usr/lib/postgresql/1[5-9]/bin/postgres /usr/lib/postgresql/[2-9][0-9]/bin/postgres; do
        [ -x "$program" ] && return 0
    done
    command -v postgres >/dev/null 2>&1 && postgres --version | grep -Eq ' (1[5-9]|[2-9][0-9])'
}
compiler_there() { command -v gcc >/dev/null 2>&1 && command -v g++ >/dev/null 2>&1; }
office_there() { command -v soffice >/dev/null 2>&1; }
openpyxl_there() { python3 -c "import openpyxl" 2>/dev/null || /usr/bin/python3 -c "import openpyxl" 2>/dev/null; }
java_there() { command -v java >/dev/null 2>&1; }
chromium_there() { [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; }

packages=''
for need in "$@"; do
    case "$need" in
        postgresql) postgresql_there || packages="$packages postgresql" ;;
        compiler) compiler_there || packages="$packages gcc g++" ;;
        chromium) chromium_there || packages="$packages chromium" ;;
        java) java_there || packages="$packages default-jre-headless" ;;
        openpyxl) openpyxl_there || packages="$packages python3-openpyxl" ;;
        office) office_there || packages="$packages libreoffice-calc-nogui" ;;
        *) echo "install.sh: unknown need $need" >&2; exit 2 ;;
    esac
done
for program in go npm; do
    command -v "$program" >/dev/null 2>&1 || { echo "$program is not installed: see README.md, which versions" >&2; exit 1; }
done
[ -n "$packages" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing here:$packages. Run this once, then the same command again:" >&2
    echo "  sudo apt-get install -y$packages" >&2
    exit 1
fi
echo "installing$packages"
export DEBIAN_FRONTEND=noninteractive
# Registrar runs its own private server: Debian's package need not make one.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
# shellcheck disable=SC2086 # the list is words
apt-get install -y -q --no-install-recommends $packages >/tmp/registrar-apt.log 2>&1 || {
    # Lists of packages may be missing or old.
    apt-get update -q >>/tmp/registrar-apt.log 2>&1
    apt-get install -y -q --no-install-recommends $packages >>/tmp/registrar-apt.log 2>&1
} || { tail -n 20 /tmp/registrar-apt.log >&2; exit 1; }
