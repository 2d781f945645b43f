// The ways to switch that are compared: each a container with the proxy, and the command that its users type. All of
// them log each request to standard output.
import { listenPort, paths, stateDir } from "../../nginx/paths.ts";
import { poolCheck, poolCheckDigest } from "../../nginx/pool-check.ts";
import { renderRoutes } from "../../nginx/render.ts";
import { script, stepRun, type StepName } from "../../nginx/steps.ts";
import { poolContainers } from "../../plan/pool.ts";
import { colors, type Color } from "../../settings/settings.ts";
import { run } from "../shell.ts";
import { peersImage, type PeersPrograms } from "./image.ts";
import { answers, inside, port, type Stand } from "./stand.ts";

/** A proxy in front of both colors; blue is live after `start`. */
export interface Peer {
    readonly name: string;
    /** Whether it differs from another only in a setting. */
    readonly isVariant?: boolean;
    /** How a cutover is done, for the reader of the table. */
    readonly how: string;
    /** Starts the proxy at the stand's address; gives its container. */
    start(stand: Stand): Promise<string>;
    /** Switches to a color; resolves when the command reports that it is done. */
    switchTo(stand: Stand, container: string, color: Color): Promise<unknown>;
}

/** Runs a step of the product in its nginx container, as its components do. */
export function step(container: string, name: StepName, variables: Record<string, string>, input = "") {
    const { command, environment: env } = stepRun(name, container, variables);
    const [program, ...args] = [...command, name];
    return run(program, args, { env, input });
}

/** Starts the product's nginx with a config, and gates both colors. */
export async function startProduct(stand: Stand, config: string, generation: string): Promise<string> {
    const volume = await stand.volume(`config-${Math.random().toString(36).slice(2, 8)}`);
    const options = ["--entrypoint", "sh", "-v", `${volume}:${stateDir}`];
    const boot = ["-c", script("boot")];
    const container = await stand.start("nginx", stand.proxy.host, stand.settings.nginxImage, boot, options);
    await answers(`${stand.proxy.host}:${listenPort}`, "/", 503); // what it answers until there are routes
    await step(container, "routes", { GENERATION: generation, ATTEMPT: "" }, config);
    const service = { name: stand.name, stack: "bench" };
    for (const color of colors) {
        const pool = poolContainers(stand.settings, service, color);
        const check = poolCheckDigest(stand.settings[color], pool);
        const variables = { COLOR: color, CHECK: check, ATTEMPT: "" };
        await step(container, "gate", variables, poolCheck(stand.settings[color], pool));
    }
    return container;
}

const marker: Peer = {
    name: "this project",
    how: "the traffic step: gate, marker, each worker asked",
    start: (stand) => {
        const { config, generation } = renderRoutes(stand.settings);
        return startProduct(stand, config, generation);
    },
    switchTo: (_stand, container, color) => step(container, "traffic", { ACTIVE_COLOR: color, ATTEMPT: "" }),
};

/** nginx as it is often set up: one upstream, edited and reloaded. */
function classic(name: string, http: string, upstream: string, location: string): Peer {
    const write = (stand: Stand, color: Color) =>
        `upstream service { ${stand
            .servers(color)
            .map((server) => `server ${server};`)
            .join(" ")} ${upstream} }\n`;
    const file = "/etc/nginx/upstream.conf";
    return {
        name,
        isVariant: upstream !== "",
        how: "upstream edited, `nginx -t`, `nginx -s reload`",
        start: async (stand) => {
            const config = `
                worker_processes auto;
                pid ${paths.pid};
                events { worker_connections 16384; }
                http {
                    access_log /dev/stdout combined buffer=4k flush=1s;
                    map $http_upgrade $connection_header { default upgrade; "" ""; }
                    ${http}
                    include ${file};
                    server {
                        listen ${port} backlog=4096;
                        location / { proxy_pass http://service; ${location} }
                        location = /ws {
                            proxy_pass http://service;
                            proxy_http_version 1.1;
                            proxy_set_header Upgrade $http_upgrade;
                            proxy_set_header Connection upgrade;
                        }
                    }
                }`;
            const files = ["-e", `MAIN=${config}`, "-e", `UPSTREAM=${write(stand, "blue")}`, "--entrypoint", "sh"];
            const start = `echo "$MAIN" >/etc/nginx/nginx.conf; echo "$UPSTREAM" >${file}; exec nginx -g "daemon off;"`;
            return stand.start("nginx", stand.proxy.host, stand.settings.nginxImage, ["-c", start], files);
        },
        switchTo: (stand, container, color) =>
            inside(container, `cat >${file}; nginx -t -q; nginx -s reload`, write(stand, color)),
    };
}

const keepAlive = 'proxy_http_version 1.1; proxy_set_header Connection "";';

const haproxy: Peer = {
    name: "HAProxy",
    how: "`set map` on the runtime socket",
    start: (stand) => {
        const config = [
            "global",
            "    maxconn 4096",
            "    stats socket /run/haproxy.sock mode 600 level admin",
            "    log stdout format raw local0",
            "defaults",
            "    mode http",
            "    log global",
            "    option httplog",
            "    timeout connect 2s",
            "    timeout client 75s",
            "    timeout server 60s",
            "    timeout tunnel 1h",
            "    option redispatch 1",
            "frontend web",
            `    bind :${port}`,
            "    use_backend %[str(live),map(/etc/haproxy/live.map)]",
            ...colors.flatMap((color) => [
                `backend ${color}`,
                ...stand.servers(color).map((server, i) => `    server server${i + 1} ${server} check`),
            ]),
            "",
        ].join("\n");
        const start =
            'echo "live blue" >/etc/haproxy/live.map; echo "$CONFIG" >/run/h.cfg; exec haproxy -W -f /run/h.cfg';
        return stand.start("haproxy", stand.proxy.host, peersImage, ["sh", "-c", start], ["-e", `CONFIG=${config}`]);
    },
    switchTo: (_stand, container, color) =>
        inside(container, `echo "set map /etc/haproxy/live.map live ${color}" | socat stdio /run/haproxy.sock`),
};

const caddyfile = (stand: Stand, color: Color) =>
    `
    {
        grace_period 30s
    }
    :${port} {
        log
        reverse_proxy ${stand.servers(color).join(" ")}
    }`;

const caddy: Peer = {
    name: "Caddy",
    how: "a new config by POST to /load",
    start: (stand) => {
        const start = 'echo "$CONFIG" >/run/Caddyfile; exec caddy run --adapter caddyfile --config /run/Caddyfile';
        const options = ["-e", `CONFIG=${caddyfile(stand, "blue")}`, "-e", "HOME=/run"];
        return stand.start("caddy", stand.proxy.host, peersImage, ["sh", "-c", start], options);
    },
    switchTo: (stand, container, color) =>
        inside(
            container,
            "curl -sSf -X POST -H 'Content-Type: text/caddyfile' --data-binary @- http://localhost:2019/load",
            caddyfile(stand, color),
        ),
};

function kamalProxy(binary: string): Peer {
    const deploy = (stand: Stand, container: string, color: Color) => {
        const targets = stand.servers(color).map((server) => `--target ${server}`);
        return inside(container, `/kamal-proxy deploy bench ${targets.join(" ")} --health-check-path /healthz`);
    };
    return {
        name: "kamal-proxy",
        how: "`kamal-proxy deploy`, with its health check and its drain",
        start: async (stand) => {
            const command = ["/kamal-proxy", "run", "--http-port", String(port)];
            const options = ["-v", `${binary}:/kamal-proxy:ro`, "-e", "HOME=/run"];
            const container = await stand.start("kamal", stand.proxy.host, peersImage, command, options);
            await answers(`${stand.proxy.host}:${port}`, "/", 503); // nothing to answer with yet
            await deploy(stand, container, "blue");
            return container;
        },
        switchTo: deploy,
    };
}

/** The peers that this machine has the programs for. */
export function peers(has: PeersPrograms): Peer[] {
    return [
        marker,
        classic("nginx, reload", "", "", ""),
        classic("nginx, reload, upstream keep-alive", "", "keepalive 64;", keepAlive),
        classic("nginx, reload, keepalive_min_timeout", "keepalive_min_timeout 75s;", "keepalive 64;", keepAlive),
        ...(has.image ? [haproxy, caddy] : []),
        ...(has.image && has.kamalProxy ? [kamalProxy(has.kamalProxy)] : []),
    ];
}
