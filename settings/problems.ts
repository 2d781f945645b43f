// Mistakes of the operator, told so that they can be mended.

/** One wrong value of the config. */
export interface Problem {
    /** The key with its namespace and path, such as `blue-green:health.path`. */
    readonly key: string;
    /** The value as it was given; undefined where it must not be shown. */
    readonly value: unknown;
    /** What the value must be, as the rest of a sentence that begins with the key. */
    readonly rule: string;
    /** A command that sets the key right. */
    readonly example: string;
}

/** A mistake whose message is meant for the operator as it stands: no stack trace. */
export class OperatorError extends Error {}

/** The config has mistakes; the message lists them all. */
export class SettingsError extends OperatorError {
    constructor(readonly problems: readonly Problem[]) {
        const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
        super(`The stack's config has ${count}; nothing was changed.\n${problems.map(describe).join("\n")}`);
    }
}

function describe({ key, value, rule, example }: Problem): string {
    const shown = value === undefined ? "" : ` = ${JSON.stringify(value)}`;
    return `  ${key}${shown}\n      ${rule}\n      for example: ${example}`;
}
