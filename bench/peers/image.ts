// The peers' programs: HAProxy, Caddy and wrk in an image made from Debian packages, kamal-proxy built by Go.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mmdebstrap } from "../../setup/debian.mjs";
import { cacheDir, which } from "../../setup/lib.mjs";
import { run, tryRun } from "../shell.ts";

/** HAProxy, Caddy, curl, socat and wrk, from Debian's packages. Stays on the engine for the next bench. */
export const peersImage = "blue-green-bench-peers:trixie";

/** What of the peers this machine can have. */
export interface PeersPrograms {
    /** Whether the engine has `peersImage`. */
    readonly image: boolean;
    /** kamal-proxy's path; undefined where there is no Go. */
    readonly kamalProxy: string | undefined;
}

/** Makes what is missing: a minute at the first time. */
export async function ensurePeers(say: (text: string) => void): Promise<PeersPrograms> {
    const [image, kamalProxy] = await Promise.all([ensureImage(say), ensureKamalProxy()]);
    return { image, kamalProxy };
}

async function ensureImage(say: (text: string) => void): Promise<boolean> {
    if ((await tryRun("docker", ["image", "inspect", peersImage])).code === 0) return true;
    if (!which("mmdebstrap")) return false;
    say(`making ${peersImage}: HAProxy, Caddy and wrk from Debian, once`);
    const work = mkdtempSync(join(cacheDir("bench"), "image-"));
    try {
        const tar = join(work, "root.tar");
        const tools = ["base-files", "coreutils", "curl", "dash", "socat"];
        await mmdebstrap({
            packages: [...tools, "haproxy", "caddy", "wrk"],
            variant: "extract",
            work,
            what: `making ${peersImage}`,
            tar,
        });
        await run("docker", ["import", tar, peersImage]);
        return true;
    } finally {
        rmSync(work, { recursive: true });
    }
}

/** Builds kamal-proxy. The version is the one in kamal-proxy/go.mod. */
async function ensureKamalProxy(): Promise<string | undefined> {
    if (!which("go")) return undefined;
    const binary = join(cacheDir("bench"), "kamal-proxy");
    const build = ["build", "-trimpath", "-o", binary, "github.com/basecamp/kamal-proxy/cmd/kamal-proxy"];
    const cwd = fileURLToPath(new URL("./kamal-proxy", import.meta.url));
    // Static, since it runs in another system's image.
    await run("go", build, { cwd, env: { GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" } });
    return binary;
}
