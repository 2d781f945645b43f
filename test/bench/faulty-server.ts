// A service of two colors in this process that does wrong exactly what a test plants.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { Target } from "../../bench/recorder/connection.ts";
import type { Color } from "../../settings/settings.ts";

/** What a planted fault does with a request; false: nothing, so it is answered as usual. */
export type Fault = (request: IncomingMessage, response: ServerResponse, socket: Socket) => boolean;

export class FaultyServer {
    live: Color = "blue";
    /** The ids of the POSTs that it executed. */
    readonly executed: number[] = [];
    fault: Fault = () => false;
    private readonly sockets = new WebSocketServer({ noServer: true });
    private readonly server = createServer((request, response) => this.answer(request, response));

    async start(): Promise<Target> {
        this.server.keepAliveTimeout = 60_000;
        this.server.on("upgrade", (request, socket, head) => {
            this.sockets.handleUpgrade(request, socket, head, (client) => {
                client.on("message", (data) => client.send(data, { binary: false }));
                client.send(this.live);
            });
        });
        await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
        return { host: "127.0.0.1", port: (this.server.address() as AddressInfo).port };
    }

    stop(): void {
        this.dropWebSockets();
        this.server.closeAllConnections();
        this.server.close();
    }

    /** Cuts every WebSocket without a close frame. */
    dropWebSockets(): void {
        for (const client of this.sockets.clients) client.terminate();
    }

    /** Closes every WebSocket as a server does that is about to stop. */
    endWebSockets(): void {
        for (const client of this.sockets.clients) client.close(1001);
    }

    private answer(request: IncomingMessage, response: ServerResponse): void {
        if (this.fault(request, response, request.socket)) return;
        const url = new URL(request.url ?? "/", "http://bench");
        response.setHeader("X-Deployment", this.live);
        if (url.pathname === "/events") {
            response.writeHead(200, { "Content-Type": "text/event-stream" });
            const send = () => response.write(`data: ${this.live}\n\n`);
            send();
            const timer = setInterval(send, Number(url.searchParams.get("ms")));
            response.on("close", () => clearInterval(timer));
            return;
        }
        let bodyLength = 0;
        request.on("data", (part: Buffer) => (bodyLength += part.length));
        request.on("end", () => {
            if (request.method === "POST") this.executed.push(Number(url.searchParams.get("id")));
            const text = request.method === "POST" ? `{ "bodyLength": ${bodyLength} }` : `${this.live}\n`;
            setTimeout(() => response.end(text), Number(url.searchParams.get("ms") ?? 0));
        });
    }
}
