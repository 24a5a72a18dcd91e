#!/usr/bin/env bash
# Runs every check and ends with one line, "N passed, N failed". Every step runs,
# also after one that failed, so that one run shows all that is wrong.
set -uo pipefail
cd "$(dirname "$0")/.."
rm -rf .test
mkdir -p .test

passed=0 failed=0 wrong=()

note() { # passed, failed, name
	passed=$((passed + $1)) failed=$((failed + $2))
	[ "$2" -eq 0 ] || wrong+=("$3")
}

# step NAME COMMAND… runs a command that counts as one test.
step() {
	local name=$1 began=$SECONDS
	shift
	printf '\n=== %s\n' "$name"
	if "$@"; then note 1 0 "$name"; else note 0 1 "$name"; fi
	printf -- '--- %s: %ds\n' "$name" $((SECONDS - began))
}

# counted NAME FILE COMMAND… runs a command that writes "passed failed" to FILE.
# Whatever it wrote, an exit code other than 0 is at least one failure, and so is
# a suite without a test.
counted() {
	local name=$1 file=$2 began=$SECONDS p=0 f=0 rc=0
	shift 2
	printf '\n=== %s\n' "$name"
	"$@" || rc=$?
	[ -r "$file" ] && read -r p f <"$file"
	if [ "$f" -eq 0 ] && { [ "$rc" -ne 0 ] || [ "$p" -eq 0 ]; }; then f=1; fi
	note "$p" "$f" "$name"
	printf -- '--- %s: %d passed, %d failed, %ds\n' "$name" "$p" "$f" $((SECONDS - began))
}

page() { (cd frontend && npm run --silent "$@"); }

formatted() {
	local diff
	diff=$(.tools/golangci-lint fmt --diff ./...)
	[ -z "$diff" ] || { printf '%s\nrun make fmt\n' "$diff"; return 1; }
}

# What make generate and go mod tidy write must be what is there. Sums of the
# files, not git, tell: other changes of the person who runs this are no mistake.
generated() {
	local before after
	before=$(generated_sums)
	make --no-print-directory generate && go mod tidy || return 1
	after=$(generated_sums)
	[ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after"); echo "run make generate and go mod tidy, and commit"; return 1; }
}
generated_sums() { find go.mod go.sum docs/openapi.json frontend/src/api frontend/src/locales frontend/src/lib -type f -print0 | sort -z | xargs -0 sha256sum; }

no_registry_hosts() { ! grep -n '"resolved"' frontend/package-lock.json; }

go_tests() {
	ZHIXING_DATA=.test/services ZHIXING_LOG_LEVEL=warn bin/zhixing up --services-only -- \
		bash -o pipefail -c 'go test -race -count=1 -timeout 20m -json ./... | node scripts/count-go.mjs .test/go.count'
}

# The race detector is so slow that the tests above try the rules of watching on
# 5,000 streams of reports each; here it is the 100,000 that are promised.
streams() { go test -count=1 ./domain/learning; }

# Tests of how much, not of what happens at once (every payload in every place,
# every cell of the matrix of rights, files of 300 MB), take several times as long
# under the detector and would show it nothing: their files say !race.
large_tests() {
	local names
	names=$(grep -rl --include='*_test.go' '^//go:build .*!race' app | xargs sed -nE 's/^func (Test[A-Za-z0-9]+).*/\1/p' | paste -sd'|')
	ZHIXING_DATA=.test/services ZHIXING_LOG_LEVEL=warn bin/zhixing up --services-only -- \
		bash -o pipefail -c "go test -count=1 -json -run '^(TestInjection|$names)\$' ./app/api | node scripts/count-go.mjs .test/large.count"
}

# logged NAME COMMAND… keeps what a command wrote, its exit code and its seconds;
# shown NAME says them later, as if the command ran then.
logged() {
	local name=$1 began=$SECONDS rc=0
	shift
	"$@" >".test/$name.log" 2>&1 || rc=$?
	printf 'took %d s\n' $((SECONDS - began)) >>".test/$name.log"
	echo "$rc" >".test/$name.rc"
}
shown() {
	local rc=1
	cat ".test/$1.log"
	[ -r ".test/$1.rc" ] && read -r rc <".test/$1.rc"
	return "$rc"
}

page_tests() {
	local rc=0
	page test -- --reporter=default --reporter=json --outputFile.json=../.test/page.json || rc=$?
	node scripts/count-vitest.mjs .test/page.json .test/page.count && return "$rc"
}

step "build the page" make --no-print-directory -s frontend/dist/index.html
step "build the binary" make --no-print-directory -s build
step "format of Go" formatted
step "lint of Go" .tools/golangci-lint run ./...
step "format of the page" page format:check
step "types of the page" page typecheck
step "lint of the page" page lint
step "generated code is up to date" generated
step "no registry host in the lock file" no_registry_hosts
step "first load of the learner's shell" page size
counted "tests of the page" .test/page.count page_tests

# The stories wait for their browser and the tests of Go for their database: side
# by side, each on a stack of its own, they take little more than the longer one.
set -m # a process group of its own, so that whatever ends this script ends it all
{
	logged go go_tests
	logged mutants make --no-print-directory -s mutants
	logged streams streams
	logged large large_tests
} </dev/null &
lane=$!
set +m
trap 'kill -- "-$lane" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
counted "stories in the browser" .test/e2e.count scripts/e2e.sh
wait "$lane"
trap - EXIT
counted "tests of Go" .test/go.count shown go
step "mutants of the scopes" shown mutants
step "100,000 streams of reports" shown streams
counted "tests of how much" .test/large.count shown large

printf '\n%d s in all\n' "$SECONDS"
[ ${#wrong[@]} -eq 0 ] || printf 'FAILED: %s\n' "${wrong[@]}"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
