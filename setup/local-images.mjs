// @ts-check
// Makes images from Debian packages, for machines that reach a package mirror but no image registry.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { KEYRING, SUITE, mmdebstrap, remove, removeAbandoned } from "./debian.mjs";
import { aptInstall, canInstall } from "./engine.mjs";
import { SetupError, cacheDir, probe, root, run, say, which } from "./lib.mjs";
import { CRATE, NGINX_VERSION, nginxSource } from "./nginx-source.mjs";

const RECIPE = join(root, "nginx", "image");
const NEEDED_WHILE_BUILDING = ["gcc", "libc6-dev", "make", "libpcre2-dev", "libssl-dev", "zlib1g-dev"];
/** More than an import takes on a slow machine. */
const LIMIT_MS = 10 * 60_000;

/** @param {string} tag */
export async function makeNginxImage(tag) {
    if (tag !== `nginx:${NGINX_VERSION}`)
        throw new SetupError(`Only nginx:${NGINX_VERSION} can be made here, not ${tag}.`);
    const packages = ["ca-certificates", "curl", "libpcre2-8-0", "libssl3t64", "zlib1g", ...NEEDED_WHILE_BUILDING];
    const recipe = ["build.sh", "nginx.conf", "default.conf"].map((name) => readFileSync(join(RECIPE, name), "utf8"));
    await makeImage(tag, {
        packages,
        recipe: [CRATE.sha256, ...recipe],
        hook: async (work) => `sh '${join(RECIPE, "build.sh")}' "$1" '${await nginxSource(work)}'`,
        instructions: [
            `ENV NGINX_VERSION=${NGINX_VERSION}`,
            "EXPOSE 80",
            "STOPSIGNAL SIGQUIT",
            'ENTRYPOINT ["/docker-entrypoint.sh"]',
            'CMD ["nginx", "-g", "daemon off;"]',
        ],
    });
}

/** @param {string} tag */
export async function makeBaseImage(tag) {
    await makeImage(tag, { packages: ["nodejs", "ca-certificates"], recipe: [], instructions: ['CMD ["node"]'] });
}

/**
 * @typedef {object} Recipe
 * @property {string[]} packages
 * @property {string[]} recipe what else the result depends on
 * @property {string[]} instructions the rest of its Dockerfile
 * @property {(work: string) => Promise<string>} [hook] a shell line that finishes the root folder `$1`
 */

/** Makes the root folder as a tar in the cache, unless it is there, and imports it. @param {string} tag @param {Recipe} recipe */
async function makeImage(tag, recipe) {
    const arch = architecture();
    const key = createHash("sha256").update(JSON.stringify([SUITE, arch, recipe.packages, recipe.recipe]));
    const name = `${tag.replace(":", "-")}-${arch}-${key.digest("hex").slice(0, 12)}.tar`;
    const tar = join(cacheDir("images"), name);
    if (!existsSync(tar)) await makeTar(tag, tar, recipe);
    const started = Date.now();
    const imported = await run("docker", ["import", tar], { what: `importing ${tag}`, timeoutMs: LIMIT_MS });
    const dockerfile = [
        `FROM ${imported.pop()}`,
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        'LABEL blue-green.made="locally, from Debian packages"',
        `LABEL blue-green.recipe="${name.replace(".tar", "")}"`,
        ...recipe.instructions,
    ];
    // Not by `docker import --change`: older engines know no STOPSIGNAL there.
    await run("docker", ["build", "--tag", tag, "-"], {
        input: `${dockerfile.join("\n")}\n`,
        env: { DOCKER_BUILDKIT: "0" },
        what: `building ${tag}`,
    });
    say(`imported ${tag} (${Math.round(statSync(tar).size / 1e6)} MB) in ${seconds(started)}`);
}

/** @param {string} tag @param {string} tar @param {Recipe} recipe */
async function makeTar(tag, tar, recipe) {
    const started = Date.now();
    if (!which("mmdebstrap") || !existsSync(KEYRING)) {
        if (!canInstall()) {
            throw new SetupError(
                `No image registry answers, and ${tag} can't be made here without Debian's mmdebstrap. Either let the ` +
                    "engine reach a registry (a mirror in /etc/docker/daemon.json), or, on Debian or Ubuntu, " +
                    "`sudo apt-get install mmdebstrap debian-archive-keyring`, then run this again.",
            );
        }
        await aptInstall(["mmdebstrap", "debian-archive-keyring"]);
    }
    const images = cacheDir("images");
    removeAbandoned(images);
    const work = join(images, `work-${process.pid}-${Date.now()}`);
    mkdirSync(work);
    try {
        const half = join(work, "root.tar");
        const hook = await recipe.hook?.(work);
        say(`making ${tag} from Debian ${SUITE}; a minute or two, once`);
        const what = `making ${tag} with mmdebstrap`;
        await mmdebstrap({ packages: recipe.packages, hooks: hook ? [hook] : [], work, what, tar: half });
        renameSync(half, tar);
        say(`made ${tag} in ${seconds(started)}; kept as ${tar}`);
    } finally {
        remove(work);
    }
}

/** The engine's architecture by Debian's name; packages are only installed for the machine's own. */
function architecture() {
    const engine = probe("docker", ["version", "--format", "{{.Server.Arch}}"], { timeoutMs: 10_000 }).stdout;
    const own = { x64: "amd64", arm64: "arm64" }[/** @type {string} */ (process.arch)] ?? process.arch;
    if (engine !== own) {
        throw new SetupError(
            `The engine's machine is ${engine}, this one is ${own}: its images can't be made here. Load them there.`,
        );
    }
    return own;
}

/** @param {number} since */
function seconds(since) {
    return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
