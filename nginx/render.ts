// Settings -> nginx's config text. Pure: a preview shows a change of the topology as a diff of this text.
import { readFileSync } from "node:fs";
import mustache from "mustache";
import { digestOf } from "../plan/pool.ts";
import { AddressPlan } from "../settings/addresses.ts";
import { colors, type Settings } from "../settings/settings.ts";
import { listenPort, paths, statusPort } from "./paths.ts";

const template = readFileSync(new URL("./nginx.conf.mustache", import.meta.url), "utf8");

/** A rendered config and its name. */
export interface Routes {
    readonly config: string;
    /** Digest of the config; nginx reports the one that its workers run. */
    readonly generation: string;
}

/**
 * Renders nginx's config. It depends on neither the active color nor the images, so no deploy and no cutover
 * changes it: which color is live is a marker file, and which color has a version is another.
 */
export function renderRoutes(settings: Settings): Routes {
    const addresses = new AddressPlan(settings.subnet);
    const view = {
        paths,
        listenPort,
        statusPort,
        port: settings.port,
        timeouts: settings.timeouts,
        maxBodySize: settings.maxBodySize,
        testers: [...new Set(settings.testers.map((tester) => (tester === "loopback" ? addresses.gateway : tester)))],
        colors: colors.map((name) => ({
            name,
            ready: `${paths.ready}/${name}`,
            forbidden: `/${name} is for testers. You come from $remote_addr; the setting testers says who may.`,
            empty: `${name} has no version that passed its health check.`,
            servers: Array.from(
                { length: settings.servers },
                (_, index) => `${addresses.server(name, index + 1)}:${settings[name].containerPort}`,
            ),
        })),
    };
    const generation = digestOf(mustache.render(template, { ...view, generation: "" }));
    return { config: mustache.render(template, { ...view, generation }), generation };
}
