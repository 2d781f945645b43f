// How the time of `pulumi up` grows with the number of servers, beside the same by hand.
import { Project } from "./project.ts";
import { docker } from "./shell.ts";

/** Times in milliseconds of one size. */
export interface Growth {
    readonly servers: number;
    readonly containers: number;
    readonly firstUpMs: number;
    /** `pulumi up` that finds nothing to do. */
    readonly noChangeMs: number;
    /** A new image for the idle color: its containers, their gate. */
    readonly deployMs: number;
    readonly cutoverMs: number;
    /** The idle color's containers removed and started anew by `docker`, one after the other. */
    readonly dockerRunMs: number;
    readonly stateBytes: number;
}

/** @param sizes numbers of servers, @param say told what is done now */
export async function growth(sizes: readonly number[], say: (text: string) => void = () => undefined) {
    const measured: Growth[] = [];
    for (const servers of sizes) {
        say(`${servers} servers`);
        measured.push(await measure(servers));
    }
    return measured;
}

async function measure(servers: number): Promise<Growth> {
    const project = await Project.create({ servers: String(servers), "health.timeoutSeconds": "120" });
    try {
        const first = await project.up();
        const noChange = await project.up();
        await project.set({ greenImage: "demo-server:0.0.2" });
        const deploy = await project.up();
        const cutover = await project.cutover("green");
        const stateBytes = project.stateBytes();
        return {
            servers,
            containers: servers * 2,
            firstUpMs: first.ms,
            noChangeMs: noChange.ms,
            deployMs: deploy.ms,
            cutoverMs: cutover.upMs,
            dockerRunMs: await byHand(project, servers),
            stateBytes,
        };
    } finally {
        await project.remove();
    }
}

// What somebody without this project does for the same deploy: stop, remove and run each container anew.
async function byHand(project: Project, servers: number): Promise<number> {
    const network = `${project.name}-network`;
    const addresses: string[] = [];
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    for (let server = 1; server <= servers; server += 1) {
        addresses.push(await docker("inspect", "--format", format, project.container(`server${server}-blue`)));
    }
    const began = performance.now();
    for (const [index, address] of addresses.entries()) {
        const name = project.container(`server${index + 1}-blue`);
        await docker("stop", "-t", "10", name);
        await docker("rm", name);
        const options = ["-e", "DEPLOYMENT=blue", "--memory", "512m", "--restart", "always"];
        await docker(
            "run",
            "-d",
            "--name",
            name,
            "--network",
            network,
            "--ip",
            address,
            ...options,
            "demo-server:0.0.2",
        );
    }
    return performance.now() - began;
}
