// @ts-check
// Node itself and the Node packages of the lockfile.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, say, SetupError } from "./lib.mjs";

/** Installs the packages of the lockfile, unless they are there. */
export async function ensurePackages() {
    const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const [major = 0, minor = 0] = engines.node.match(/\d+/g).map(Number);
    const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number);
    if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
        throw new SetupError(
            `This needs Node ${major}.${minor} or newer; ${process.execPath} is ${process.versions.node}.\n` +
                "Install a newer one (nodejs.org, your packages, or a version manager) and run it again.",
        );
    }
    const digest = createHash("sha256")
        .update(readFileSync(join(root, "package-lock.json")))
        .update(String(ownMajor));
    const stamp = join(root, "node_modules", ".installed-from");
    const wanted = digest.digest("hex");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
        say("packages: installed, as the lockfile says");
        return;
    }
    say("packages: npm ci, some 20 s");
    await run("npm", ["ci", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000"], {
        cwd: root,
        what: "npm ci",
    });
    writeFileSync(stamp, wanted);
}
