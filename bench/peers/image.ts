// The peers' programs: HAProxy, Caddy and wrk in an image made from Debian packages, kamal-proxy built by Go.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mmdebstrap } from "../../setup/debian.mjs";
import { cacheDir, which } from "../../setup/lib.mjs";
import { run, tryRun } from "../shell.ts";

/** HAProxy, Caddy, curl, socat and wrk, from Debian's packages. Stays on the engine for the next bench. */
export const peersImage = "blue-green-bench-peers:trixie";

/** Makes the image unless it is there; false when this machine can't. */
export async function ensurePeersImage(): Promise<boolean> {
    if ((await tryRun("docker", ["image", "inspect", peersImage])).code === 0) return true;
    if (!which("mmdebstrap")) return false;
    const work = mkdtempSync(join(cacheDir("bench"), "image-"));
    try {
        const tar = join(work, "root.tar");
        const packages = ["ca-certificates", "curl", "haproxy", "caddy", "socat", "wrk"];
        await mmdebstrap({ packages, work, what: "making the image of HAProxy, Caddy and wrk", tar });
        await run("docker", ["import", tar, peersImage]);
        return true;
    } finally {
        rmSync(work, { recursive: true });
    }
}

/** Builds kamal-proxy; its path, or undefined where there is no Go. The version is the one in kamal-proxy/go.mod. */
export async function ensureKamalProxy(): Promise<string | undefined> {
    if (!which("go")) return undefined;
    const binary = join(cacheDir("bench"), "kamal-proxy");
    const build = ["build", "-trimpath", "-o", binary, "github.com/basecamp/kamal-proxy/cmd/kamal-proxy"];
    const cwd = fileURLToPath(new URL("./kamal-proxy", import.meta.url));
    // Static, since it runs in another system's image.
    await run("go", build, { cwd, env: { GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" } });
    return binary;
}
