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

async function portProblem(docker: Docker, settings: Settings, service: Service, local: boolean) {
    const { port, bindAddress } = settings;
    if (local && (await errorOfListening(0, bindAddress)) === "EADDRNOTAVAIL") {
        return (
            `bindAddress ${bindAddress} is no address of this machine, which has ${ownAddresses().join(", ")}. Choose one of\n` +
            "these, or all of them:\n  pulumi config set bindAddress 0.0.0.0"
        );
    }
    const say = (address: string, holder: string) =>
        `port ${port} on ${address} is in use${holder}. Stop what uses it, or choose another:\n` +
        `  pulumi config set port ${port < 1024 ? 8080 : port + 1}`;
    const listing = await docker("ps", "--filter", `publish=${port}`, "--format", "{{.Names}}\t{{.Ports}}");
    const holders = listing
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split("\t") as [name: string, ports: string])
        .map(([name, ports]) => ({ name, addresses: addressesOf(ports, port) }));
    const { name, before } = nginxContainer(settings, service);
    const isOurs = (holder: { name: string }) => holder.name === name || holder.name === before;
    const meets = (address: string) => address === bindAddress || [address, bindAddress].includes("0.0.0.0");
    const holder = holders.find((other) => !isOurs(other) && other.addresses.some(meets));
    if (holder) return say(bindAddress, ` by container ${holder.name}`);
    // Ours is replaced, and gives up what it holds: it hides nobody else there, but stands in the way of a look at all.
    const given = holders.filter(isOurs).flatMap(({ addresses }) => addresses);
    if (!local || given.includes(bindAddress) || given.includes("0.0.0.0")) return undefined;
    const everywhere = bindAddress === "0.0.0.0" && given.length > 0;
    for (const address of everywhere ? ownAddresses().filter((own) => !given.includes(own)) : [bindAddress]) {
        if ((await errorOfListening(port, address)) === "EADDRINUSE") return say(address, "");
    }
    return undefined;
}

/** The addresses on which a container publishes a port, from the listing's `127.0.0.1:80->8080/tcp, …`. */
export function addressesOf(ports: string, port: number): string[] {
    return ports.split(", ").flatMap((entry) => {
        const [, address = "", first, last] = /^(.*):(\d+)(?:-(\d+))?->.*\/tcp$/.exec(entry) ?? [];
        return first !== undefined && Number(first) <= port && port <= Number(last ?? first) ? [address] : [];
    });
}

function ownAddresses(): string[] {
    const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    return all.filter(({ family }) => family === "IPv4").map(({ address }) => address);
}

// EACCES (a low port without the right to bind it) says nothing about the engine, which has that right.
function errorOfListening(port: number, host: string): Promise<string | undefined> {
    return new Promise((resolve) => {
        const server = createServer();
        server.once("error", (error: NodeJS.ErrnoException) => {
            resolve(error.code);
        });
        server.listen({ port, host, exclusive: true }, () => {
            server.close(() => {
                resolve(undefined);
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
