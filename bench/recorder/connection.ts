// One connection with at most one request on it. Never retries: what happens to a request is what gets recorded.
import { connect, type Socket } from "node:net";
import { now } from "../clock.ts";
import { Answer } from "./answer.ts";
import type { AnswerColor, RequestError } from "./recording.ts";

/** Where the load goes. */
export interface Target {
    readonly host: string;
    readonly port: number;
}

/** A request to send. */
export interface Request {
    /** Its first bytes; for a slow body its head. */
    readonly bytes: string;
    /** What follows, and how many milliseconds pass before each part. */
    readonly body?: { readonly parts: readonly string[]; readonly everyMs: number };
    /** How long the answer may take, in milliseconds from sending. */
    readonly timeoutMs: number;
    readonly keepsBody?: boolean;
    /** Called with the answer so far whenever bytes came, for a stream. */
    readonly onProgress?: (answer: Answer) => void;
}

/** What became of a request. */
export interface Outcome {
    readonly status: number;
    readonly color: AnswerColor;
    readonly error: RequestError;
    /** Microseconds on the clock of clock.ts. */
    readonly sent: number;
    readonly end: number;
    readonly body: string;
}

interface Running {
    readonly request: Request;
    readonly answer: Answer;
    readonly done: (outcome: Outcome) => void;
    readonly timer: NodeJS.Timeout;
    bodyTimer?: NodeJS.Timeout;
    /** Parts of the body that are still to be sent. */
    bodyParts: number;
    sent: number;
}

/** An HTTP/1.1 connection that opens when it is needed and again after the server closed it. */
export class Connection {
    private socket: Socket | undefined;
    private connected = false;
    private running: Running | undefined;

    constructor(private readonly target: Target) {}

    /** Opens it without a request. */
    open(): void {
        if (this.socket) return;
        const socket = connect({ ...this.target, noDelay: true });
        this.socket = socket;
        this.connected = false;
        // What a socket says after it was given up concerns nobody.
        const inUse = (handle: () => void) => {
            if (this.socket === socket) handle();
        };
        socket.on("connect", () => {
            inUse(() => {
                this.connected = true;
                if (this.running) this.send(this.running);
            });
        });
        socket.on("data", (bytes) => inUse(() => this.receive(bytes)));
        socket.on("end", () => {
            inUse(() => {
                this.running?.answer.end();
                this.lost("closed");
            });
        });
        socket.on("error", () => inUse(() => this.lost(this.connected ? "reset" : "refused")));
        socket.on("close", () => inUse(() => this.lost("closed")));
    }

    /** Whether it stands, so that nothing was lost while it was silent. */
    get isOpen(): boolean {
        return this.connected;
    }

    /** Sends a request and calls `done` once. There must be none running. */
    ask(request: Request, done: (outcome: Outcome) => void): void {
        this.open();
        const timer = setTimeout(() => this.lost("timeout"), request.timeoutMs);
        this.running = {
            request,
            answer: new Answer(request.keepsBody ?? false),
            done,
            timer,
            bodyParts: 0,
            sent: now(),
        };
        if (this.connected) this.send(this.running);
    }

    /** Closes it; a request that runs is not recorded as lost. */
    close(): void {
        const { socket } = this;
        this.forget();
        if (this.running) this.clear(this.running);
        this.running = undefined;
        socket?.destroy();
    }

    private send(running: Running): void {
        running.sent = now();
        this.socket?.write(running.request.bytes, "latin1");
        const { body } = running.request;
        if (!body) return;
        running.bodyParts = body.parts.length;
        running.bodyTimer = setInterval(() => {
            this.socket?.write(body.parts[body.parts.length - running.bodyParts] ?? "", "latin1");
            running.bodyParts -= 1;
            if (running.bodyParts === 0) clearInterval(running.bodyTimer);
        }, body.everyMs);
    }

    private receive(bytes: Buffer): void {
        const { running } = this;
        // An answer to nothing: whoever is asked next must not take it for his own.
        if (!running) return this.close();
        const { answer, request } = running;
        answer.push(bytes);
        request.onProgress?.(answer);
        if (answer.malformed) this.lost("malformed");
        else if (answer.complete) {
            // An answer to half a request leaves the other half to be taken for the next one.
            if (answer.closes || running.bodyParts > 0) this.drop();
            this.finish(running, "");
        }
    }

    // The connection is of no more use.
    private lost(error: RequestError): void {
        const { running } = this;
        this.drop();
        if (running) this.finish(running, running.answer.complete && error === "closed" ? "" : error);
    }

    private finish(running: Running, error: RequestError): void {
        const end = now();
        this.clear(running);
        this.running = undefined;
        const { status, color, body } = running.answer;
        running.done({ status, color, error, sent: running.sent, end, body });
    }

    private clear(running: Running): void {
        clearTimeout(running.timer);
        clearInterval(running.bodyTimer);
    }

    private drop(): void {
        const { socket } = this;
        this.forget();
        socket?.destroy();
    }

    private forget(): void {
        this.socket = undefined;
        this.connected = false;
    }
}
