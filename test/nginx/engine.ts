// The engine as the tests use it: docker commands, what is free, and the removal of all that was made.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { overlaps } from "../../settings/addresses.ts";

/** What a program did. */
export interface Ran {
    readonly code: number;
    /** Standard output and error. */
    readonly text: string;
    /** Standard output. */
    readonly out: string;
}

const label = "blue-green.test";

/** Marks what is made, so that it can be found and removed. */
export const labelled = ["--label", `${label}=${process.pid}`];

/** Starts a program in a process group of its own; `ended` tells what it did, whatever comes of it. */
export function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, input = "") {
    const child = spawn(program, args, { env: { ...process.env, ...env }, detached: true });
    const ended = new Promise<Ran>((resolve, reject) => {
        let [text, out] = ["", ""];
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (part: Buffer) => (text += part.toString()));
        child.stdout.on("data", (part: Buffer) => (out += part.toString()));
        child.on("error", reject);
        child.on("close", (code) => resolve({ code: code ?? 1, text, out }));
    });
    child.stdin.on("error", () => undefined); // it ended without reading all of it
    child.stdin.end(input);
    return { pid: child.pid!, ended };
}

/** Runs a program, whatever comes of it. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ""): Promise<Ran> {
    return start(program, args, env, input).ended;
}

/** Runs docker, which must work, and gives its standard output. */
export async function docker(...args: readonly string[]): Promise<string> {
    const { code, text, out } = await run("docker", args);
    assert.equal(code, 0, `docker ${args.join(" ")}: ${text}`);
    return out.trim();
}

/** Removes what the given test processes have on the engine. */
export async function removeAll(pids: readonly (number | string)[]): Promise<void> {
    for (const kind of ["container", "network", "volume"]) {
        const list = kind === "container" ? ["ls", "-aq"] : ["ls", "-q"];
        const found = pids.map((pid) => docker(kind, ...list, "--filter", `label=${label}=${pid}`));
        const ids = (await Promise.all(found)).flatMap((text) => text.split("\n")).filter(Boolean);
        // One after the other: an engine may miscount those that go at the same moment and keep their network
        // (https://github.com/moby/moby/issues/42119).
        for (const id of ids) await docker(kind, "rm", ...(kind === "network" ? [] : ["-f"]), id);
    }
}

/** The test processes that were killed, so that what they made is still on the engine. */
export async function killedTests(): Promise<string[]> {
    const format = `{{.Label "${label}"}}`;
    const lists = [docker("ps", "-a", "--format", format), docker("volume", "ls", "--format", format)];
    const pids = (await Promise.all(lists)).flatMap((text) => text.split("\n")).filter((pid) => /^\d+$/.test(pid));
    return [...new Set(pids)].filter((pid) => {
        try {
            return !process.kill(Number(pid), 0);
        } catch (error) {
            return (error as NodeJS.ErrnoException).code === "ESRCH";
        }
    });
}

const given: string[] = [];

/** A subnet that no network on the engine has. */
export async function freeSubnet(): Promise<string> {
    const ids = (await docker("network", "ls", "-q")).split("\n");
    const taken = await docker("network", "inspect", "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}", ...ids);
    const all = Array.from({ length: 256 }, (_, index) => `10.232.${(process.pid + index) % 256}.0/24`);
    const free = all.find((subnet) => ![...taken.split(/\s+/), ...given].some((other) => overlaps(other, subnet)));
    assert.ok(free, "no free subnet for a test");
    given.push(free);
    return free;
}
