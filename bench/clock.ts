// One clock for the driver, the load's own process and what containers write: the machine's monotonic clock.

/** Microseconds since the machine started; the same in all processes of a machine. */
export function now(): number {
    // Not performance.now() and an origin that is taken once: the two readings that an origin needs lie 0.8 ms apart in a
    // process that just began, 7 ms when it has to wait for the CPU between them.
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e6 + nanoseconds / 1e3;
}

/** A stretch of time in which the wall clock did not step; microseconds on the clock of `now`. */
interface Stretch {
    readonly from: number;
    until: number;
    /** What the wall clock was at 0 of `now`, between these two. */
    least: number;
    most: number;
}

const exactness = 50;
/** Less than this is no step: the wall clock is set right by running a little faster or slower, too. */
const noStep = 1000;

/**
 * Tells when on the clock of `now` something was written that has a time of the wall clock, such as a file: to 0.1 ms,
 * as a rule. The wall clock may step meanwhile, since it is watched from before that until afterwards.
 */
export class WallClock {
    private readonly stretches: Stretch[] = [];
    private readonly timer: NodeJS.Timeout;

    /** @param wall milliseconds since 1970, whole ones */
    constructor(private readonly wall: () => number = Date.now) {
        this.read();
        this.timer = setInterval(() => this.read(), 10);
    }

    /** Ends the watch; before it nothing can be told. */
    stop(): void {
        this.read();
        clearInterval(this.timer);
    }

    /**
     * Microseconds on the clock of `now`; throws where a step leaves more than one answer, or none.
     *
     * @param seconds since 1970, with a fraction
     */
    at(seconds: number): number {
        const times = this.stretches.flatMap(({ least, most }, i) => {
            const time = seconds * 1e6 - (least + most) / 2;
            // The step was somewhere between the last look before it and the first one after it.
            const after = (this.stretches[i - 1]?.until ?? -Infinity) - noStep;
            const before = (this.stretches[i + 1]?.from ?? Infinity) + noStep;
            return time > after && time < before ? [time] : [];
        });
        const [first = NaN] = times;
        if (times.length === 0 || times.some((time) => Math.abs(time - first) > noStep)) {
            throw new Error(
                "The machine's clock was set while this was measured, so it can't be told when: measure again.",
            );
        }
        return first;
    }

    // A time in whole milliseconds gives a range; where all ranges overlap it is, however long the process was stopped
    // between two lines. Where they don't the clock has stepped.
    private read(): void {
        const began = now();
        do {
            const before = now();
            const wall = this.wall() * 1000;
            const until = now();
            const [least, most] = [wall - until, wall + 1000 - before];
            const last = this.stretches.at(-1);
            if (!last || least > last.most || most < last.least) {
                this.stretches.push({ from: before, until, least, most });
            } else {
                last.until = until;
                last.least = Math.max(last.least, least);
                last.most = Math.min(last.most, most);
            }
        } while (this.width > exactness && now() - began < 100_000);
    }

    private get width(): number {
        const last = this.stretches.at(-1);
        return last ? last.most - last.least : Infinity;
    }
}

/** Resolves after a time in milliseconds. */
export function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
