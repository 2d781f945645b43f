// What all peers have in common: one network, two demo servers a color, and each proxy in a container beside them.
import { colors, type Color } from "../../settings/settings.ts";
import { sleep } from "../clock.ts";
import type { Target } from "../recorder/connection.ts";
import { docker, freeSubnet, removeFromEngine, run, tryRun, undoAtEnd } from "../shell.ts";
import { settingsOf } from "./settings.ts";
import { poolContainers } from "../../plan/pool.ts";
import { AddressPlan } from "../../settings/addresses.ts";
import type { Settings } from "../../settings/settings.ts";

/** The port of every proxy and every server. */
export const port = 8080;

let count = 0;

export class Stand {
    readonly name: string;
    readonly settings: Settings;
    readonly addresses: AddressPlan;
    private readonly containers: string[] = [];
    private readonly volumes: string[] = [];
    readonly remove = undoAtEnd(() =>
        removeFromEngine({ containers: this.containers, networks: [this.name], volumes: this.volumes }),
    );

    private constructor(subnet: string) {
        count += 1;
        this.name = `bg-bench-${process.pid}-${count}`;
        this.settings = settingsOf(subnet);
        this.addresses = new AddressPlan(subnet);
    }

    /** Makes the network. */
    static async create(): Promise<Stand> {
        const subnet = await freeSubnet();
        const stand = new Stand(subnet);
        await docker("network", "create", "--subnet", subnet, "--gateway", stand.addresses.gateway, stand.name);
        return stand;
    }

    /** Starts the demo servers of both colors and waits until they answer. */
    async startServers(): Promise<void> {
        for (const color of colors) {
            for (const spec of poolContainers(this.settings, { name: this.name, stack: "bench" }, color)) {
                const env = spec.envs.flatMap((entry) => ["-e", entry]);
                await this.start(spec.name.slice(this.name.length + 1), spec.address, spec.image, [], env);
            }
        }
        for (const address of colors.flatMap((color) => this.servers(color))) await answers(address);
    }

    /** The addresses with ports of a color's servers. */
    servers(color: Color): string[] {
        return Array.from(
            { length: this.settings.servers },
            (_, i) => `${this.addresses.server(color, i + 1)}:${port}`,
        );
    }

    /** Starts a container; gives its name. `options` are of `docker run`. */
    async start(
        role: string,
        address: string,
        image: string,
        command: readonly string[],
        options: readonly string[] = [],
    ): Promise<string> {
        const name = `${this.name}-${role}`;
        this.containers.push(name);
        const where = ["--network", this.name, "--ip", address];
        await docker("run", "-d", "--name", name, ...where, ...options, image, ...command);
        await sleep(300);
        if ((await docker("inspect", "--format", "{{.State.Running}}", name)) === "true") return name;
        throw new Error(`${name} ended at once: ${(await tryRun("docker", ["logs", name])).text}`);
    }

    /** Makes a volume; gives its name. */
    async volume(role: string): Promise<string> {
        const name = `${this.name}-${role}`;
        await docker("volume", "create", name);
        this.volumes.push(name);
        return name;
    }

    async stop(container: string): Promise<void> {
        await tryRun("docker", ["rm", "-f", "-v", container]);
    }

    /** Where the proxy that is tried at present listens: all have the same address, one after the other. */
    get proxy(): Target {
        return { host: this.addresses.nginx, port };
    }
}

/** Waits, 15 s at most, until something answers with a status of at most `most`. */
export async function answers(address: string, path = "/healthz", most = 499): Promise<void> {
    for (const end = performance.now() + 15_000; ;) {
        const status = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(1000) }).then(
            async (response) => (await response.text(), response.status),
            () => 600,
        );
        if (status <= most) return;
        if (performance.now() > end) throw new Error(`${address} does not answer: ${status}`);
        await sleep(100);
    }
}

/** Runs a shell line in a container, with a text on its standard input. */
export async function inside(container: string, line: string, input = ""): Promise<string> {
    return (await run("docker", ["exec", "-i", container, "sh", "-ec", line], { input })).out;
}
