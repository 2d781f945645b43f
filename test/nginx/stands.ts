// The stands that the tests share: started together, brought back to the beginning for each file, removed at the end. What makes a stand is seconds; what a test does with it, milliseconds.
import { readFileSync } from "node:fs";
import { killedTests, removeAll } from "./engine.ts";
import { Stand, type StandOptions } from "./support.ts";

const probe = readFileSync(new URL("./probe.cjs", import.meta.url), "utf8");

const started = new Map<StandOptions, Promise<Stand> | undefined>();

/** Demo servers. */
export const demoServers: StandOptions = {};
/** Servers that answer as the test asks (probe.cjs). */
export const probes: StandOptions = { program: probe };
/** Servers that answer as the test asks behind an nginx with little memory. */
export const smallMemory: StandOptions = { program: probe, memoryMb: 80 };
/** nginx alone, which takes its time to start. */
export const slowBoot: StandOptions = { bare: true, bootDelay: 1.5 };

/** Gives the tests of a file a stand, at its beginning. */
export function useStand(options: StandOptions): () => Stand {
    let stand: Stand | undefined;
    started.set(options, undefined);
    before(async function () {
        this.timeout(60_000);
        stand = await started.get(options);
        await stand?.reset();
    });
    return () => stand!;
}

before(async function () {
    this.timeout(60_000);
    await removeAll(await killedTests());
    for (const options of started.keys()) {
        const starting = Stand.start(options);
        starting.catch(() => undefined); // told by the first test that wants it
        started.set(options, starting);
    }
});

after(async function () {
    this.timeout(60_000);
    for (const stand of started.values()) await stand?.catch(() => undefined);
    await removeAll([process.pid]);
});
