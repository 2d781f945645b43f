// A stack's config as what is asked for: flat keys (`greenImage`) to nested values (`green.image`), and back in messages.
import { sharedFields, type Asked, type Path, type Words } from "./asked.ts";
import type { Problem } from "./problems.ts";
import { colorFields, poolFields } from "./schema.ts";
import { colors } from "./settings.ts";

/** Where the value of each key belongs: `servers` to `["servers"]`, `greenImage` to `["green", "image"]`. */
export const keys: ReadonlyMap<string, Path> = new Map<string, Path>([
    ...Object.keys(sharedFields).map((name) => [name, [name]] as const),
    ...Object.keys({ ...colorFields, ...poolFields }).flatMap((name) =>
        colors.map((color) => [`${color}${capital(name)}`, [color, name]] as const),
    ),
]);

/**
 * Reads a stack's config.
 *
 * @param config the values by whole key (`blue-green:servers`); objects and lists as JSON, as Pulumi passes them
 * @param secretKeys the whole keys that hold a secret
 * @param namespace the project's name
 */
export function askedByConfig(
    config: Readonly<Record<string, string>>,
    secretKeys: readonly string[],
    namespace: string,
): Asked {
    const words = wordsOfConfig(namespace);
    const problems: Problem[] = [];
    const values: Record<string, unknown> = {};
    for (const [whole, value] of Object.entries(config)) {
        const [space, key = ""] = whole.split(/:(.*)/s, 2);
        const path = keys.get(key);
        if (space === namespace && path) {
            if (value !== "" || !isOwnOfBoth(path)) put(values, path, value);
        } else if (space === namespace || path) {
            const rule = path
                ? `is in the namespace ${space}, where nobody reads it; this project's is ${namespace}`
                : `is not a key of this project. There are ${[...keys.keys()].join(", ")}`;
            const shown = secretKeys.includes(whole) ? undefined : value;
            problems.push({ key: whole, value: shown, rule, example: `pulumi config rm ${path ? whole : key}` });
        }
    }
    const secrets = secretKeys.flatMap((whole) => {
        const path = whole.startsWith(`${namespace}:`) ? keys.get(whole.slice(namespace.length + 1)) : undefined;
        return path ? [path] : [];
    });
    return { values, secrets, words, problems };
}

// Pulumi.yaml gives each key a default, and "" to those that only override a common one.
function isOwnOfBoth(path: Path): boolean {
    return path.length === 2 && Object.hasOwn(poolFields, path[1] ?? "");
}

function put(values: Record<string, unknown>, [first = "", second]: Path, value: string): void {
    if (second === undefined) values[first] = value;
    else values[first] = { ...(values[first] as object | undefined), [second]: value };
}

function wordsOfConfig(namespace: string): Words {
    return {
        subject: "The stack's config",
        name: (path) => `${namespace}:${dotted(keyAndRest(path))}`,
        toSet: (path, value) => {
            const [key, ...rest] = keyAndRest(path);
            return setCommand([String(key), ...rest], value);
        },
    };
}

/** The key of a path, and what is below it: `["green", "env", "A"]` is `["greenEnv", "A"]`. */
function keyAndRest(path: Path): Path {
    const found = [...keys].find(([, other]) => other.every((part, i) => part === path[i]));
    return found ? [found[0], ...path.slice(found[1].length)] : path;
}

function dotted([first = "", ...rest]: Path): string {
    return rest.reduce<string>(
        (text, part) => text + (typeof part === "number" ? `[${part}]` : `.${part}`),
        String(first),
    );
}

/** The command that sets a value below a key. */
export function setCommand(path: Path, value: unknown): string {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        const [name = "", inner] = Object.entries(value)[0] ?? [];
        return setCommand([...path, name], inner);
    }
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const flag = path.length > 1 ? "--path " : "";
    return `pulumi config set ${flag}${quoted(dotted(path))} ${text.startsWith("-") ? "-- " : ""}${quoted(text)}`;
}

function quoted(text: string): string {
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A name with a capital letter, as it stands behind a color in a key. */
export function capital(name: string): string {
    return name.charAt(0).toUpperCase() + name.slice(1);
}
