// @ts-check
// Root folders from Debian packages, by mmdebstrap: with the mirror, proxies and keys of this machine.
import { existsSync, readdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { textOf } from "./leftovers.mjs";
import { probe, run } from "./lib.mjs";

/** Debian's stable release. */
export const STABLE = "trixie";
/** Its next one, signed by the keys of the one before it too. */
export const NEXT = "forky";
const DEBIAN = "http://deb.debian.org/debian";
const SECURITY = "http://deb.debian.org/debian-security";
export const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** More than this takes on a slow machine. */
const LIMIT_MS = 20 * 60_000;

/**
 * Makes a root folder from Debian packages. As root it does so in namespaces of its own: its mounts are then nowhere
 * else, and end with it, however it ends.
 * @param {object} wanted
 * @param {string} [wanted.suite] the release
 * @param {string[]} wanted.packages
 * @param {string} wanted.work a folder for its temporary files
 * @param {string} wanted.what names the step when it fails
 * @param {string[]} [wanted.hooks] shell lines that finish the root folder `$1`
 * @param {"minbase" | "extract"} [wanted.variant] `minbase`, the default: a system that is set up. `extract`: the files
 *     of the packages and of what they depend on, and none of their scripts run; a third quicker.
 * @param {string} [wanted.tar] the result; none when the hooks have taken out what they need
 */
export async function mmdebstrap({ suite = STABLE, packages, work, what, hooks = [], variant = "minbase", tar }) {
    const apart = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const separate = userInfo().uid === 0 && probe("unshare", [...apart, "true"]).ok;
    const unwanted = ["doc", "man", "info", "locale"].map((dir) => `--dpkgopt=path-exclude=/usr/share/${dir}/*`);
    const args = [
        `--variant=${variant}`,
        `--keyring=${KEYRING}`,
        `--include=${packages.join(",")}`,
        ...unwanted,
        ...aptOptions(),
        ...hooks.map((hook) => `--customize-hook=${hook}`),
        ...(tar ? [suite, tar] : ["--format=null", suite, "/dev/null"]),
        "-",
    ];
    const [program = "", ...rest] = [...(separate ? ["unshare", ...apart] : []), "mmdebstrap", ...args];
    await run(program, rest, { env: { TMPDIR: work }, input: debianSources(suite), what, timeoutMs: LIMIT_MS });
}

/** Ends and removes what set-ups that were killed have left. @param {string} images */
export function removeAbandoned(images) {
    for (const name of readdirSync(images)) {
        const pid = /^work-(\d+)-/.exec(name)?.[1];
        if (!pid || existsSync(`/proc/${pid}`)) continue;
        const work = join(images, name);
        for (const orphan of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
            if (!textOf(`/proc/${orphan}/environ`).split("\0").includes(`TMPDIR=${work}`)) continue;
            probe("kill", ["-9", orphan]);
        }
        remove(work);
    }
}

/** @param {string} dir */
export function remove(dir) {
    // Not Node's rmSync: what a killed mmdebstrap has mounted inside must not be followed.
    probe("rm", ["-rf", "--one-file-system", dir]);
}

/** A release from the mirror that this machine's own apt uses, where that is a Debian mirror. @param {string} suite */
function debianSources(suite) {
    const uris = probe("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Identifier: Packages"]).stdout.split(
        "\n",
    );
    const main = uris.find((uri) => /\/debian\/?$/.test(uri)) ?? DEBIAN;
    const security = uris.find((uri) => /\/debian-security\/?$/.test(uri)) ?? SECURITY;
    return [`${main} ${suite}`, `${main} ${suite}-updates`, `${security} ${suite}-security`]
        .map((source) => `deb ${source} main\n`)
        .join("");
}

/**
 * What mmdebstrap does not take over by itself from this machine's apt: its proxies, and whether a mirror that keeps
 * a release for longer than the release's own date says is taken for good.
 */
function aptOptions() {
    const own = probe("apt-config", ["dump"])
        .stdout.split("\n")
        .filter((line) => /^Acquire::(https?::Proxy\S*|Check-Valid-Until) "./.test(line));
    return [...own, 'Acquire::http::Timeout "20";', 'Acquire::Retries "2";'].map((line) => `--aptopt=${line}`);
}
