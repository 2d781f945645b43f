import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { askedByConfig } from "../../settings/config.ts";
import { pulumiYaml, settingsPage } from "../../settings/documents.ts";
import { parseSettings } from "../../settings/parse.ts";
import { settingsOf } from "../support/settings.ts";

const read = (file: string) => readFileSync(file, "utf8");

describe("what is written from the settings (npm run settings)", () => {
    it("is what stands in Pulumi.yaml and docs/settings.md", () => {
        assert.equal(pulumiYaml(read("Pulumi.yaml")), read("Pulumi.yaml"));
        assert.equal(settingsPage(), read("docs/settings.md"));
    });

    it("gives each key a default that means the same as none, and no type, which Pulumi would check first", () => {
        const { config } = parse(read("Pulumi.yaml")) as {
            config: Record<string, { default: unknown; type?: string }>;
        };
        const given = Object.entries(config).map(([key, { default: value }]) => {
            return [`blue-green:${key}`, typeof value === "string" ? value : JSON.stringify(value)] as const;
        });
        const images = { "blue-green:blueImage": "shop:1", "blue-green:greenImage": "shop:2" };
        const asked = askedByConfig({ ...Object.fromEntries(given), ...images }, [], "blue-green");
        assert.deepEqual(
            parseSettings(asked, () => ""),
            settingsOf(),
        );
        assert.ok(Object.values(config).every(({ type }) => type === undefined));
    });

    it("has examples that the settings accept", () => {
        const commands = [...settingsPage().matchAll(/`(pulumi config set [^`]+)` \|$/gm)].map(
            ([, text]) => text ?? "",
        );
        assert.ok(commands.length > 25);
        for (const command of commands) {
            const [, path = "", value = ""] = /set (?:--path )?(\S+) (?:-- )?(.*)$/.exec(command) ?? [];
            const text = value.replace(/^'(.*)'$/, "$1");
            const [key = "", ...rest] = path.split(".");
            const nested = rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), text);
            const build = path.startsWith("greenBuild") ? { context: "." } : {};
            const given = rest.length > 0 ? JSON.stringify({ ...build, ...(nested as object) }) : text;
            assert.ok(settingsOf({ [key]: given }), command);
        }
    });
});
