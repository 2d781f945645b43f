// How a pool is to be checked, as gate.sh and traffic.sh read it.
import { digestOf, type ContainerSpec } from "../plan/pool.ts";
import type { PoolSettings } from "../settings/settings.ts";

/**
 * The check of a pool: a line with how to ask, then a line for each server.
 *
 * @param ids the containers' ids: what has passed is known of these, and of no others with the same names
 */
export function poolCheck(
    { health, containerPort }: PoolSettings,
    containers: readonly ContainerSpec[],
    ids: readonly string[] = [],
): string {
    const [least = "", most = least] = health.status.split("-");
    const how = [health.path, least, most, health.successes, health.intervalSeconds, health.timeoutSeconds];
    const servers = containers.map(({ server, address, name }, index) =>
        [server, `${address}:${containerPort}`, name, ids[index] ?? ""].join(" ").trimEnd(),
    );
    return [how.join(" "), ...servers].map((line) => `${line}\n`).join("");
}

/** What a gate reaches when its pool passes: it is kept in its record, and tells whether that was the check asked for. */
export function poolCheckDigest(pool: PoolSettings, containers: readonly ContainerSpec[]): string {
    return digestOf(poolCheck(pool, containers));
}
