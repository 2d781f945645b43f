// One clock for the driver, the load's own process and what containers write: the machine's monotonic clock.

/** Microseconds since the machine started; the same in all processes of a machine. */
export function now(): number {
    // Not performance.now() and an origin that is taken once: the two readings that an origin needs lie 0.8 ms apart in a
    // process that just began, 7 ms when it has to wait for the CPU between them.
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e6 + nanoseconds / 1e3;
}

/**
 * Microseconds on the clock of `now` for a time of the wall clock, such as a file's. Exact to 50 µs, unless the machine
 * lets this process wait for its CPU every time.
 *
 * @param seconds since 1970, with a fraction
 */
export function fromWallClock(seconds: number): number {
    // What the wall clock was at 0 of `now`. Date.now() is cut to whole milliseconds, so each reading gives a range; where
    // all ranges overlap it is, however long the process was stopped between two lines.
    let [least, most] = [-Infinity, Infinity];
    for (const began = now(); most - least > 50 && now() - began < 100_000;) {
        const before = now();
        const wall = Date.now() * 1000;
        least = Math.max(least, wall - now());
        most = Math.min(most, wall + 1000 - before);
    }
    return seconds * 1e6 - (least + most) / 2;
}

/** Resolves after a time in milliseconds. */
export function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
