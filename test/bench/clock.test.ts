import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fromWallClock, now } from "../../bench/clock.ts";

const clock = new URL("../../bench/clock.ts", import.meta.url).href;

describe("the bench's clock", () => {
    it("is the machine's own in a process that just began, so that times of the load and of the driver compare", () => {
        const script = `
            import { now } from ${JSON.stringify(clock)};
            let least = Infinity;
            // The process may be stopped between two readings, but hardly a thousand times.
            for (let i = 0; i < 1000; i += 1) {
                const time = now();
                least = Math.min(least, Number(process.hrtime.bigint()) / 1000 - time);
            }
            console.log(least);`;
        const args = ["--import", "tsx", "--input-type=module", "-e", script];
        const least = Number(execFileSync(process.execPath, args));
        assert.ok(least >= 0 && least < 100, `${least} µs`);
    });

    it("gives a time of the wall clock to a tenth of a millisecond", () => {
        const last = Date.now();
        let before = now();
        let wall = Date.now();
        while (wall === last) {
            before = now();
            wall = Date.now();
        }
        const after = now();
        const began = fromWallClock(wall / 1000);
        assert.ok(began > before - 100 && began < after + 100, `${before} ${began} ${after}`);
    });
});
