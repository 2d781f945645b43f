// Requests as they go over the wire: a client library would correct what the tests are about.
import { connect, type Socket } from "node:net";

/** An answer of a server. */
export interface Answer {
    readonly status: number;
    /** By lower-case name; several of one name are joined by a comma. */
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
}

/** What a request has beyond its path. */
export interface Ask {
    readonly method?: string;
    /** Lines such as `Accept: text/plain`. */
    readonly headers?: readonly string[];
    readonly body?: string;
}

/** The text of a request that ends its connection. */
export function requestText(port: number, path: string, { method = "GET", headers = [], body }: Ask = {}): string {
    const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    const host = headers.some((line) => /^host:/i.test(line)) ? [] : [`Host: localhost:${port}`];
    const close = headers.some((line) => /^connection:/i.test(line)) ? [] : ["Connection: close"];
    const lines = [`${method} ${path} HTTP/1.1`, ...host, ...close, ...length, ...headers];
    return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** Opens a connection. */
export function dial(port: number, host = "127.0.0.1"): Promise<Socket> {
    return new Promise((resolve, reject) => {
        const socket = connect({ port, host, noDelay: true }, () => resolve(socket));
        socket.once("error", reject);
    });
}

/** Sends a text over a connection of its own and gives all that comes back until the other side ends it. */
export async function exchange(port: number, text: string | Buffer): Promise<string> {
    const socket = await dial(port);
    const parts: Buffer[] = [];
    socket.on("data", (part) => parts.push(part));
    await new Promise<void>((resolve, reject) => {
        socket.on("error", reject);
        socket.on("close", () => resolve());
        socket.setTimeout(15_000, () => socket.destroy(new Error("no answer within 15 s")));
        socket.write(text, "latin1");
    });
    return Buffer.concat(parts).toString("latin1");
}

/** One request on a connection of its own. */
export async function ask(port: number, path: string, options: Ask = {}): Promise<Answer> {
    return parseAnswer(await exchange(port, requestText(port, path, options)));
}

/** Reads an answer that has come as a whole. */
export function parseAnswer(text: string): Answer {
    const split = text.indexOf("\r\n\r\n");
    const [first = "", ...lines] = text.slice(0, split).split("\r\n");
    const headers: Record<string, string> = {};
    for (const line of lines) {
        const [name = "", ...value] = line.split(":");
        const key = name.toLowerCase();
        headers[key] = [headers[key] ?? [], value.join(":").trim()].flat().join(", ");
    }
    const rest = text.slice(split + 4);
    const body = /chunked/.test(headers["transfer-encoding"] ?? "") ? unchunk(rest) : rest;
    return { status: Number(first.split(" ")[1] ?? 0), headers, body };
}

function unchunk(text: string): string {
    let body = "";
    for (let at = 0; ;) {
        const end = text.indexOf("\r\n", at);
        const size = parseInt(text.slice(at, end), 16);
        if (!size) return body;
        body += text.slice(end + 2, end + 2 + size);
        at = end + 2 + size + 2;
    }
}

/** A connection that is kept for several requests, whose answers have a length. */
export class KeptConnection {
    private received = "";
    private ended = false;
    private readonly socket: Socket;
    private wake = (): void => undefined;
    private readonly port: number;

    private constructor(socket: Socket, port: number) {
        this.socket = socket;
        this.port = port;
        socket.on("data", (part) => {
            this.received += part.toString("latin1");
            this.wake();
        });
        for (const event of ["close", "error"]) {
            socket.on(event, () => {
                this.ended = true;
                this.wake();
            });
        }
    }

    static async open(port: number): Promise<KeptConnection> {
        return new KeptConnection(await dial(port), port);
    }

    async ask(path: string, { headers = [], ...options }: Ask = {}): Promise<Answer> {
        const connection = headers.some((line) => /^connection:/i.test(line)) ? [] : ["Connection: keep-alive"];
        this.write(requestText(this.port, path, { ...options, headers: [...connection, ...headers] }));
        const head = await this.take((text) => text.indexOf("\r\n\r\n") + 4, 4);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        const body =
            options.method === "HEAD" || / 101 /.test(head.slice(0, 13)) ? "" : await this.take(() => length, 0);
        return parseAnswer(head.replace(/^transfer-encoding:.*\r\n/im, "") + body);
    }

    write(text: string | Buffer): void {
        this.socket.write(text, "latin1");
    }

    /** The next bytes, as many as `size` finds in what has come; waits while it finds less than `least`. */
    async take(size: (received: string) => number, least = 1): Promise<string> {
        for (;;) {
            const end = size(this.received);
            if (end >= least && this.received.length >= end) {
                const taken = this.received.slice(0, end);
                this.received = this.received.slice(end);
                return taken;
            }
            if (this.ended) throw new Error(`the connection ended; what came before: ${JSON.stringify(this.received)}`);
            await new Promise<void>((resolve) => (this.wake = resolve));
        }
    }

    close(): void {
        this.socket.destroy();
    }
}

/** Runs `task` `total` times, `width` at once, and gives the results. */
export async function load<T>(total: number, width: number, task: (index: number) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    let next = 0;
    await Promise.all(
        Array.from({ length: width }, async () => {
            while (next < total) {
                const index = next++;
                results[index] = await task(index);
            }
        }),
    );
    return results;
}

/** Runs `task` again and again, `width` at once, until it is told to stop; then gives the results. */
export function startLoad<T>(width: number, task: () => Promise<T>): { stop: () => Promise<T[]> } {
    const results: T[] = [];
    let over = false;
    const clients = Promise.all(
        Array.from({ length: width }, async () => {
            while (!over) results.push(await task());
        }),
    );
    clients.catch(() => undefined); // told by stop
    return {
        async stop() {
            over = true;
            await clients;
            return results;
        },
    };
}
