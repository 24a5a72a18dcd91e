#!/usr/bin/env bash
# Runs the stories of frontend/e2e in the system's Chromium against a stack of
# their own with fresh demonstration data. Writes "passed failed" to .test/e2e.count.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .test
rm -rf .test/e2e .test/e2e.count .test/e2e.json
# 127.0.0.2 is where the story of webhooks listens; all else of this machine stays closed to them.
ZHIXING_DATA=.test/e2e ZHIXING_ADDR=127.0.0.1:0 ZHIXING_LOG_LEVEL=warn ZHIXING_WEBHOOK_NETWORKS=127.0.0.2 bin/zhixing up --demo -- \
	bash -c 'cd frontend && npm run --silent e2e -- --reporter=default --reporter=json --outputFile.json=../.test/e2e.json; rc=$?
		node ../scripts/count-vitest.mjs ../.test/e2e.json ../.test/e2e.count; exit $rc'
