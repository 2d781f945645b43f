// What an `up` may do, decided from the settings and from what is live. Pure.
import { poolCheckDigest } from "../nginx/pool-check.ts";
import { renderRoutes } from "../nginx/render.ts";
import { OperatorError } from "../settings/problems.ts";
import { colors, otherColor, type Color, type Settings } from "../settings/settings.ts";
import type { Live, LiveContainer, Recorded } from "./live.ts";
import { digestOf, nginxContainer, poolContainers, type Service } from "./pool.ts";

/** What an `up` does beyond what Pulumi finds by comparing inputs. */
export interface Plan {
    /** An input of each step, and of nginx: a new value where it has to be done again although nothing else changes. */
    readonly attempts: Readonly<Record<Recorded | "nginx", string>>;
    /** What the operator should know before saying yes. */
    readonly warnings: readonly string[];
}

/**
 * Plans an `up`.
 *
 * @param newAttempt makes a name for an attempt that no earlier one had
 * @throws OperatorError when the `up` would change containers under traffic, with the command to type instead
 */
export function plan(settings: Settings, service: Service, live: Live, newAttempt: () => string): Plan {
    refuseChangeUnderTraffic(settings, service, live);
    return {
        attempts: {
            ...attempts(settings, service, live, newAttempt),
            nginx: putBack(settings, service, live) ? newAttempt() : "",
        },
        warnings: [
            ...nginxWarnings(settings, service, live),
            ...rollbackWarnings(settings, service, live),
            ...stepWarnings(live),
            ...troubles(settings, service, live),
        ],
    };
}

// Pulumi compares a step's inputs with those that it knows of. It knows neither of a marker or a config that somebody
// has changed by hand, nor of a step that has done its work when `up` was killed. So each step keeps a record, and it
// runs again, having an input with a new value, unless it has reached what is wanted now and this is what is there. The
// value follows from the record, so that a preview has the same, and it stays, so that the next `up` has nothing to do.
function attempts(settings: Settings, service: Service, { nginx }: Live, newAttempt: () => string) {
    const attempt = (step: Recorded, wanted: string, ...there: string[]) => {
        if (!nginx) return "";
        const record = nginx.records[step];
        if (!record) return newAttempt();
        return [record.reached, ...there].every((found) => found === wanted)
            ? record.attempt
            : digestOf(record, wanted);
    };
    const gate = (color: Color) =>
        attempt(color, poolCheckDigest(settings[color], poolContainers(settings, service, color)));
    return {
        traffic: attempt("traffic", settings.activeColor, nginx?.color ?? ""),
        routes: attempt("routes", renderRoutes(settings).generation, nginx?.generation ?? "", nginx?.current ?? ""),
        blue: gate("blue"),
        green: gate("green"),
    };
}

function refuseChangeUnderTraffic(settings: Settings, service: Service, live: Live): void {
    const serving = live.nginx?.color;
    if (!serving) return;
    refuseChangeOfTopology(settings, live.containers, serving);
    const [changed] = changedContainers(settings, service, live, serving);
    // Pulumi moves the traffic first when it moves at all; what then changes is the idle color.
    if (settings.activeColor !== serving || !changed) return;
    throw new OperatorError(refusal(settings, serving, changed.image));
}

/** The containers of a color that would be made anew. */
function changedContainers(settings: Settings, service: Service, live: Live, color: Color): LiveContainer[] {
    const wanted = new Map(poolContainers(settings, service, color).map((spec) => [spec.name, spec]));
    return live.containers.filter((container) => {
        const spec = container.color === color ? wanted.get(container.name) : undefined;
        return spec !== undefined && spec.digest !== container.digest;
    });
}

// Neither can wait until the traffic has moved: nginx's routes to both colors are written before it does, and both
// colors share the subnet.
function refuseChangeOfTopology(settings: Settings, containers: readonly LiveContainer[], serving: Color): void {
    const port = containers.find((container) => container.color === serving)?.port;
    const { containerPort } = settings[serving];
    if (port && port !== String(containerPort)) {
        const idle = otherColor(serving);
        throw new OperatorError(
            `${serving} is serving on port ${port}: its containerPort can't become ${containerPort} under traffic. Nothing was\n` +
                `changed. Keep it, give the new one to ${idle} alone, try that at its preview, then cut over:\n` +
                `  pulumi config set ${serving}ContainerPort ${port}\n` +
                `  pulumi config set ${idle}ContainerPort ${containerPort} && pulumi up`,
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
            `Nothing was changed. Deploy to ${idle} instead, try it at its preview, then cut over:`,
            `  pulumi config set ${serving}Image ${runningImage}`,
            `  pulumi config set ${idle}Image ${wantedImage} && pulumi up`,
            `  pulumi config set activeColor ${idle} && pulumi up`,
        ].join("\n");
    }
    const own = [`${idle}Command`, `${idle}Env`, `${idle}Limits`, `${idle}Build`].join(", ");
    return [
        `${serving} is serving: a change of its build, command, env, limits or stopGraceSeconds would replace its`,
        `containers under traffic. Nothing was changed. Put back what ${serving} gets, and give the new values to ${idle}`,
        `alone (${own}, …: they go over the common ones). Then deploy,`,
        `try it at its preview, and cut over:`,
        ...(settings[idle].image ? [] : [`  pulumi config set ${idle}Image ${wantedImage}`]),
        `  pulumi up`,
        `  pulumi config set activeColor ${idle} && pulumi up`,
    ].join("\n");
}

function rollbackWarnings(settings: Settings, service: Service, live: Live): string[] {
    const serving = live.nginx?.color;
    if (!serving || settings.activeColor === serving) return [];
    return changedContainers(settings, service, live, serving).length === 0
        ? []
        : [
              `${serving} loses the traffic and is then made anew with other settings: a rollback will be to those, not to ` +
                  "what serves now.",
          ];
}

// Pulumi goes by what it did last: that a container of the stack is not well, no comparison of inputs would tell.
function troubles(settings: Settings, service: Service, { containers }: Live): string[] {
    const servers = colors.flatMap((color) => poolContainers(settings, service, color));
    const kept = new Map([nginxContainer(settings, service), ...servers].map(({ name, digest }) => [name, digest]));
    // What this `up` replaces or removes is no news.
    const sick = containers.filter(({ name, digest, trouble }) => trouble && kept.get(name) === digest);
    return sick.map(({ name, state, trouble, lastLine }) => {
        const what = {
            restarts: `${name} restarts again and again: the engine did it within the last ten minutes.`,
            unhealthy: `${name} is unhealthy: the health check of its image fails.`,
            stopped: `${name} does not run, it is ${state}. \`pulumi up --refresh\` brings it back.`,
        }[trouble ?? "stopped"];
        return lastLine ? `${what} Its log ends with: ${lastLine}` : what;
    });
}

function putBack(settings: Settings, service: Service, { containers }: Live): boolean {
    const { before } = nginxContainer(settings, service);
    return containers.some(({ name, state }) => name === before && state === "running");
}

function nginxWarnings(settings: Settings, service: Service, live: Live): string[] {
    const wanted = nginxContainer(settings, service);
    if (putBack(settings, service, live)) {
        return [
            `nginx could not be replaced the last time, and was put back as it was: ${wanted.before} serves.\n` +
                "It is replaced now; requests fail for about a second meanwhile.",
        ];
    }
    const running = live.containers.find((container) => container.name === wanted.name);
    if (!live.nginx || !running || running.digest === wanted.digest) return [];
    return [
        "port, bindAddress or nginxImage changes: nginx is replaced, and requests fail for about a second meanwhile.",
    ];
}

// Nobody else may run an `up` at the same time, so one that does anything ends what is under way before it reads.
function stepWarnings({ nginx }: Live): string[] {
    if (!nginx?.step) return [];
    return [
        `another \`pulumi up\` is at work in nginx (${nginx.step}), or one was just killed: what is live may still change.\n` +
            "`pulumi up` ends that step first.",
    ];
}
