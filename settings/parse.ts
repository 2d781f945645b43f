// From what is asked for to Settings. Every mistake is found in one go.
import * as v from "valibot";
import { AddressPlan } from "./addresses.ts";
import { Mistakes, settingAt, sharedFields, type Asked, type Path } from "./asked.ts";
import type { Fields, Setting, ValuesOf } from "./kinds.ts";
import { colorFields, poolFields } from "./schema.ts";
import type { Build, Color, PoolSettings, Settings } from "./settings.ts";

/** The digest of a build's context; throws an Error whose message says what is wrong with the context. */
export type DigestBuild = (build: Omit<Build, "digest">) => string;

type Common = ValuesOf<typeof poolFields>;

/** A color as it is given: its own, and what differs from that which both have. */
type GivenColor = ValuesOf<typeof colorFields> &
    Partial<Omit<Common, "health" | "limits">> & {
        readonly health?: Partial<Common["health"]>;
        readonly limits?: Partial<Common["limits"]>;
    };

/** What is asked for, each value checked by itself. */
type Given = ValuesOf<typeof sharedFields> & Readonly<Record<Color, GivenColor>>;

const own = v.strictObject({
    ...schemasOf(colorFields, withDefault),
    ...schemasOf(poolFields, ({ kind }) => v.optional(kind.partial)),
});
const schema = v.strictObject({
    ...schemasOf(sharedFields, withDefault),
    blue: v.optional(own, {}),
    green: v.optional(own, {}),
});

function schemasOf(fields: Fields, schemaOf: (setting: Setting<unknown>) => v.GenericSchema) {
    return Object.fromEntries(Object.entries(fields).map(([name, setting]) => [name, schemaOf(setting)]));
}

function withDefault({ kind, default: value }: Setting<unknown>): v.GenericSchema {
    return v.optional(kind.schema, value);
}

/**
 * Checks what is asked for.
 *
 * @throws SettingsError that lists every mistake with its name, value, rule and an example
 */
export function parseSettings(asked: Asked, digestBuild: DigestBuild): Settings {
    const mistakes = new Mistakes(asked);
    for (const path of asked.secrets) {
        const reason = secretProblem(path);
        if (reason !== undefined) mistakes.add(path, `can't be secret: ${reason}`);
    }
    const { output, success, issues = [] } = v.safeParse(schema, asked.values);
    for (const issue of issues) {
        mistakes.add(issue.path?.map(({ key }) => key as string | number) ?? [], issue.message);
    }
    // What depends on several values can be told only when each of them is right by itself.
    if (!success) mistakes.check();
    const given = output as Given;
    const settings = { ...given, blue: poolOf("blue"), green: poolOf("green") };
    checkTogether(settings, mistakes);
    mistakes.check();
    return settings;

    function poolOf(color: Color): PoolSettings {
        const { env, health, limits, build, ...rest } = given[color];
        const secrets = asked.secrets.filter((path) => path.includes("env"));
        const pool = {
            ...given,
            ...rest,
            env: { ...given.env, ...env },
            envIsSecret: secrets.some(([first]) => first === "env" || first === color),
            health: { ...given.health, ...health },
            limits: { ...given.limits, ...limits },
            build: isSet(build) ? digested(color, build) : undefined,
        };
        checkPool(pool, color, given, mistakes);
        return pool;
    }

    function digested(color: Color, build: Omit<Build, "digest">): Build | undefined {
        const { image } = given[color];
        const whose = asked.words.name([color, "build"]);
        if (build.context === "") mistakes.add([color, "build", "context"], "must name the folder to build from");
        else if (image === "")
            mistakes.add([color, "image"], `must name the image, since ${whose} says how it is made`);
        else if (image.includes("@"))
            mistakes.add([color, "image"], `must have no digest, since ${whose} says to build it`);
        else {
            try {
                return { ...build, digest: digestBuild(build) };
            } catch (error) {
                mistakes.add([color, "build", "context"], (error as Error).message);
            }
        }
        return undefined;
    }
}

function isSet(build: ValuesOf<typeof colorFields>["build"]): boolean {
    return JSON.stringify(build) !== JSON.stringify(colorFields.build.default);
}

/** What depends on several settings of one color. */
function checkPool(pool: PoolSettings, color: Color, given: Given, mistakes: Mistakes): void {
    // A mistake of both colors is told once, for the common setting.
    const report = (rule: string, name: keyof Common, ...rest: string[]) => {
        const isOwn = given[color][name] !== undefined;
        if (isOwn || color === "blue") mistakes.add([...(isOwn ? [color] : []), name, ...rest], rule);
    };
    if (pool.command[0] === "") report("must begin with the name of a program", "command");
    const { successes, intervalSeconds, timeoutSeconds } = pool.health;
    const least = (successes - 1) * intervalSeconds;
    if (least > timeoutSeconds) {
        report(
            `must be at least ${least}: ${successes} answers, ${intervalSeconds} s apart`,
            "health",
            "timeoutSeconds",
        );
    }
}

/** What depends on several settings of the service. */
function checkTogether({ activeColor, subnet, servers, ...settings }: Settings, mistakes: Mistakes): void {
    const most = new AddressPlan(subnet).maxServers;
    if (servers > most) mistakes.add(["servers"], `must be at most ${most}: the subnet holds no more`);
    if (settings[activeColor].image === "") {
        const rule = `must be a color that has an image, and ${activeColor} has none`;
        mistakes.add(["activeColor"], rule, [activeColor, "image"]);
    }
}

function secretProblem(path: Path): string | undefined {
    const secret = settingAt(path)?.setting.secret ?? true;
    return secret === true ? undefined : secret;
}
