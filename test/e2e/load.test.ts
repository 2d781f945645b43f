import assert from "node:assert/strict";
import { cycle } from "../../bench/product.ts";
import { undoAll } from "../../bench/shell.ts";
import { failuresInWords } from "../../bench/verdict.ts";

describe("a release under load", function () {
    this.timeout(180_000);
    after(() => undoAll());

    it("loses no request in deploy, cutover, rollback and cutover, and answers none in the old color once it is done", async () => {
        const { verdict } = await cycle({ cycles: 1, rate: 300 });
        const { failed, stale, flapping, executedTwice, neverExecuted } = verdict;
        const lost = { failed, stale, flapping, executedTwice, neverExecuted };
        const nothing = { failed: 0, stale: 0, flapping: 0, executedTwice: 0, neverExecuted: 0 };
        assert.deepEqual(
            lost,
            nothing,
            `${failuresInWords(verdict)}\n${JSON.stringify(verdict.cutovers, undefined, 4)}`,
        );
        // Every kind of client took part, all the time.
        assert.ok(verdict.requests > 3000, `${verdict.requests}`);
        assert.equal(Object.keys(verdict.byKind).length, 10, JSON.stringify(verdict.byKind));
        assert.equal(verdict.cutovers.length, 3);
    });
});
