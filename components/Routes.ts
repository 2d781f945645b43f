import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { renderRoutes } from "../nginx/render.ts";
import type { Settings } from "../settings/settings.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";
import { nginxStep } from "./nginxStep.ts";

/** Arguments of Routes. */
export interface RoutesArgs {
    readonly settings: Settings;
    readonly loadBalancer: LoadBalancer;
    /** A new value makes the step run again; from the plan. */
    readonly attempt: string;
}

/** nginx's config in force: changes with servers, ports, testers and timeouts, by a proven reload; never with a cutover. */
export class Routes extends pulumi.ComponentResource {
    constructor(name: string, args: RoutesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:Routes", name, {}, opts);
        const { config, generation } = renderRoutes(args.settings);
        const variables = { GENERATION: generation, ATTEMPT: args.attempt };
        new command.local.Command(
            `${name}-reload`,
            { ...nginxStep("routes", "routes", args.loadBalancer, variables), stdin: config },
            { parent: this },
        );
        this.registerOutputs({ generation });
    }
}
