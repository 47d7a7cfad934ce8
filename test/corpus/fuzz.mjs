// `npm run fuzz -- --seconds N --seed S`: vitest knows no such options, so they go by the environment.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" }, seed: { type: "string" } } });
const seed = values.seed ?? String(Math.floor(Math.random() * 1_000_000));
console.log(`fuzzing for ${values.seconds} s from seed ${seed}`);
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const config = fileURLToPath(new URL("../vitest.config.ts", import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, "run", "--config", config, "test/corpus/fuzz.test.ts"], {
  cwd: fileURLToPath(new URL("../..", import.meta.url)),
  stdio: "inherit",
  env: { ...process.env, FLOW_FUZZ_SECONDS: values.seconds, FLOW_FUZZ_SEED: seed },
});
process.exitCode = status ?? 1;
