import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the trace of a bug in the program", () => {
    const folder = mkdtempSync(join(tmpdir(), "blue-green-traces-"));
    after(() => rmSync(folder, { recursive: true }));

    it("names the line in the TypeScript file", () => {
        const program = join(folder, "program.mts");
        const lines = [
            `import ${JSON.stringify(pathToFileURL(join(root, "runtime/traces.ts")).href)};`,
            "interface Gone { readonly name: string }",
            "",
            "// a comment, gone too",
            "function fail({ name }: Gone): never {",
            "    throw new TypeError(name);",
            "}",
            "try { fail({ name: 'a bug' }); } catch (error) { console.log((error as Error).stack); }",
        ];
        writeFileSync(program, lines.join("\n"));
        // As Pulumi starts a program: with source-map-support, which finds no map for it.
        const start = ["--require", "source-map-support/register", "--import", "tsx/esm", program];
        const { stdout, stderr } = spawnSync(process.execPath, start, { cwd: root, encoding: "utf8" });
        assert.match(stdout, /^TypeError: a bug\n {4}at fail \(.*program\.mts:6:11\)\n/, stderr);
    });
});
