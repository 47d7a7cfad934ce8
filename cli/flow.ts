#!/usr/bin/env node
import { runBin } from "./bin.js";

/** The bin. */
await runBin();
