// @ts-check
// Pulumi asks npm's dependency tree which packages belong to a function that is sent to a cloud. This project sends
// none; without that tree each start is a quarter of a second shorter and a hundred packages less are installed.
exports.Arborist = function Arborist() {
    throw new Error(
        "@npmcli/arborist is left out, so Pulumi can't serialize functions. To have it, remove `overrides` and " +
            "`@npmcli/arborist` from package.json and run `npm install`.",
    );
};
