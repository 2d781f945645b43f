// Small statistics.

/** The value below which a part (0 to 1) of sorted values lies; NaN when there are none. */
export function quantile(sorted: readonly number[], part: number): number {
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** The middle of some values; NaN when there are none. */
export function median(values: readonly number[]): number {
    return quantile(
        [...values].sort((a, b) => a - b),
        0.5,
    );
}

/** The largest of many values (too many for `Math.max(...values)`); -Infinity when there are none. */
export function largest(values: readonly number[]): number {
    return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

/** The smallest of many values; Infinity when there are none. */
export function smallest(values: readonly number[]): number {
    return values.reduce((least, value) => Math.min(least, value), Infinity);
}

export function sum(values: readonly number[]): number {
    return values.reduce((total, value) => total + value, 0);
}
