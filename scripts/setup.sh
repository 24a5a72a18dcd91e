#!/usr/bin/env bash
# Installs what `make run` (argument: run) or `make test` (argument: test) needs
# and does not find. A second run finds everything and downloads nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:?say run or test}
minio=v0.0.0-20260212201848-7aac2a2c5b7c
golangci_lint=v2.15.0

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

# --- what must be there before: Go, Node, npm ---
command -v go >/dev/null || stop "Go 1.26 or newer is needed and not installed; see go.dev"
command -v node >/dev/null || stop "Node 20 or newer is needed and not installed; see nodejs.org"
command -v npm >/dev/null || stop "npm is needed and not installed; it comes with Node"
IFS=. read -r _ go_minor _ <<<"$(go env GOVERSION | sed 's/^go//; s/[a-z].*//').0"
[ "$go_minor" -ge 26 ] || stop "Go 1.26 or newer is needed; this is $(go env GOVERSION)"
node_major=$(node --version | sed 's/^v//; s/\..*//')
[ "$node_major" -ge 20 ] || stop "Node 20 or newer is needed; this is $(node --version)"

# --- Debian's packages ---
packages=(postgresql redis-server ffmpeg fonts-noto-cjk)
[ "$purpose" = run ] || packages+=(chromium gcc libc6-dev git slapd)

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# On other systems only the programs can be looked for.
programs_missing() {
	local missing=() p
	for p in postgres:postgresql redis-server:redis ffmpeg:ffmpeg; do
		command -v "${p%%:*}" >/dev/null || ls /usr/lib/postgresql/*/bin/"${p%%:*}" >/dev/null 2>&1 || missing+=("${p##*:}")
	done
	[ "$purpose" = run ] || command -v gcc >/dev/null || missing+=(gcc)
	[ ${#missing[@]} -eq 0 ] || stop "not installed: ${missing[*]} (and a Chinese font, such as Noto Sans CJK); install them with this system's package manager"
}

apt_install() {
	# Their services must not start by themselves, and no cluster is wanted: ours
	# are private. Both rules are taken back when the installation is over.
	local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/zhixing.conf undo=()
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		undo+=("$policy")
	fi
	mkdir -p "$(dirname "$cluster")"
	echo 'create_main_cluster = false' >"$cluster"
	undo+=("$cluster")
	# shellcheck disable=SC2064 # the names as they are now
	trap "rm -f ${undo[*]}" EXIT
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q >&2
	apt-get install -q -y --no-install-recommends "$@" >&2
	rm -f "${undo[@]}"
	trap - EXIT
}

if command -v dpkg-query >/dev/null; then
	missing=()
	for p in "${packages[@]}"; do installed "$p" || missing+=("$p"); done
	if [ ${#missing[@]} -gt 0 ]; then
		if [ "$(id -u)" -ne 0 ]; then
			stop "these Debian packages are needed and not installed: ${missing[*]}
setup: install them, then start again:
setup:   sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
		fi
		say "installing ${missing[*]}"
		apt_install "${missing[@]}"
	fi
else
	programs_missing
fi

# --- tools of our own, built from pinned source into ./.tools ---
mkdir -p .tools
go_tool() { # name, package, version
	if [ -x ".tools/$1" ] && [ "$(cat ".tools/$1.version" 2>/dev/null)" = "$3" ]; then return; fi
	say "building $1 $3 (a few minutes, once)"
	GOBIN="$PWD/.tools" GOFLAGS=-buildvcs=false CGO_ENABLED=0 go install "$2@$3"
	echo "$3" >".tools/$1.version"
}
go_tool minio github.com/minio/minio "$minio"
[ "$purpose" = run ] || go_tool golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint "$golangci_lint"

# --- the page's packages; Node 24 is one of them ---
lock=$(sha256sum <frontend/package-lock.json)
if [ "$(cat frontend/node_modules/.zhixing-lock 2>/dev/null)" != "$lock" ]; then
	say "installing the page's packages"
	(cd frontend && npm ci --no-audit --no-fund --loglevel=error >&2)
	echo "$lock" >frontend/node_modules/.zhixing-lock
fi
