// The demo server's answers and its drain, without process, environment or signals.
import { createHash } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer, type Server } from "node:http";
import { Server as TcpServer } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { WebSocketServer } from "ws";

export interface DemoOptions {
    /** The deployment's name, a color as a rule: what `/` answers. */
    readonly deployment: string;
    /** What `/version` answers. */
    readonly version: string;
    /** Which of a color's servers this is; given in a header. */
    readonly server: string;
    /** `/healthz` always answers 503: a release that fails. */
    readonly unhealthy?: boolean;
    /** A drain ends what is still open after this time, in milliseconds; 8000 by default. */
    readonly drainMs?: number;
}

export interface Demo {
    readonly server: Server;
    /** Stops accepting, lets what runs come to its end, and resolves when every connection is closed. */
    drain(): Promise<void>;
}

/** Longer than nginx keeps an idle connection to a server, so that it is never the server that closes it first. */
const KEEP_ALIVE_MS = 75_000;
/** For a drain: time for a request that is on its way over an idle connection. */
const IDLE_GRACE_MS = 500;
const MAX_WAIT_MS = 60_000;
const MAX_BYTES = 1_000_000_000;
const CHUNK = Buffer.alloc(64 * 1024, "x");

/** A request that can't be answered as it was asked. */
class BadRequest extends Error {}

type Handler = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void | Promise<void>;

export function createDemo(options: DemoOptions): Demo {
    const { deployment, version } = options;
    let draining = false;
    const streams = new Set<ServerResponse>();
    const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });

    const handlers: Record<string, Handler> = {
        "/": (_request, response) => text(response, 200, deployment),
        "/version": (_request, response) => text(response, 200, version),
        "/healthz": (_request, response) => {
            if (options.unhealthy) text(response, 503, "unhealthy");
            else if (draining) text(response, 503, "draining");
            else text(response, 200, "ok");
        },
        "/slow": (_request, response, query) => {
            const ms = wholeNumber(query, "ms", 2000, MAX_WAIT_MS);
            const timer = setTimeout(() => text(response, 200, deployment), ms);
            response.on("close", () => clearTimeout(timer));
        },
        "/events": (_request, response, query) => {
            const ms = Math.max(1, wholeNumber(query, "ms", 1000, MAX_WAIT_MS));
            let count = 0;
            const send = (): void => {
                response.write(`data: ${JSON.stringify({ color: deployment, count: (count += 1) })}\n\n`);
            };
            response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
            send();
            const timer = setInterval(send, ms);
            streams.add(response);
            response.on("close", () => {
                clearInterval(timer);
                streams.delete(response);
            });
            if (draining) endStream(response);
        },
        "/echo": async (request, response) => {
            const hash = createHash("sha256");
            let bodyLength = 0;
            for await (const chunk of request as AsyncIterable<Buffer>) {
                hash.update(chunk);
                bodyLength += chunk.length;
            }
            const { method, url, httpVersion, headers, rawHeaders } = request;
            const answer = {
                method,
                url,
                httpVersion,
                headers,
                rawHeaders,
                bodyLength,
                bodySha256: hash.digest("hex"),
            };
            response.writeHead(200, { "Content-Type": "application/json" });
            response.end(`${JSON.stringify(answer, undefined, 4)}\n`);
        },
        "/redirect": (_request, response, query) => {
            const to = query.get("to") ?? "/";
            if (!/^[\x21-\x7e]+$/.test(to)) throw new BadRequest("to must be an address in plain ASCII");
            response.setHeader("Location", to);
            text(response, 302, to);
        },
        "/cookie": (_request, response) => {
            response.setHeader("Set-Cookie", `demo=${deployment}; Path=/; HttpOnly; SameSite=Lax`);
            text(response, 200, deployment);
        },
        "/bytes": async (_request, response, query) => {
            const n = wholeNumber(query, "n", 1_000_000, MAX_BYTES);
            response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": n });
            await pipeline(Readable.from(chunks(n)), response);
        },
    };

    const server = createServer((request, response) => {
        response.setHeader("X-Deployment", deployment);
        response.setHeader("X-Version", version);
        response.setHeader("X-Server", options.server);
        if (draining) response.setHeader("Connection", "close");
        void answer(handlers, request, response);
    });
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.headersTimeout = KEEP_ALIVE_MS + 5000;
    server.on("upgrade", (request, socket, head) => {
        if (pathOf(request) !== "/ws" || draining) {
            socket.end(
                `HTTP/1.1 ${draining ? "503 Service Unavailable" : "404 Not Found"}\r\nConnection: close\r\n\r\n`,
            );
            return;
        }
        sockets.handleUpgrade(request, socket, head, (client) => {
            client.on("error", () => client.terminate());
            client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
            client.send(deployment);
        });
    });

    const endStream = (response: ServerResponse): void => {
        response.end(`event: end\ndata: ${JSON.stringify({ color: deployment, reason: "draining" })}\n\n`);
    };

    let drained: Promise<void> | undefined;
    const drain = async (): Promise<void> => {
        draining = true;
        // Not http's own close(): that one also cuts idle connections, over which a request may be on its way.
        const closed = new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()));
        for (const response of streams) endStream(response);
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_GRACE_MS);
        const soon = setTimeout(() => {
            for (const client of sockets.clients) client.close(1001, "draining");
        }, IDLE_GRACE_MS);
        const last = setTimeout(() => {
            for (const client of sockets.clients) client.terminate();
            server.closeAllConnections();
        }, options.drainMs ?? 8000);
        await closed;
        clearInterval(idle);
        clearTimeout(soon);
        clearTimeout(last);
    };
    return { server, drain: () => (drained ??= drain()) };
}

async function answer(
    handlers: Record<string, Handler>,
    request: IncomingMessage,
    response: ServerResponse,
): Promise<void> {
    try {
        const path = pathOf(request);
        const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
        const query = new URLSearchParams((request.url ?? "").slice(path.length));
        if (handler) await handler(request, response, query);
        else text(response, 404, `nothing at ${path}`);
    } catch (error) {
        if (response.headersSent) response.destroy();
        else if (error instanceof BadRequest) text(response, 400, error.message);
        else text(response, 500, "the demo server failed");
    }
}

function pathOf(request: IncomingMessage): string {
    return /^[^?]*/.exec(request.url ?? "")?.[0] ?? "";
}

function text(response: ServerResponse, status: number, body: string): void {
    const line = Buffer.from(`${body}\n`);
    response.setHeader("Content-Length", line.length);
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
    response.end(line);
}

function wholeNumber(query: URLSearchParams, name: string, preset: number, most: number): number {
    const given = query.get(name) ?? String(preset);
    const value = Number(given);
    if (!/^\d+$/.test(given) || value > most) throw new BadRequest(`${name} must be a whole number from 0 to ${most}`);
    return value;
}

function* chunks(n: number): Generator<Buffer> {
    for (let left = n; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}
