// @ts-check
// Finds or makes the Pulumi CLI with its Node.js language host and the two plugins: what is on PATH, else the official
// download, else a build from Go modules (toolchain/), for machines that reach package mirrors only.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { assemble } from "./assemble.mjs";
import { areBuilt, build, cliVersion, everything, plugin } from "./build.mjs";
import { atLeast, cacheDir, pathWithoutOwn, probe, root, run, say, SetupError, which } from "./lib.mjs";

/** @typedef {{name: string, version: string}} Plugin */
/** @typedef {{bin: string | undefined, how: string}} Found `bin` is to be put first on PATH */

// The oldest CLI that is taken from PATH. Older engines lack calls that the pinned @pulumi/pulumi may make, and read
// Pulumi.yaml's `backend` and `runtime.options` in ways that nobody has tried with this project.
const oldestCli = "3.150.0";

const waysToGetPulumi = `There are three ways to get Pulumi:
  1. install it (https://www.pulumi.com/docs/install/), so that \`pulumi\` is on PATH;
  2. let this set-up reach https://get.pulumi.com (it takes curl and tar), so that it downloads Pulumi;
  3. install Go, so that this set-up builds Pulumi from Go modules (GOPROXY may name a mirror).`;

/**
 * Makes sure that `pulumi`, its Node.js language host and the plugins can be run.
 * @returns {Promise<Found>} `bin` is undefined when PATH suffices as it is
 */
export async function ensurePulumi() {
    const found = await find(wantedPlugins());
    say(`Pulumi: ${found.how}${found.bin ? ` (${found.bin})` : ""}.`);
    return found;
}

/** @param {Plugin[]} plugins @returns {Promise<Found>} */
async function find(plugins) {
    const downloaded = join(cacheDir("pulumi", `${cliVersion()}-${process.platform}-${process.arch}`), "pulumi");
    const cli = cliOnPath() ?? (isCli(downloaded) ? { bin: downloaded, how: "the official download" } : undefined);
    const lacking = missing(plugins);
    if (cli && lacking.length === 0) return cli;

    // What is built stays in use, so that a second run neither asks the network nor changes its mind.
    if (areBuilt(everything())) return allBuilt();
    const toBuild = (/** @type {Plugin[]} */ some) => some.map(({ name }) => plugin(name));
    if (cli && areBuilt(toBuild(lacking))) return withPlugins(cli, toBuild(lacking));

    const usable = cli ?? (await download(downloaded));
    if (!usable) {
        await build(everything(), waysToGetPulumi);
        return allBuilt();
    }
    const left = await installPlugins(usable, lacking);
    if (left.length === 0) return usable;
    await build(toBuild(left), waysToGetPulumi);
    return withPlugins(usable, toBuild(left));
}

function allBuilt() {
    return { bin: assemble(everything()), how: "built from Go modules" };
}

/** @param {Found} cli @param {import("./build.mjs").Program[]} plugins @returns {Found} */
function withPlugins(cli, plugins) {
    const bin = assemble(plugins, cli.bin ?? dirname(`${onPath("pulumi")}`));
    return { bin, how: `${cli.how}, with plugins built from Go modules` };
}

/** A program on PATH that isn't one of this set-up's own. @param {string} name */
function onPath(name) {
    return which(name, pathWithoutOwn());
}

/** The plugins that the program's packages ask for. @returns {Plugin[]} */
function wantedPlugins() {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    return ["docker", "command"].map((name) => {
        const version = dependencies?.[`@pulumi/${name}`];
        if (!/^\d+\.\d+\.\d+$/.test(version)) {
            throw new SetupError(`package.json: "@pulumi/${name}" must be an exact version, not ${version}.`);
        }
        return { name, version };
    });
}

/** A usable CLI on PATH; says why one is passed over. @returns {Found | undefined} */
function cliOnPath() {
    const file = onPath("pulumi");
    if (!file) return undefined;
    const version = probe(file, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" }, timeoutMs: 20_000 }).stdout;
    if (/^v?\d+\.\d+/.test(version) && atLeast(version, oldestCli)) {
        if (onPath("pulumi-language-nodejs")) return { bin: undefined, how: `${version}, on PATH` };
        say(`${file} comes without pulumi-language-nodejs, so it is not used.`);
    } else {
        say(`${file} (${version || "version unknown"}) is older than ${oldestCli}, so it is not used.`);
    }
    return undefined;
}

/** @param {string} folder */
function isCli(folder) {
    return ["pulumi", "pulumi-language-nodejs"].every((name) => existsSync(join(folder, name)));
}

/** The plugins that are neither on PATH nor among those that Pulumi has downloaded. @param {Plugin[]} plugins */
function missing(plugins) {
    const installed = join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "plugins");
    return plugins.filter(({ name, version }) => {
        const folder = join(installed, `resource-${name}-v${version}`);
        const whole = existsSync(folder) && !existsSync(`${folder}.partial`);
        return !whole && !onPath(`pulumi-resource-${name}`);
    });
}

/** Asks for a few seconds only: a machine without that network shall go on at once. @param {string} url */
function reachable(url) {
    return probe("curl", ["-fsSIL", "-o", "/dev/null", "--connect-timeout", "5", "--max-time", "8", url]).ok;
}

/**
 * Unpacks the official CLI; undefined where it can't be had.
 * @param {string} folder @returns {Promise<Found | undefined>}
 */
async function download(folder) {
    const version = cliVersion();
    const url = `https://get.pulumi.com/releases/sdk/pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;
    // Pulumi's Windows archives are of another kind, and the build's language host needs Unix.
    if (process.platform === "win32") throw new SetupError(`Pulumi is not on PATH.\n${waysToGetPulumi.split("\n")[1]}`);
    if (!reachable(url)) {
        say("Pulumi: get.pulumi.com can't be reached (or there is no curl).");
        return undefined;
    }
    say(`Pulumi: downloading ${url}`);
    const work = `${folder}.${process.pid}`;
    const archive = join(work, "pulumi.tar.gz");
    try {
        mkdirSync(work, { recursive: true });
        const limits = ["--connect-timeout", "5", "--speed-limit", "10000", "--speed-time", "20"];
        await run("curl", ["-fsSL", ...limits, "-o", archive, url]);
        await run("tar", ["-xzf", archive, "-C", work]);
        if (!isCli(join(work, "pulumi"))) throw new SetupError("The archive does not hold what was expected.");
        // Another checkout may have been quicker; its folder is as good.
        if (!isCli(folder)) renameSync(join(work, "pulumi"), folder);
        return { bin: folder, how: "the official download" };
    } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        say(`Pulumi: the download failed. ${error.message}`);
        return undefined;
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}

/** Has the CLI download plugins; returns those that can't be had. @param {Found} cli @param {Plugin[]} plugins */
async function installPlugins(cli, plugins) {
    const left = [];
    for (const { name, version } of plugins) {
        const arch = process.arch === "x64" ? "amd64" : process.arch;
        const os = process.platform === "win32" ? "windows" : process.platform;
        try {
            const file = `pulumi-resource-${name}-v${version}-${os}-${arch}.tar.gz`;
            if (!reachable(`https://get.pulumi.com/releases/plugins/${file}`)) throw new SetupError("no answer");
            say(`Pulumi: downloading the ${name} plugin ${version}`);
            const program = cli.bin ? join(cli.bin, "pulumi") : "pulumi";
            await run(program, ["plugin", "install", "resource", name, version], { timeoutMs: 180_000 });
        } catch (error) {
            if (!(error instanceof SetupError)) throw error;
            say(`Pulumi: the ${name} plugin ${version} can't be downloaded (${error.message}).`);
            left.push({ name, version });
        }
    }
    return left;
}
