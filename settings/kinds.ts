// The kinds of values that a setting may have. Each checks what it is given and tells the rule that it breaks.
import * as v from "valibot";
import { parsedJson } from "./json.ts";
import { plainTextProblem, type Check } from "./checks.ts";

/** A kind of value. */
export interface Kind<T> {
    /** Reads what is given; each issue's message is the rest of a sentence that begins with the key. */
    readonly schema: v.GenericSchema<unknown, T>;
    /** The same for a value that only says what differs from another one. */
    readonly partial: v.GenericSchema<unknown, unknown>;
    /** What the documentation says of it: bounds and form. */
    readonly says: string;
}

/** A setting with named fields, each a setting itself. */
export interface Group<F extends Fields> extends Kind<ValuesOf<F>> {
    readonly fields: F;
}

/** What is known of one setting: the only place where it stands. */
export interface Setting<T> {
    /** One or two sentences; numbers with their unit. */
    readonly description: string;
    readonly kind: Kind<T>;
    readonly default: T;
    /** A value that shows what one writes; undefined for a group, whose fields have their own. */
    readonly example?: T;
    /** May be secret: nothing shows it then. Any other is refused as a secret, for this reason. */
    readonly secret: true | string;
}

// The kind of each field is its own; what all have in common is of no use for more than to read them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnySetting = Setting<any>;

/** Settings by name. */
export type Fields = Readonly<Record<string, AnySetting>>;

/** The values of settings by name. */
export type ValuesOf<F extends Fields> = {
    readonly [Name in keyof F]: F[Name] extends Setting<infer T> ? T : never;
};

type Reading<T> = { readonly value: T; readonly rule?: undefined } | { readonly rule: string };

function kind<T>(says: string, read: (given: unknown) => Reading<T>): Kind<T> {
    const schema = v.pipe(
        v.unknown(),
        v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
            const reading = read(dataset.value);
            if (reading.rule === undefined) return reading.value;
            addIssue({ message: reading.rule });
            return NEVER;
        }),
    );
    return { schema, partial: schema, says };
}

/** A text that passes a check. Numbers and booleans are taken as texts, as a compose file does. */
export function text(says: string, check: Check = () => undefined): Kind<string> {
    return kind<string>(says, (given) => {
        const value = typeof given === "number" || typeof given === "boolean" ? String(given) : given;
        if (typeof value !== "string") return { rule: "must be a text" };
        const rule = plainTextProblem(value) ?? check(value);
        return rule === undefined ? { value } : { rule };
    });
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[]): Kind<T> {
    const rule = `must be ${words.join(" or ")}`;
    const says = words.map((word) => `\`${word}\``).join(" or ");
    return kind<T>(says, (given) => {
        const value = words.find((word) => word === given);
        return value === undefined ? { rule } : { value };
    });
}

/** A whole number within bounds, also given as a text. */
export function integer(least: number, most: number): Kind<number> {
    return kind<number>(`${least} to ${most}`, (given) => {
        const value = typeof given === "string" && /^-?\d{1,15}$/.test(given) ? Number(given) : given;
        return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
            ? { value }
            : { rule: `must be a whole number from ${least} to ${most}` };
    });
}

/** A list of texts, each of which passes a check. */
export function list(says: string, check: Check): Kind<readonly string[]> {
    const item = kind<string>("", (given) => {
        const rule = typeof given === "string" ? (plainTextProblem(given) ?? check(given)) : "must be a text";
        return rule === undefined ? { value: given as string } : { rule };
    });
    const rule = 'must be a list of texts, such as ["a","b"]';
    const schema = v.pipe(v.unknown(), v.transform(parsedJson), v.array(item.schema, rule));
    return { schema, partial: schema, says };
}

/** A map of texts whose names and values pass their checks. */
export function map(
    says: string,
    nameCheck: Check,
    check: Check = () => undefined,
): Kind<Readonly<Record<string, string>>> {
    const item = text("", check);
    const schema = v.pipe(
        v.unknown(),
        v.rawTransform<unknown, Readonly<Record<string, string>>>(({ dataset, addIssue, NEVER }) => {
            const given = parsedJson(dataset.value);
            if (!isRecord(given)) {
                addIssue({ message: "must be a map of texts" });
                return NEVER;
            }
            const values: Record<string, string> = {};
            for (const [key, value] of Object.entries(given)) {
                const reading = v.safeParse(item.schema, value);
                const message = nameCheck(key) ?? reading.issues?.[0].message;
                if (message === undefined) values[key] = reading.output as string;
                else addIssue({ message, path: [{ type: "object", origin: "value", input: given, key, value }] });
            }
            return values;
        }),
    );
    return { schema, partial: schema, says };
}

/** Named fields; one that nobody asked for is a mistake. */
export function group<F extends Fields>(fields: F): Group<F> {
    const names = Object.keys(fields);
    const message = (issue: v.BaseIssue<unknown>) =>
        issue.expected === "never"
            ? `is not a field here. There are ${names.join(", ")}`
            : "must be a map with named fields";
    // Without a prototype, so that a field named like something that every object has is none.
    const entries = (schemaOf: (setting: AnySetting) => v.GenericSchema) =>
        Object.assign(
            Object.create(null) as object,
            Object.fromEntries(names.map((field) => [field, schemaOf(fields[field] as AnySetting)])),
        );
    const schemaOf = (all: Record<string, v.GenericSchema>) =>
        v.pipe(v.unknown(), v.transform(parsedJson), v.strictObject(all, message));
    return {
        fields,
        schema: schemaOf(
            entries((setting) => v.optional(setting.kind.schema, setting.default)),
        ) as unknown as v.GenericSchema<unknown, ValuesOf<F>>,
        partial: schemaOf(entries((setting) => v.optional(setting.kind.partial))),
        says: "",
    };
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
