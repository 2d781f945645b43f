// @ts-check
// Puts built programs together, with a `pulumi` that uses them.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { built } from "./build.mjs";
import { cacheDir, root } from "./lib.mjs";

/**
 * A folder with a `pulumi` that uses these programs, to be put on PATH; the same for the same ones.
 * @param {import("./build.mjs").Program[]} programs
 * @param {string} [cli] the folder of a CLI from elsewhere; none: it is among the programs
 */
export function assemble(programs, cli) {
    const script = readFileSync(join(root, "setup", "pulumi.sh"), "utf8");
    const files = programs.map((program) => `${built(program)}`);
    const hash = createHash("sha256")
        .update(JSON.stringify([script, files, cli]))
        .digest("hex");
    const folder = cacheDir("toolchain", hash.slice(0, 16));
    programs.forEach(({ place }, i) => provide(`${files[i]}`, join(folder, place)));
    const constants = { assembled: folder, cli: cli ?? join(folder, "cli") };
    const lines = Object.entries(constants).map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'`);
    const bin = cacheDir("toolchain", hash.slice(0, 16), "bin");
    replace(join(bin, "pulumi"), (file) =>
        writeFileSync(file, `#!/bin/sh\n${lines.join("\n")}\n${script}`, { mode: 0o755 }),
    );
    return bin;
}

// Not a symbolic link: the CLI looks for its language host where its own file is.
/** @param {string} from @param {string} to */
function provide(from, to) {
    if (existsSync(to)) return;
    mkdirSync(dirname(to), { recursive: true });
    replace(to, (file) => {
        try {
            linkSync(from, file);
        } catch {
            copyFileSync(from, file);
        }
    });
}

/** Makes a file under another name and renames it, so that it is whole whoever else makes it. @param {string} target @param {(file: string) => void} make */
function replace(target, make) {
    const unfinished = `${target}.${process.pid}`;
    make(unfinished);
    renameSync(unfinished, target);
}
