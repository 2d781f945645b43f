import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { liveColor } from "../nginx/steps.ts";
import type { Color } from "../settings/settings.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";
import { nginxStep } from "./nginxStep.ts";

/** Arguments of Traffic. */
export interface TrafficArgs {
    readonly activeColor: Color;
    readonly loadBalancer: LoadBalancer;
    /** A new value makes the step run again; from the plan. */
    readonly attempt: string;
}

/** Which color is live: the one resource that a cutover changes. It returns when each of nginx's workers serves it. */
export class Traffic extends pulumi.ComponentResource {
    /** The color that the step saw served by every worker; in a preview, the one that it will make live. */
    readonly liveColor: pulumi.Output<Color>;

    constructor(name: string, args: TrafficArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:Traffic", name, {}, opts);
        const { activeColor, loadBalancer, attempt } = args;
        const variables = { ACTIVE_COLOR: activeColor, ATTEMPT: attempt };
        const step = new command.local.Command(
            `${name}-switch`,
            nginxStep("traffic", "traffic", loadBalancer, variables),
            { parent: this },
        );
        this.liveColor = pulumi.runtime.isDryRun()
            ? pulumi.output(activeColor)
            : step.stdout.apply((said) => liveColor(said) ?? activeColor);
        this.registerOutputs({ liveColor: this.liveColor });
    }
}
