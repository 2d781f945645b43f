// @ts-check
// What every set-up step shares: how it speaks, how it runs programs, where it keeps what is slow to make.
// Plain Node without packages, because it runs before the packages are there.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A mistake or a lack that the operator can mend: printed as it is, without a stack trace. */
export class SetupError extends Error {}

/** Prints what the set-up does now. @param {string} text */
export function say(text) {
    process.stdout.write(`setup: ${text}\n`);
}

/** A folder outside the working tree, shared by all checkouts of this user; made if need be. @param {string[]} parts */
export function cacheDir(...parts) {
    const dir = join(cache(), ...parts);
    mkdirSync(dir, { recursive: true });
    return dir;
}

function cache() {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "blue-green");
}

/** PATH without what an earlier set-up has put there: what is to be used of it this one decides anew. */
export function pathWithoutOwn() {
    const folders = (process.env.PATH ?? "").split(delimiter);
    return folders.filter((folder) => !folder.startsWith(join(cache(), sep))).join(delimiter);
}

/** The path of a program on PATH, or undefined. @param {string} name @param {string} [path] */
export function which(name, path = process.env.PATH ?? "") {
    const names = process.platform === "win32" ? [`${name}.exe`, `${name}.cmd`] : [name];
    return path
        .split(delimiter)
        .flatMap((dir) => names.map((n) => join(dir, n)))
        .find((file) => existsSync(file));
}

/** Compares versions by their numbers. @param {string} version @param {string} least */
export function atLeast(version, least) {
    const numbers = (/** @type {string} */ text) => text.replace(/^v/, "").split(/[.+-]/).map(Number);
    for (const i of [0, 1, 2]) {
        const [a, b] = [numbers(version)[i] ?? 0, numbers(least)[i] ?? 0];
        if (a !== b) return a > b;
    }
    return true;
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] added to this process's environment
 * @property {string} [input] given on standard input
 * @property {number} [timeoutMs] ends the program after this time; none by default
 */

/**
 * Runs a short program and returns what it printed; never throws for a non-zero exit.
 * @param {string} program @param {string[]} args @param {RunOptions} [options]
 */
export function probe(program, args, options = {}) {
    const result = spawnSync(program, args, {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        input: options.input,
        timeout: options.timeoutMs,
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
    });
    return {
        ok: result.status === 0,
        // Null, against their types, when the program could not be started.
        stdout: (result.stdout || "").trim(),
        stderr: (result.stderr || "").trim() || (result.error ? result.error.message : ""),
    };
}

/**
 * Runs a long program, passing each line that it prints to `onLine` (default: nothing is shown).
 * Rejects with a SetupError that holds the program's last lines when it fails.
 * @param {string} program @param {string[]} args
 * @param {RunOptions & {onLine?: (line: string) => void, what?: string}} [options] `what` names the step in the error
 * @returns {Promise<string[]>} the last lines printed, 40 at most
 */
export function run(program, args, options = {}) {
    return new Promise((resolve, reject) => {
        const what = options.what ?? [program, ...args].join(" ");
        const child = spawn(program, args, {
            cwd: options.cwd,
            env: { ...process.env, ...options.env },
            stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        });
        const timer = options.timeoutMs ? setTimeout(() => child.kill("SIGKILL"), options.timeoutMs) : undefined;
        /** @type {string[]} */
        const tail = [];
        for (const stream of [child.stdout, child.stderr]) {
            let rest = "";
            stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
                const lines = (rest + text).split("\n");
                rest = lines.pop() ?? "";
                for (const line of lines) {
                    tail.push(line);
                    if (tail.length > 40) tail.shift();
                    options.onLine?.(line);
                }
            });
            stream?.on("end", () => rest && tail.push(rest));
        }
        if (options.input !== undefined) child.stdin?.end(options.input);
        child.on("error", (error) => reject(new SetupError(`${what}: ${error.message}`)));
        child.on("close", (code, signal) => {
            clearTimeout(timer);
            if (code === 0) return resolve(tail);
            const noSpace = tail.some((line) => /no space left on device/i.test(line));
            const hint = noSpace
                ? "\nThe disk is full: free some space (`docker system df`, `df -h`) and run it again."
                : "";
            reject(
                new SetupError(
                    `${what} failed (${signal ?? `exit code ${code}`}).\n${tail.slice(-15).join("\n")}${hint}`,
                ),
            );
        });
    });
}
