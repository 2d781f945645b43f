// The product's own settings for the peers' servers, so that its config is rendered from the same as theirs.
import { askedByConfig } from "../../settings/config.ts";
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
    const config = Object.fromEntries(Object.entries(raw).map(([key, value]) => [`blue-green:${key}`, value]));
    return parseSettings(askedByConfig(config, [], "blue-green"), () => "");
}
