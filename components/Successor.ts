import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { script, successorProgram } from "../nginx/steps.ts";
import { labelNames, nginxContainer, type Service } from "../plan/pool.ts";
import type { Settings } from "../settings/settings.ts";
import { runOptions } from "./containers.ts";

/** Arguments of Successor. */
export interface SuccessorArgs {
    readonly settings: Settings;
    readonly service: Service;
    readonly memoryMb: number;
    /** The name of the stack's network, which has to outlive what was put back. */
    readonly network: pulumi.Input<string>;
    /** The name of the volume with nginx's config; likewise. */
    readonly volume: pulumi.Input<string>;
    /** A new value makes the proof run again; "" keeps the last one. From the plan. */
    readonly attempt: string;
}

/** What README asks of nginxImage. */
const leastVersion = "1.28";

/**
 * The replacement of nginx: proven before the old one goes, and undone when it fails all the same. Both commands run
 * when an input of nginx's container changes, and otherwise not at all.
 */
export class Successor extends pulumi.ComponentResource {
    /** What nginx's container has to wait for. */
    readonly proof: pulumi.Resource;

    constructor(name: string, args: SuccessorArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:Successor", name, {}, opts);
        const { settings, service, memoryMb } = args;
        const { name: nginx, before, digest } = nginxContainer(settings, service);
        const run = (what: string) => `eval(process.env.PROGRAM) // ${what}`; // short, as in nginxStep
        const common = { interpreter: ["node", "-e"], addPreviousOutputInEnv: false };
        const leftovers = ["tried", "standby", "before", "failed"].map((end) => `${nginx}-${end}`);
        const proof = new command.local.Command(
            `${name}-proof`,
            {
                ...common,
                create: run("proof"),
                update: run("proof"),
                delete: `require("node:child_process").spawnSync("docker", ["rm", "-f", ...${JSON.stringify(leftovers)}])`,
                environment: {
                    NGINX: nginx,
                    BEFORE: before,
                    WANTED: JSON.stringify({
                        image: settings.nginxImage,
                        bindAddress: settings.bindAddress,
                        port: settings.port,
                        stopGraceSeconds: settings.stopGraceSeconds,
                        memoryMb,
                        options: runOptions(memoryMb),
                        least: leastVersion,
                        digestLabel: labelNames.digest,
                        digest,
                    }),
                    BOOT: script("boot"),
                    VOLUME: args.volume,
                    NETWORK: args.network,
                    ATTEMPT: args.attempt,
                    CHECK: script("proof"),
                    GUARD: successorProgram("guard"),
                    PROGRAM: successorProgram("proof"),
                },
            },
            { parent: this, ignoreChanges: args.attempt ? [] : ["environment.ATTEMPT"] },
        );
        new command.local.Command(
            `${name}-outcome`,
            {
                ...common,
                create: run("outcome"),
                update: run("outcome"),
                environment: {
                    NGINX: nginx,
                    BEFORE: before,
                    PROOF: proof.stdout,
                    PROGRAM: successorProgram("outcome"),
                },
            },
            { parent: this },
        );
        this.proof = proof;
        this.registerOutputs({});
    }
}
