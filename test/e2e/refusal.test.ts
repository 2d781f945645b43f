import assert from "node:assert/strict";
import { createServer } from "node:net";
import { edgeFields } from "../../settings/schema.ts";
import { docker, Project, type Config } from "../support/project.ts";

describe("an up that must not happen", function () {
    this.timeout(120_000);
    const project = new Project();
    before(() => project.init());
    after(() => project.remove());

    /** The text of a refused up: it fails, shows no stack trace, and leaves the engine as it was. */
    async function refusal(change: Config, env: NodeJS.ProcessEnv = {}): Promise<string> {
        const before = project.onEngine();
        const { code, text } = await project.up(change, [], env);
        assert.notEqual(code, 0, text);
        assert.doesNotMatch(text, /^\s+at .*:\d+:\d+/m);
        assert.deepEqual(project.onEngine(), before);
        return text;
    }

    it("names every mistake of the config with key, value, rule and example, without asking the engine", async () => {
        const texts = { servers: "abc", env: "x", health: "x", command: "java -jar x" };
        const wrong = { ...texts, activeColor: "purple", port: "80;81", testers: ["10.0.0.1/8"], greenLimits: null };
        const text = await refusal(wrong, { DOCKER_HOST: "unix:///nowhere.sock" });
        assert.match(text, /7 mistakes; nothing was changed/);
        assert.match(
            text,
            /blue-green:activeColor = "purple"\n\s+must be blue or green\n\s+for example: pulumi config set/,
        );
        for (const key of [...Object.keys(texts), "port", "testers[0]"]) {
            assert.ok(text.includes(`blue-green:${key} = `), key);
        }
    });

    it("says that no engine answers, and what to do", async () => {
        const text = await refusal({}, { DOCKER_HOST: "unix:///nowhere.sock" });
        assert.match(text, /Cannot connect to the Docker daemon at unix:\/\/\/nowhere\.sock/);
        assert.match(text, /Nothing was changed\. Start the engine/);
    });

    it("says which key to change when the port is in use, by a process or by another container", async () => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as { port: number };
        assert.match(
            await refusal({ port }),
            new RegExp(`port ${port} on 127.0.0.1 is in use.*\\n.*pulumi config set port`),
        );
        await new Promise((resolve) => server.close(resolve));

        const name = `${project.name}x-holder`;
        docker("run", "-d", "--name", name, "-p", `127.0.0.1:${project.port}:80`, edgeFields.nginxImage.default);
        try {
            assert.match(await refusal({}), new RegExp(`is in use by container ${name}`));
        } finally {
            docker("rm", "-f", name);
        }
    });

    it("says which key to change when the subnet overlaps with another network", async () => {
        const name = `${project.name}x-other`;
        docker("network", "create", "--subnet", project.subnet, name);
        try {
            assert.match(
                await refusal({}),
                new RegExp(`overlaps with the network ${name}.*\\n.*pulumi config set subnet`),
            );
        } finally {
            docker("network", "rm", name);
        }
    });

    it("keeps the image of the color that is serving, and says what to type instead", async () => {
        await project.given();
        const text = await refusal({ blueImage: "demo-server:0.0.2" });
        assert.match(text, /blue is serving: its image can't change from demo-server:0\.0\.1 to demo-server:0\.0\.2/);
        assert.match(text, /pulumi config set greenImage demo-server:0\.0\.2 && pulumi up/);
        assert.equal(await project.get("/version"), "200 0.0.1");
    });

    it("goes by what nginx serves: after a cutover the other color is the one that can't change", async () => {
        await project.given({ activeColor: "green" });
        assert.match(await refusal({ activeColor: "green", greenImage: "demo-server:0.0.2" }), /green is serving/);
        assert.match(await refusal({ activeColor: "green", env: { DEPLOYMENT: "x" } }), /activeColor blue/);
    });

    it("names an image that can't be had, while the active color keeps serving", async () => {
        await project.given();
        const { code, text } = await project.up({ greenImage: "no-such-image-anywhere:1" });
        assert.notEqual(code, 0);
        assert.match(text, /no-such-image-anywhere:1/);
        assert.equal(await project.get("/"), "200 blue");
    });
});
