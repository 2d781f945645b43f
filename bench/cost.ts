// What the rendered config costs: against a hand-tuned one, against the classic one, and setting by setting.
// The servers are nginx too, answering by themselves, so that the proxy is what limits.
import { renderRoutes } from "../nginx/render.ts";
import { paths } from "../nginx/paths.ts";
import { colors } from "../settings/settings.ts";
import { median } from "./numbers.ts";
import { ensurePeersImage } from "./peers/image.ts";
import { answers, port, Stand } from "./peers/stand.ts";
import { throughput, type Throughput } from "./peers/throughput.ts";

export interface CostOptions {
    /** How often each variant is driven; they take turns, so that a slow moment of the machine hits them all. */
    readonly rounds: number;
    /** How long each time, in seconds. */
    readonly seconds: number;
    /** Only the comparisons, not each setting of the template. */
    readonly brief?: boolean;
    readonly say?: (text: string) => void;
}

/** One variant; the medians of its rounds. */
export interface Cost {
    readonly name: string;
    /** Requests a second. */
    readonly rate: number;
    /** CPU time of nginx, in microseconds a request. */
    readonly cpuUs: number;
    /** Milliseconds within which 99 of 100 are answered. */
    readonly p99: number;
}

interface Variant {
    readonly name: string;
    readonly config: string;
    /** Whether the marker is there, so that green is live. */
    readonly green?: boolean;
}

export async function costs({ rounds, seconds, brief, say = () => undefined }: CostOptions): Promise<Cost[]> {
    if (!(await ensurePeersImage())) return [];
    const stand = await Stand.create();
    const measured = new Map<string, Throughput[]>();
    try {
        await startServers(stand);
        for (let round = 0; round < rounds; round += 1) {
            say(`cost, round ${round + 1} of ${rounds}`);
            for (const variant of brief ? variants(stand).slice(0, 4) : variants(stand)) {
                const container = await startNginx(stand, variant);
                const one = await throughput(stand, container, seconds);
                await stand.stop(container);
                if (one.failed > 0) throw new Error(`${variant.name}: ${one.failed} requests failed`);
                measured.set(variant.name, [...(measured.get(variant.name) ?? []), one]);
            }
        }
    } finally {
        await stand.remove();
    }
    return [...measured].map(([name, all]) => ({
        name,
        rate: median(all.map(({ rate }) => rate)),
        cpuUs: median(all.map(({ cpuUs }) => cpuUs)),
        p99: median(all.map(({ p99 }) => p99)),
    }));
}

async function startServers(stand: Stand): Promise<void> {
    for (const color of colors) {
        for (const address of stand.servers(color)) {
            const config = `events {} http { access_log off; keepalive_requests 1000000;
                server { listen ${port}; location / { return 200 "${color}\\n"; } } }`;
            const host = address.replace(/:.*/, "");
            await start(stand, `${color}-${host.split(".")[3] ?? ""}`, host, config, "");
            await answers(address);
        }
    }
}

async function startNginx(stand: Stand, { config, green }: Variant): Promise<string> {
    const marker = green ? `mkdir -p $(dirname ${paths.marker}); touch ${paths.marker}` : "";
    const container = await start(stand, "nginx", stand.proxy.host, config, marker);
    await answers(`${stand.proxy.host}:${stand.proxy.port}`, "/");
    return container;
}

function start(stand: Stand, role: string, address: string, config: string, before: string): Promise<string> {
    const state = paths.emergencies.replace(/\/[^/]*$/, "");
    const line = `mkdir -p ${state}; ${before || ":"}; printf %s "$CONFIG" >/run/nginx.conf; exec nginx -c /run/nginx.conf -g "daemon off;"`;
    // The marker in a volume, as in the product: a file is looked for in the image's own layers at another price.
    const options = ["-e", `CONFIG=${config}`, "--entrypoint", "sh", "-v", state];
    return stand.start(role, address, stand.settings.nginxImage, ["-c", line], options);
}

function variants(stand: Stand): Variant[] {
    const { config } = renderRoutes(stand.settings);
    const unchecked = edit(config, /set \$live blue;\s+if \(-e [^)]*\) \{[^}]*\}/g, "set $live blue;");
    const literal = (text: string) => edit(text, "proxy_pass http://$live;", "proxy_pass http://blue;");
    const raw: Record<string, string> = {
        method: "request_method",
        uri: "request_uri",
        host: "http_host",
        referer: "http_referer",
        agent: "http_user_agent",
    };
    const unbounded = edit(config, /"\$logged_(\w+)"/g, (_, name) => `"$${raw[name] ?? name}"`);
    return [
        { name: "template, blue live", config },
        { name: "template, green live (the marker is there)", config, green: true },
        { name: "hand-tuned, literal proxy_pass", config: handTuned(stand, "keepalive 64;", keepAlive) },
        { name: "classic upstream without keep-alive", config: handTuned(stand, "", "") },
        { name: "template without the marker check", config: unchecked },
        { name: "template with the marker check, literal proxy_pass", config: literal(config) },
        { name: "template without the marker check, literal proxy_pass", config: literal(unchecked) },
        { name: "template without zone", config: edit(config, /^ *zone .*;\n/gm, "") },
        { name: "template with unbuffered log", config: edit(config, " buffer=4k flush=1s", "") },
        { name: "template with log values of any length", config: unbounded },
        { name: "template without log", config: edit(config, /access_log \/dev\/stdout .*;/, "access_log off;") },
        { name: "template with 1 worker", config: edit(config, "worker_processes auto", "worker_processes 1") },
        { name: "template with 4 workers", config: edit(config, "worker_processes auto", "worker_processes 4") },
        { name: "template without forwarding headers", config: edit(config, /^ *proxy_set_header X-.*;\n/gm, "") },
    ];
}

const keepAlive = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;';

// A line as long as the template's, since the log is not what is compared.
const log = `log_format json escape=json
    '{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method","uri":"$request_uri",'
    '"protocol":"$server_protocol","status":$status,"color":"blue","server":"$upstream_addr",'
    '"bytes":$body_bytes_sent,"seconds":$request_time,"serverSeconds":"$upstream_response_time",'
    '"host":"$http_host","referer":"$http_referer","agent":"$http_user_agent"}';`;

// As somebody writes it who wants nothing but a fast proxy.
function handTuned(stand: Stand, upstream: string, location: string): string {
    const servers = stand.servers("blue").map((server) => `server ${server};`);
    return `
        user nginx;
        worker_processes auto;
        pid ${paths.pid};
        events { worker_connections 16384; }
        http {
            ${log}
            access_log /dev/stdout json buffer=4k flush=1s;
            sendfile on;
            keepalive_requests 100000;
            upstream blue { ${servers.join(" ")} ${upstream} }
            server {
                listen ${port} backlog=4096;
                location / { ${location} proxy_pass http://blue; }
            }
        }`;
}

// A variant that is the same as the template would measure nothing.
function edit(config: string, from: string | RegExp, to: string | ((match: string, group: string) => string)): string {
    const edited = config.replace(from, typeof to === "string" ? () => to : to);
    if (edited === config) throw new Error(`the template has nothing like ${String(from)}`);
    return edited;
}
