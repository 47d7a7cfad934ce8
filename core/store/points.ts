/**
 * Every place in the code where the disk is changed: one name each, with what happens there. A test stops, fails or kills a
 * run at any of them; whoever adds an operation adds its point here, and the crash matrix covers it by itself.
 */
export const filePoints = {
  "store:make": "makes the folders of the store",

  "lock:make": "makes the folder of the locks",
  "lock:draft": "writes who wants an asset, before it has a name others see",
  "lock:link": "gives the lock its name: the one who can is the owner",
  "lock:claim": "announces that a dead owner's lock is being replaced, or one's own given back",
  "lock:replace": "puts one's own lock in a dead owner's place",
  "lock:open": "opens one's own lock to keep it fresh",
  "lock:say": "writes the owner's step and heartbeat",
  "lock:release": "removes one's own lock",
  "lock:sweep": "removes drafts and claims nobody needs",

  "pickup:make": "makes the folder a run takes files into",
  "pickup:list": "writes what the run is about to take",
  "pickup:move": "takes a landed file",
  "pickup:sync": "makes the taking survive a power cut",
  "pickup:record": "writes what the run decided about its files",

  "stage:make": "makes the folder of typed rows",
  "stage:write": "writes the rows of a delivery, or why it was refused",
  "stage:sync": "makes refused rows survive a power cut, before the commit",
  "stage:remove": "removes rows an earlier attempt staged",

  "slice:make": "makes the folder of a slice of a large build",
  "slice:sync": "makes a slice's parts survive a power cut",
  "slice:record": "writes what a slice came to: from then on it is kept",
  "slice:remove": "removes slices that nobody will go on with",

  "merge:make": "makes folders of the candidate",
  "merge:write": "writes parts of the candidate",
  "merge:link": "links the unchanged parts into the candidate",
  "merge:remove": "removes what an earlier attempt built",

  "check:make": "makes the folder for rows that fail checks",

  "quarantine:make": "makes the folder for refused files and rows",
  "quarantine:write": "writes refused rows and their reasons",
  "quarantine:move": "puts a refused file into quarantine",
  "quarantine:release": "puts a refused file back into landing",
  "quarantine:discard": "takes something out of quarantine for good",
  "quarantine:record": "writes why files of a run are in quarantine",

  "changelog:write": "writes what a version does to the rows of the one before",

  "publish:manifest": "writes the manifest into the candidate",
  "publish:sync-parts": "makes the candidate survive a power cut",
  "publish:make": "makes the asset's folder below archive/ and the folder of pointers",
  "publish:version": "moves the candidate to archive/: complete, not yet visible",
  "publish:sync-archive": "makes that move survive a power cut",
  "publish:pointer": "points ready/ at the version: the commit",
  "publish:sync-ready": "makes the commit survive a power cut",

  "archive:make": "makes the run's folder in the log",
  "archive:move": "moves taken files to the log",
  "archive:marker": "removes the marker of a file that was taken",
  "archive:sync": "makes the log survive a power cut",

  "test:land": "puts a file that a test gives into the landing of the test's own store",

  "declare:make": "makes the folder of a drafted declaration",
  "declare:write": "writes a drafted declaration under a name of its own",
  "declare:link": "gives it its name, if that is free",
  "declare:amend": "writes a declaration that takes files as they are",
  "declare:remove": "removes the name of its own",

  "recover:return": "gives a file a dead run had taken back to landing",
  "recover:remove": "removes what a dead run left unfinished",
  "recover:sync": "makes recovery survive a power cut",

  "cache:write": "keeps what was proven of SQL; losing it costs the time to prove it again",

  "ledger:remove": "removes a ledger that is to be made again",

  "gc:make": "makes folders for what is taken away",
  "gc:manifest": "keeps the manifest of a version that is taken away",
  "gc:move": "takes a version away from readers",
  "gc:sync": "makes that survive a power cut",
  "gc:record": "writes which raw files are taken away",
  "gc:remove": "removes what was taken away",

  "tidy:remove": "removes what a finished run no longer needs",
} as const;

export type FilePoint = keyof typeof filePoints;

/** All points, in the order of the table. */
export const pointNames: readonly FilePoint[] = Object.keys(filePoints).filter(isFilePoint);

export function isFilePoint(name: string): name is FilePoint {
  return Object.hasOwn(filePoints, name);
}

/** `within`: between two steps of one operation, e.g. after the temporary file is written and before it is renamed. */
export type FilePhase = "before" | "within" | "after";

/** Called around every operation; what it throws, the operation throws. */
export type OnPoint = (point: FilePoint, phase: FilePhase) => void | Promise<void>;
