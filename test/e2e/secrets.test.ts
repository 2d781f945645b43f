import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { docker, Project, type Config } from "../support/project.ts";

describe("a secret", function () {
    this.timeout(240_000);
    const project = new Project();
    const canary = "hunter2-in-the-coal-mine";
    before(() => project.init());
    after(() => project.remove());

    /** All that a state, its backups and its history say. */
    const written = () =>
        readdirSync(project.folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
            .join("\n");
    const processes = () =>
        readdirSync("/proc")
            .filter((name) => /^\d+$/.test(name))
            .map((pid) => {
                try {
                    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
                } catch {
                    return ""; // it has ended
                }
            })
            .join("\n");

    it("in env is in no state, preview, output, error or process list; the container gets it", async () => {
        await project.given({ greenImage: undefined });
        const password = await project.encrypted(canary);
        const seen: string[] = [];
        const watch = setInterval(() => seen.push(processes()), 50);
        const up = async (change: Config) => {
            for (const options of [["--diff"], ["--json"]]) seen.push((await project.preview(change, ...options)).text);
            const { code, text } = await project.up(change, ["--diff", "--show-full-output"]);
            seen.push(text, written());
            return code;
        };
        try {
            for (const key of ["greenEnv", "env"]) {
                const env = { DEPLOYMENT: "{{color}}", SERVER: "{{server}}", PASSWORD: password };
                // Both colors' containers would change: the traffic is on the other one then.
                const change = { [key]: env, ...(key === "env" ? { activeColor: "green" } : {}) };
                assert.notEqual(
                    await up({
                        ...change,
                        [key]: { ...env, UNHEALTHY: "1" },
                        health: { path: "/healthz", timeoutSeconds: 2 },
                    }),
                    0,
                );
                assert.equal(await up(change), 0);
                assert.match(
                    docker("exec", `${project.name}-server1-green`, "env"),
                    new RegExp(`^PASSWORD=${canary}$`, "m"),
                );
                assert.notEqual(
                    await up({ ...change, greenImage: "no-such-image-anywhere:1", activeColor: "blue" }),
                    0,
                );
            }
        } finally {
            clearInterval(watch);
        }
        assert.ok(seen.length > 100);
        for (const text of seen) {
            const at = text.indexOf(canary);
            assert.equal(at, -1, text.slice(Math.max(0, at - 300), at + 300));
        }
    });

    it("anywhere else is refused with the reason, before anything is touched and without showing it", async () => {
        const before = project.onEngine();
        const secret = await project.encrypted(canary);
        const { code, text } = await project.up({
            command: ["node", secret],
            greenBuild: { context: ".", args: { TOKEN: secret } },
            health: { path: secret },
            testers: [secret],
        });
        assert.notEqual(code, 0);
        for (const key of ["command", "greenBuild", "health", "testers"]) {
            assert.match(
                text,
                new RegExp(`blue-green:${key}\\n\\s+can't be secret: .*\\n\\s+for example: pulumi config set`),
            );
        }
        assert.ok(!text.includes(canary));
        assert.deepEqual(project.onEngine(), before);
    });
});
