// What is written from the settings, so that nothing is told twice by hand: Pulumi.yaml's config section and
// docs/settings.md. `npm run settings` writes them; a test compares.
import { capital, keys, setCommand } from "./config.ts";
import type { Fields, Setting } from "./kinds.ts";
import { colorFields, poolFields, topics } from "./schema.ts";
import { settingAt, type Path } from "./asked.ts";

/** Pulumi.yaml with its config section, the last one, written anew. */
export function pulumiYaml(before: string): string {
    const head = before.slice(0, before.indexOf("\nconfig:\n"));
    const sections = [...keys].map(([key, path]) => configOf(key, path));
    return `${head}\nconfig:\n${configNote}${sections.join("")}`;
}

const configNote = `  # Written by \`npm run settings\`. No key has a type: Pulumi's own check would refuse a value before the program can say
  # what to type instead.
`;

function configOf(key: string, path: Path): string {
    const setting = settingAt(path)?.setting;
    if (!setting) throw new Error(`no setting is named ${key}`);
    const overrides = path.length > 1 && Object.hasOwn(poolFields, path[1] ?? "");
    const fields = fieldsOf(setting).map(([name, { description }]) => `${name}: ${description}`);
    const description = overrides
        ? `For ${path[0] ?? ""} alone, over ${path[1] ?? ""}; empty for none of its own.`
        : [setting.description, ...fields].join(" ");
    const value = overrides ? "" : setting.default;
    return `  ${key}:\n    default: ${JSON.stringify(value)}\n    description: ${JSON.stringify(description)}\n`;
}

function fieldsOf(setting: Setting<unknown>): [string, Setting<unknown>][] {
    return "fields" in setting.kind ? Object.entries(setting.kind.fields as Fields) : [];
}

/** docs/settings.md. */
export function settingsPage(): string {
    const sections = Object.entries(topics).map(([topic, fields]) => {
        const rows = Object.entries(fields as Fields).flatMap(([name, setting]) => rowsOf(name, setting));
        return `## ${topic}\n\n${notes[topic as keyof typeof topics] ?? ""}${head}${rows.join("")}`;
    });
    return `${intro}\n${sections.join("\n")}`;
}

const intro = `# Settings

All are keys of the stack's config. Mistakes are all reported at once, with key, value, rule and an example, before
anything is touched. This page is written from \`settings/schema.ts\` by \`npm run settings\`.
`;
const head = "| key | default | meaning | for example |\n| --- | --- | --- | --- |\n";
const notes: Partial<Record<keyof typeof topics, string>> = {
    "What each container gets": `Each is for both colors. For one color alone it has the color in front: ${Object.keys(
        poolFields,
    )
        .map((name) => `\`green${capital(name)}\``)
        .join(", ")}, and the same with \`blue\`. What is set for one color goes over
what is set for both: a value in its place, the fields of \`health\` and \`limits\` and the variables of \`env\` one by one. So a
version that needs a new value is tried with it at its preview, and a rollback is to what ran.

A change of any of these but \`health\` makes a color's containers anew, so it is refused for the color that is serving.

`,
};

function rowsOf(name: string, setting: Setting<unknown>): string[] {
    const own = Object.hasOwn(colorFields, name);
    const key = own ? `green${capital(name)}` : name;
    const shown = own ? [`blue${capital(name)}`, key] : [key];
    const fields = fieldsOf(setting);
    const all = fields.length > 0 ? fields : ([["", setting]] as const);
    return all.map(([field, { kind, description, default: value, example }]) => {
        const names = shown.map((each) => `\`${each}${field && `.${field}`}\``).join(", ");
        const command = setCommand(field ? [key, field] : [key], example);
        const meaning = `${description}${kind.says && ` (${kind.says})`}`;
        return `| ${names} | ${defaultText(value)} | ${meaning} | ${code(command)} |\n`;
    });
}

function defaultText(value: unknown): string {
    if (value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0)) return "none";
    return code(typeof value === "string" ? value : JSON.stringify(value));
}

function code(text: string): string {
    return `\`${text.replaceAll("|", "\\|")}\``;
}
