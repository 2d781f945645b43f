// A load in a process of its own, as the driver sees it.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sleep } from "../clock.ts";
import type { LoadOptions } from "./options.ts";
import { Recording } from "./recording.ts";
import type { FromWorker } from "./worker.ts";

/** A load that runs. */
export class Load {
    /** Rows so far, up to 200 ms old. */
    requests = 0;
    private readonly child: ChildProcess;
    private readonly recorded: Promise<Recording>;

    constructor(options: LoadOptions) {
        const file = fileURLToPath(new URL("./worker.ts", import.meta.url));
        this.child = fork(file, { execArgv: ["--import", "tsx"], serialization: "advanced" });
        this.recorded = new Promise((resolve, reject) => {
            this.child.on("message", (message: FromWorker) => {
                if ("recorded" in message) resolve(new Recording(message.recorded));
                else this.requests = message.requests;
            });
            this.child.on("error", reject);
            this.child.on("exit", (code) => reject(new Error(`the load's process ended with ${code}`)));
        });
        this.recorded.catch(() => undefined); // whoever stops it is told
        this.child.send({ start: options });
    }

    /** Resolves when there are as many rows, or the load has ended. */
    async reach(requests: number): Promise<void> {
        while (this.requests < requests && this.child.exitCode === null) await sleep(100);
    }

    /** The id of the load's process. */
    get pid(): number {
        return this.child.pid ?? 0;
    }

    /** Ends it: starts no more requests, waits for those that run, and hands over what was recorded. */
    async stop(): Promise<Recording> {
        if (this.child.connected) this.child.send({ stop: true });
        return this.recorded;
    }

    /** Ends it at once; for a driver that failed. */
    kill(): void {
        this.child.kill("SIGKILL");
    }
}

/** Runs a load for a time in milliseconds. */
export async function loadFor(ms: number, options: LoadOptions): Promise<Recording> {
    const load = new Load({ maxSeconds: ms / 1000 + 60, ...options });
    await load.reach(1);
    await sleep(ms);
    return load.stop();
}
