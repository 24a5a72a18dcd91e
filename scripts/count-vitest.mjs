// Turns vitest's JSON report (first argument) into "passed failed" in the file of
// the second. A file of tests that could not be loaded is one failure, and a
// skipped test too: it proves nothing.
import { readFileSync, writeFileSync } from 'node:fs';

const [from, to] = process.argv.slice(2);
const report = JSON.parse(readFileSync(from, 'utf8'));
const broken = report.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length;
const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
writeFileSync(to, `${report.numPassedTests} ${report.numFailedTests + broken + skipped}\n`);
