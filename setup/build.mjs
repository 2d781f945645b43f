// @ts-check
// Builds the programs of toolchain/ into a cache that all checkouts share, a folder for each module. Finished programs
// are kept, so a build that was ended half-way goes on where it was, helped by Go's own build cache.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { atLeast, cacheDir, probe, root, run, say, SetupError, which } from "./lib.mjs";

/**
 * @typedef {object} Program
 * @property {string} module its folder in toolchain/
 * @property {string} source the Go package
 * @property {string} place its path where programs are put together
 * @property {string[]} [flags] for the linker
 */

const modules = join(root, "toolchain");
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
    const version = /pulumi\/pkg\/v3 v(\S+)/.exec(readFileSync(join(modules, "cli", "go.mod"), "utf8"))?.[1];
    if (!version) throw new SetupError("toolchain/cli/go.mod names no version of github.com/pulumi/pulumi/pkg/v3.");
    return version;
}

/**
 * The version of a plugin that is built here: that of the official one in whose place it stands, and what it is instead.
 * @param {string} name
 */
export function pluginVersion(name) {
    const source = join(modules, "plugins", "cmd", `pulumi-resource-${name}`, "main.go");
    const version = /^const version = "(.+)"$/m.exec(readFileSync(source, "utf8"))?.[1];
    if (!version) throw new SetupError(`${source} names no version.`);
    return version;
}

/** @param {string} name @returns {Program} */
export function plugin(name) {
    const file = `pulumi-resource-${name}`;
    // As Pulumi names the folders of its plugins.
    const place = `plugins/resource-${name}-v${pluginVersion(name)}/${file}`;
    return { module: "plugins", source: `./cmd/${file}`, place };
}

/** Everything that Pulumi needs, the quick ones first. @returns {Program[]} */
export function everything() {
    const host = "pulumi-language-nodejs";
    return [
        // Beside the CLI, which takes it for its own there.
        { module: "nodejs", source: `./cmd/${host}`, place: `cli/${host}` },
        { module: "nodejs", source: `github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/${host}`, place: `lib/${host}` },
        plugin("command"),
        plugin("docker"),
        {
            module: "cli",
            source: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            place: "cli/pulumi",
            flags: ["-X", `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${cliVersion()}`],
        },
    ];
}

/** Where a program is once it is built from these sources by this Go; undefined without a Go that is new enough. @param {Program} program */
export function built({ module, place }) {
    const go = goVersion();
    if (!go || !enough(go)) return undefined;
    const programs = everything().filter((program) => program.module === module);
    const how = JSON.stringify([go, process.platform, process.arch, goEnvironment, programs]);
    const hash = createHash("sha256").update(`${how}\n`);
    const folder = join(modules, module);
    for (const file of sources(folder)) hash.update(`${relative(folder, file)}\n`).update(readFileSync(file));
    return join(cacheDir("toolchain"), `${module}-${hash.digest("hex").slice(0, 16)}`, place);
}

/** @param {Program[]} programs */
export function areBuilt(programs) {
    return programs.every((program) => existsSync(built(program) ?? ""));
}

/**
 * Builds what is not there yet.
 * @param {Program[]} programs @param {string} otherWays told when Go can't do it
 */
export async function build(programs, otherWays) {
    const go = goVersion();
    if (!go || !enough(go)) {
        const lack = go ? `Go ${go} is too old to build Pulumi (it takes ${leastGo()})` : "Pulumi is not here";
        throw new SetupError(`${lack}, and it can't be downloaded.\n${otherWays}`);
    }
    const todo = programs.filter((program) => !areBuilt([program]));
    if (todo.length === 0) return;
    const minutes = todo.some(({ module }) => module === "cli") ? "some 8 minutes" : "some 3 minutes";
    say(`Pulumi: building ${todo.length} programs from Go modules, once: ${minutes} on 2 idle cores.`);
    for (const program of todo) await buildOne(program, `${built(program)}`, otherWays);
}

/** @param {Program} program @param {string} target @param {string} otherWays */
async function buildOne({ module, source, flags = [] }, target, otherWays) {
    const name = basename(target);
    mkdirSync(dirname(target), { recursive: true });
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
            cwd: join(modules, module),
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
        .map((module) => /^go (\S+)$/m.exec(readFileSync(join(modules, module, "go.mod"), "utf8"))?.[1] ?? "0.0")
        .reduce((a, b) => (atLeast(a, b) ? a : b));
}
