// All peers in one run: the same servers, the same load, one proxy after the other.
import { otherColor, type Color } from "../../settings/settings.ts";
import { now, sleep } from "../clock.ts";
import { median } from "../numbers.ts";
import { Load } from "../recorder/load.ts";
import { everyKind } from "../recorder/options.ts";
import { judge, type Cutover, type Verdict } from "../verdict.ts";
import type { PeersPrograms } from "./image.ts";
import { peers, type Peer } from "./peers.ts";
import { answers, Stand } from "./stand.ts";
import { throughput, type Throughput } from "./throughput.ts";

export interface ComparisonOptions {
    /** What of the peers is there. */
    readonly programs: PeersPrograms;
    /** Requests a second of all clients together while it is switched. */
    readonly rate: number;
    /** Cutovers of each peer. */
    readonly flips: number;
    /** How long each peer is driven as hard as it goes, in seconds; 0 for not at all, since a second says nothing. */
    readonly steadySeconds: number;
    /** How long event streams and WebSockets last, in milliseconds; kamal-proxy waits for them. Default 15 s. */
    readonly streamMs?: number;
    /** Shorter, and without the peers that are variants of another. */
    readonly brief?: boolean;
    /** Part of the names of the peers that take part. Default all. */
    readonly only?: string;
    readonly say?: (text: string) => void;
}

/** What was seen of one peer; times in milliseconds, medians of its cutovers unless it says otherwise. */
export interface Compared {
    readonly name: string;
    readonly how: string;
    readonly flips: number;
    readonly verdict: Verdict;
    /** Failed requests, without long-lived connections that were cut. */
    readonly failed: number;
    /** Event streams and WebSockets that were cut. */
    readonly cut: number;
    /** From the command's start to the first new answer. */
    readonly firstNewMs: number;
    /** From the command's start to its return. */
    readonly acknowledgedMs: number;
    /** The longest of all. */
    readonly mixedMs: number;
    readonly steady: Throughput | undefined;
}

const streams = /^(sse-stream|ws-echo):/;

export async function compare(options: ComparisonOptions): Promise<Compared[]> {
    const { say = () => undefined, only = "", brief = false } = options;
    const stand = await Stand.create();
    const results: Compared[] = [];
    try {
        await stand.startServers();
        for (const peer of peers(options.programs).filter(
            ({ name, isVariant }) => name.includes(only) && !(brief && isVariant),
        )) {
            say(peer.name);
            const container = await peer.start(stand);
            try {
                await answers(`${stand.proxy.host}:${stand.proxy.port}`, "/");
                const verdict = await flip(stand, peer, container, options);
                const isDriven = options.programs.image && options.steadySeconds > 0;
                const steady = isDriven ? await throughput(stand, container, options.steadySeconds) : undefined;
                results.push(summary(peer, verdict, steady));
            } finally {
                await stand.stop(container);
            }
        }
        return results;
    } finally {
        await stand.remove();
    }
}

async function flip(stand: Stand, peer: Peer, container: string, options: ComparisonOptions): Promise<Verdict> {
    const load = new Load({ target: stand.proxy, clients: everyKind(options.rate, options.streamMs) });
    const cutovers: Cutover[] = [];
    let live: Color = "blue";
    try {
        await load.reach(options.rate * 2);
        for (let at = 0; at < options.flips; at += 1) {
            const to = otherColor(live);
            const asked = now();
            await peer.switchTo(stand, container, to);
            cutovers.push({ to, asked, moved: asked, acknowledged: now() });
            live = to;
            // Silent and thinking connections show by then which generation of the proxy has them.
            await sleep(options.brief ? 1000 : 1500);
        }
        return judge(await load.stop(), { cutovers });
    } finally {
        load.kill();
    }
}

function summary({ name, how }: Peer, verdict: Verdict, steady: Throughput | undefined): Compared {
    const { cutovers, failures } = verdict;
    const cut = Object.entries(failures).reduce((sum, [what, count]) => sum + (streams.test(what) ? count : 0), 0);
    return {
        name,
        how,
        flips: cutovers.length,
        verdict,
        failed: verdict.failed - cut,
        cut,
        firstNewMs: median(cutovers.map(({ firstNewMs }) => firstNewMs)),
        acknowledgedMs: median(cutovers.map(({ acknowledgedMs }) => acknowledgedMs)),
        mixedMs: Math.max(...cutovers.map(({ mixedMs }) => mixedMs)),
        steady,
    };
}
