// Runs clients of every kind and records what becomes of their requests. Requests start on schedule (open loop):
// a service that is slow doesn't slow the clients down, and the wait it causes is counted.
import { now } from "../clock.ts";
import { Connection, type Outcome, type Request } from "./connection.ts";
import { keepStreaming, keepTalking, type Session } from "./long-lived.ts";
import type { LoadOptions } from "./options.ts";
import { Recording, type Kind } from "./recording.ts";

const tickMs = 1;

/** Something that is due `rate` times a second. */
interface Pace {
    readonly everyUs: number;
    readonly fire: (scheduled: number) => void;
    due: number;
}

export class Generator {
    readonly recording = new Recording();
    private readonly timeoutMs: number;
    private readonly paces: Pace[] = [];
    private readonly timers = new Set<NodeJS.Timeout>();
    private readonly sessions: Session[] = [];
    private readonly connections = new Set<Connection>();
    private ticking: NodeJS.Timeout | undefined;
    private running = 0;
    private posts: number;
    private stopped = false;

    constructor(private readonly options: LoadOptions) {
        this.timeoutMs = options.timeoutMs ?? 10_000;
        this.posts = options.firstPost ?? 0;
    }

    start(): void {
        const { busy, think, silent, fresh, post, slow, sse, ws } = this.options.clients;
        if (busy) this.startBusy(busy.rate, busy.connections);
        if (think) this.startThinking(think.connections, think.thinkMs);
        if (silent) for (let i = 0; i < silent.connections; i += 1) this.startSilent(silent.silentMs);
        if (fresh) this.pace(fresh.rate, (scheduled) => this.askOnce("fresh", scheduled, get("/", "close")));
        if (slow) {
            const request = { ...get(`/slow?ms=${slow.ms}`, "close"), timeoutMs: slow.ms + this.timeoutMs };
            this.pace(slow.rate, (scheduled) => this.askOnce("slow", scheduled, request));
        }
        if (post) this.pace(post.rate, (scheduled) => this.post(scheduled, post.parts, post.everyMs));
        const { target } = this.options;
        const add = this.recording.add.bind(this.recording);
        for (let i = 0; i < (sse?.connections ?? 0); i += 1) {
            if (sse) this.sessions.push(keepStreaming(target, sse.everyMs, sse.lastMs, this.timeoutMs, add));
        }
        for (let i = 0; i < (ws?.connections ?? 0); i += 1) {
            if (ws) this.sessions.push(keepTalking(target, ws.everyMs, ws.lastMs, this.timeoutMs, add));
        }
        this.ticking = setInterval(() => this.tick(), tickMs);
    }

    /** Starts no more requests; resolves when those that run have come to an end. */
    async stop(): Promise<void> {
        this.stopped = true;
        clearInterval(this.ticking);
        for (const timer of this.timers) clearTimeout(timer);
        for (const session of this.sessions) session.stop();
        while (this.running > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        for (const connection of this.connections) connection.close();
    }

    private tick(): void {
        const time = now();
        for (const pace of this.paces) {
            for (; pace.due <= time; pace.due += pace.everyUs) pace.fire(pace.due);
        }
    }

    private pace(rate: number, fire: (scheduled: number) => void): void {
        if (rate > 0) this.paces.push({ everyUs: 1e6 / rate, fire, due: now() + 1e6 / rate });
    }

    private later(ms: number, run: () => void): void {
        const timer = setTimeout(() => {
            this.timers.delete(timer);
            run();
        }, ms);
        this.timers.add(timer);
    }

    private connection(): Connection {
        const connection = new Connection(this.options.target);
        this.connections.add(connection);
        return connection;
    }

    private ask(
        connection: Connection,
        kind: Kind,
        scheduled: number,
        request: Partial<Request> & { readonly bytes: string },
        done: (outcome: Outcome) => void,
        id = 0,
    ): void {
        this.running += 1;
        connection.ask({ timeoutMs: this.timeoutMs, ...request }, (outcome) => {
            this.running -= 1;
            const error = id > 0 ? outcome.error || echoError(outcome, request) : outcome.error;
            this.recording.add({ ...outcome, error, kind, scheduled, id });
            done(outcome);
        });
    }

    // A connection that is used for one request only.
    private askOnce(
        kind: Kind,
        scheduled: number,
        request: Partial<Request> & { readonly bytes: string },
        id = 0,
        connection = this.connection(),
    ): void {
        const close = () => {
            connection.close();
            this.connections.delete(connection);
        };
        this.ask(connection, kind, scheduled, request, close, id);
    }

    private startBusy(rate: number, count: number): void {
        const request = get("/", "keep-alive");
        const free = Array.from({ length: count }, () => this.connection());
        for (const connection of free) connection.open();
        const waiting: number[] = [];
        const send = (scheduled: number, connection: Connection) => {
            this.ask(connection, "busy", scheduled, request, () => {
                const next = this.nextOf(waiting);
                if (next === undefined) free.push(connection);
                else send(next, connection);
            });
        };
        this.pace(rate, (scheduled) => {
            const connection = free.shift();
            if (connection) send(scheduled, connection);
            else waiting.push(scheduled);
        });
    }

    // The next request that waited for a connection; those that waited too long were given up by their clients.
    private nextOf(waiting: number[]): number | undefined {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            const end = now();
            if (end - next < this.timeoutMs * 1000) return next;
            const lost = { kind: "busy", color: "", error: "timeout", status: 0, id: 0 } as const;
            this.recording.add({ ...lost, scheduled: next, sent: next, end });
        }
        return undefined;
    }

    private startThinking(count: number, thinkMs: number): void {
        const request = get("/", "keep-alive");
        for (let i = 0; i < count; i += 1) {
            const connection = this.connection();
            const think = () => {
                if (this.stopped) return;
                const pause = thinkMs * (0.5 + Math.random());
                const due = now() + pause * 1000;
                this.later(pause, () => this.ask(connection, "think", due, request, think));
            };
            think();
        }
    }

    private startSilent(silentMs: number): void {
        const connection = this.connection();
        connection.open();
        const pause = silentMs * (0.5 + Math.random());
        const due = now() + pause * 1000;
        this.later(pause, () => {
            this.askOnce("silent", due, get("/", "close"), 0, connection);
            this.startSilent(silentMs);
        });
    }

    private post(scheduled: number, count: number, everyMs: number): void {
        this.posts += 1;
        const part = "x".repeat(1000);
        const head = `POST /echo?id=${this.posts} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n`;
        const request = {
            bytes: `${head}Content-Length: ${count * part.length}\r\n\r\n`,
            body: { parts: Array.from({ length: count }, () => part), everyMs },
            timeoutMs: count * everyMs + this.timeoutMs,
            keepsBody: true,
        };
        this.askOnce("post", scheduled, request, this.posts);
    }
}

function get(path: string, connection: "keep-alive" | "close"): { readonly bytes: string } {
    return { bytes: `GET ${path} HTTP/1.1\r\nHost: bench\r\nConnection: ${connection}\r\n\r\n` };
}

// The server says how much of the body it got.
function echoError({ status, body }: Outcome, request: Partial<Request>): "" | "malformed" {
    const bytes = request.body?.parts.join("").length ?? 0;
    return status === 200 && !body.includes(`"bodyLength": ${bytes}`) ? "malformed" : "";
}
