// From a stack's config, as Pulumi hands it over (all values are texts), to Settings. Every mistake is found in one go.
import { AddressPlan } from "./addresses.ts";
import {
    bindAddressProblem,
    cidrProblem,
    envNameProblem,
    healthPathProblem,
    imageProblem,
    placeholderProblem,
    sizeProblem,
    statusProblem,
    testerProblem,
} from "./checks.ts";
import { SettingsError } from "./problems.ts";
import { Reader } from "./reader.ts";
import { colors, defaults, type Build, type Color, type Settings } from "./settings.ts";

/** What a parse needs from outside. */
export interface ParseOptions {
    /** The project's name, which is the config's namespace. */
    readonly namespace: string;
    /** Whether `env` holds secrets; then no value of it is shown. */
    readonly envIsSecret?: boolean;
    /** The digest of a build's context; throws an Error whose message says what is wrong with the context. */
    readonly digestBuild?: (build: Omit<Build, "digest">) => string;
}

// What to type to set each key right. The keys are all that there are.
const examples = {
    activeColor: "pulumi config set activeColor green",
    blueImage: "pulumi config set blueImage registry.example.com/shop:1.4.2",
    greenImage: "pulumi config set greenImage registry.example.com/shop:1.4.3",
    blueBuild: "pulumi config set --path blueBuild.context ./server",
    greenBuild: "pulumi config set --path greenBuild.context ./server",
    servers: "pulumi config set servers 2",
    port: "pulumi config set port 8080",
    bindAddress: "pulumi config set bindAddress 127.0.0.1",
    containerPort: "pulumi config set containerPort 8080",
    command: `pulumi config set --path 'command[0]' java && pulumi config set --path 'command[1]' -- -jar`,
    env: "pulumi config set --path env.SPRING_PROFILES_ACTIVE '{{color}}'",
    health: "pulumi config set --path health.path /healthz",
    timeouts: "pulumi config set --path timeouts.readSeconds 300",
    limits: "pulumi config set --path limits.memoryMb 1024",
    stopGraceSeconds: "pulumi config set stopGraceSeconds 30",
    testers: "pulumi config set --path 'testers[0]' 10.20.0.0/16",
    subnet: "pulumi config set subnet 10.231.77.0/24",
    nginxImage: "pulumi config set nginxImage nginx:1.28.3",
    maxBodySize: "pulumi config set maxBodySize 50m",
} as const;

/** A key of the stack's config. */
export type Key = keyof typeof examples;

/** All keys of the stack's config. */
export const keys = Object.keys(examples) as Key[];

/**
 * Reads and checks a stack's config.
 *
 * @param raw the values by key, without namespace; objects and lists as JSON, as Pulumi passes them to a program
 * @throws SettingsError that lists every mistake with its key, value, rule and an example
 */
export function parseSettings(raw: Readonly<Record<string, string>>, options: ParseOptions): Settings {
    const reader = new Reader(raw, options.namespace, examples);
    for (const key of Object.keys(raw).filter((name) => !(keys as string[]).includes(name))) {
        reader.report(
            key,
            raw[key],
            `is not a key of this project. There are ${keys.join(", ")}`,
            `pulumi config rm ${key}`,
        );
    }
    const subnet = reader.text("subnet", defaults.subnet, (value) => cidrProblem(value, { least: 8, most: 27 }));
    const maxServers = new AddressPlan(reader.has("subnet") ? defaults.subnet : subnet).maxServers;
    const edge = {
        activeColor: reader.text("activeColor", defaults.activeColor, (value) =>
            (colors as readonly string[]).includes(value) ? undefined : "must be blue or green",
        ) as Color,
        servers: reader.integer("servers", defaults.servers, 1, maxServers, `the subnet holds ${maxServers}`),
        port: reader.integer("port", defaults.port, 1, 65535),
        bindAddress: reader.text("bindAddress", defaults.bindAddress, bindAddressProblem),
    };
    const common = {
        containerPort: reader.integer("containerPort", defaults.containerPort, 1, 65535),
        command: reader.list("command", defaults.command, placeholderProblem),
        env: envSetting(reader, options.envIsSecret ?? false),
        envIsSecret: options.envIsSecret ?? false,
        health: reader.object("health", (fields) => ({
            path: fields.text("path", defaults.health.path, healthPathProblem),
            status: fields.text("status", defaults.health.status, statusProblem),
            successes: fields.integer("successes", defaults.health.successes, 1, 100),
            intervalSeconds: fields.integer("intervalSeconds", defaults.health.intervalSeconds, 1, 60),
            timeoutSeconds: fields.integer("timeoutSeconds", defaults.health.timeoutSeconds, 1, 3600),
        })),
        limits: reader.object("limits", (fields) => ({
            memoryMb: fields.integer("memoryMb", defaults.limits.memoryMb, 16, 1048576),
            pids: fields.integer("pids", defaults.limits.pids, 16, 1000000),
        })),
        stopGraceSeconds: reader.integer("stopGraceSeconds", defaults.stopGraceSeconds, 0, 3600),
    };
    const pool = (color: Color) => {
        const image = imageSetting(reader, color);
        return { ...common, image, build: buildSetting(reader, color, image, options) };
    };
    const settings: Settings = {
        ...edge,
        blue: pool("blue"),
        green: pool("green"),
        timeouts: reader.object("timeouts", (fields) => ({
            connectSeconds: fields.integer("connectSeconds", defaults.timeouts.connectSeconds, 1, 75),
            readSeconds: fields.integer("readSeconds", defaults.timeouts.readSeconds, 1, 86400),
            sendSeconds: fields.integer("sendSeconds", defaults.timeouts.sendSeconds, 1, 86400),
        })),
        stopGraceSeconds: common.stopGraceSeconds,
        testers: reader.list("testers", defaults.testers, testerProblem),
        subnet,
        nginxImage: reader.text("nginxImage", defaults.nginxImage, imageProblem),
        maxBodySize: reader.text("maxBodySize", defaults.maxBodySize, sizeProblem),
    };
    if (
        !reader.has("activeColor") &&
        !settings[settings.activeColor].image &&
        !reader.has(`${settings.activeColor}Image`)
    ) {
        const color = settings.activeColor;
        reader.report(
            "activeColor",
            color,
            `must be a color that has an image, and ${color}Image is empty`,
            examples[`${color}Image`],
        );
    }
    if (reader.problems.length > 0) throw new SettingsError(reader.problems);
    return settings;
}

function imageSetting(reader: Reader, color: Color): string {
    return reader.text(`${color}Image`, "", (value) => (value === "" ? undefined : imageProblem(value)));
}

function buildSetting(reader: Reader, color: Color, image: string, options: ParseOptions): Build | undefined {
    const key: Key = `${color}Build`;
    if (!reader.isSet(key)) return undefined;
    const build = reader.object(key, (fields) => ({
        context: fields.text("context", "", () => undefined),
        dockerfile: fields.text("dockerfile", "Dockerfile", (value) => (value === "" ? "must name a file" : undefined)),
        args: fields.texts("args", {}, envNameProblem),
    }));
    if (build.context === "") reader.report(`${key}.context`, undefined, "must name the folder to build from");
    if (image.includes("@")) {
        reader.report(
            `${color}Image`,
            image,
            `must have no digest, since ${key} says to build it`,
            `pulumi config rm ${key}`,
        );
    }
    if (image === "" || reader.has(key)) return undefined;
    try {
        return { ...build, digest: options.digestBuild?.(build) ?? "" };
    } catch (error) {
        reader.report(`${key}.context`, build.context, (error as Error).message);
        return undefined;
    }
}

function envSetting(reader: Reader, secret: boolean): Record<string, string> {
    const env = reader.texts("env", { ...defaults.env }, envNameProblem, secret);
    for (const [name, value] of Object.entries(env)) {
        const rule = placeholderProblem(value);
        if (rule) reader.report(`env.${name}`, secret ? undefined : value, rule);
    }
    return env;
}
