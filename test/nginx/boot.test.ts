import assert from "node:assert/strict";
import { renderRoutes } from "../../nginx/render.ts";
import { ask } from "./http.ts";
import { demoServers, slowBoot, useStand } from "./stands.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "./engine.ts";

describe("the nginx container", () => {
    const stand = useStand(demoServers);

    const restarted = async () => {
        await docker("restart", "-t", "10", stand().nginx);
        return eventually(
            () => ask(stand().port, "/").catch(() => undefined),
            (answer) => answer !== undefined && answer.status > 0,
        );
    };

    it("comes back with the same routes and the same live color", async () => {
        const settings = { ...stand().settings, servers: 1 };
        assert.equal((await stand().routes(settings)).code, 0);
        assert.equal((await stand().traffic("green")).code, 0);
        assert.equal((await restarted())!.body, "green\n");
        const { live, generation } = await stand().status();
        assert.deepEqual([live, generation], ["green", renderRoutes(settings).generation]);
        assert.equal((await ask(stand().port, "/blue/")).body, "blue\n");
    });

    it("ends at once and without a failed request when it is asked to stop", async () => {
        const slow = ask(stand().port, "/slow?ms=1000");
        await eventually(
            () => stand().inside("curl -s http://127.0.0.1:8081/connections"),
            (text) => /Writing: 2/.test(text),
        );
        await docker("stop", "-t", "10", stand().nginx);
        assert.equal((await slow).status, 200);
        assert.equal(await docker("inspect", "-f", "{{.State.ExitCode}}", stand().nginx), "0");
        await docker("start", stand().nginx);
    });

    it("answers 503 from an empty volume, until the first routes", async () => {
        await stand().inside("rm -rf $dir/*");
        assert.equal((await restarted())!.status, 503);
        assert.equal((await stand().routes()).code, 0);
        assert.equal((await ask(stand().port, "/")).body, "blue\n");
    });
});

describe("an nginx container that is slow to start", () => {
    const stand = useStand(slowBoot);

    it("is waited for by the routes step", async () => {
        await docker("restart", "-t", "5", stand().nginx);
        const { code, text } = await stand().routes();
        assert.equal(code, 0, text);
        assert.equal((await stand().status()).generation, renderRoutes(stand().settings).generation);
    });
});
