#!/usr/bin/env bash
# Measures the built program on a stack of its own with fresh demonstration data:
# whole exam attempts, watch reports, the herd at an exam's start. The database's
# own rate of single inserts is printed beside them. Figures: docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf .test/bench
ZHIXING_DATA=.test/bench ZHIXING_ADDR=127.0.0.1:0 ZHIXING_LOG_LEVEL=warn bin/zhixing up --demo -- bash -eu -c '
	bin/zhixing loadtest exam --url "$ZHIXING_TEST_URL" --database-url "$ZHIXING_TEST_DATABASE_URL" --concurrency 32 --attempts "${ATTEMPTS:-2000}"
	bin/zhixing loadtest watch --url "$ZHIXING_TEST_URL" --database-url "$ZHIXING_TEST_DATABASE_URL" --concurrency 32 --duration "${DURATION:-20s}"
	bin/zhixing loadtest herd --url "$ZHIXING_TEST_URL" --database-url "$ZHIXING_TEST_DATABASE_URL" --concurrency 256 --attempts "${HERD:-10000}"
'
