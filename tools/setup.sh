#!/bin/sh
# Makes a Debian machine ready for geomiljo: system packages, virtual environment, browser assets.
#
#   tools/setup.sh [test] [clients]
#
# `test` adds what the tests need, `clients` what `make test-clients` needs. What is there already is left as it is;
# a run with nothing to do takes a moment. Packages are installed by root; others are told which command to run.
set -eu
cd "$(dirname "$0")/.."

TEST_PROGRAMS="chromium:chromium" # program:package
CLIENT_PROGRAMS="ogrinfo:gdal-bin mapserv:mapserver-bin /usr/lib/qgis/crssync:python3-qgis"
CREATE_CLUSTER=/etc/postgresql-common/createcluster.d/geomiljo.conf
STAMP=.geomiljo-setup

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- system packages ---------------------------------------------------------------------------------------------

is_python() { "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

is_too_old() { has "$1" && ! "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if is_python "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

# Prints nothing when PostgreSQL with PostGIS is there, otherwise the package that is missing.
missing_postgis() {
    package=postgresql-postgis
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        major=${initdb#/usr/lib/postgresql/}
        major=${major%%/*}
        if [ -x "$initdb" ] && [ "${major%%.*}" -ge 14 ]; then
            [ ! -f "/usr/share/postgresql/$major/extension/postgis.control" ] || return 0
            package=postgresql-$major-postgis-3
        fi
    done
    echo "$package"
}

missing_programs() {
    for entry; do
        has "${entry%%:*}" || echo "${entry#*:}"
    done
}

missing_packages() {
    [ -n "$(find_python)" ] || echo python3 python3-venv
    missing_postgis
    missing_programs node:nodejs npm:npm
    for group; do
        # shellcheck disable=SC2086 # lists of words
        case $group in
            test) missing_programs $TEST_PROGRAMS ;;
            clients) missing_programs $CLIENT_PROGRAMS ;;
            *) die "unknown group $group" ;;
        esac
    done
}

# Debian's server package makes and starts a database cluster of its own, unless told otherwise.
forbid_cluster() {
    trap allow_cluster EXIT
    trap 'exit 1' HUP INT TERM
    mkdir -p "${CREATE_CLUSTER%/*}"
    echo 'create_main_cluster = false' >"$CREATE_CLUSTER"
}

allow_cluster() {
    rm -f "$CREATE_CLUSTER"
    rmdir "${CREATE_CLUSTER%/*}" 2>/dev/null || true
}

quietly() {
    output=$("$@" 2>&1 9<&-) || { printf '%s\n' "$output" >&2; die "this failed: $*"; }
}

install_packages() {
    has apt-get || die "these Debian packages, or what they are called here, are missing: $*"
    [ "$(id -u)" -eq 0 ] || die "packages are missing; run: sudo apt-get install --no-install-recommends $*"
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    case $* in *postgresql*) forbid_cluster ;; esac
    quietly apt-get -q -o DPkg::Lock::Timeout=300 update
    quietly apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
    allow_cluster
}

# --- virtual environment -----------------------------------------------------------------------------------------

# An environment survives neither a move nor another Python: the stamp's first line tells both, its second line what
# was installed.
make_environment() {
    place="$(pwd) $("$python" --version)"
    content=$(cat requirements.lock pyproject.toml | sha256sum)
    stamp=.venv/$STAMP
    if [ "$(cat "$stamp" 2>/dev/null)" = "$place
$content" ] && .venv/bin/python -c 'import geomiljo' 2>/dev/null; then
        return
    fi
    say "making the virtual environment"
    if [ "$(head -n 1 "$stamp" 2>/dev/null)" != "$place" ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        rm -rf .venv
        quietly "$python" -m venv .venv
    fi
    echo "$place" >"$stamp"
    quietly pip_install --require-hashes -r requirements.lock
    quietly pip_install --no-deps --no-build-isolation -e .
    echo "$content" >>"$stamp"
}

pip_install() { .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check "$@"; }

# --- browser assets ----------------------------------------------------------------------------------------------

make_assets() {
    [ -f maps/package-lock.json ] || return 0
    if [ -f tools/assets.py ]; then set -- tools/assets.py; fi
    content=$(cat maps/package-lock.json "$@" | sha256sum)
    if [ "$(cat "maps/node_modules/$STAMP" 2>/dev/null)" = "$content" ] && [ -d maps/static/vendor ]; then
        return
    fi
    say "fetching the browser assets"
    quietly npm --prefix maps ci --ignore-scripts --no-audit --no-fund
    for program; do
        quietly .venv/bin/python "$program"
    done
    echo "$content" >"maps/node_modules/$STAMP"
}

# The OpenID provider that tests sign in at.
make_test_provider() {
    content=$(sha256sum <tests/oidc/package-lock.json)
    if [ "$(cat "tests/oidc/node_modules/$STAMP" 2>/dev/null)" = "$content" ]; then
        return
    fi
    say "fetching the tests' OpenID provider"
    quietly npm --prefix tests/oidc ci --ignore-scripts --no-audit --no-fund
    echo "$content" >"tests/oidc/node_modules/$STAMP"
}

# The OGC API that tests of sources harvest from: pygeoapi, in an environment of its own.
make_pygeoapi() {
    home=.venv/pygeoapi
    content=$(sha256sum <tests/sources/pygeoapi/requirements.lock)
    if [ "$(cat "$home/$STAMP" 2>/dev/null)" = "$content" ]; then
        return
    fi
    say "fetching pygeoapi for the tests"
    rm -rf "$home"
    quietly "$python" -m venv "$home"
    quietly "$home/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --require-hashes -r tests/sources/pygeoapi/requirements.lock
    echo "$content" >"$home/$STAMP"
}

# One set-up at a time; the script itself is what is locked, so nothing is left behind.
exec 9<tools/setup.sh
if has flock; then flock 9; fi

if [ -z "$(find_python)" ] && is_too_old python3; then
    die "Python 3.11 or newer is needed; this machine has $(python3 --version)"
fi
missing=$(missing_packages "$@")
# shellcheck disable=SC2086 # several words are meant
[ -z "$missing" ] || install_packages $missing
python=$(find_python)
make_environment
make_assets
case " $* " in *" test "*) make_test_provider ;; esac
case " $* " in *" clients "*) make_pygeoapi ;; esac
