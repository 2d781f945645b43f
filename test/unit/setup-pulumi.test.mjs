// @ts-check
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { atLeast, root } from "../../setup/lib.mjs";

describe("set-up of Pulumi", () => {
    /** @type {string} */
    let home;
    beforeEach(() => (home = mkdtempSync(join(tmpdir(), "setup-pulumi-"))));
    afterEach(() => rmSync(home, { recursive: true }));

    /** Runs the set-up on a machine that has these programs and no others. @param {Record<string, string>} programs */
    function ensureWith(programs) {
        const bin = join(home, "path");
        mkdirSync(bin);
        for (const [name, script] of Object.entries(programs)) {
            writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
        }
        const source = `import { ensurePulumi } from ${JSON.stringify(pathToFileURL(join(root, "setup/pulumi.mjs")))};
            try { console.log(JSON.stringify(await ensurePulumi())); }
            catch (error) { console.log(error.constructor.name + ": " + error.message); }`;
        const env = { PATH: bin, HOME: home };
        const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", source], {
            env,
            encoding: "utf8",
        });
        return stdout;
    }

    /** @param {string} name */
    function pluginFolder(name) {
        const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
        return join(home, ".pulumi", "plugins", `resource-${name}-v${dependencies[`@pulumi/${name}`]}`);
    }

    it("takes a new enough Pulumi on PATH with its plugins as it is", () => {
        for (const name of ["docker", "command"]) mkdirSync(pluginFolder(name), { recursive: true });
        const printed = ensureWith({ pulumi: "echo v3.200.0", "pulumi-language-nodejs": "" });
        assert.equal(printed, 'setup: Pulumi: v3.200.0, on PATH.\n{"how":"v3.200.0, on PATH"}\n');
    });

    it("passes over a Pulumi that is too old, and says so", () => {
        const printed = ensureWith({ pulumi: "echo v3.20.0", "pulumi-language-nodejs": "" });
        assert.match(printed, /\(v3\.20\.0\) is older than 3\.\d+\.0, so it is not used/);
    });

    it("lets the Pulumi on PATH download its plugins where that works", () => {
        const install = `case "$1" in version) echo v3.200.0 ;; plugin) echo "$*" >> "$HOME/asked" ;; esac`;
        const printed = ensureWith({ pulumi: install, "pulumi-language-nodejs": "", curl: "exit 0" });
        assert.match(printed, /{"how":"v3\.200\.0, on PATH"}/);
        assert.match(
            readFileSync(join(home, "asked"), "utf8"),
            /^plugin install resource docker [\d.]+\nplugin install/,
        );
    });

    it("names the three ways to get Pulumi where none of them is open", () => {
        const printed = ensureWith({ curl: "exit 28" });
        assert.match(printed, /SetupError: Pulumi is not here, .*\n.*three ways/);
        assert.equal(printed.match(/^ {2}[123]\. /gm)?.length, 3);
    });

    it("refuses a Go that is too old to build Pulumi", () => {
        const printed = ensureWith({ curl: "exit 28", go: "echo go1.20.3" });
        assert.match(printed, /SetupError: Go 1\.20\.3 is too old to build Pulumi \(it takes 1\.\d+/);
    });

    it("ends with the compiler's words when a build fails", () => {
        const go = `[ "$1" = env ] && echo go1.99.0 && exit; echo "no required module"; exit 1`;
        const printed = ensureWith({ curl: "exit 28", go });
        assert.match(
            printed,
            /SetupError: Building pulumi-language-nodejs failed \(exit code 1\)\.\nno required module/,
        );
    });

    it("compares versions by number", () => {
        assert.ok(atLeast("v3.259.0", "3.150.0"));
        assert.ok(atLeast("1.26", "1.26.0"));
        assert.ok(atLeast("3.150.0-alpha", "3.150.0"));
        assert.ok(!atLeast("3.99.9", "3.150.0"));
    });
});
