// Settings for tests: from texts by key, as Pulumi hands them to the program.
import { parseSettings, type ParseOptions } from "../../settings/parse.ts";
import { SettingsError, type Problem } from "../../settings/problems.ts";
import type { Settings } from "../../settings/settings.ts";

const options: ParseOptions = { namespace: "blue-green", digestBuild: () => "0123456789ab" };

/** A stack with both colors deployed, changed by `raw`. */
export function settingsOf(raw: Record<string, string> = {}): Settings {
    return parseSettings({ blueImage: "shop:1", greenImage: "shop:2", ...raw }, options);
}

/** The mistakes found in a config; fails when there are none. */
export function problemsOf(raw: Record<string, string>, more: Partial<ParseOptions> = {}): readonly Problem[] {
    try {
        parseSettings({ blueImage: "shop:1", ...raw }, { ...options, ...more });
    } catch (error) {
        if (error instanceof SettingsError) return error.problems;
        throw error;
    }
    throw new Error(`accepted: ${JSON.stringify(raw)}`);
}

/** The service that the tests speak of. */
export const service = { name: "blue-green-test", stack: "test" };
