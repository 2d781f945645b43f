// What a stack's config says, typed and checked. Pure: no Pulumi, no files, no clock.

/** One of the two versions of the service that can run side by side. */
export type Color = "blue" | "green";

/** Both colors, in the order in which they are shown. */
export const colors: readonly Color[] = ["blue", "green"];

/** The color that is not `color`. */
export function otherColor(color: Color): Color {
    return color === "blue" ? "green" : "blue";
}

/** How a server is asked whether it works. */
export interface Health {
    /** Path, with query if need be, that is asked with GET. Default `/`. */
    readonly path: string;
    /** Accepted status: a code (`200`) or a range (`200-399`). Default `200-399`. */
    readonly status: string;
    /** Answers in a row that a server must give to pass, 1 to 100. Default 3. */
    readonly successes: number;
    /** Seconds between two questions, 1 to 60. Default 1. */
    readonly intervalSeconds: number;
    /** Seconds after which a pool that has not passed has failed, 1 to 3600. Default 60. */
    readonly timeoutSeconds: number;
}

/** How long nginx waits for a server. */
export interface Timeouts {
    /** Seconds to connect, 1 to 75. Default 2: a server is near, and the next one is asked after it. */
    readonly connectSeconds: number;
    /** Seconds between two reads of an answer, 1 to 86400. Default 60. Also how long a silent WebSocket lives. */
    readonly readSeconds: number;
    /** Seconds between two writes of a request, 1 to 86400. Default 60. */
    readonly sendSeconds: number;
}

/** Bounds of one server container. */
export interface Limits {
    /** Memory in MiB, 16 to 1048576. Default 512. */
    readonly memoryMb: number;
    /** Processes and threads, 16 to 1000000. Default 512. */
    readonly pids: number;
}

/** An image made from a folder instead of pulled. */
export interface Build {
    /** The folder sent to the engine, relative to the project's root or absolute. */
    readonly context: string;
    /** The Dockerfile, relative to the context. Default `Dockerfile`. */
    readonly dockerfile: string;
    /** Values of the Dockerfile's `ARG`s. Default none. */
    readonly args: Readonly<Record<string, string>>;
    /** Digest of the context's content, the Dockerfile's name and the args: what makes a rebuild necessary. */
    readonly digest: string;
}

/** What the containers of one color are made from, and how they are checked. */
export interface PoolSettings {
    /** Empty: the color has no containers. */
    readonly image: string;
    /** How the image is made; undefined: it is pulled, or is on the engine already. */
    readonly build: Build | undefined;
    /** The port on which a container answers. */
    readonly containerPort: number;
    /** The container's command; empty: the image's own. `{{color}}` and `{{server}}` are filled in. */
    readonly command: readonly string[];
    /** Environment of the containers. `{{color}}` and `{{server}}` are filled in. */
    readonly env: Readonly<Record<string, string>>;
    /** Whether `env` holds secrets (`pulumi config set --secret --path env.NAME`): then the state encrypts it. */
    readonly envIsSecret: boolean;
    readonly health: Health;
    readonly limits: Limits;
    /** Seconds that a container gets to finish after SIGTERM. */
    readonly stopGraceSeconds: number;
}

/** The whole config of a stack. */
export interface Settings extends Readonly<Record<Color, PoolSettings>> {
    readonly activeColor: Color;
    /** Servers, so containers a color. */
    readonly servers: number;
    /** The port of the machine on which nginx answers. */
    readonly port: number;
    /** The machine's address on which nginx answers. */
    readonly bindAddress: string;
    readonly timeouts: Timeouts;
    /** Seconds that nginx gets to finish its requests when it is stopped. */
    readonly stopGraceSeconds: number;
    /** Client addresses that may reach /blue and /green: CIDRs, and `loopback`. */
    readonly testers: readonly string[];
    /** The stack's own IPv4 network. */
    readonly subnet: string;
    readonly nginxImage: string;
    /** The largest request body, in nginx's notation (`10m`; `0`: any). */
    readonly maxBodySize: string;
}

/** The defaults, the same as in Pulumi.yaml (a test compares them). */
export const defaults = {
    activeColor: "blue",
    servers: 2,
    port: 80,
    // Not "" or "::": Docker then listens on IPv6 too and hands those clients to nginx under the gateway's address,
    // which is what `loopback` lets in.
    bindAddress: "0.0.0.0",
    containerPort: 8080,
    command: [],
    env: {},
    health: { path: "/", status: "200-399", successes: 3, intervalSeconds: 1, timeoutSeconds: 60 },
    timeouts: { connectSeconds: 2, readSeconds: 60, sendSeconds: 60 },
    limits: { memoryMb: 512, pids: 512 },
    stopGraceSeconds: 30,
    testers: ["loopback"],
    subnet: "10.231.77.0/24",
    nginxImage: "nginx:1.28.3",
    maxBodySize: "10m",
} as const;

/** Fills `{{color}}` and `{{server}}` into a text of `command` or `env`. */
export function fillPlaceholders(text: string, values: { color: Color; server: string }): string {
    return text.replace(/\{\{\s*(color|server)\s*\}\}/g, (_, name: "color" | "server") => values[name]);
}
