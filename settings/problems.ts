// Mistakes of the operator, told so that they can be mended.

/** One wrong value. */
export interface Problem {
    /** The value's name, such as `blue-green:health.path`. */
    readonly key: string;
    /** The value as it was given; undefined where there is none, or where it must not be shown. */
    readonly value: unknown;
    /** What the value must be, as the rest of a sentence that begins with the name. */
    readonly rule: string;
    /** How to set it right. */
    readonly example: string;
}

/** A mistake whose message is meant for the operator as it stands: no stack trace. */
export class OperatorError extends Error {}

/** What was asked for has mistakes; the message lists them all. */
export class SettingsError extends OperatorError {
    /** @param subject who has them, such as `The stack's config` */
    constructor(
        subject: string,
        readonly problems: readonly Problem[],
    ) {
        const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
        super(`${subject} has ${count}; nothing was changed.\n${problems.map(describe).join("\n")}`);
    }
}

// Long enough to see which value it is.
const longestShown = 300;

function describe({ key, value, rule, example }: Problem): string {
    const text = value === undefined ? "" : ` = ${JSON.stringify(value)}`;
    const shown = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
    return `  ${key}${shown}\n      ${rule}\n      for example: ${example}`;
}
