// What the rendered config costs: against a hand-tuned one, against the classic one, and setting by setting. Two configs
// race at the same time on the same core, which the kernel divides evenly: a slow moment of the machine hits both, so
// that a percent or two can be seen where rates alone differ by a quarter from one second to the next. The servers are
// nginx too, answering by themselves, and have the other cores together with the clients.
import { cpus } from "node:os";
import { renderRoutes } from "../nginx/render.ts";
import { paths, stateDir } from "../nginx/paths.ts";
import { colors } from "../settings/settings.ts";
import { largest, median, smallest } from "./numbers.ts";
import type { PeersPrograms } from "./peers/image.ts";
import { answers, port, Stand } from "./peers/stand.ts";
import { throughput, type Throughput } from "./peers/throughput.ts";

export interface CostOptions {
    /** What of the peers is there: the load comes from their image. */
    readonly programs: PeersPrograms;
    /** How often each variant races; all take turns. */
    readonly rounds: number;
    /** How long each time, in seconds. */
    readonly seconds: number;
    /** Only the comparisons, not each setting of the template. */
    readonly brief?: boolean;
    readonly say?: (text: string) => void;
}

/** One variant; the medians of its races. */
export interface Cost {
    readonly name: string;
    /** CPU time of nginx, in microseconds a request. */
    readonly cpuUs: number;
    /** The CPU time of a request as a part of the template's in the same race: median, least, most. */
    readonly cpuOfTemplate: readonly [number, number, number];
    /** Requests as a part of the template's in the same race: median, least, most. */
    readonly rateOfTemplate: readonly [number, number, number];
}

interface Variant {
    readonly name: string;
    readonly config: string;
    /** Whether the marker is there, so that green is live. */
    readonly green?: boolean;
}

/** An nginx that is asked when it is its turn; until then it costs nothing. */
interface Racer {
    readonly container: string;
    readonly host: string;
}

const lastCore = cpus().length - 1;
const proxyCores = String(lastCore);
const otherCores = lastCore > 0 ? `0-${lastCore - 1}` : "0";

export async function costs({ programs, rounds, seconds, brief, say = () => undefined }: CostOptions): Promise<Cost[]> {
    if (!programs.image) return [];
    const stand = await Stand.create();
    try {
        await startServers(stand);
        const config = renderRoutes(stand.settings).config;
        const template = await startNginx(stand, 0, { name: "", config });
        const lanes: { variant: Variant; racer: Racer; races: Race[] }[] = [];
        for (const variant of variants(stand, config).slice(0, brief ? 2 : undefined)) {
            lanes.push({ variant, racer: await startNginx(stand, lanes.length + 1, variant), races: [] });
        }
        for (let round = 0; round < rounds; round += 1) {
            say(`cost, round ${round + 1} of ${rounds}`);
            for (const { racer, races } of lanes) {
                // Who begins is a percent ahead: they take turns.
                races.push(await race(stand, racer, template, seconds, round % 2 === 0));
            }
        }
        return lanes.map(({ variant, races }) => summary(variant.name, races));
    } finally {
        await stand.remove();
    }
}

interface Race {
    readonly mine: Throughput;
    readonly template: Throughput;
}

async function race(stand: Stand, racer: Racer, other: Racer, seconds: number, racerBegins: boolean): Promise<Race> {
    const run = async ({ container, host }: Racer) => {
        const result = await throughput(stand, container, seconds, { host, cores: otherCores });
        if (result.failed > 0) throw new Error(`${container}: ${result.failed} requests failed`);
        return result;
    };
    const [first, second] = racerBegins ? [racer, other] : [other, racer];
    const [one, two] = await Promise.all([run(first), run(second)]);
    return racerBegins ? { mine: one, template: two } : { mine: two, template: one };
}

function summary(name: string, races: readonly Race[]): Cost {
    const part = (of: (result: Throughput) => number) => {
        const parts = races.map(({ mine, template }) => of(mine) / of(template));
        return [median(parts), smallest(parts), largest(parts)] as const;
    };
    return {
        name,
        cpuUs: median(races.map(({ mine }) => mine.cpuUs)),
        cpuOfTemplate: part(({ cpuUs }) => cpuUs),
        rateOfTemplate: part(({ rate }) => rate),
    };
}

async function startServers(stand: Stand): Promise<void> {
    for (const color of colors) {
        for (const address of stand.servers(color)) {
            const config = `events {} http { access_log off; keepalive_requests 1000000;
                server { listen ${port}; location / { return 200 "${color}\\n"; } } }`;
            const host = address.replace(/:.*/, "");
            await start(stand, `${color}-${host.split(".")[3] ?? ""}`, host, config, otherCores);
            await answers(address);
        }
    }
}

async function startNginx(stand: Stand, at: number, { config, green }: Variant): Promise<Racer> {
    const host = stand.addresses.server("blue", 50 + at); // where no server is
    const container = await start(stand, `proxy-${at}`, host, config, proxyCores, green ? `touch ${paths.marker}` : "");
    await answers(`${host}:${port}`, "/");
    return { container, host };
}

function start(
    stand: Stand,
    role: string,
    address: string,
    config: string,
    cores: string,
    before = "",
): Promise<string> {
    const line = `mkdir -p ${paths.live}; ${before || ":"}; printf %s "$CONFIG" >/run/nginx.conf; exec nginx -c /run/nginx.conf -g "daemon off;"`;
    // The marker in a volume, as in the product: a file is looked for in the image's own layers at another price. What
    // the engine does with a log line is its own affair and slower than nginx: it would be measured instead.
    const options = ["-v", stateDir, "--cpuset-cpus", cores, "--log-driver", "none"];
    const run = ["-e", `CONFIG=${config}`, "--entrypoint", "sh"];
    return stand.start(role, address, stand.settings.nginxImage, ["-c", line], [...options, ...run]);
}

function variants(stand: Stand, config: string): Variant[] {
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
        { name: "hand-tuned, literal proxy_pass", config: handTuned(stand, "keepalive 64;", keepAlive) },
        { name: "classic upstream without keep-alive", config: handTuned(stand, "", oncePerRequest) },
        { name: "template, blue live (the same twice: what can be seen)", config },
        { name: "template, green live (the marker is there)", config, green: true },
        { name: "template without the marker check", config: unchecked },
        { name: "template with the marker check, literal proxy_pass", config: literal(config) },
        { name: "template without the marker check, literal proxy_pass", config: literal(unchecked) },
        { name: "template with the marker's whole path", config: edit(config, "-e green", `-e ${paths.marker}`) },
        { name: "template without pcre_jit", config: edit(config, "pcre_jit on;", "") },
        { name: "template without zone", config: edit(config, /^ *zone .*;\n/gm, "") },
        { name: "template with unbuffered log", config: edit(config, " buffer=4k flush=1s", "") },
        { name: "template with log values of any length", config: unbounded },
        { name: "template without log", config: edit(config, /access_log \/dev\/stdout .*;/, "access_log off;") },
        { name: "template with 1 worker", config: edit(config, "worker_processes 2", "worker_processes 1") },
        { name: "template with 4 workers", config: edit(config, "worker_processes 2", "worker_processes 4") },
        { name: "template without forwarding headers", config: edit(config, /^ *proxy_set_header X-.*;\n/gm, "") },
    ];
}

// What nginx did by itself before 1.30, which keeps upstream connections.
const oncePerRequest = "proxy_http_version 1.0; proxy_set_header Connection close;";
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
