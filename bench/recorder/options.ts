// What a load consists of.
import type { Target } from "./connection.ts";

/** Kinds of clients, at work at the same time; a kind that is left out doesn't take part. */
export interface Clients {
    /** Keep-alive connections that always have the next request due; `rate` in requests a second over all of them. */
    readonly busy?: { readonly rate: number; readonly connections: number };
    /** Keep-alive connections that pause `thinkMs` (half to one and a half times that) between two requests. */
    readonly think?: { readonly connections: number; readonly thinkMs: number };
    /** Connections that open early, are silent for about `silentMs`, send one request and begin anew. */
    readonly silent?: { readonly connections: number; readonly silentMs: number };
    /** A new connection for each request; `rate` a second. */
    readonly fresh?: { readonly rate: number };
    /** POST /echo of `parts` pieces, one every `everyMs`; `rate` a second. */
    readonly post?: { readonly rate: number; readonly parts: number; readonly everyMs: number };
    /** GET /slow, which answers after `ms`; `rate` a second. */
    readonly slow?: { readonly rate: number; readonly ms: number };
    /** Event streams with an event every `everyMs`; each is closed by the client after about `lastMs`. */
    readonly sse?: { readonly connections: number; readonly everyMs: number; readonly lastMs: number };
    /** WebSockets that send a message every `everyMs`; each is closed by the client after about `lastMs`. */
    readonly ws?: { readonly connections: number; readonly everyMs: number; readonly lastMs: number };
}

/** A load: where to, what, and how much at most. */
export interface LoadOptions {
    readonly target: Target;
    readonly clients: Clients;
    /** How long an answer may take beyond what was asked for (`/slow?ms=`), in milliseconds. Default 10 s. */
    readonly timeoutMs?: number;
    /** The load ends by itself after as many seconds. Default 3600. */
    readonly maxSeconds?: number;
    /** The load ends by itself after as many requests. Default 5 million. */
    readonly maxRequests?: number;
    /** POSTs are numbered from here on, so that two loads on the same servers can be told apart. Default 0. */
    readonly firstPost?: number;
}

/**
 * Every kind of client at once, with `rate` requests a second in all, of which most come over busy connections.
 *
 * @param streamMs how long event streams and WebSockets last, in milliseconds; and long answers, up to 2.5 s
 */
export function everyKind(rate: number, streamMs = 15_000): Clients {
    const fresh = Math.min(100, rate / 20);
    return {
        // What the kinds below add up to: 20 + 5 + 50 + 20.
        busy: { rate: Math.max(1, rate - fresh - 95), connections: 50 },
        think: { connections: 20, thinkMs: 1000 },
        silent: { connections: 40, silentMs: 8000 },
        fresh: { rate: fresh },
        post: { rate: 20, parts: 4, everyMs: 150 },
        slow: { rate: 5, ms: Math.min(2500, streamMs) },
        sse: { connections: 10, everyMs: 500, lastMs: streamMs },
        ws: { connections: 10, everyMs: 200, lastMs: streamMs },
    };
}
