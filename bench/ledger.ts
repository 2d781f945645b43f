// Which POSTs the servers say they executed: read from their logs, which a container takes along when it is replaced.
import { spawn, type ChildProcess } from "node:child_process";
import { docker, tryRun } from "./shell.ts";

/** The demo server, for `node -e`, which also writes down each POST that it executes. */
export const countingServer = [
    'const { Server } = require("http");',
    "const { emit } = Server.prototype;",
    "Server.prototype.emit = function (name, request, ...more) {",
    '    if (name === "request" && request.method === "POST") console.log(`EXECUTED ${request.url}`);',
    "    return emit.call(this, name, request, ...more);",
    "};",
    'require("/server.cjs");',
].join("\n");

interface Followed {
    readonly child: ChildProcess;
    text: string;
}

/** Follows the logs of all containers whose names begin with a text, also of those that are removed later. */
export class Ledger {
    private readonly followed = new Map<string, Followed>();

    constructor(private readonly prefix: string) {}

    /** Follows the containers that are new since the last time; to be called after each `up`. */
    async follow(): Promise<void> {
        const filter = ["--no-trunc", "--filter", `name=^/${this.prefix}`, "--format", "{{.ID}}"];
        const ids = (await docker("ps", "-a", ...filter)).split("\n").filter((id) => id !== "");
        for (const id of ids.filter((one) => !this.followed.has(one))) {
            const child = spawn("docker", ["logs", "-f", id], { stdio: ["ignore", "pipe", "ignore"] });
            const entry: Followed = { child, text: "" };
            child.stdout.on("data", (part: Buffer) => (entry.text += part.toString()));
            this.followed.set(id, entry);
        }
    }

    /** The ids of all POSTs that were executed, as often as they were. */
    async executed(): Promise<number[]> {
        const texts = [...this.followed].map(async ([id, entry]) => {
            // What was followed may lag behind; a container that is still there has it all.
            const { code, out } = await tryRun("docker", ["logs", id]);
            return code === 0 ? out : entry.text;
        });
        const found = (await Promise.all(texts)).join("\n").matchAll(/^EXECUTED \/echo\?id=(\d+)$/gm);
        return [...found].map((match) => Number(match[1]));
    }

    stop(): void {
        for (const { child } of this.followed.values()) child.kill();
    }
}
