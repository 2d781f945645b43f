// What else happens to a service while it is under load, and what its clients see of it.
import { sleep } from "./clock.ts";
import { Project } from "./project.ts";
import { Load } from "./recorder/load.ts";
import { everyKind } from "./recorder/options.ts";
import { docker, tryRun, undoAtEnd } from "./shell.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Something that happens to a service. */
export interface Disturbance {
    readonly name: string;
    /** Makes it happen, and brings the service back to where it was. */
    readonly happen: (project: Project) => Promise<unknown>;
}

export interface Disturbed {
    readonly name: string;
    /** How long it went on, in seconds. */
    readonly seconds: number;
    readonly verdict: Verdict;
    /** Failed requests that a client may not simply repeat, or that were cut halfway: POSTs, streams, WebSockets. */
    readonly failedNotIdempotent: number;
    readonly failedIdempotent: number;
}

const notIdempotent = /^(post|sse-stream|ws-echo|ws):/;
let images = 0;

/** Each server that is added or removed, and each change of testers, is a reload of nginx. */
export const disturbances: readonly Disturbance[] = [
    {
        name: "a server is added (reload)",
        happen: async (project) => {
            await project.set({ servers: "3" });
            await project.up();
        },
    },
    {
        name: "a server is removed (reload)",
        happen: async (project) => {
            await project.set({ servers: "2" });
            await project.up();
        },
    },
    {
        name: "testers change (reload)",
        happen: async (project) => {
            await project.set({ "testers[0]": "loopback", "testers[1]": "192.0.2.0/24" });
            await project.up();
        },
    },
    {
        name: "a server of the active color is killed",
        happen: async (project) => {
            const container = project.container("server1-blue");
            await docker("kill", container);
            await sleep(6000);
            await docker("start", container);
            await sleep(3000);
        },
    },
    {
        name: "a container of the idle color crashes again and again",
        happen: async (project) => {
            const container = project.container("server1-green");
            for (let crash = 0; crash < 5; crash += 1) {
                // It drains, ends, and is started again by its restart policy.
                await tryRun("docker", ["exec", container, "node", "-e", 'process.kill(1, "SIGTERM")']);
                await sleep(1200);
            }
        },
    },
    {
        name: "a deploy never becomes healthy",
        happen: (project) => failedDeploy(project, "UNHEALTHY=1"),
    },
    {
        name: "a deploy ends at its start, again and again",
        happen: (project) => failedDeploy(project, "PORT=none"),
    },
];

/** Lets each happen under load of its own and judges what the clients saw. Blue is active. */
export async function disturb(
    project: Project,
    rate: number,
    chosen: readonly Disturbance[] = disturbances,
    say: (text: string) => void = () => undefined,
): Promise<Disturbed[]> {
    const results: Disturbed[] = [];
    for (const { name, happen } of chosen) {
        say(name);
        const load = new Load({
            target: await project.target(),
            clients: everyKind(rate),
            firstPost: results.length * 100_000,
        });
        try {
            await load.reach(rate * 2);
            const began = performance.now();
            await happen(project);
            await sleep(2000);
            const recording = await load.stop();
            const verdict = judge(recording, { executed: await project.executed() });
            results.push(summary(name, performance.now() - began, verdict));
        } finally {
            load.kill();
        }
    }
    return results;
}

function summary(name: string, ms: number, verdict: Verdict): Disturbed {
    const failed = Object.entries(verdict.failures);
    const count = (wanted: boolean) =>
        failed.reduce((sum, [what, times]) => sum + (notIdempotent.test(what) === wanted ? times : 0), 0);
    return { name, seconds: ms / 1000, verdict, failedIdempotent: count(false), failedNotIdempotent: count(true) };
}

// A version made from the demo server that fails; the `up` has to fail, and blue to stay.
async function failedDeploy(project: Project, environment: string): Promise<void> {
    images += 1;
    const image = `bench-failing:${process.pid}-${images}`;
    const container = await docker("create", "demo-server:0.0.2");
    await docker("commit", "--change", `ENV ${environment}`, container, image);
    await docker("rm", container);
    const remove = undoAtEnd(() => tryRun("docker", ["rmi", "-f", image]));
    await project.set({ greenImage: image, "health.timeoutSeconds": "5" });
    const { code } = await project.tryUp();
    if (code === 0) throw new Error(`a deploy with ${environment} was taken for a success`);
    await project.set({ greenImage: "demo-server:0.0.1", "health.timeoutSeconds": "20" });
    await project.up();
    await remove();
}
