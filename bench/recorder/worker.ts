// The load's own process, so that its event loop is nobody else's. Started by load.ts, told what to do by messages.
import { now } from "../clock.ts";
import { Generator } from "./generator.ts";
import type { LoadOptions } from "./options.ts";
import type { Columns } from "./recording.ts";

/** What the driver says. */
export type ToWorker = { readonly start: LoadOptions } | { readonly stop: true };

/** What the load says: how far it is, every 200 ms, and in the end all that it recorded. */
export type FromWorker = { readonly requests: number; readonly at: number } | { readonly recorded: Columns };

const say = (message: FromWorker) => process.send?.(message);
let generator: Generator | undefined;

process.on("message", (message: ToWorker) => {
    if ("start" in message) start(message.start);
    else void finish();
});
// Without a driver there is nobody to stop it.
process.on("disconnect", () => process.exit(1));

function start(options: LoadOptions): void {
    generator = new Generator(options);
    generator.start();
    const ends = now() + (options.maxSeconds ?? 3600) * 1e6;
    const most = options.maxRequests ?? 5_000_000;
    setInterval(() => {
        const requests = generator?.recording.length ?? 0;
        say({ requests, at: now() });
        if (requests > most || now() > ends) void finish();
    }, 200);
}

async function finish(): Promise<void> {
    if (!generator) return;
    const { recording } = generator;
    const stopped = generator.stop();
    generator = undefined;
    await stopped;
    process.send?.({ recorded: recording.toColumns() } satisfies FromWorker, () => process.exit(0));
}
