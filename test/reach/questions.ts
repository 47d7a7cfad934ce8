import type { ReachQuestion } from "../../core/engine/engine.js";
import type { PartitionField } from "../../core/model.js";

/** Two facts and a dimension, as the golden table and the property test know them. */
export const inputs: ReachQuestion["inputs"] = [
  {
    name: "sales",
    columns: [
      { name: "at", type: "TIMESTAMP" },
      { name: "day", type: "DATE" },
      { name: "shop", type: "VARCHAR" },
      { name: "amount", type: "INTEGER" },
    ],
  },
  {
    name: "visits",
    columns: [
      { name: "day", type: "DATE" },
      { name: "shop", type: "VARCHAR" },
      { name: "people", type: "INTEGER" },
    ],
  },
  {
    name: "shops",
    columns: [
      { name: "shop", type: "VARCHAR" },
      { name: "town", type: "VARCHAR" },
    ],
  },
];

export const byDay: PartitionField = { transform: "day", column: "day", argument: null, name: "day_day" };
export const byMonth: PartitionField = { transform: "month", column: "day", argument: null, name: "day_month" };
export const byShop: PartitionField = { transform: "identity", column: "shop", argument: null, name: "shop" };
