import assert from "node:assert/strict";
import { Recording } from "../../bench/recorder/recording.ts";
import { cutoverPicture } from "../../bench/svg.ts";

describe("the picture of a cutover", () => {
    it("marks also a stream that was opened long before and is cut", () => {
        const recording = Recording.of([
            { kind: "sse-stream", color: "blue", error: "reset", sent: 0, end: 5_000_000 },
            { kind: "ws-echo", status: 101, error: "closed", sent: 4_000_000, end: 5_100_000 },
            { color: "green", sent: 5_100_000, end: 5_101_000 },
        ]);
        const moved = 5_000_000;
        const text = cutoverPicture(recording, { to: "green", asked: moved, moved, acknowledged: moved });
        assert.equal(text.match(/<circle/g)?.length, 2);
    });
});
