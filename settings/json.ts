/** A list or a map that is given as JSON, as Pulumi does with those of a stack's config; any other value as it is. */
export function parsedJson(given: unknown): unknown {
    if (typeof given !== "string") return given;
    try {
        return JSON.parse(given) as unknown;
    } catch {
        return given;
    }
}
