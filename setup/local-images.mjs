// @ts-check
// Makes images from Debian packages, for machines that reach a package mirror but no image registry.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { KEYRING, NEXT, STABLE, mmdebstrap, remove, removeAbandoned } from "./debian.mjs";
import { aptInstall, canInstall } from "./engine.mjs";
import { SetupError, atLeast, cacheDir, probe, root, run, say, which } from "./lib.mjs";

const LAYOUT = join(root, "nginx", "image", "layout.sh");
/** More than an import takes on a slow machine. */
const LIMIT_MS = 10 * 60_000;

/** @param {string} tag */
export async function makeNginxImage(tag) {
    await makeImage(tag, {
        suite: NEXT,
        packages: ["nginx", "curl", "ca-certificates"],
        recipe: [readFileSync(LAYOUT, "utf8")],
        hook: `sh '${LAYOUT}' "$1"`,
        instructions: (image) => {
            const said = probe("docker", ["run", "--rm", image, "nginx", "-v"], { timeoutMs: 60_000 }).stderr;
            const version = nginxVersion(said, tag);
            if (!tag.endsWith(`:${version}`)) {
                say(`${tag}, made here, is nginx ${version}: Debian ${NEXT} has moved on`);
            }
            return [
                `ENV NGINX_VERSION=${version}`,
                "EXPOSE 80",
                "STOPSIGNAL SIGQUIT",
                'ENTRYPOINT ["/docker-entrypoint.sh"]',
                'CMD ["nginx", "-g", "daemon off;"]',
            ];
        },
    });
}

/**
 * The version of an nginx that was made for a tag. Debian's next release moves on: a newer one than the tag's is taken,
 * under the tag that the settings name; an older one is not.
 * @param {string} said what `nginx -v` has said @param {string} tag
 */
export function nginxVersion(said, tag) {
    const version = /nginx\/(\d+\.\d+\.\d+)/.exec(said)?.[1];
    if (!version) throw new SetupError(`The nginx that was made here for ${tag} does not start: ${said}`);
    if (atLeast(version, tag.replace("nginx:", ""))) return version;
    throw new SetupError(
        `Debian ${NEXT} on this machine's mirror has nginx ${version}, older than ${tag}. Let the engine pull ` +
            `${tag} from a registry, or load it there (\`docker load\`), then run this again.`,
    );
}

/** @param {string} tag */
export async function makeBaseImage(tag) {
    const packages = ["nodejs", "ca-certificates"];
    await makeImage(tag, { suite: STABLE, packages, recipe: [], instructions: () => ['CMD ["node"]'] });
}

/**
 * @typedef {object} Recipe
 * @property {string} suite Debian's release
 * @property {string[]} packages
 * @property {string[]} recipe what else the result depends on
 * @property {(image: string) => string[]} instructions the rest of its Dockerfile, for the root folder as an image
 * @property {string} [hook] a shell line that finishes the root folder `$1`
 */

/** Makes the root folder as a tar in the cache, unless it is there, and imports it. @param {string} tag @param {Recipe} recipe */
async function makeImage(tag, recipe) {
    const arch = architecture();
    const key = createHash("sha256").update(JSON.stringify([recipe.suite, arch, recipe.packages, recipe.recipe]));
    const name = `${tag.replace(":", "-")}-${arch}-${key.digest("hex").slice(0, 12)}.tar`;
    const tar = join(cacheDir("images"), name);
    if (!existsSync(tar)) await makeTar(tag, tar, recipe);
    const started = Date.now();
    const imported = await run("docker", ["import", tar], { what: `importing ${tag}`, timeoutMs: LIMIT_MS });
    const image = imported.pop() ?? "";
    const dockerfile = [
        `FROM ${image}`,
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        'LABEL blue-green.made="locally, from Debian packages"',
        `LABEL blue-green.recipe="${name.replace(".tar", "")}"`,
        ...recipe.instructions(image),
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
        const { suite, packages, hook } = recipe;
        say(`making ${tag} from Debian ${suite}; a minute or two, once`);
        const what = `making ${tag} with mmdebstrap`;
        await mmdebstrap({ suite, packages, hooks: hook ? [hook] : [], work, what, tar: half });
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
