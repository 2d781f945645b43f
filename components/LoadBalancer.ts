import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { nginxMemoryMb } from "../nginx/memory.ts";
import { listenPort, stateDir } from "../nginx/paths.ts";
import { script } from "../nginx/steps.ts";
import { labelNames, nginxContainer, type Service } from "../plan/pool.ts";
import { AddressPlan } from "../settings/addresses.ts";
import type { Settings } from "../settings/settings.ts";
import { containerDefaults, containerOptions } from "./containers.ts";
import { Successor } from "./Successor.ts";

/** Arguments of LoadBalancer. */
export interface LoadBalancerArgs {
    readonly settings: Settings;
    readonly service: Service;
    /** The name of the stack's network. */
    readonly network: pulumi.Input<string>;
    /** A new value makes nginx anew; "" keeps the last one. From the plan. */
    readonly attempt: string;
}

/**
 * The nginx container and the volume with its config. No deploy and no cutover changes any input of it, since
 * replacing it is an outage: what it serves comes from the volume, which the routes and traffic steps write.
 */
export class LoadBalancer extends pulumi.ComponentResource {
    /** The name of the nginx container. */
    readonly containerName: string;
    /** The id of the nginx container: a step that has it as an input runs again when nginx was made anew. */
    readonly containerId: pulumi.Output<string>;

    constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:LoadBalancer", name, {}, opts);
        const { settings, service, network, attempt } = args;
        const spec = nginxContainer(settings, service);
        const volume = new docker.Volume(
            `${name}-config`,
            { name: `${spec.name}-config`, labels: [{ label: labelNames.service, value: service.name }] },
            { parent: this, deleteBeforeReplace: true },
        );
        const image = new docker.RemoteImage(
            `${name}-image`,
            { name: settings.nginxImage, keepLocally: true },
            { parent: this },
        );
        const successor = new Successor(
            `${name}-successor`,
            { settings, service, memoryMb: nginxMemoryMb, network, volume: volume.name, attempt },
            { parent: this, dependsOn: [image] },
        );
        const container = new docker.Container(
            spec.name,
            {
                ...containerDefaults(spec.labels),
                name: spec.name,
                image: settings.nginxImage,
                entrypoints: ["sh", "-c"],
                command: [script("boot")],
                // nginx has no use for it: it replaces a container that Pulumi takes for the one that runs.
                envs: attempt ? [`ATTEMPT=${attempt}`] : undefined,
                networkMode: "bridge", // what the provider starts from before it connects the network below
                networksAdvanced: [{ name: network, ipv4Address: new AddressPlan(settings.subnet).nginx }],
                ports: [{ internal: listenPort, external: settings.port, ip: settings.bindAddress, protocol: "tcp" }],
                volumes: [{ volumeName: volume.name, containerPath: stateDir }],
                memory: nginxMemoryMb,
                // nginx finishes its requests on QUIT and cuts them on TERM.
                stopSignal: "SIGQUIT",
                stopTimeout: settings.stopGraceSeconds,
                destroyGraceSeconds: settings.stopGraceSeconds,
            },
            {
                ...containerOptions,
                ignoreChanges: [...containerOptions.ignoreChanges, ...(attempt ? [] : ["envs"])],
                parent: this,
                dependsOn: [image, successor.proof],
            },
        );
        this.containerName = spec.name;
        this.containerId = container.id;
        this.registerOutputs({ containerName: this.containerName, containerId: this.containerId });
    }
}
