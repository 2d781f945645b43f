import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { now, sleep, WallClock } from "../../bench/clock.ts";

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

    describe("tells when a time of the wall clock was", () => {
        /** Milliseconds by which the wall clock is ahead, since it was set. */
        let ahead = 0;
        const wall = (at: number) => 1.7e12 + ahead + at / 1000;
        let clock: WallClock;
        beforeEach(() => {
            ahead = 0;
            clock = new WallClock(() => Math.floor(wall(now())));
        });
        afterEach(() => clock.stop());

        /** A moment by both clocks. */
        const moment = () => {
            const at = now();
            return { seconds: wall(at) / 1000, at };
        };
        const assertTold = ({ seconds, at }: ReturnType<typeof moment>) => {
            const told = clock.at(seconds);
            assert.ok(Math.abs(told - at) < 100, `${told} instead of ${at}`);
        };

        it("to a tenth of a millisecond", async () => {
            const first = moment();
            await sleep(50);
            assertTold(first);
            assertTold(moment());
        });

        it("on both sides of a step, forth or back", async () => {
            for (const step of [50, -50]) {
                await sleep(100);
                const before = moment();
                await sleep(100);
                ahead += step;
                await sleep(100);
                const after = moment();
                await sleep(20);
                assertTold(before);
                assertTold(after);
            }
        });

        it("or refuses it, when the clock showed that time twice or never", async () => {
            const twice = moment();
            await sleep(20);
            ahead -= 50;
            await sleep(50);
            assert.throws(() => clock.at(twice.seconds), /clock was set while this was measured/);

            ahead += 3000;
            const never = { seconds: twice.seconds + 2 };
            await sleep(50);
            assert.throws(() => clock.at(never.seconds), /clock was set/);
        });
    });
});
