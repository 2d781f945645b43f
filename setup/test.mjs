// @ts-check
// `npm test`: sets up what is missing, runs every check, and prints the counts last. `node setup/test.mjs unit` runs one kind.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, say, SetupError } from "./lib.mjs";
import { checks } from "./lint.mjs";
import { setUp } from "./main.mjs";
import { ensurePackages } from "./packages.mjs";

const kinds = ["unit", "bench", "nginx", "e2e"];
const wanted = process.argv[2] ? [process.argv[2]] : ["lint", ...kinds];

let passed = 0;
let failed = 0;

try {
    // Unit tests need neither engine nor Pulumi.
    await (wanted.join() === "unit" ? ensurePackages() : setUp());
    for (const kind of wanted) {
        const began = Date.now();
        if (kind === "lint") await lint();
        else mocha(kind);
        say(`${kind}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
    }
} catch (error) {
    failed += 1;
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function lint() {
    for (const { name, check } of checks) {
        try {
            await check();
            passed += 1;
            say(`lint: ${name}: fine`);
        } catch (error) {
            failed += 1;
            console.error(`lint: ${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
    }
}

/** @param {string} kind */
function mocha(kind) {
    const folder = mkdtempSync(join(tmpdir(), "blue-green-test-"));
    const counts = join(folder, "counts.json");
    const files = `test/${kind}/**/*.test.{ts,mjs}`;
    const args = ["node_modules/mocha/bin/mocha.js", "--config", "test/mocharc.json", files];
    // Each file has a stack of its own, and an `up` waits as much as it computes.
    if (kind === "e2e") args.push("--parallel", "--jobs", "2");
    const result = spawnSync(process.execPath, args, {
        cwd: root,
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, TEST_COUNTS: counts },
    });
    const { passes, failures } = existsSync(counts)
        ? JSON.parse(readFileSync(counts, "utf8"))
        : { passes: 0, failures: 1 };
    // A crash, or a test that was named `only`, must not look like success.
    passed += passes;
    failed += failures || (result.status === 0 ? 0 : 1);
    rmSync(folder, { recursive: true });
}
