import { runBin } from "../../cli/bin.js";
import { openProject } from "../../core/run/open.js";
import { faultyPorts, parseFault } from "./fault.js";

/** `flow` as it is, but over ports on which `FLOW_FAULT` acts. Nothing of this is in the program that people install. */
const { FLOW_FAULT: fault = "", FLOW_PASSES: passes = "" } = process.env;
const ports = faultyPorts({ fault: fault === "" ? null : parseFault(fault), passes: passes === "" ? null : passes });
await runBin((options) => openProject(options, ports));
