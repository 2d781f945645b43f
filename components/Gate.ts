import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { poolCheck } from "../nginx/pool-check.ts";
import { paths } from "../nginx/paths.ts";
import { gateProgram, script } from "../nginx/steps.ts";
import type { Color, Settings } from "../settings/settings.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";
import type { ServerPool } from "./ServerPool.ts";

/** Arguments of Gate. */
export interface GateArgs {
    readonly settings: Settings;
    readonly color: Color;
    readonly pool: ServerPool;
    readonly loadBalancer: LoadBalancer;
}

// Two generations of workers during a reload, one worker a core.
const nginxPids = 512;

/**
 * Waits until every container of a pool answers several times in a row. It runs again when a container was replaced
 * and, having failed, on every later `up`: a failed command leaves no new state behind.
 */
export class Gate extends pulumi.ComponentResource {
    constructor(name: string, args: GateArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:Gate", name, {}, opts);
        const { settings, color, pool, loadBalancer } = args;
        const nginx = loadBalancer.containerName;
        const run = `eval(process.env.PROGRAM) // gate of ${color}`; // short, as in nginxStep
        new command.local.Command(
            `${name}-check`,
            {
                interpreter: ["node", "-e"],
                create: run,
                update: run,
                // A color without a gate that passed is not shown to testers. nginx may be gone already.
                delete: `require("node:child_process").spawnSync("docker", ["exec", "${nginx}", "rm", "-f", "${paths.ready}/${color}"])`,
                environment: {
                    COLOR: color,
                    NGINX: nginx,
                    NGINX_ID: loadBalancer.containerId,
                    POOL: poolCheck(settings[color], pool.specs),
                    BOUNDS: pulumi.interpolate`${settings[color].limits.pids} ${pool.containerIds.apply((ids) => ids.join(" "))}\n${nginxPids} ${nginx}`,
                    SCRIPT: script("gate"),
                    PROGRAM: gateProgram(),
                },
                addPreviousOutputInEnv: false,
            },
            { parent: this },
        );
        this.registerOutputs({ color });
    }
}
