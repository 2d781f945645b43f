// @ts-check
// Builds the programs of this folder into a cache that all checkouts share. Finished programs are kept, so a build
// that was ended half-way goes on where it was, helped by Go's own build cache.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { atLeast, cacheDir, probe, run, say, SetupError, which } from "../setup/lib.mjs";

/** @typedef {{folder: "bin" | "lib", name: string, module: string, source: string, flags?: string[]}} Program */

const here = dirname(fileURLToPath(import.meta.url));
const progressEveryMs = 15_000;

// Set in full, since a machine's own Go settings must not change what is built; without cgo no C compiler is needed.
const goEnvironment = {
    GOTOOLCHAIN: "local",
    GOFLAGS: "-mod=readonly -buildvcs=false -trimpath",
    GOWORK: "off",
    CGO_ENABLED: "0",
};

/** The CLI's version, as toolchain/cli pins it. */
export function cliVersion() {
    const version = /pulumi\/pkg\/v3 v(\S+)/.exec(readFileSync(join(here, "cli", "go.mod"), "utf8"))?.[1];
    if (!version) throw new SetupError("toolchain/cli/go.mod names no version of github.com/pulumi/pulumi/pkg/v3.");
    return version;
}

/** @param {string} name @returns {Program} */
export function plugin(name) {
    const file = `pulumi-resource-${name}`;
    return { folder: "bin", name: file, module: "plugins", source: `./cmd/${file}` };
}

/** Everything that Pulumi needs, the quick ones first. @returns {Program[]} */
export function everything() {
    const host = "pulumi-language-nodejs";
    return [
        { folder: "bin", name: host, module: "nodejs", source: `./cmd/${host}` },
        { folder: "lib", name: host, module: "nodejs", source: `github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/${host}` },
        plugin("command"),
        plugin("docker"),
        {
            folder: "bin",
            name: "pulumi",
            module: "cli",
            source: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            flags: ["-X", `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${cliVersion()}`],
        },
    ];
}

/**
 * The folder for programs built from these sources by this Go; undefined without a Go that is new enough.
 * @param {string} kind what is kept apart: a folder goes on PATH as a whole
 */
export function builtDir(kind) {
    const go = goVersion();
    if (!go || !enough(go)) return undefined;
    const how = JSON.stringify([go, process.platform, process.arch, goEnvironment, everything()]);
    const hash = createHash("sha256").update(`${how}\n`);
    for (const file of sources(here)) hash.update(`${relative(here, file)}\n`).update(readFileSync(file));
    return cacheDir("toolchain", hash.digest("hex").slice(0, 16), kind);
}

/** @param {string | undefined} dir @param {Program[]} programs */
export function isBuilt(dir, programs) {
    return dir !== undefined && programs.every(({ folder, name }) => existsSync(join(dir, folder, name)));
}

/**
 * Builds what is not there yet.
 * @param {Program[]} programs @param {string} kind @param {string} otherWays told when Go can't do it
 */
export async function build(programs, kind, otherWays) {
    const dir = builtDir(kind);
    if (!dir) {
        const go = goVersion();
        const lack = go ? `Go ${go} is too old to build Pulumi (it takes ${leastGo()})` : "Pulumi is not here";
        throw new SetupError(`${lack}, and it can't be downloaded.\n${otherWays}`);
    }
    const todo = programs.filter((program) => !isBuilt(dir, [program]));
    if (todo.length === 0) return dir;
    const minutes = todo.some(({ module }) => module === "cli") ? "some 8 minutes" : "some 3 minutes";
    say(`Pulumi: building ${todo.length} programs from Go modules, once: ${minutes} on 2 idle cores.`);
    for (const program of todo) await buildOne(program, dir, otherWays);
    return dir;
}

/** @param {Program} program @param {string} dir @param {string} otherWays */
async function buildOne({ folder, name, module, source, flags = [] }, dir, otherWays) {
    mkdirSync(join(dir, folder), { recursive: true });
    const target = join(dir, folder, name);
    // Written beside and renamed: a target that exists is whole, whoever else builds it or is killed at it.
    const unfinished = `${target}.${process.pid}`;
    const started = Date.now();
    let [downloaded, compiled] = [0, 0];
    const progress = setInterval(() => {
        const seconds = Math.round((Date.now() - started) / 1000);
        say(`  ${name}: ${downloaded} modules downloaded, ${compiled} packages compiled, ${seconds} s`);
    }, progressEveryMs);
    try {
        const ldflags = ["-s", "-w", ...flags].join(" ");
        await run("go", ["build", "-v", "-ldflags", ldflags, "-o", unfinished, source], {
            cwd: join(here, module),
            env: goEnvironment,
            what: `Building ${name}`,
            onLine: (line) => (line.startsWith("go: downloading ") ? downloaded++ : compiled++),
        });
        renameSync(unfinished, target);
        say(`  ${name} is built (${Math.round((Date.now() - started) / 1000)} s).`);
    } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        throw new SetupError(`${error.message}\nThe Go modules come from GOPROXY (go env GOPROXY).\n${otherWays}`);
    } finally {
        clearInterval(progress);
        rmSync(unfinished, { force: true });
    }
}

/**
 * What the programs are made of: tests and documentation don't make a build stale.
 * @param {string} dir @returns {string[]}
 */
function sources(dir) {
    return readdirSync(dir, { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => {
            if (entry.isDirectory()) return sources(join(dir, entry.name));
            const isSource = /^go\.(mod|sum)$|(?<!_test)\.go$/.test(entry.name);
            return isSource ? [join(dir, entry.name)] : [];
        });
}

/** For example "1.26.8"; undefined where there is no Go. */
function goVersion() {
    if (!which("go")) return undefined;
    const { stdout } = probe("go", ["env", "GOVERSION"], { env: goEnvironment, timeoutMs: 20_000 });
    return /^go(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1];
}

/** @param {string} version */
function enough(version) {
    return atLeast(version, leastGo());
}

/** The newest Go that a module here asks for. */
function leastGo() {
    return ["cli", "nodejs", "plugins"]
        .map((module) => /^go (\S+)$/m.exec(readFileSync(join(here, module, "go.mod"), "utf8"))?.[1] ?? "0.0")
        .reduce((a, b) => (atLeast(a, b) ? a : b));
}
