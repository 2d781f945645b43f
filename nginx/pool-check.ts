// How a pool is to be checked, as gate.sh and traffic.sh read it.
import type { ContainerSpec } from "../plan/pool.ts";
import type { PoolSettings } from "../settings/settings.ts";

/** The check of a pool: a line with how to ask, then a line for each server. */
export function poolCheck({ health, containerPort }: PoolSettings, containers: readonly ContainerSpec[]): string {
    const [least = "", most = least] = health.status.split("-");
    const how = [health.path, least, most, health.successes, health.intervalSeconds, health.timeoutSeconds];
    const servers = containers.map(({ server, address, name }) => [server, `${address}:${containerPort}`, name]);
    return [how, ...servers].map((fields) => `${fields.join(" ")}\n`).join("");
}
