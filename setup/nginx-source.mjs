// @ts-check
// nginx's source from a package registry, for machines that reach no other download.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { mmdebstrap } from "./debian.mjs";
import { SetupError, probe, run, say, which } from "./lib.mjs";

/** nginx's source as a Rust crate; the part after the plus is nginx's version. */
export const CRATE = {
    version: "1.28.5+1.28.3",
    sha256: "60c9192630560c017a18e1da5b4c5de9d78450923f17325752c6f0f7f3911c86",
};
export const NGINX_VERSION = CRATE.version.split("+")[1] ?? "";

/** Gets nginx's source by cargo, which checks what it downloads. @param {string} work @returns {Promise<string>} its folder */
export async function nginxSource(work) {
    const started = Date.now();
    const project = join(work, "source");
    mkdirSync(join(project, "src"), { recursive: true });
    const dependency = `[dependencies]\nnginx-src = "=${CRATE.version}"\n`;
    writeFileSync(
        join(project, "Cargo.toml"),
        `[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n${dependency}`,
    );
    writeFileSync(join(project, "src", "lib.rs"), "");
    await fetchCrates(project);
    const lock = readFileSync(join(project, "Cargo.lock"), "utf8");
    const folder = crateFolder(join(project, "home", "registry", "src"));
    const header = readFileSync(join(folder, "src", "core", "nginx.h"), "utf8");
    if (!lock.includes(`checksum = "${CRATE.sha256}"`) || !header.includes(`NGINX_VERSION      "${NGINX_VERSION}"`)) {
        throw new SetupError(
            `The crate nginx-src ${CRATE.version} is not the one that is expected (checksum or version).`,
        );
    }
    say(`got the source of nginx ${NGINX_VERSION} in ${seconds(started)}`);
    return folder;
}

/** `cargo fetch` with a home of its own, by the machine's cargo or by one from Debian. @param {string} project */
async function fetchCrates(project) {
    // rustup's cargo looks for its toolchain under HOME, which may have been changed for this run.
    const homes = [process.env.HOME, userInfo().homedir];
    const home = homes.find((HOME) => probe("cargo", ["--version"], { cwd: project, env: { HOME } }).ok);
    if (which("cargo") && home !== undefined) {
        const env = { HOME: home, CARGO_HOME: join(project, "home") };
        await run("cargo", ["fetch"], { cwd: project, env, what: "cargo fetch nginx-src", timeoutMs: 5 * 60_000 });
        return;
    }
    say("there is no cargo here; fetching nginx's source with Debian's, in a throw-away root folder");
    // The authorities that this machine trusts: a closed site's registry may be signed by its own.
    const trusted = process.env.SSL_CERT_FILE || "/etc/ssl/certs/ca-certificates.crt";
    const bundle = existsSync(trusted);
    if (bundle) copyFileSync(trusted, join(project, "ca.crt"));
    const env = `CARGO_HOME=/source/home${bundle ? " CARGO_HTTP_CAINFO=/source/ca.crt" : ""}`;
    const fetch = `chroot "$1" sh -c "cd /source && ${env} cargo fetch"`;
    const work = join(project, "..");
    await mmdebstrap({
        packages: ["cargo", "ca-certificates"],
        hooks: [`copy-in '${project}' /`, fetch, `copy-out /source '${work}'`],
        work,
        what: "fetching nginx-src with Debian's cargo",
    });
}

/** @param {string} sources cargo's folder of unpacked crates */
function crateFolder(sources) {
    for (const registry of existsSync(sources) ? readdirSync(sources) : []) {
        const folder = join(sources, registry, `nginx-src-${CRATE.version}`, "nginx");
        if (existsSync(folder)) return folder;
    }
    throw new SetupError(`cargo has fetched no nginx-src ${CRATE.version}.`);
}

/** @param {number} since */
function seconds(since) {
    return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
