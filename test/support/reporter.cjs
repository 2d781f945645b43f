// Mocha's spec reporter that also leaves its counts in a file, so that `npm test` can add up the kinds of tests.
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class extends reporters.Spec {
    /** @param {import("mocha").Runner} runner @param {import("mocha").MochaOptions} options */
    constructor(runner, options) {
        super(runner, options);
        runner.once("end", () => {
            const { passes, failures } = this.stats;
            if (process.env.TEST_COUNTS) writeFileSync(process.env.TEST_COUNTS, JSON.stringify({ passes, failures }));
        });
    }
};
