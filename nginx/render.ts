// Settings -> nginx's config text. Pure: a preview shows a change of the topology as a diff of this text.
import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import mustache from "mustache";
import { digestOf } from "../plan/pool.ts";
import { AddressPlan } from "../settings/addresses.ts";
import { colors, type Color, type Settings } from "../settings/settings.ts";
import { boundsOf, nginxMemoryMb } from "./memory.ts";
import { listenPort, paths, statusPort } from "./paths.ts";

const read = (file: string) => readFileSync(new URL(`./${file}.mustache`, import.meta.url), "utf8");
const template = read("nginx.conf");
/** Parts of the template that stand in it more than once, or read alone. */
const partials = Object.fromEntries(
    ["contained", "admission", "door", "preview", "unsent"].map((name) => [name, read(name)]),
);

/** Headers by which proxies tell of the client, in any dialect: no client's own words on it reach a server. */
const claims = [
    ...["Forwarded", "Proxy", "Front-End-Https", "X-Forwarded", "X-Forwarded-By", "X-Forwarded-Path"],
    ...["X-Forwarded-Protocol", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Forwarded-Uri"],
    ...["X-Host", "X-Http-Host-Override", "X-Original-Forwarded-For", "X-Original-Host", "X-Original-Uri"],
    ...["X-Original-Url", "X-Rewrite-Url", "X-Scheme", "X-Url-Scheme", "CF-Connecting-IP", "CF-Connecting-IPv6"],
    ...["Client-IP", "Fastly-Client-IP", "Forwarded-For", "True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP"],
    ...["X-Originating-IP", "X-ProxyUser-Ip", "X-Remote-Addr", "X-Remote-IP"],
];

/** Where testers reach a color, without a slash at its end. */
export function previewPath(settings: Settings, color: Color): string {
    return `${settings.previewPrefix}/${color}`;
}

/** A rendered config and its name. */
export interface Routes {
    readonly config: string;
    /** Digest of the config; nginx reports the one that its workers run. */
    readonly generation: string;
}

/**
 * Renders nginx's config. It depends on neither the active color nor the images, so no deploy and no cutover
 * changes it: which color is live is a marker file, and which color has a version is another.
 *
 * @param memoryMb what the nginx container has; only tests have another
 */
export function renderRoutes(settings: Settings, memoryMb = nginxMemoryMb): Routes {
    const addresses = new AddressPlan(settings.subnet);
    const view = {
        paths,
        listenPort,
        statusPort,
        claims,
        bounds: boundsOf(memoryMb),
        timeouts: settings.timeouts,
        idempotent: settings.retry === "idempotent",
        maxBodySize: settings.maxBodySize,
        testers: networks(settings.testers.map((tester) => (tester === "loopback" ? addresses.gateway : tester))),
        colors: colors.map((name) => ({
            name,
            path: previewPath(settings, name),
            pattern: previewPath(settings, name).replaceAll(".", "\\."),
            ready: `${paths.ready}/${name}`,
            forbidden: `${previewPath(settings, name)} is for testers. You come from $remote_addr; the setting testers says who may.`,
            empty: `${name} has no version that passed its health check.`,
            servers: Array.from(
                { length: settings.servers },
                (_, index) => `${addresses.server(name, index + 1)}:${settings[name].containerPort}`,
            ),
        })),
    };
    const render = (name: string) => mustache.render(template, { ...view, generation: name }, partials);
    const generation = digestOf(render(""));
    return { config: render(generation), generation };
}

// nginx warns in its log of a network that stands twice, in whatever notation, and of one that is its default.
function networks(testers: readonly string[]): string[] {
    const halves: Record<string, string[]> = {
        "0.0.0.0/0": ["0.0.0.0/1", "128.0.0.0/1"],
        "::/0": ["::/1", "8000::/1"],
    };
    const all = testers.flatMap((tester) => {
        const [address, bits] = ipaddr.isValidCIDR(tester)
            ? ipaddr.parseCIDR(tester)
            : [ipaddr.parse(tester), undefined];
        const network = `${address.toString()}/${bits ?? (address.kind() === "ipv4" ? 32 : 128)}`;
        return halves[network] ?? [network];
    });
    return [...new Set(all)];
}
