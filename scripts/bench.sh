#!/usr/bin/env bash
# Measures the built program on a stack of its own with fresh demonstration data,
# each figure beside a baseline of the same run: answers beside pgbench's single
# INSERTs, media bytes beside a plain server, a transcode beside bare ffmpeg.
# What is known of the figures, and the targets: docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf .test/bench
export ZHIXING_DATA=.test/bench ZHIXING_ADDR=127.0.0.1:0 ZHIXING_LOG_LEVEL=warn
bin/zhixing up --demo -- bash -eu -c '
	load() { echo; echo "== loadtest $*"; bin/zhixing loadtest "$@" --url "$ZHIXING_TEST_URL"; }
	export ZHIXING_DATABASE_URL="$ZHIXING_TEST_DATABASE_URL" # for pgbench
	load exam --concurrency 32 --attempts "${ATTEMPTS:-3000}"
	load saves --answers 1 --duration "${DURATION:-10s}"
	load saves --answers 5 --duration "${DURATION:-10s}"
	load saves --answers 5 --rate 1000 --duration "${DURATION:-10s}"
	load watch --concurrency 32 --duration "${DURATION:-10s}"
	load watch --concurrency 64 --rate 1000 --duration "${DURATION:-10s}"
	load earn --concurrency 64 --rate 20 --attempts 400
	load herd --concurrency 256 --attempts "${HERD:-10000}"
	load sign-in --concurrency 64 --rate 35 --savers 20 --people "${DOOR:-10000}" # ten minutes, half of them to make the people
	load media --concurrency 8 --duration 5s
	load connections --attempts 1000
	echo; echo "== vitals of the page"; (cd frontend && npm run --silent vitals)
'
echo; echo "== start of an initialised \`zhixing up\`"
ZHIXING_LOG_LEVEL=info bin/zhixing up -- true 2>&1 | grep -o '"after_ms":[0-9]*' | head -1
echo; echo "== bench transcode"
bin/zhixing bench transcode
echo; echo "== bench import"
bin/zhixing bench import --format csv
bin/zhixing bench import --format xlsx
echo; echo "== bench people: lists, filters, search and counts of ${PEOPLE:-100000} people (PEOPLE=1000000 for the target's number: 10 minutes, 3 GB)"
rm -rf .test/bench-people
ZHIXING_DATA=.test/bench-people bin/zhixing up --services-only -- bash -eu -c '
	export ZHIXING_DATABASE_URL="$ZHIXING_TEST_DATABASE_URL"
	bin/zhixing migrate
	bin/zhixing seed --scale "${PEOPLE:-100000}" --people-only
	bin/zhixing bench people
'
rm -rf .test/bench-people
