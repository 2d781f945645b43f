// @ts-check
// Sets up what is missing on this machine; run again, it says what is there and changes nothing.
import { pathToFileURL } from "node:url";
import { ensureEngine } from "./engine.mjs";
import { ensureImages } from "./images.mjs";
import { say, SetupError } from "./lib.mjs";
import { ensurePackages } from "./packages.mjs";
import { ensurePulumi } from "./pulumi.mjs";
import { ensureState, environmentFor, shellLine } from "./state.mjs";

/** Sets up everything; what it finds is in this process's environment afterwards, for the programs that it starts. */
export async function setUp() {
    const { dockerHost } = await ensureEngine();
    if (dockerHost) process.env.DOCKER_HOST = dockerHost;
    await ensurePackages();
    const { bin } = await ensurePulumi();
    await ensureImages();
    const line = shellLine({ bin, dockerHost });
    Object.assign(process.env, environmentFor({ bin, dockerHost }));
    ensureState();
    return { line };
}

/**
 * Runs a main function of the set-up: the message of a mistake that the operator can mend is shown alone.
 * @param {() => Promise<void>} body
 */
export async function main(body) {
    try {
        await body();
    } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        process.stderr.write(`\n${error.message}\n`);
        process.exitCode = 1;
    }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    await main(async () => {
        const { line } = await setUp();
        say(
            line
                ? `done. For \`pulumi\` in this shell:\n\n  ${line}\n`
                : "done. `pulumi` works in this shell as it is.",
        );
    });
}
