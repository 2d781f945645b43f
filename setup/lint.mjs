// @ts-check
// All that is checked without running the product: types, style, shell steps, Go code.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { probe, root, run, say, SetupError, which } from "./lib.mjs";
import { main } from "./main.mjs";

/** @type {{name: string, check: () => Promise<unknown>}[]} */
export const checks = [
    { name: "types (tsc)", check: () => tool("tsc", "-p", ".") },
    { name: "style (eslint)", check: () => tool("eslint", "--max-warnings", "0", ".") },
    { name: "format (prettier)", check: () => tool("prettier", "--check", "--log-level", "warn", ".") },
    { name: "shell steps (shellcheck)", check: shellcheck },
    { name: "Go code (gofmt, go vet)", check: goCode },
];

/** @param {string} name @param {string[]} args */
function tool(name, ...args) {
    const entry = { tsc: "typescript/bin/tsc", eslint: "eslint/bin/eslint.js", prettier: "prettier/bin/prettier.cjs" }[
        name
    ];
    return run(process.execPath, [join(root, "node_modules", entry ?? name), ...args], { cwd: root, what: name });
}

async function shellcheck() {
    if (!which("shellcheck") && which("apt-get") && process.getuid?.() === 0) {
        say("lint: installing shellcheck");
        await run("apt-get", ["install", "-y", "--no-install-recommends", "shellcheck"], {
            env: { DEBIAN_FRONTEND: "noninteractive" },
            what: "apt-get install shellcheck",
        });
    }
    if (!which("shellcheck")) throw new SetupError("shellcheck is missing. Install it (apt, brew or dnf have it).");
    const folders = ["nginx/steps", "nginx/image", "setup", ".ci"];
    const scripts = folders.flatMap((folder) =>
        readdirSync(join(root, folder))
            .filter((file) => /\.sh$|^run$/.test(file))
            .map((file) => join(folder, file)),
    );
    await run("shellcheck", ["--severity=style", ...scripts], { cwd: root, what: "shellcheck" });
}

async function goCode() {
    if (!which("go")) {
        say("lint: no Go here, so toolchain/ is not checked");
        return;
    }
    const unformatted = probe("gofmt", ["-l", "toolchain"], { cwd: root });
    if (!unformatted.ok || unformatted.stdout)
        throw new SetupError(`gofmt: ${unformatted.stderr || unformatted.stdout}`);
    for (const module of ["plugins", "nodejs"]) {
        await run("go", ["vet", "./..."], {
            cwd: join(root, "toolchain", module),
            // The flags of build.mjs: with others Go would compile everything once more.
            env: { GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false -trimpath" },
            what: `go vet in toolchain/${module}`,
        });
    }
}

if (process.argv[1]?.endsWith("lint.mjs")) {
    await main(async () => {
        for (const { name, check } of checks) {
            await check();
            say(`lint: ${name}: fine`);
        }
    });
}
