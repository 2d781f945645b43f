import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { poolContainers, type ContainerSpec, type Service } from "../plan/pool.ts";
import type { Color, Settings } from "../settings/settings.ts";
import { containerDefaults, containerOptions } from "./containers.ts";
import { PoolImage } from "./PoolImage.ts";

/** Arguments of ServerPool. */
export interface ServerPoolArgs {
    readonly settings: Settings;
    readonly service: Service;
    /** The color; it must have an image. */
    readonly color: Color;
    /** The name of the stack's network. */
    readonly network: pulumi.Input<string>;
}

/** All containers of one color, one a server, each with a fixed name and address. */
export class ServerPool extends pulumi.ComponentResource {
    /** The containers as they are asked for. */
    readonly specs: readonly ContainerSpec[];
    /** The ids of the containers, which change when they are replaced. */
    readonly containerIds: pulumi.Output<string[]>;

    constructor(name: string, args: ServerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:ServerPool", name, {}, opts);
        const { settings, service, color, network } = args;
        const { envIsSecret, limits, stopGraceSeconds } = settings[color];
        const image = new PoolImage(`${name}-image`, { settings, color }, { parent: this });
        this.specs = poolContainers(settings, service, color);
        const containers = this.specs.map((spec) => {
            const envs = [...spec.envs];
            return new docker.Container(
                spec.name,
                {
                    ...containerDefaults(spec.labels),
                    name: spec.name,
                    // The text of the config, not the image's output: a preview then shows the replacement.
                    image: spec.image,
                    command: spec.command.length > 0 ? [...spec.command] : undefined,
                    envs: envIsSecret ? pulumi.secret(envs) : envs,
                    networkMode: "bridge", // what the provider starts from before it connects the network below
                    networksAdvanced: [{ name: network, ipv4Address: spec.address }],
                    memory: limits.memoryMb,
                    stopTimeout: stopGraceSeconds,
                    destroyGraceSeconds: stopGraceSeconds,
                },
                { ...containerOptions, parent: this, dependsOn: [image] },
            );
        });
        this.containerIds = pulumi.all(containers.map((container) => container.id));
        this.registerOutputs({ containerIds: this.containerIds });
    }
}
