// What an `up` may do, decided from the settings and from what is live. Pure.
import { OperatorError } from "../settings/problems.ts";
import { otherColor, type Color, type Settings } from "../settings/settings.ts";
import type { Live, LiveContainer, StepRecord } from "./live.ts";
import { nginxContainer, poolContainers, type Service } from "./pool.ts";

/** What an `up` does beyond what Pulumi finds by comparing inputs. */
export interface Plan {
    /** Changes when nginx serves another color than the traffic step last reached, so that the step runs again. */
    readonly trafficRepair: string;
    /** Changes when nginx runs another config than the routes step last reached, so that the step runs again. */
    readonly routesRepair: string;
    /** What the operator should know before saying yes. */
    readonly warnings: readonly string[];
}

/**
 * Plans an `up`.
 *
 * @param newRepair makes a name for a repair that no earlier one had
 * @throws OperatorError when the `up` would change containers under traffic, with the command to type instead
 */
export function plan(settings: Settings, service: Service, live: Live, newRepair: () => string): Plan {
    refuseChangeUnderTraffic(settings, service, live);
    return {
        trafficRepair: repair(live.nginx?.color, live.nginx?.traffic, newRepair, live),
        routesRepair: repair(live.nginx?.generation, live.nginx?.routes, newRepair, live),
        warnings: nginxWarnings(settings, service, live),
    };
}

// A step whose record tells something else than nginx does has drifted: somebody moved the marker or the config by
// hand, or emptied the volume. Pulumi sees none of that, so an input of the step is changed. It stays at its new
// value (the step writes it into its record), so that the `up` after the repair has nothing to do.
function repair(
    actual: string | undefined,
    record: StepRecord | undefined,
    newRepair: () => string,
    live: Live,
): string {
    if (!live.nginx) return "";
    if (record?.reached === actual && record) return record.repair;
    return newRepair();
}

function refuseChangeUnderTraffic(settings: Settings, service: Service, live: Live): void {
    const serving = live.nginx?.color;
    if (!serving) return;
    refuseChangeOfTopology(settings, live.containers, serving);
    // Pulumi moves the traffic first when it moves at all; what then changes is the idle color.
    const wanted = new Map(poolContainers(settings, service, serving).map((spec) => [spec.name, spec]));
    const running = live.containers.filter((container) => container.color === serving);
    const changed = running.filter((container) => {
        const spec = wanted.get(container.name);
        return spec !== undefined && spec.digest !== container.digest;
    });
    if (settings.activeColor !== serving || changed.length === 0) return;
    throw new OperatorError(refusal(settings, serving, changed[0]?.image ?? ""));
}

// Both colors share the port and the subnet, so there is no order in which they could change one after the other.
function refuseChangeOfTopology(settings: Settings, containers: readonly LiveContainer[], serving: Color): void {
    const port = containers.find((container) => container.color === serving)?.port;
    const { containerPort } = settings[serving];
    if (port && port !== String(containerPort)) {
        throw new OperatorError(
            `${serving} is serving on containerPort ${port}: nginx reaches both colors on the same port, so it can't\n` +
                `become ${containerPort} under traffic. Nothing was changed. Keep it, and tell the new version\n` +
                `which port to use (many read one from env):\n  pulumi config set containerPort ${port}`,
        );
    }
    const subnet = containers.find((container) => container.subnet)?.subnet;
    if (subnet && subnet !== settings.subnet) {
        throw new OperatorError(
            `the service runs in subnet ${subnet}: moving it to ${settings.subnet} would take it down. Nothing was\n` +
                `changed. Keep it, or run \`pulumi destroy\` first when you can be without the service:\n` +
                `  pulumi config set subnet ${subnet}`,
        );
    }
}

function refusal(settings: Settings, serving: Color, runningImage: string): string {
    const idle = otherColor(serving);
    const wantedImage = settings[serving].image;
    const imageChanges = wantedImage !== runningImage && !settings[serving].build;
    if (imageChanges) {
        return [
            `${serving} is serving: its image can't change from ${runningImage} to ${wantedImage} under traffic.`,
            `Nothing was changed. Deploy to ${idle} instead, try it at /${idle}/, then cut over:`,
            `  pulumi config set ${serving}Image ${runningImage}`,
            `  pulumi config set ${idle}Image ${wantedImage} && pulumi up`,
            `  pulumi config set activeColor ${idle} && pulumi up`,
        ].join("\n");
    }
    return [
        `${serving} is serving: a change of its build, command, env or stopGraceSeconds would replace its containers`,
        `under traffic. Nothing was changed. Cut over in the same step, and ${idle} is started with the change and`,
        `checked first, then gets the traffic, and ${serving} follows:`,
        ...(settings[idle].image ? [] : [`  pulumi config set ${idle}Image ${wantedImage}`]),
        `  pulumi config set activeColor ${idle} && pulumi up`,
    ].join("\n");
}

function nginxWarnings(settings: Settings, service: Service, live: Live): string[] {
    const wanted = nginxContainer(settings, service);
    const running = live.containers.find((container) => container.name === wanted.name);
    if (!live.nginx || !running || running.digest === wanted.digest) return [];
    return [
        "port, bindAddress or nginxImage changes: nginx is replaced, and requests fail for about a second meanwhile.",
    ];
}
