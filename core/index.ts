/** All of flow without a terminal. */
export * from "./catalog/lineage.js";
export { type Selected, select } from "./catalog/selection.js";
export { inline } from "./declaration/drafted-text.js";
export { readDuration } from "./declaration/duration.js";
export { type DeclareOptions, type DeclareReport, declareFiles } from "./declare/declare.js";
export * from "./diagnostic.js";
export { type Acceptance, type Accepted, acceptanceOf } from "./drift/accept.js";
export type { InputReach, ReachKey, Table } from "./engine/engine.js";
export type * from "./event.js";
export * from "./model.js";
export type * from "./plan/plan.js";
export type * from "./project.js";
export type * from "./report/report.js";
export { openProject } from "./run/open.js";
export type { Ports } from "./run/opened.js";
export * from "./source.js";
export type * from "./store/manifest.js";
