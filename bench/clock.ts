// One clock for the driver, the load's own process and what containers write: the machine's monotonic clock.

// performance.now() is cheap but starts anew in each process; hrtime doesn't start anew.
const origin = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** Microseconds since the machine started; the same in all processes of a machine. */
export function now(): number {
    return performance.now() * 1000 + origin;
}

/**
 * Microseconds on the clock of `now` for a time of the wall clock, such as a file's.
 *
 * @param seconds since 1970, with a fraction
 */
export function fromWallClock(seconds: number): number {
    // Date.now() is whole milliseconds: exact only at the moment at which it changes.
    const before = Date.now();
    let wall = Date.now();
    while (wall === before) wall = Date.now();
    return now() - (wall * 1000 - seconds * 1e6);
}

/** Resolves after a time in milliseconds. */
export function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
