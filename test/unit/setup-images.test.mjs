// @ts-check
import assert from "node:assert/strict";
import { nginxVersion } from "../../setup/local-images.mjs";

describe("nginx made from Debian's packages", () => {
    const version = (/** @type {string} */ said) => nginxVersion(said, "nginx:1.30.6");

    it("is the version that the tag names, or a newer one when Debian has moved on", () => {
        assert.equal(version("nginx version: nginx/1.30.6"), "1.30.6");
        assert.equal(version("nginx version: nginx/1.32.0 (Debian)"), "1.32.0");
    });

    it("is refused when it is older, with what to do instead", () => {
        assert.throws(
            () => version("nginx version: nginx/1.28.3"),
            /has nginx 1\.28\.3, older than nginx:1\.30\.6\. Let/,
        );
    });

    it("is refused when it does not start, with its words", () => {
        assert.throws(() => version("exec format error"), /does not start: exec format error/);
    });
});
