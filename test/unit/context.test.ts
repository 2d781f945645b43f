import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkContext } from "../../engine/context.ts";

describe("the engine that is meant", () => {
    const folder = mkdtempSync(join(tmpdir(), "blue-green-context-"));
    const use = (config: object) => {
        writeFileSync(join(folder, "config.json"), JSON.stringify(config));
        return { DOCKER_CONFIG: folder };
    };
    after(() => {
        rmSync(folder, { recursive: true });
    });

    it("is clear without a context, with the default one, and with DOCKER_HOST", () => {
        checkContext(use({}));
        checkContext(use({ currentContext: "default" }));
        checkContext({ ...use({ currentContext: "prod" }), DOCKER_HOST: "ssh://prod" });
        checkContext({ DOCKER_CONFIG: join(folder, "nowhere") });
    });

    it("is not clear in another context: refused, with what to type", () => {
        assert.throws(() => checkContext(use({ currentContext: "prod" })), /export DOCKER_HOST=.*context inspect prod/);
        const both = { DOCKER_CONTEXT: "prod", DOCKER_HOST: "ssh://prod" };
        assert.throws(() => checkContext(both), /unset DOCKER_CONTEXT/);
    });
});
