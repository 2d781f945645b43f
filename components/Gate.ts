import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { poolCheck, poolCheckDigest } from "../nginx/pool-check.ts";
import type { Color, Settings } from "../settings/settings.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";
import { nginxStep } from "./nginxStep.ts";
import type { ServerPool } from "./ServerPool.ts";

/** Arguments of Gate. */
export interface GateArgs {
    readonly settings: Settings;
    readonly color: Color;
    readonly pool: ServerPool;
    readonly loadBalancer: LoadBalancer;
    /** A new value makes the step run again; from the plan. */
    readonly attempt: string;
}

// Its few processes, those of the steps, and a question to each server at a time.
const nginxPids = 512;

/**
 * Waits until every container of a pool answers several times in a row. It runs again when a container was replaced
 * and, having failed, on every later `up`: a failed command leaves no new state behind. Its end takes the color from
 * testers.
 */
export class Gate extends pulumi.ComponentResource {
    constructor(name: string, args: GateArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:Gate", name, {}, opts);
        const { settings, color, pool, loadBalancer, attempt } = args;
        const check = poolCheckDigest(settings[color], pool.specs);
        const step = nginxStep("gate", `gate ${color}`, loadBalancer, { COLOR: color, CHECK: check, ATTEMPT: attempt });
        const bounds = pool.containerIds.apply((ids) =>
            [
                [settings[color].limits.pids, ...ids],
                [nginxPids, loadBalancer.containerName],
            ]
                .map((words) => words.join(" "))
                .join("\n"),
        );
        new command.local.Command(
            `${name}-check`,
            {
                ...step,
                delete: `withdraw ${color}`,
                environment: { ...step.environment, BOUNDS: bounds },
                stdin: pool.containerIds.apply((ids) => poolCheck(settings[color], pool.specs, ids)),
            },
            { parent: this },
        );
        this.registerOutputs({ color });
    }
}
