// The product under load, by its own path: deploy, gate, cutover, rollback, cutover with `pulumi up`.
import { otherColor, type Color } from "../settings/settings.ts";
import { sleep } from "./clock.ts";
import { Project, type Config } from "./project.ts";
import { Load } from "./recorder/load.ts";
import { everyKind } from "./recorder/options.ts";
import type { Recording } from "./recorder/recording.ts";
import { judge, type Cutover, type Verdict } from "./verdict.ts";

export interface CycleOptions {
    /** How often deploy, cutover, rollback, cutover; so three cutovers each. */
    readonly cycles: number;
    /** Requests a second of all clients together. */
    readonly rate: number;
    /** Goes on at rest until there are as many requests. Default 0. */
    readonly requests?: number;
    /** Config besides `demoConfig`. */
    readonly config?: Config;
    /** Whether `pulumi up` gives way to all else that wants the CPU; see Project.create. Default false. */
    readonly givesWay?: boolean;
    /** What else is being made: the first `up` doesn't wait for it, the load does. */
    readonly prepared?: Promise<unknown> | undefined;
    /** Told what is done now. */
    readonly say?: (text: string) => void;
}

export interface CycleResult {
    readonly verdict: Verdict;
    readonly recording: Recording;
    readonly cutovers: readonly Cutover[];
    /** How long each kind of `pulumi up` took, in milliseconds. */
    readonly upMs: { readonly deploy: readonly number[]; readonly cutover: readonly number[] };
}

/** Brings a stack up, takes it through the cycle under load of every kind, and judges what the clients saw. */
export async function cycle(options: CycleOptions): Promise<CycleResult> {
    const { say = () => undefined } = options;
    const project = await Project.create(options.config, options.givesWay);
    try {
        say("first up");
        await project.up();
        await options.prepared;
        return await cycleOf(project, options, say);
    } finally {
        await project.remove();
    }
}

async function cycleOf(project: Project, options: CycleOptions, say: (text: string) => void): Promise<CycleResult> {
    const load = new Load({ target: await project.target(), clients: everyKind(options.rate) });
    const cutovers: Cutover[] = [];
    const upMs = { deploy: [] as number[], cutover: [] as number[] };
    const cutOver = async (to: Color) => {
        const done = await project.cutover(to);
        cutovers.push(done);
        upMs.cutover.push(done.upMs);
        await sleep(500); // the color at rest, and what comes late
    };
    try {
        await load.reach(options.rate * 2);
        let active: Color = "blue";
        for (let at = 0; at < options.cycles; at += 1) {
            const idle = otherColor(active);
            say(`cycle ${at + 1} of ${options.cycles}: ${load.requests} requests so far`);
            // The version that it does not have: the colors take turns, and begin with 0.0.1 (demoConfig).
            const image = Math.floor(at / 2) % 2 === 0 ? "demo-server:0.0.2" : "demo-server:0.0.1";
            await project.set({ [`${idle}Image`]: image });
            upMs.deploy.push((await project.up()).ms);
            await cutOver(idle);
            await cutOver(active);
            await cutOver(idle);
            active = idle;
        }
        await load.reach(options.requests ?? 0);
        const recording = await load.stop();
        return {
            verdict: judge(recording, { cutovers, executed: await project.executed() }),
            recording,
            cutovers,
            upMs,
        };
    } finally {
        load.kill();
    }
}
