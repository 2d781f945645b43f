// @ts-check
// A step, from the operator's side: begins it in the nginx container, gives it standard input, shows what it says and
// the log of a container that failed. Standard input stays open and gets a byte each second: a step whose caller was
// killed, hangs or has lost its connection notices, and gives up. Arguments: the container, the names of the variables
// that the step gets, the step.
const { spawn, spawnSync } = require("node:child_process");
const { randomUUID } = require("node:crypto");

const [nginx = "", ...names] = process.argv.slice(1);
const step = names.pop() ?? "";
const token = randomUUID();

// The provider has no field for it, the engine's API has. A line each: the bound, then the containers.
for (const line of (process.env.BOUNDS ?? "").split("\n").filter(Boolean)) {
    const [pids = "", ...containers] = line.split(" ");
    const { status, stderr, error } = dockerNow("update", "--pids-limit", pids, ...containers);
    if (status !== 0) console.log(`${step}: no bound on processes could be set: ${error?.message ?? stderr.trim()}`);
}

const variables = ["TOKEN", "STEP", ...names].flatMap((name) => ["-e", name]);
const docker = spawn("docker", ["exec", "-i", ...variables, nginx, "sh", "-c", 'eval "$STEP"', step], {
    env: { ...process.env, TOKEN: token },
});
let begun = false;
let said = "";
let complaint = "";
/** @type {NodeJS.Timeout | undefined} */
let beat;

docker.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (begun) return process.stdout.write(text);
    // The step says the token once it has begun.
    if (!said.includes(`${token}\n`)) return undefined;
    begun = true;
    said = said.replace(`${token}\n`, "");
    process.stdout.write(said);
    void begin();
});
docker.stderr.setEncoding("utf8").on("data", (text) => {
    if (begun) process.stderr.write(text);
    else complaint += text;
});
docker.stdin.on("error", () => undefined); // it has ended
docker.on("error", () => fail("There is no `docker` command on PATH. Install it, then run `pulumi up` again."));
docker.on("close", (code, signal) => {
    clearInterval(beat);
    process.stdin.destroy();
    if (code === 0 || docker.pid === undefined) return;
    if (signal) fail(`The docker command was ended by ${signal}, and so was the step. Run \`pulumi up\` again.`);
    else if (begun) showLogs();
    else if (!/no such container|is not running/i.test(complaint)) fail(complaint.trim());
    // What it served ends with it.
    else if (!step.startsWith("withdraw")) {
        fail(
            `${nginx} is not running. Run \`pulumi up --refresh\`, which starts it or makes it anew.\n${complaint.trim()}`,
        );
    } else return;
    process.exitCode = code || 1;
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
        docker.kill("SIGKILL");
        process.exit(1);
    });
}

async function begin() {
    beat = setInterval(() => docker.stdin.write("."), 1000);
    let input = "";
    for await (const part of process.stdin.setEncoding("utf8")) input += part;
    docker.stdin.write(`${input}${input === "" || input.endsWith("\n") ? "" : "\n"}${token}\n`);
}

function showLogs() {
    for (const [, name = ""] of said.matchAll(/^FAILED ([^\s:]+):/gm)) {
        const { stdout, stderr } = dockerNow("logs", "--tail", "20", name);
        fail(`The last lines of ${name}:\n${`${stdout}${stderr}`.trimEnd().replace(/^/gm, "  | ")}`);
    }
}

/** @param {string[]} args */
function dockerNow(...args) {
    return spawnSync("docker", args, { encoding: "utf8", timeout: 30_000 });
}

/** @param {string} text */
function fail(text) {
    console.error(text);
    process.exitCode = 1;
}
