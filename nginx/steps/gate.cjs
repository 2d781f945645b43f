// @ts-check
// The gate, from the operator's side: bounds the containers, runs gate.sh in the nginx container, and shows the log of
// what failed. Node runs it, since a shell is not on every operator's machine, and `docker exec` alone sees no logs.
const { spawnSync } = require("node:child_process");

const { NGINX = "", COLOR = "", POOL = "", SCRIPT = "", BOUNDS = "" } = process.env;

/** @param {string[]} args @param {string} [input] */
function docker(args, input) {
    const result = spawnSync("docker", args, { input, encoding: "utf8" });
    return {
        ok: result.status === 0,
        text: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`,
    };
}

// The provider has no field for it, the engine's API has. A line each: the bound, then the containers.
for (const line of BOUNDS.split("\n")) {
    const [pids = "", ...containers] = line.split(" ");
    const bounded = docker(["update", "--pids-limit", pids, ...containers]);
    if (!bounded.ok) console.log(`${COLOR}: no bound on processes could be set: ${bounded.text.trim()}`);
}

const gate = docker(["exec", "-i", "-e", `COLOR=${COLOR}`, NGINX, "sh", "-c", SCRIPT], POOL);
console.log(gate.text.trim());
if (!gate.ok) {
    const failed = [...gate.text.matchAll(/^FAILED ([^\s:]+):/gm)].map((match) => match[1] ?? "");
    for (const name of failed) {
        const { text } = docker(["logs", "--tail", "20", name]);
        console.error(`The last lines of ${name}:\n${text.trimEnd().replace(/^/gm, "  | ")}`);
    }
    console.error(`${COLOR} did not pass its health check, so it gets no traffic.`);
    process.exitCode = 1;
}
