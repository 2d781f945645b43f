// @ts-check
// `npm start`: sets up what is missing, brings the service up, and says where to look next.
import { spawnSync } from "node:child_process";
import { probe, root, SetupError } from "./lib.mjs";
import { main, setUp } from "./main.mjs";
import { refuseForeignService, stack } from "./state.mjs";

await main(async () => {
    const { line } = await setUp();
    refuseForeignService();
    const up = spawnSync(
        "pulumi",
        ["up", "--yes", "--skip-preview", "--non-interactive", "--suppress-progress", "--stack", stack],
        {
            cwd: root,
            stdio: "inherit",
        },
    );
    if (up.status !== 0)
        throw new SetupError("`pulumi up` failed; the reason is above. Mend it and run `npm start` again.");
    const outputs = probe("pulumi", ["stack", "output", "--json", "--stack", stack], { cwd: root });
    const { url, activeColor, idleColor, previewUrls } = JSON.parse(outputs.stdout);
    const steps = [
        line && `${line}   # once, in this shell`,
        `pulumi config set ${idleColor}Image demo-server:0.0.2 && pulumi up   # deploy to ${idleColor}; ${activeColor} keeps serving`,
        `curl ${previewUrls[idleColor].replace(/\/$/, "")}   # the new version, testers only`,
        `pulumi config set activeColor ${idleColor} && pulumi up   # cutover`,
        `pulumi config set activeColor ${activeColor} && pulumi up   # rollback`,
    ];
    console.log(
        `\n${activeColor} serves at ${url}. Next:\n\n${steps
            .filter(Boolean)
            .map((step) => `  ${step}\n`)
            .join("")}`,
    );
});
