import { italianDeliveries } from "../../fixtures/italy.js";
import { randomFrom } from "./random.js";

/** A table as it should be loaded. Every row differs from every other. */
export interface CleanTable {
  readonly name: string;
  /** Name -> type. */
  readonly columns: Readonly<Record<string, string>>;
  /** As texts; empty: NULL. */
  readonly rows: readonly (readonly string[])[];
}

const words = ["Ada", "Grace", "Edsger", "Barbara", "Alan", "Katherine", "Donald", "Margaret", "Dennis", "Radia"];
const random = randomFrom(7);

function rowsOf(count: number, row: (n: number) => readonly string[]): CleanTable["rows"] {
  return Array.from({ length: count }, (_, at) => row(at + 1));
}

function date(n: number): string {
  return new Date(Date.UTC(2026, 0, n)).toISOString().slice(0, 10);
}

const texts = (names: readonly string[]): Readonly<Record<string, string>> => Object.fromEntries(names.map((name) => [name, "VARCHAR"]));

/** Several shapes: typed and all text, one column and many, tame values and such as need their quotes. */
export const cleanTables: readonly CleanTable[] = [
  {
    name: "people",
    columns: { id: "INTEGER", name: "VARCHAR", born: "DATE", amount: "DECIMAL(10,2)", note: "VARCHAR" },
    rows: rowsOf(30, (n) => [String(n), random.pick(words), date(n), `${n * 3}.50`, n % 4 === 0 ? "" : `note ${n}`]),
  },
  {
    name: "shop",
    columns: texts(["DATE", "TIME", "Qty", "PRODUCTID", "Price", "ProductType", "ProductDescription", "URL", "Comments"]),
    rows: rowsOf(40, (n) => [
      date(n),
      `${10 + (n % 10)}:${10 + (n % 50)}:00`,
      String(1 + (n % 7)),
      `P-${n}`,
      `${n}.99`,
      random.pick(["Chair", "Table", "Lamp"]),
      n % 3 === 0 ? `Solid, "classic" ${random.pick(words)}` : `Plain ${random.pick(words)} ${n}`,
      `https://example.org/p?id=${n}&x=1`,
      n % 5 === 0 ? `first line ${n}\nsecond, line` : n % 7 === 0 ? "" : `ok; ${n} | fine`,
    ]),
  },
  {
    name: "pairs",
    columns: texts(["code", "label"]),
    rows: rowsOf(25, (n) => [`c${n}`, n % 6 === 0 ? `a "quoted" word ${n}` : n % 5 === 0 ? `x, y and z ${n}` : `label ${n}`]),
  },
  { name: "single", columns: { value: "INTEGER" }, rows: rowsOf(20, (n) => [String(n * 11)]) },
  {
    name: "accents",
    columns: { id: "INTEGER", city: "VARCHAR", country: "VARCHAR", people: "BIGINT" },
    rows: rowsOf(24, (n) => [
      String(n),
      `${random.pick(["Zürich", "Málaga", "Besançon", "Århus", "Forlì", "Køge", "São Paulo"])} ${n}`,
      random.pick(["España", "Österreich", "Côte d’Azur", "Danmark"]),
      String(n * 1001),
    ]),
  },
  {
    name: "wide",
    columns: Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`m${at}`, at === 0 ? "INTEGER" : "DOUBLE"])),
    rows: rowsOf(15, (n) => Array.from({ length: 40 }, (_, at) => (at === 0 ? String(n) : (n * at + 0.25).toFixed(2)))),
  },
  {
    name: "sparse",
    columns: { id: "INTEGER", a: "INTEGER", b: "VARCHAR", c: "TIMESTAMP", d: "VARCHAR" },
    rows: rowsOf(30, (n) => [
      String(n),
      n % 2 ? "" : String(n),
      n % 3 ? "" : `it's ${n}`,
      n % 4 ? "" : `${date(n)} 10:00:00`,
      n % 5 ? "" : `C:\\dir ${n}`,
    ]),
  },
  italy(),
];

/** One real delivery: the regions of Italy on a day. */
function italy(): CleanTable {
  const [header = "", ...lines] = (italianDeliveries()[0]?.text ?? "").trim().split(/\r?\n/);
  const names = header.split(",");
  const rows = lines.map((line) => line.split(","));
  const isNumber = (at: number): boolean => rows.every((row) => /^(0|[1-9]\d*)$/.test(row[at] ?? ""));
  return { name: "italy", columns: Object.fromEntries(names.map((name, at) => [name, isNumber(at) ? "INTEGER" : "VARCHAR"])), rows };
}
