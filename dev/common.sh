# mongo-nio: the MongoDB driver for Swift
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts in this folder, never run by itself.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by the scripts
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Prints the reason to standard error and ends the script.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Prints the comment block at the top of the script, which is its help.
help() {
    sed -n '4,/^[^#]/{ /^#/!q; s/^# \{0,1\}//p; }' "$0"
}

# ensure_packages COMMAND-OR-FILE=PACKAGE…
# Installs the Debian packages whose command or file is missing, when this user may; otherwise names them and fails.
ensure_packages() {
    local pair probe missing=()
    for pair in "$@"; do
        probe=${pair%%=*}
        case $probe in
            /*) compgen -G "$probe" >/dev/null || missing+=("${pair#*=}") ;;
            *) command -v "$probe" >/dev/null || missing+=("${pair#*=}") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null && as_root=(sudo)
    fi
    if ! command -v apt-get >/dev/null || { [ "$(id -u)" -ne 0 ] && [ ${#as_root[@]} -eq 0 ]; }; then
        die "missing: ${missing[*]} (names of Debian packages). Install them: sudo apt-get install ${missing[*]}"
    fi
    printf 'Installing %s\n' "${missing[*]}" >&2
    # The package lists of a fresh container are empty or old, so they are fetched only when the first try fails.
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends)
    "${install[@]}" "${missing[@]}" >/dev/null 2>&1 && return 0
    "${as_root[@]}" apt-get update -qq >&2 || die "apt-get update failed; needed: ${missing[*]}"
    "${install[@]}" "${missing[@]}" >&2 || die "apt-get cannot install ${missing[*]}"
}

# What it takes to build: OpenSSL's headers and pkg-config, and Swift itself.
ensure_build_tools() {
    command -v swift >/dev/null || die "no Swift: see https://www.swift.org/install (6.1 or newer)"
    ensure_packages "/usr/include/openssl/ssl.h=libssl-dev" pkg-config=pkg-config openssl=openssl
}

# The libraries that the traits of the package need.
ensure_trait_libraries() {
    ensure_packages /usr/include/zlib.h=zlib1g-dev /usr/include/zstd.h=libzstd-dev /usr/include/snappy-c.h=libsnappy-dev
}

# Prints the Swift code under the current directory, one line of code per line, as path:line:code.
# Comments are left out; a `//` that stands behind a colon or a quotation mark is taken for part of a string.
list_code() {
    # shellcheck disable=SC2016
    find . \( -path './.*' -prune \) -o \( -path './Sources/*' -o -path './Snippets/*' -o -path './Tests/*' \) \
        -name '*.swift' -printf '%P\0' | sort -z | xargs -0 -r awk '
            { code = $0; sub(/(^|[^:"\/])\/\/.*/, "", code) }
            code ~ /[^ ]/ { print FILENAME ":" FNR ":" code }'
}

# A heading in a script's output.
heading() {
    printf '\n== %s\n' "$*"
}

# build_all LOG ARGUMENT…: `swift build` with its output kept in LOG; a warning in our own code is an error.
build_all() {
    local log=$1 file ours
    shift
    swift build "$@" 2>&1 | tee "$log" || die "the build failed"
    # Dependencies are built without warnings (by SwiftPM), so whatever names our files or our package is ours.
    ours=$(grep -E "^($root/)?(Sources|Tests|Snippets|Package\.swift)[^ ]*:[0-9]+:[0-9]+: warning:|^warning: '(mongo-nio|${root##*/})'" \
        "$log" | sort -u || true)
    [ -n "$ours" ] || return 0
    # The next build would not compile these files again and would say nothing: make it.
    while read -r file; do
        [ ! -f "$file" ] || touch "$file"
    done < <(sed -nE 's/^([^:]+):[0-9]+:[0-9]+: warning:.*/\1/p' <<<"$ours" | sort -u)
    printf '%s\n' "$ours" >&2
    die "there are warnings in our own code"
}
