// Reads typed values out of a stack's config, and collects every mistake on the way.
import type { Problem } from "./problems.ts";

type Check = (value: string) => string | undefined;

/** Reads values of one level of the config and collects what is wrong with them. */
export class Reader {
    /**
     * @param values the values by key; at the top level all texts, as Pulumi passes them
     * @param namespace what stands before each key in a message
     * @param examples what to type to set each key of the top level right
     */
    constructor(
        private readonly values: Readonly<Record<string, unknown>>,
        private readonly namespace: string,
        private readonly examples: Readonly<Record<string, string>>,
        private readonly parent = "",
        readonly problems: Problem[] = [],
        private readonly known = new Set<string>(),
    ) {}

    /** Adds a mistake. A value that must not be shown is given as undefined. */
    report(key: string, value: unknown, rule: string, example?: string): void {
        const path = this.parent + key;
        const top = path.split(/[.[]/)[0] ?? "";
        this.problems.push({
            key: `${this.namespace}:${path}`,
            value,
            rule,
            example: example ?? this.examples[top] ?? "",
        });
    }

    /** Whether a mistake was found in a key. */
    has(key: string): boolean {
        const path = `${this.namespace}:${this.parent}${key}`;
        return this.problems.some(
            (problem) =>
                problem.key === path || (/^[.[]/.test(problem.key.slice(path.length)) && problem.key.startsWith(path)),
        );
    }

    /** Whether a structure is given and not empty. */
    isSet(key: string): boolean {
        const value = this.structure(key);
        return value !== undefined && !(isRecord(value) && Object.keys(value).length === 0);
    }

    /** A text that passes a check, which tells the rule that it breaks. */
    text(key: string, fallback: string, check: Check): string {
        const value = this.value(key);
        if (value === undefined) return fallback;
        const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
        const rule = typeof text === "string" ? check(text) : "must be a text";
        if (rule) this.report(key, value, rule);
        return rule ? fallback : (text as string);
    }

    /** A whole number, also given as a text; `why` explains the bounds. */
    integer(key: string, fallback: number, least: number, most: number, why = ""): number {
        const value = this.value(key);
        if (value === undefined) return fallback;
        const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
        if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
        this.report(key, value, `must be a whole number from ${least} to ${most}${why && ` (${why})`}`);
        return fallback;
    }

    /** A list of texts, each of which passes a check. */
    list(key: string, fallback: readonly string[], check: Check): readonly string[] {
        const value = this.structure(key);
        if (value === undefined) return fallback;
        if (!Array.isArray(value)) {
            this.report(key, value, 'must be a list of texts, such as ["a","b"]');
            return fallback;
        }
        value.forEach((item: unknown, index) => {
            const rule = typeof item === "string" ? check(item) : "must be a text";
            if (rule) this.report(`${key}[${index}]`, item, rule);
        });
        return value as string[];
    }

    /** A map of texts; numbers and booleans are taken as texts, as a compose file does. */
    texts(key: string, fallback: Record<string, string>, checkName: Check, secret = false): Record<string, string> {
        const value = this.structure(key);
        if (value === undefined) return fallback;
        if (!isRecord(value)) {
            this.report(key, secret ? undefined : value, "must be a map of texts");
            return fallback;
        }
        const result: Record<string, string> = {};
        for (const [name, item] of Object.entries(value)) {
            const isText = ["string", "number", "boolean"].includes(typeof item);
            const rule = checkName(name) ?? (isText ? undefined : "must be a text");
            if (rule) this.report(`${key}.${name}`, secret ? undefined : item, rule);
            else result[name] = String(item);
        }
        return result;
    }

    /** A nested setting with fixed fields; a field that nobody asked for is a mistake. */
    object<T>(key: string, read: (fields: Reader) => T): T {
        const given = this.structure(key);
        const value = given ?? {};
        if (!isRecord(value)) this.report(key, given, "must be a map with named fields");
        const fields = new Reader(
            isRecord(value) ? value : {},
            this.namespace,
            this.examples,
            `${this.parent}${key}.`,
            this.problems,
        );
        const result = read(fields);
        for (const name of Object.keys(fields.values).filter((field) => !fields.known.has(field))) {
            fields.report(
                name,
                fields.values[name],
                `is not a field of ${key}. There are ${[...fields.known].join(", ")}`,
            );
        }
        return result;
    }

    private value(key: string): unknown {
        this.known.add(key);
        return this.values[key];
    }

    // At the top level Pulumi passes lists and maps as JSON texts; below it they are parsed already.
    private structure(key: string): unknown {
        const value = this.value(key);
        if (typeof value !== "string") return value;
        try {
            return JSON.parse(value) as unknown;
        } catch {
            return value;
        }
    }
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
