// @ts-check
// A server that answers as the test asks, run by `node -e` in the demo server's image. Knows what came to it.
const { createServer } = require("node:http");

const name = `${process.env.DEPLOYMENT}-${process.env.SERVER}`;
let connections = 0;
let open = 0;
let flaps = 0;
let idle = 0;
/** @type {Record<string, number>} */
const seen = {};

const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://probe");
    const query = url.searchParams;
    const id = query.get("id");
    if (id) seen[id] = (seen[id] ?? 0) + 1;
    /** @param {unknown} value */
    const json = (value) => {
        const text = JSON.stringify(value);
        response.writeHead(200, { "Content-Length": Buffer.byteLength(text), "X-Server": name }).end(text);
    };
    const { pathname } = url;
    // ?h=Name: value, as often as wanted.
    for (const line of query.getAll("h")) {
        const [header = "", ...value] = line.split(":");
        response.appendHeader(header, value.join(":").trim());
    }
    if (pathname === "/healthz") json("ok");
    else if (pathname === "/seen")
        json({ name, connections, open: open - 1, idle, seen: seen[query.get("of") ?? ""] ?? 0 });
    // Reads the request, then breaks the connection: nobody can tell whether it was executed.
    else if (pathname === "/break" && [null, name].includes(query.get("only"))) {
        request.resume().on("end", () => request.socket.destroy());
    } else if (pathname === "/hang") request.resume();
    else if (pathname === "/flap") response.writeHead((flaps += 1) % 3 ? 200 : 503).end();
    else if (pathname === "/slow") setTimeout(() => json({ name }), Number(query.get("ms")));
    else if (pathname.endsWith("/headers")) {
        response.writeHead(Number(query.get("status") ?? 200), { "Content-Length": 0 }).end();
    } else if (pathname === "/stream") {
        // Two events, then silence; the body would end as the test says.
        const way = query.get("way");
        response.setHeader("Content-Type", "text/event-stream");
        if (query.has("unbuffered")) response.setHeader("X-Accel-Buffering", "no");
        if (way === "close") {
            response.useChunkedEncodingByDefault = false;
            response.shouldKeepAlive = false;
        }
        response.write("data: 1\n\n");
        setTimeout(() => response.write("data: 2\n\n"), 50);
    } else if (pathname === "/bytes") {
        let left = Number(query.get("n"));
        if (query.get("way") !== "chunked") response.setHeader("Content-Length", left);
        const piece = Buffer.alloc(65536, "x");
        const more = () => {
            while (left > 0) {
                const part = piece.subarray(0, Math.min(left, piece.length));
                left -= part.length;
                if (!response.write(part) && left > 0) return void response.once("drain", more);
            }
            response.end();
        };
        more();
    } else {
        let length = 0;
        request.on("data", (part) => (length += part.length));
        request.on("end", () =>
            json({ name, method: request.method, url: request.url, raw: request.rawHeaders, length }),
        );
    }
});
server.on("connection", (socket) => {
    connections += 1;
    open += 1;
    let last = Date.now();
    socket.on("data", () => (last = Date.now()));
    socket.on("close", () => {
        open -= 1;
        idle = Math.max(idle, Date.now() - last);
    });
});
server.keepAliveTimeout = 75_000;
server.listen(8080, () => console.log("probe listens"));
setInterval(() => undefined, 60_000); // keeps running without a listener
// Stops listening, or listens again: a server that is there, and refuses.
process.on("SIGUSR2", () => {
    if (server.listening) server.close().closeAllConnections();
    else server.listen(8080);
});
