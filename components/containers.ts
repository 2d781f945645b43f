import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";

// What an image needs that starts as root and then becomes another user, as many do. The rest is dropped.
const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/** What all containers of the service have in common: they come back after a restart and can do little harm. */
export function containerDefaults(labels: Readonly<Record<string, string>>) {
    return {
        labels: Object.entries(labels).map(([label, value]) => ({ label, value })),
        // Not unless-stopped: an engine that was killed takes what it finds running for stopped on purpose, and leaves it.
        restart: "always",
        mustRun: true,
        securityOpts: ["no-new-privileges:true"],
        capabilities: { drops: ["ALL"], adds: capabilities.map((name) => `CAP_${name}`) },
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
    } satisfies Partial<docker.ContainerArgs>;
}

/** The same bounds for `docker run`. */
export function runOptions(memoryMb: number): string[] {
    const { securityOpts, capabilities } = containerDefaults({});
    return [
        ...["--memory", `${memoryMb}m`],
        ...securityOpts.flatMap((option) => ["--security-opt", option]),
        ...capabilities.drops.flatMap((name) => ["--cap-drop", name]),
        ...capabilities.adds.flatMap((name) => ["--cap-add", name]),
    ];
}

/**
 * Options of every container. Name, address and port are fixed, so an old one has to go before its successor comes.
 * The engine chooses memorySwap, by what its kernel can do; the provider takes that for a change unless told not to.
 */
export const containerOptions = {
    deleteBeforeReplace: true,
    ignoreChanges: ["memorySwap"],
} satisfies pulumi.CustomResourceOptions;
