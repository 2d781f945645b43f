import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { buildImage, docker, Project, run, type Config } from "../support/project.ts";

// In the place of java: answers its argument, at every path.
const java = `#!/usr/bin/env node
const [color] = process.argv.slice(2).filter((word) => word.startsWith("--deployment=")).map((word) => word.slice(13));
require("node:http").createServer((request, response) => response.end(color + " " + process.env.SERVER_SHUTDOWN)).listen(8080);
process.on("SIGTERM", () => process.exit(0));
`;

describe("the README's example of an image of one's own", function () {
    this.timeout(180_000);
    const project = new Project();
    const image = "registry.example.com/shop:1.4.2";
    const demo = parse(readFileSync("Pulumi.dev.yaml", "utf8")) as { config: Config };
    const dev = Object.fromEntries(Object.entries(demo.config).map(([key, value]) => [key.split(":")[1] ?? "", value]));
    before(async () => {
        await project.init();
        buildImage(image, "FROM demo-base:1\nCOPY java /usr/local/bin/java\nUSER 10001\n", { java });
    });
    after(async () => {
        await project.remove();
        docker("rmi", image);
    });

    it("works as typed from the stack that npm start makes, and what served before can be gone back to", async () => {
        await project.given({ ...dev, env: undefined, health: { ...(dev.health as object), successes: 1 } });
        const [, commands = ""] =
            /```\n(pulumi config set greenImage registry[^`]*)```/.exec(readFileSync("README.md", "utf8")) ?? [];
        assert.match(commands, /activeColor green && pulumi up\n$/);
        // The same words, with this test's stack, and without the question that a terminal would be asked.
        const shell = `set -e
            pulumi() {
                case "$1" in
                    config) shift 2; command pulumi config set ${project.stackOptions().join(" ")} "$@" ;;
                    up) command pulumi up --yes --skip-preview --non-interactive ${project.stackOptions().join(" ")} ;;
                esac
            }
            ${commands.replaceAll("http://localhost", `http://127.0.0.1:${project.port}`)}`;
        const { code, text } = await run("bash", ["-c", shell], project.env);
        assert.equal(code, 0, text);
        assert.match(text, /^green graceful/m, "the preview, before the cutover");
        assert.equal(await project.get("/"), "200 green graceful");
        assert.equal(await project.get("/blue/"), "200 blue", "what served before has not been touched");
    });
});
