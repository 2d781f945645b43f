// Settings for tests: from texts by key, as Pulumi hands them to the program.
import { askedByConfig } from "../../settings/config.ts";
import { parseSettings, type DigestBuild } from "../../settings/parse.ts";
import { SettingsError, type Problem } from "../../settings/problems.ts";
import type { Settings } from "../../settings/settings.ts";

const digested: DigestBuild = () => "0123456789ab";

/** How a config differs from one without secrets whose builds are in order. */
export interface ConfigOptions {
    /** The keys that are secret. */
    readonly secretKeys?: readonly string[];
    readonly digestBuild?: DigestBuild;
}

/** The settings of a config, by key without namespace. */
export function parsed(raw: Readonly<Record<string, string>>, options: ConfigOptions = {}): Settings {
    const { secretKeys = [], digestBuild = digested } = options;
    const whole = (key: string) => (key.includes(":") ? key : `blue-green:${key}`);
    const config = Object.fromEntries(Object.entries(raw).map(([key, value]) => [whole(key), value]));
    return parseSettings(askedByConfig(config, secretKeys.map(whole), "blue-green"), digestBuild);
}

/** A stack with both colors deployed, changed by `raw`. */
export function settingsOf(raw: Readonly<Record<string, string>> = {}): Settings {
    return parsed({ blueImage: "shop:1", greenImage: "shop:2", ...raw });
}

/** The mistakes found in a config; fails when there are none. */
export function problemsOf(raw: Readonly<Record<string, string>>, options: ConfigOptions = {}): readonly Problem[] {
    try {
        parsed({ blueImage: "shop:1", ...raw }, options);
    } catch (error) {
        if (error instanceof SettingsError) return error.problems;
        throw error;
    }
    throw new Error(`accepted: ${JSON.stringify(raw)}`);
}

/** The service that the tests speak of. */
export const service = { name: "blue-green-test", stack: "test" };
