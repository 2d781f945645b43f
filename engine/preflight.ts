// Looks, before anything is made, for what the engine would refuse halfway with a message that names no config key.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import type { Live } from "../plan/live.ts";
import { nginxContainer, type Service } from "../plan/pool.ts";
import { overlaps } from "../settings/addresses.ts";
import { OperatorError } from "../settings/problems.ts";
import type { Settings } from "../settings/settings.ts";
import type { Docker } from "./docker.ts";

/**
 * Checks that the port and the subnet are free, unless the service has them already.
 *
 * @param local whether the engine runs on this machine, so that its ports and networks can be looked at directly
 * @throws OperatorError that names the key to change
 */
export async function preflight(
    docker: Docker,
    settings: Settings,
    service: Service,
    live: Live,
    local: boolean,
): Promise<void> {
    const wanted = nginxContainer(settings, service);
    const nginx = live.containers.find((container) => container.name === wanted.name);
    const problems = await Promise.all([
        nginx?.state === "running" && nginx.digest === wanted.digest
            ? undefined
            : portProblem(docker, settings, service, local),
        nginx ? undefined : subnetProblem(docker, settings, service, local),
    ]);
    const found = problems.filter((problem) => problem !== undefined);
    if (found.length > 0) throw new OperatorError(`${found.join("\n")}\nNothing was changed.`);
}

async function portProblem(docker: Docker, { port, bindAddress }: Settings, { name }: Service, local: boolean) {
    const say = (holder: string) =>
        `port ${port} on ${bindAddress} is in use${holder}. Stop what uses it, or choose another:\n` +
        `  pulumi config set port ${port < 1024 ? 8080 : port + 1}`;
    const listing = await docker("ps", "--filter", `publish=${port}`, "--format", "{{.Names}}\t{{.Ports}}");
    const holders = listing
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split("\t"));
    if (holders.some(([holder]) => holder === `${name}-nginx`)) return undefined; // it is replaced, and gives it up
    const holder = holders.find(([, ports = ""]) => sharesAddress(ports, port, bindAddress));
    if (holder) return say(` by container ${holder[0]}`);
    return local && (await isTaken(port, bindAddress)) ? say("") : undefined;
}

function sharesAddress(ports: string, port: number, bindAddress: string): boolean {
    return ports.split(", ").some((entry) => {
        const [, address, first, last] = /^(.*):(\d+)(?:-(\d+))?->.*\/tcp$/.exec(entry) ?? [];
        if (first === undefined || port < Number(first) || port > Number(last ?? first)) return false;
        return address === bindAddress || address === "0.0.0.0" || bindAddress === "0.0.0.0";
    });
}

function isTaken(port: number, host: string): Promise<boolean> {
    return new Promise((resolve) => {
        const server = createServer();
        // Any other error (a low port without the right to bind it) says nothing about the engine, which has that right.
        server.once("error", (error: NodeJS.ErrnoException) => {
            resolve(error.code === "EADDRINUSE");
        });
        server.listen({ port, host, exclusive: true }, () => {
            server.close(() => {
                resolve(false);
            });
        });
    });
}

async function subnetProblem(docker: Docker, { subnet }: Settings, { name }: Service, local: boolean) {
    const ids = (await docker("network", "ls", "-q")).split("\n").filter((id) => id !== "");
    const format = "{{.Name}}\t{{.Id}}{{range .IPAM.Config}}\t{{.Subnet}}{{end}}";
    const listing = ids.length === 0 ? "" : await docker("network", "inspect", "--format", format, ...ids);
    const networks = listing.split("\n").map((line) => line.split("\t"));
    // A leftover of an `up` that was killed: the network stands, nginx doesn't yet.
    if (networks.some(([other]) => other === `${name}-network`)) return undefined;
    const taken =
        networks.find(([, , ...subnets]) => subnets.some((other) => overlaps(other, subnet)))?.[0] ??
        (local ? interfaceIn(subnet) : undefined);
    return taken === undefined
        ? undefined
        : `subnet ${subnet} overlaps with the network ${taken}. Choose one that is free here:\n` +
              `  pulumi config set subnet ${otherSubnet(subnet)}`;
}

function interfaceIn(subnet: string): string | undefined {
    const addresses = Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
        all.map(({ cidr }) => [name, cidr ?? ""] as const),
    );
    return [...addresses, ...routes()].find(([, network]) => overlaps(network, subnet))?.[0];
}

// Also of interfaces that are down: a bridge that a killed engine left swallows what is meant for the new one.
function routes(): (readonly [name: string, network: string])[] {
    try {
        return parseRoutes(readFileSync("/proc/net/route", "utf8"));
    } catch {
        return []; // not Linux
    }
}

/** Parses Linux's /proc/net/route: the interface and the network of each route but the default ones. */
export function parseRoutes(text: string): (readonly [name: string, network: string])[] {
    const lines = text.trim().split("\n").slice(1);
    return lines.flatMap((line) => {
        const fields = line.split(/\s+/);
        const [name = "", destination = "", mask = ""] = [fields[0], fields[1], fields[7]];
        const bits = Number.parseInt(mask, 16).toString(2).replaceAll("0", "").length;
        const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(destination.slice(at, at + 2), 16));
        return bits === 0 ? [] : [[name, `${bytes.join(".")}/${bits}`] as const];
    });
}

function otherSubnet(subnet: string): string {
    return subnet === "10.231.78.0/24" ? "10.231.79.0/24" : "10.231.78.0/24";
}
