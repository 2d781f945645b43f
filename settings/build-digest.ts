// The digest of a build: changes when, and only when, what `docker build` would see changes.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import ignore from "@balena/dockerignore";
import type { Build } from "./settings.ts";

/**
 * Digests the files of a build's context (name, content, whether executable), less those that .dockerignore leaves
 * out, with the Dockerfile's name and the args.
 *
 * @throws Error whose message goes on from the key of the context: what is wrong with it
 */
export function digestBuild({ context, dockerfile, args }: Omit<Build, "digest">): string {
    if (!statSync(context, { throwIfNoEntry: false })?.isDirectory()) {
        throw new Error("must be a folder that exists, relative to the project's root");
    }
    if (!statSync(join(context, dockerfile), { throwIfNoEntry: false })?.isFile()) {
        throw new Error(`must hold the Dockerfile: there is no ${dockerfile} in it`);
    }
    const hash = createHash("sha256").update(JSON.stringify([dockerfile, Object.entries(args).sort()]));
    for (const file of contextFiles(context, dockerfile)) {
        const path = join(context, file);
        const stat = statSync(path, { throwIfNoEntry: false });
        const content = stat?.isFile() ? readFileSync(path) : Buffer.from(readlinkSync(path));
        hash.update(`\0${file}\0${(stat?.mode ?? 0) & 0o111}\0${content.length}\0`).update(content);
    }
    return hash.digest("hex").slice(0, 12);
}

/** The files of a context as `docker build` sends them, sorted, with / between the parts. */
function contextFiles(context: string, dockerfile: string): string[] {
    const ignoreFile = join(context, ".dockerignore");
    const rules = statSync(ignoreFile, { throwIfNoEntry: false })?.isFile() ? readFileSync(ignoreFile, "utf8") : "";
    // Docker sends these two whatever the rules say.
    const filter = ignore({ ignorecase: false })
        .add(rules)
        .add([`!${dockerfile}`, "!.dockerignore"]);
    return readdirSync(context, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() || entry.isSymbolicLink())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(context, "/").length).replaceAll("\\", "/"))
        .filter((file) => !filter.ignores(file))
        .sort();
}
