// What is asked for, as a stack's config or a component's arguments say it, and how to speak of it.
import { parsedJson } from "./json.ts";
import type { Fields, Setting } from "./kinds.ts";
import { SettingsError, type Problem } from "./problems.ts";
import { colorFields, edgeFields, poolFields, serviceFields } from "./schema.ts";
import { colors } from "./settings.ts";

/** Where a value is, from the outermost name to the innermost: `["blue", "env", "NAME"]`. */
export type Path = readonly (string | number)[];

/** How those who ask call the values, so that messages speak their language. */
export interface Words {
    /** Who has the mistakes, such as `The stack's config`. */
    readonly subject: string;
    /** The name of a value, such as `blue-green:health.path`. */
    readonly name: (path: Path) => string;
    /** What to type to set a value. */
    readonly toSet: (path: Path, value: unknown) => string;
}

/** What is asked for. */
export interface Asked {
    /** The values, nested as the component's arguments are. */
    readonly values: Readonly<Record<string, unknown>>;
    /** Where the secret ones are; all that is below a path is secret too. */
    readonly secrets: readonly Path[];
    readonly words: Words;
    /** Mistakes that were found on the way here. */
    readonly problems: readonly Problem[];
}

/** The settings beside `blue` and `green`. */
export const sharedFields = { ...serviceFields, ...edgeFields, ...poolFields } as const;

const ofOneColor: Fields = { ...colorFields, ...poolFields };

/** The setting that a path leads to or into, and how much of the path leads there. */
export function settingAt(path: Path): { readonly setting: Setting<unknown>; readonly at: Path } | undefined {
    const depth = colors.some((color) => color === path[0]) ? 1 : 0;
    const fields: Fields = depth === 1 ? ofOneColor : sharedFields;
    const setting = fieldOf(fields, path[depth]);
    if (!setting) return undefined;
    const field = "fields" in setting.kind ? fieldOf(setting.kind.fields as Fields, path[depth + 1]) : undefined;
    return { setting: field ?? setting, at: path.slice(0, depth + (field ? 2 : 1)) };
}

function fieldOf(fields: Fields, name: string | number = ""): Setting<unknown> | undefined {
    return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Collects mistakes. */
export class Mistakes {
    readonly found: Problem[];

    constructor(private readonly asked: Asked) {
        this.found = [...asked.problems];
    }

    /** Adds the mistake of one value; `example`, the value that is to be set, when it is another one. */
    add(path: Path, rule: string, example: Path = path): void {
        const { name, toSet } = this.asked.words;
        const known = settingAt(example);
        this.found.push({
            key: name(path),
            value: this.isSecret(path) ? undefined : valueAt(this.asked.values, path),
            rule,
            example: known ? toSet(known.at, exampleOf(known.setting)) : toSet(path, undefined),
        });
    }

    /** @throws SettingsError when there are mistakes */
    check(): void {
        if (this.found.length > 0) throw new SettingsError(this.asked.words.subject, this.found);
    }

    private isSecret(path: Path): boolean {
        return this.asked.secrets.some((secret) => secret.every((part, i) => part === path[i]));
    }
}

/** What one may write for a setting. */
export function exampleOf({ kind, example }: Setting<unknown>): unknown {
    if (!("fields" in kind)) return example;
    const [name, field] = Object.entries(kind.fields as Fields)[0] ?? [];
    return { [name ?? ""]: (field as Setting<unknown>).example };
}

function valueAt(values: unknown, path: Path): unknown {
    return path.reduce<unknown>((value, part) => {
        const below = typeof value === "string" ? parsedJson(value) : value;
        return typeof below === "object" && below !== null && Object.hasOwn(below, part)
            ? (below as Record<string | number, unknown>)[part]
            : undefined;
    }, values);
}
