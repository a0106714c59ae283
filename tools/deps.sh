#!/bin/sh
# Installs the Debian packages that are missing: `deps.sh build` what building needs,
# `deps.sh check` what the tests need as well. Does nothing, and needs no root, when all
# are there. Starts no service.
set -eu

build="build-essential meson ninja-build pkg-config python3 libmicrohttpd-dev
	libcurl4-openssl-dev libsqlite3-dev libpq-dev libjansson-dev libphonenumber-dev
	libicu-dev libsodium-dev libssl-dev libcsv-dev libexpat1-dev zlib1g-dev libzip-dev libyaml-dev libsystemd-dev"
check="chromium libcmocka-dev clang-14 libclang-rt-14-dev postgresql-15 prometheus strace sqlite3
	curl git systemd python3-jsonschema"

packages=$build
[ "${1:-build}" = check ] && packages="$build $check"

missing=
for package in $packages; do
	# prometheus stands for its promtool, which may have come another way.
	[ "$package" = prometheus ] && command -v promtool >/dev/null 2>&1 && continue
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
		missing="$missing $package"
done
if [ "${1:-build}" = check ]; then
	# On some machines Debian's npm conflicts with the node that is there.
	command -v node >/dev/null 2>&1 || missing="$missing nodejs"
	command -v npm >/dev/null 2>&1 || missing="$missing npm"
fi
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing:$missing"

# Daemons that come with packages are for tests to start, not for the package.
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$guard" >/dev/null
	$sudo chmod 755 "$guard"
	trap '$sudo rm -f "$guard"' EXIT
fi
cluster=/etc/postgresql-common/createcluster.conf
if [ ! -e "$cluster" ]; then
	$sudo mkdir -p /etc/postgresql-common
	echo 'create_main_cluster = false' | $sudo tee "$cluster" >/dev/null
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { $sudo apt-get update -q && $sudo apt-get install -q -y --no-install-recommends \
	-o Dpkg::Options::=--force-confold $missing; } >"$log" 2>&1; then
	tail -n 30 "$log" >&2
	echo "could not install:$missing" >&2
	exit 1
fi
rm -f "$log"
