import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Color } from "../settings/settings.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";
import { nginxStep } from "./nginxStep.ts";

/** Arguments of Traffic. */
export interface TrafficArgs {
    readonly activeColor: Color;
    readonly loadBalancer: LoadBalancer;
    /** A new value makes the step run again; from the plan. */
    readonly repair: string;
}

/** Which color is live: the one resource that a cutover changes. It returns when each of nginx's workers serves it. */
export class Traffic extends pulumi.ComponentResource {
    constructor(name: string, args: TrafficArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:Traffic", name, {}, opts);
        const environment = { ACTIVE_COLOR: args.activeColor, REPAIR: args.repair };
        new command.local.Command(`${name}-switch`, nginxStep("traffic", args.loadBalancer, environment), {
            parent: this,
        });
        this.registerOutputs({ activeColor: args.activeColor });
    }
}
