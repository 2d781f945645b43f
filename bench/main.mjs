// @ts-check
// `npm run bench`: sets up what is missing, then runs the bench. `npm run bench -- --quick` takes under two minutes.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { main, setUp } from "../setup/main.mjs";
import { root } from "../setup/lib.mjs";

await main(async () => {
    await setUp();
    const program = fileURLToPath(new URL("./run.ts", import.meta.url));
    const args = ["--import", "tsx", program, ...process.argv.slice(2)];
    const bench = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
    // It cleans up by itself when it is interrupted: wait for that.
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => bench.kill(signal));
    process.exitCode = await new Promise((resolve) => bench.on("close", (code) => resolve(code ?? 1)));
});
