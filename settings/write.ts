// `npm run settings`: writes what follows from settings/schema.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { pulumiYaml, settingsPage } from "./documents.ts";

writeFileSync("Pulumi.yaml", pulumiYaml(readFileSync("Pulumi.yaml", "utf8")));
writeFileSync("docs/settings.md", settingsPage());
console.log("Pulumi.yaml and docs/settings.md say what settings/schema.ts says.");
