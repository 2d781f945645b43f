// @ts-check
// Makes sure that the images of the demonstration exist on the engine: nginx and the demo's base are pulled, or made
// from Debian packages where no registry answers; the demo server is built from demo/.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { makeBaseImage, makeNginxImage } from "./local-images.mjs";
import { SetupError, probe, root, run, say } from "./lib.mjs";

/** The same as the default of `nginxImage` in Pulumi.yaml. */
export const NGINX_IMAGE = "nginx:1.30.6";
/** What demo/Dockerfile starts from: some Node of version 20 or newer. */
export const DEMO_BASE_IMAGE = "demo-base:1";
/** The last Node 22, the newest line with long-term support that both Pulumi's SDK and this project are run on. */
const NODE_IMAGE = "node:22.23.3-slim";
export const DEMO_VERSIONS = ["0.0.1", "0.0.2"];

const FIRST_ANSWER_MS = 8_000;
const PULL_LIMIT_MS = 15 * 60_000;
const SOURCE_LABEL = "blue-green.demo.source";

/** @typedef {{id: string, labels: Record<string, string>}} Image */

/** Makes the images that are missing; an image that is there is left alone, whoever made it. */
export async function ensureImages() {
    try {
        await makeMissing();
    } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOSPC") throw error;
        throw new SetupError("The disk is full: free some space (`docker system df`, `df -h`) and run it again.");
    }
}

async function makeMissing() {
    const demoTags = DEMO_VERSIONS.map((version) => `demo-server:${version}`);
    const images = inspect([NGINX_IMAGE, DEMO_BASE_IMAGE, ...demoTags]);
    const registry = { answers: true };
    if (!images.has(NGINX_IMAGE)) {
        if (!(await pull(NGINX_IMAGE, registry))) await makeNginxImage(NGINX_IMAGE);
    }
    let base = images.get(DEMO_BASE_IMAGE);
    if (!base) {
        if (await pull(NODE_IMAGE, registry)) await run("docker", ["tag", NODE_IMAGE, DEMO_BASE_IMAGE]);
        else await makeBaseImage(DEMO_BASE_IMAGE);
        base = inspect([DEMO_BASE_IMAGE]).get(DEMO_BASE_IMAGE);
    }
    const source = demoSource(base?.id ?? "");
    const stale = DEMO_VERSIONS.filter((v) => images.get(`demo-server:${v}`)?.labels[SOURCE_LABEL] !== source);
    if (stale.length > 0) await buildDemo(stale, source);
    say(`images are there: ${[NGINX_IMAGE, ...demoTags].join(", ")}`);
}

/** What the engine has of these tags. @param {string[]} tags @returns {Map<string, Image>} */
function inspect(tags) {
    const format = "{{json .RepoTags}}\t{{.Id}}\t{{json .Config.Labels}}";
    const result = probe("docker", ["image", "inspect", "--format", format, ...tags], { timeoutMs: 30_000 });
    if (!result.ok && !/no such image/i.test(result.stderr)) {
        throw new SetupError(`The Docker engine does not say which images it has: ${result.stderr}`);
    }
    /** @type {Map<string, Image>} */
    const images = new Map();
    for (const line of result.stdout.split("\n").filter(Boolean)) {
        const [names = "[]", id = "", labels = "{}"] = line.split("\t");
        for (const name of JSON.parse(names)) images.set(name, { id, labels: JSON.parse(labels) ?? {} });
    }
    return images;
}

/**
 * Pulls an image through the engine, which knows its own mirrors and proxies. Gives up soon when nothing answers, and
 * then does not try again in this run.
 * @param {string} image @param {{answers: boolean}} registry
 */
async function pull(image, registry) {
    if (!registry.answers) return false;
    say(`pulling ${image}`);
    const started = Date.now();
    const failure = await tryPull(image);
    if (failure === "") {
        say(`pulled ${image} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
        return true;
    }
    // A name that a registry does not have says nothing about the next one.
    registry.answers = /manifest|not found|denied/i.test(failure);
    say(`${image} can't be pulled (${failure}): making it here from Debian packages`);
    return false;
}

/** Why the pull failed, or "". @param {string} image @returns {Promise<string>} */
function tryPull(image) {
    return new Promise((resolve) => {
        const child = spawn("docker", ["pull", image], { stdio: ["ignore", "pipe", "pipe"] });
        let stderr = "";
        let late = false;
        const give = () => {
            late = true;
            child.kill("SIGKILL");
        };
        let timer = setTimeout(give, FIRST_ANSWER_MS);
        // The first line, "Pulling from …", comes once the registry has answered.
        child.stdout.once("data", () => {
            clearTimeout(timer);
            timer = setTimeout(give, PULL_LIMIT_MS);
        });
        child.stdout.resume();
        child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
        child.on("error", (error) => (stderr = error.message));
        child.on("close", (code) => {
            clearTimeout(timer);
            if (code === 0) return resolve("");
            const said = stderr
                .trim()
                .split("\n")
                .pop()
                ?.replace(/^Error response from daemon: /, "");
            resolve(late ? "no registry answered in time" : said || "docker pull failed");
        });
    });
}

/** A hash over everything that the demo's image is made of. @param {string} baseId */
function demoSource(baseId) {
    const hash = createHash("sha256").update(baseId);
    const files = readdirSync(join(root, "demo")).filter((name) => /\.ts$|^Dockerfile$|^\.dockerignore$/.test(name));
    for (const name of files.sort()) hash.update(`\0${name}\0`).update(readFileSync(join(root, "demo", name)));
    // The bundle holds a library and is written by a compiler: their versions are in here.
    for (const name of ["ws", "esbuild"]) hash.update(readFileSync(join(root, "node_modules", name, "package.json")));
    return hash.digest("hex").slice(0, 16);
}

/** @param {string[]} versions @param {string} source */
async function buildDemo(versions, source) {
    const started = Date.now();
    const bundle = join(root, "demo", "dist", "server.cjs");
    const half = `${bundle}.${process.pid}`;
    const esbuild = join(root, "node_modules", ".bin", "esbuild");
    const options = ["--bundle", "--platform=node", "--target=node20", "--format=cjs", "--log-level=warning"];
    await run(esbuild, [join(root, "demo", "server.ts"), ...options, `--outfile=${half}`], {
        what: "bundling the demo",
    });
    renameSync(half, bundle);
    for (const version of versions) {
        const args = ["--build-arg", `BASE=${DEMO_BASE_IMAGE}`, "--build-arg", `VERSION=${version}`];
        const tag = `demo-server:${version}`;
        // The classic builder: an engine of a distribution may have no other, and it takes the base that is there.
        await run("docker", ["build", ...args, "--label", `${SOURCE_LABEL}=${source}`, "-t", tag, "demo"], {
            cwd: root,
            env: { DOCKER_BUILDKIT: "0" },
            what: `building ${tag}`,
        });
    }
    say(`built demo-server ${versions.join(" and ")} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
