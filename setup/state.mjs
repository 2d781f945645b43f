// @ts-check
// Where Pulumi keeps the state of the stack `dev`, and what its commands need in the environment.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { delimiter, join } from "node:path";
import { pathWithoutOwn, probe, root, say, SetupError, which } from "./lib.mjs";

/** The stack that `npm start` brings up. */
export const stack = "dev";

/**
 * The variables that `pulumi` needs in this project and that are not set yet.
 * @param {{bin: string | undefined, dockerHost: string | undefined}} found
 */
export function environmentFor({ bin, dockerHost }) {
    /** @type {Record<string, string>} */
    const environment = {};
    const others = pathWithoutOwn();
    const pulumi = bin ? join(bin, "pulumi") : which("pulumi", others);
    if (which("pulumi") !== pulumi) environment.PATH = bin ? `${bin}${delimiter}${others}` : others;
    // The state of `dev` is encrypted with an empty passphrase: there is nothing in it to hide.
    if (process.env.PULUMI_CONFIG_PASSPHRASE === undefined && !process.env.PULUMI_CONFIG_PASSPHRASE_FILE) {
        environment.PULUMI_CONFIG_PASSPHRASE = "";
    }
    if (dockerHost) environment.DOCKER_HOST = dockerHost;
    return environment;
}

/**
 * One line for the user's shell, or "" when it has all already.
 * @param {{bin: string | undefined, dockerHost: string | undefined}} found
 */
export function shellLine(found) {
    const { PATH, ...rest } = environmentFor(found);
    const words = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
    if (PATH && found.bin) words.unshift(`PATH="${found.bin}:$PATH"`);
    return words.length === 0 ? "" : `export ${words.join(" ")}`;
}

/** Makes the stack `dev`, unless it is there, and mends what a killed `pulumi up` left. */
export function ensureState() {
    const embedded = !process.env.PULUMI_BACKEND_URL;
    const folder = join(root, "state");
    if (embedded) mkdirSync(folder, { recursive: true });
    const backend = embedded ? "files in state/" : process.env.PULUMI_BACKEND_URL;
    if (!embedded || !existsSync(join(folder, ".pulumi", "stacks", "blue-green", `${stack}.json`))) {
        const made = pulumi("stack", "init", stack, "--no-select");
        if (!made.ok && !/already exists/.test(made.stderr)) {
            throw new SetupError(`The stack ${stack} could not be made in ${backend}:\n${made.stderr}`);
        }
    }
    say(`state: stack ${stack} in ${backend}`);
    if (!pulumi("stack", "--show-name").ok) pulumi("stack", "select", stack);
    if (embedded) releaseDeadLocks(folder);
}

/** Refuses to bring the stack up on an engine where another checkout, with a state of its own, already did. */
export function refuseForeignService() {
    const state = pulumi("stack", "export", "--stack", stack);
    if (!state.ok || JSON.parse(state.stdout).deployment?.resources?.length > 0) return;
    const filter = ["--filter", `label=blue-green.service=blue-green-${stack}`];
    const found = probe("docker", ["ps", "-a", ...filter, "--format", "{{.Names}}"]).stdout;
    if (found === "") return;
    throw new SetupError(
        `The engine already runs blue-green-${stack}, and this checkout's state knows nothing of it: another checkout\n` +
            "brought it up. Run `pulumi destroy` there first. If that checkout is gone:\n" +
            `  docker rm -f ${found.split("\n").join(" ")}\n` +
            `  docker network rm blue-green-${stack}-network && docker volume rm blue-green-${stack}-nginx-config`,
    );
}

// The file backend's lock has no lease: it outlives the process that held it.
/** @param {string} folder */
function releaseDeadLocks(folder) {
    const locks = join(folder, ".pulumi", "locks", "organization", "blue-green", stack);
    for (const file of existsSync(locks) ? readdirSync(locks) : []) {
        const lock = JSON.parse(readFileSync(join(locks, file), "utf8"));
        if (lock.hostname !== hostname() || isAlive(lock.pid)) continue;
        say(`state: released the lock of process ${lock.pid}, which was killed on ${lock.timestamp}`);
        pulumi("cancel", "--yes", "--stack", stack);
    }
}

/** @param {number} pid */
function isAlive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
    }
}

/** @param {string[]} args */
function pulumi(...args) {
    return probe("pulumi", ["--non-interactive", ...args], { cwd: root, timeoutMs: 60_000 });
}
