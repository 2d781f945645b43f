// Runs programs; what a bench leaves on the machine is removed whatever happens.
import { execFile } from "node:child_process";
import { overlaps } from "../settings/addresses.ts";

/** What a program did. */
export interface Ran {
    readonly code: number;
    /** Standard output and error. */
    readonly text: string;
    /** Standard output. */
    readonly out: string;
    /** How long it took, in milliseconds. */
    readonly ms: number;
}

/** How a program is run. */
export interface RunOptions {
    readonly cwd?: string;
    /** Added to this process's environment. */
    readonly env?: NodeJS.ProcessEnv;
    /** Given on standard input. */
    readonly input?: string;
}

/** Runs a program to its end, whatever comes of it. */
export function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const began = performance.now();
    const env = { ...process.env, ...options.env };
    return new Promise((resolve) => {
        const child = execFile(program, args, { cwd: options.cwd, env, maxBuffer: 1e9 }, (error, stdout, stderr) => {
            const code = error ? Number(error.code) || 1 : 0;
            const why = error && typeof error.code === "string" ? error.message : "";
            resolve({ code, text: stdout + stderr + why, out: stdout, ms: performance.now() - began });
        });
        child.stdin?.on("error", () => undefined); // it ended without reading all of it
        child.stdin?.end(options.input ?? "");
    });
}

/** Runs a program that must work. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const ran = await tryRun(program, args, options);
    if (ran.code !== 0) throw new Error(`${program} ${args.join(" ").slice(0, 200)}\n${ran.text.trim()}`);
    return ran;
}

/** Runs docker, which must work, and gives what it printed. */
export async function docker(...args: readonly string[]): Promise<string> {
    return (await run("docker", args)).out.trim();
}

/** Where a container is, in a network of the bench's own. */
export function addressOf(container: string): Promise<string> {
    return docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container);
}

/** What a part of the bench has on the engine, by name. */
export interface OnEngine {
    readonly containers: readonly string[];
    readonly networks: readonly string[];
    readonly volumes: readonly string[];
}

/** Removes it; says what the engine would not remove, since that is no reason to lose what was measured. */
export async function removeFromEngine({ containers, networks, volumes }: OnEngine): Promise<void> {
    const commands = [
        // One after the other: of those that go at the same moment an engine (seen with 20.10) may miscount one and keep
        // the network until it is restarted, for its "active endpoints": https://github.com/moby/moby/issues/42119
        ...containers.map((name) => ["rm", "-f", "-v", name]),
        ...networks.map((name) => ["network", "rm", name]),
        ...volumes.map((name) => ["volume", "rm", name]),
    ];
    for (const command of commands) {
        const { code, text } = await tryRun("docker", command);
        if (code !== 0 && !text.includes("No such")) {
            console.error(`bench: left on the engine, try again: docker ${command.join(" ")}\n${text.trim()}`);
        }
    }
}

const undoings = new Set<() => Promise<unknown>>();

/** Has something undone at the end, also when the bench fails or is interrupted; gives a function that does it now. */
export function undoAtEnd(undo: () => Promise<unknown>): () => Promise<void> {
    const once = async () => {
        if (undoings.delete(once)) await undo();
    };
    undoings.add(once);
    return once;
}

/** Undoes what is left to undo, last first. */
export async function undoAll(): Promise<void> {
    for (const undo of [...undoings].reverse()) await undo().catch((error: unknown) => console.error(error));
}

/** Runs the main function of a program that leaves nothing behind. */
export async function main(body: () => Promise<void>): Promise<void> {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => {
            console.error(`${signal}: cleaning up`);
            void undoAll().finally(() => process.exit(130));
        });
    }
    try {
        await body();
    } finally {
        await undoAll();
    }
}

/** A /24 of 10.233.0.0/16 that no network of the engine has. */
export async function freeSubnet(): Promise<string> {
    const ids = (await docker("network", "ls", "-q")).split("\n");
    const listed = await docker("network", "inspect", "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}", ...ids);
    const taken = listed.split(/\s+/);
    const first = Math.floor(Math.random() * 250);
    const all = Array.from({ length: 250 }, (_, i) => `10.233.${(first + i) % 250}.0/24`);
    const free = all.find((subnet) => !taken.some((other) => overlaps(other, subnet)));
    if (!free) throw new Error("no free subnet for the bench");
    return free;
}
