// Reads `go test -json` from standard input, shows packages as they end and the
// output of what failed, and writes "passed failed" to the file in its argument.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file] = process.argv.slice(2);
const output = new Map(); // of a test or a package, until it ends
const counts = new Map(); // by package
const took = []; // [seconds, package and test]
let passed = 0;
let failed = 0;

const keyOf = (e) => `${e.Package ?? e.ImportPath ?? ''} ${e.Test ?? ''}`;

function get(map, key, fresh) {
  if (!map.has(key)) map.set(key, fresh());
  return map.get(key);
}

function end(e) {
  const text = (output.get(keyOf(e)) ?? []).join('');
  output.delete(keyOf(e));
  const count = get(counts, e.Package, () => ({ passed: 0, failed: 0 }));
  if (e.Test) {
    if (!e.Test.includes('/')) took.push([e.Elapsed ?? 0, keyOf(e)]);
    if (e.Action === 'pass') count.passed++;
    else {
      // A test that is skipped proves nothing: a missing service is a failure.
      count.failed++;
      console.log(`${e.Action.toUpperCase()} ${e.Package} ${e.Test}\n${text}`);
    }
    return;
  }
  // A package that does not compile, or panics outside a test, fails by itself.
  if (e.Action === 'fail' && count.failed === 0) {
    count.failed++;
    console.log(text);
  }
  passed += count.passed;
  failed += count.failed;
  if (e.Action === 'skip') return; // a package without tests
  const word = e.Action === 'pass' ? 'ok  ' : 'FAIL';
  console.log(`${word} ${e.Package} ${count.passed} passed, ${count.failed} failed, ${(e.Elapsed ?? 0).toFixed(1)} s`);
}

for await (const line of createInterface({ input: process.stdin })) {
  let e;
  try {
    e = JSON.parse(line);
  } catch {
    console.log(line);
    continue;
  }
  if (e.Action === 'build-output') process.stdout.write(e.Output);
  else if (e.Action === 'output') get(output, keyOf(e), () => []).push(e.Output);
  else if (e.Action === 'pass' || e.Action === 'fail' || e.Action === 'skip') end(e);
}
took.sort(([a], [b]) => b - a);
for (const [seconds, test] of took.slice(0, 20)) console.log(`slow ${test} ${seconds.toFixed(1)} s`);
writeFileSync(file, `${passed} ${failed}\n`);
process.exit(failed === 0 ? 0 : 1);
