// The only file that reads the stack's config: Pulumi's values in, one checked Settings object out.
import * as pulumi from "@pulumi/pulumi";
import { digestBuild } from "./settings/build-digest.ts";
import { parseSettings } from "./settings/parse.ts";
import type { Settings } from "./settings/settings.ts";

/**
 * Reads and checks the stack's config.
 *
 * @throws SettingsError that lists every mistake
 */
export function readSettings(): Settings {
    const namespace = pulumi.getProject();
    const prefix = `${namespace}:`;
    const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
    return parseSettings(Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value])), {
        namespace,
        envIsSecret: secretKeys().includes(`${prefix}env`),
        digestBuild,
    });
}

// The SDK knows which keys are secret, but has no public function that tells; this is where it has it from.
function secretKeys(): string[] {
    return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
}
