import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { previewPath } from "../nginx/render.ts";
import type { Plan } from "../plan/plan.ts";
import { labelNames, poolContainers, poolImage, type Service } from "../plan/pool.ts";
import { AddressPlan } from "../settings/addresses.ts";
import { otherColor, type Color, type Settings } from "../settings/settings.ts";
import { Gate } from "./Gate.ts";
import { LoadBalancer } from "./LoadBalancer.ts";
import { Routes } from "./Routes.ts";
import { ServerPool } from "./ServerPool.ts";
import { Traffic } from "./Traffic.ts";

/** Arguments of BlueGreenService. */
export interface BlueGreenServiceArgs {
    /** The checked settings; `parseSettings` makes them. */
    readonly settings: Settings;
    /** The name that begins all names on the engine, and the stack's name for the labels. */
    readonly service: Service;
    /** What the `plan` function decided from what is live. */
    readonly plan: Plan;
}

/** One color, as the last `up` that got beyond the traffic step asked for it. */
export interface ColorOutputs {
    /** The image of its containers; "" when it has none. */
    readonly image: string;
    /** The names of its containers; whether they passed their health check is told by the preview's URL. */
    readonly containers: string[];
}

/**
 * A service in two colors behind nginx: a network, a pool of containers for each color that has an image, and nginx.
 *
 * The order within one `up`: the active pool, its gate, the routes, the traffic, and only then the idle pool and its
 * gate. So a color that becomes active is deployed and checked before it gets traffic, and one that stops being active
 * is changed after it has lost it.
 */
export class BlueGreenService extends pulumi.ComponentResource {
    /** Where the active color answers. */
    readonly url: pulumi.Output<string>;
    /** Where testers reach each color. */
    readonly previewUrls: pulumi.Output<Record<Color, string>>;
    /** The color that serves, as the traffic step saw it: after a cutover that failed, still the one before. */
    readonly activeColor: pulumi.Output<Color>;
    /** The other color. */
    readonly idleColor: pulumi.Output<Color>;
    readonly blue: pulumi.Output<ColorOutputs>;
    readonly green: pulumi.Output<ColorOutputs>;

    constructor(name: string, args: BlueGreenServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        // No args to any component's super: they would be inputs, and a cutover would show as a change of each component.
        super("blue-green:index:BlueGreenService", name, {}, opts);
        const { settings, service, plan } = args;
        const { activeColor } = settings;
        const idleColor = otherColor(activeColor);
        const child = { parent: this };

        const network = new docker.Network(
            `${name}-network`,
            {
                name: `${service.name}-network`,
                driver: "bridge",
                ipamConfigs: [{ subnet: settings.subnet, gateway: new AddressPlan(settings.subnet).gateway }],
                labels: [{ label: labelNames.service, value: service.name }],
            },
            { ...child, deleteBeforeReplace: true },
        );
        const loadBalancer = new LoadBalancer(
            `${name}-lb`,
            { settings, service, network: network.name, attempt: plan.attempts.nginx },
            child,
        );
        const deploy = (color: Color, after: pulumi.Resource[]) => {
            if (!settings[color].image) return [];
            const options = { ...child, dependsOn: after };
            const pool = new ServerPool(
                `${name}-${color}`,
                { settings, service, color, network: network.name },
                options,
            );
            return [
                pool,
                new Gate(
                    `${name}-${color}-gate`,
                    { settings, color, pool, loadBalancer, attempt: plan.attempts[color] },
                    options,
                ),
            ];
        };
        const active = deploy(activeColor, []);
        const routes = new Routes(
            `${name}-routes`,
            { settings, loadBalancer, attempt: plan.attempts.routes },
            { ...child, dependsOn: active },
        );
        const traffic = new Traffic(
            `${name}-traffic`,
            { activeColor, loadBalancer, attempt: plan.attempts.traffic },
            { ...child, dependsOn: [routes, ...active] },
        );
        deploy(idleColor, [traffic]);

        const host = settings.bindAddress === "0.0.0.0" ? "localhost" : settings.bindAddress;
        const url = `http://${host}${settings.port === 80 ? "" : `:${settings.port}`}`;
        const describe = (color: Color) => ({
            image: poolImage(settings, color),
            containers: poolContainers(settings, service, color).map((spec) => spec.name),
        });
        this.url = pulumi.output(`${url}/`);
        this.previewUrls = pulumi.output({
            blue: `${url}${previewPath(settings, "blue")}/`,
            green: `${url}${previewPath(settings, "green")}/`,
        });
        // Of the traffic step alone: outputs are kept all at once, so one that waited for the idle color would, when that
        // fails, keep from the others what is true by then.
        this.activeColor = traffic.liveColor;
        this.idleColor = traffic.liveColor.apply(otherColor);
        this.blue = pulumi.output(describe("blue"));
        this.green = pulumi.output(describe("green"));
        this.registerOutputs({
            url: this.url,
            previewUrls: this.previewUrls,
            activeColor: this.activeColor,
            idleColor: this.idleColor,
            blue: this.blue,
            green: this.green,
        });
    }
}
