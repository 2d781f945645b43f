// The product's own settings for the peers' servers, so that its config is rendered from the same as theirs.
import { parseSettings } from "../../settings/parse.ts";
import type { Settings } from "../../settings/settings.ts";

/** Two demo servers a color in a subnet. */
export function settingsOf(subnet: string): Settings {
    const raw = {
        blueImage: "demo-server:0.0.1",
        greenImage: "demo-server:0.0.2",
        env: '{"DEPLOYMENT":"{{color}}","SERVER":"{{server}}"}',
        health: '{"path":"/healthz"}',
        subnet,
    };
    return parseSettings(raw, { namespace: "blue-green", digestBuild: () => "" });
}
