// Waiting for what will be, without a guess how long it takes.
import assert from "node:assert/strict";

/** Asks again until the answer is what is wanted; fails with the last answer after a while. */
export async function eventually<T>(
    ask: () => Promise<T>,
    wanted: (answer: T) => boolean,
    seconds = 8,
    pause = 20,
): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (wanted(answer)) return answer;
        if (Date.now() > deadline)
            assert.fail(`still ${JSON.stringify(answer ?? "nothing").slice(0, 500)} after ${seconds} s`);
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}

/** Waits until a condition holds; fails after so many seconds. */
export async function until(condition: () => boolean | Promise<boolean>, seconds: number): Promise<void> {
    await eventually(async () => condition(), Boolean, seconds, 50);
}
