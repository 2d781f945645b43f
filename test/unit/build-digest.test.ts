import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestBuild } from "../../settings/build-digest.ts";

describe("the digest of a build", () => {
    let context = "";
    const build = (change = {}) => digestBuild({ context, dockerfile: "Dockerfile", args: {}, ...change });
    const write = (file: string, text: string) => {
        writeFileSync(join(context, file), text);
    };
    beforeEach(() => {
        context = mkdtempSync(join(tmpdir(), "blue-green-digest-"));
        write("Dockerfile", "FROM scratch\n");
        mkdirSync(join(context, "src"));
        write("src/a.js", "1");
    });
    afterEach(() => {
        rmSync(context, { recursive: true });
    });

    it("stays while nothing changes, wherever the folder is", () => {
        const before = build();
        assert.equal(build(), before);
        assert.match(before, /^[0-9a-f]{12}$/);
    });

    const changes: [what: string, change: () => void][] = [
        [
            "a file's content",
            () => {
                write("src/a.js", "2");
            },
        ],
        [
            "a new file",
            () => {
                write("src/b.js", "");
            },
        ],
        [
            "a file's name",
            () => {
                write("src/c.js", "1");
                rmSync(join(context, "src/a.js"));
            },
        ],
        [
            "whether a file is executable",
            () => {
                chmodSync(join(context, "src/a.js"), 0o755);
            },
        ],
        [
            "a link",
            () => {
                symlinkSync("a.js", join(context, "src/link"));
            },
        ],
        [
            "the Dockerfile",
            () => {
                write("Dockerfile", "FROM other\n");
            },
        ],
    ];
    for (const [what, change] of changes) {
        it(`changes with ${what}`, () => {
            const before = build();
            change();
            assert.notEqual(build(), before);
        });
    }

    it("changes with the args and the Dockerfile's name", () => {
        write("Other", "FROM scratch\n");
        assert.equal(new Set([build(), build({ args: { A: "1" } }), build({ dockerfile: "Other" })]).size, 3);
    });

    it("leaves out what .dockerignore leaves out", () => {
        write(".dockerignore", "node_modules\n*.log\n!keep.log\n");
        const before = build();
        mkdirSync(join(context, "node_modules"));
        write("node_modules/x", "x");
        write("debug.log", "x");
        assert.equal(build(), before);
        write("keep.log", "x");
        assert.notEqual(build(), before);
    });

    it("says what is wrong with the folder", () => {
        assert.throws(() => build({ context: join(context, "nowhere") }), /must be a folder that exists/);
        assert.throws(() => build({ dockerfile: "Containerfile" }), /there is no Containerfile in it/);
    });
});
