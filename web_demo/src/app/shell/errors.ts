/** What went wrong, as a sentence that helps, in the language that is spoken. */

import { type FileKind, type Foreign, KINDS } from "../../photo/kinds";
import { language } from "./i18n";
import { ADVICE, IN_SPANISH } from "./kinds";
import { messageOf } from "../../runtimes/runtime";

type Sentence = (detail: string) => string;
type Pair = readonly [en: string | Sentence, es: string | Sentence];

/** By `what` of a PhotoError, then by its kind. */
const PHOTOS: Readonly<Record<string, Pair>> = {
  empty: [
    "The file is empty (0 bytes). Was it copied or downloaded to its end?",
    "El archivo está vacío (0 bytes). ¿Se copió o descargó hasta el final?",
  ],
  "16-bit": [
    "This photo has 16 bits a channel, which browsers and Python read differently. Save it with 8 bits.",
    "Esta foto tiene 16 bits por canal, y navegadores y Python los leen de forma distinta. Guárdela con 8 bits.",
  ],
  frame: [
    "This browser changes the pixels that a page reads from a camera, to hinder tracking. Save the picture as a photo, or use another browser.",
    "Este navegador altera los píxeles que una página lee de una cámara, para dificultar el rastreo. Guarde la imagen como foto o use otro navegador.",
  ],
  cmyk: [
    "This photo is stored in CMYK, and this browser changes the pixels of such photos. Save it as RGB, or use another browser.",
    "Esta foto está guardada en CMYK, y este navegador altera los píxeles de esas fotos. Guárdela como RGB o use otro navegador.",
  ],
  folder: [
    "There is no photo in this folder that could be read.",
    "No hay en esta carpeta ninguna foto que se pueda leer.",
  ],
  unsupported: [
    "This is no photo that can be read here. Convert it to JPEG, PNG or WebP.",
    "No es una foto que se pueda leer aquí. Conviértala a JPEG, PNG o WebP.",
  ],
  corrupt: [
    (detail) => `The file is damaged or was cut off (${detail}). Try to copy or download it again.`,
    (detail) => `El archivo está dañado o cortado (${detail}). Pruebe a copiarlo o descargarlo de nuevo.`,
  ],
  "too-large": [
    (detail) => `This photo is too large (${detail}). Scale it down and try again.`,
    (detail) => `Esta foto es demasiado grande (${detail}). Redúzcala y pruebe otra vez.`,
  ],
  parts: [
    (detail) => `This file is too complex (${detail}). Open it in an image editor and save it again.`,
    (detail) =>
      `Este archivo es demasiado complejo (${detail}). Ábralo en un editor de imágenes y guárdelo de nuevo.`,
  ],
  memory: [
    "There is not enough memory for this photo. Scale it down, or close other tabs.",
    "No hay memoria suficiente para esta foto. Redúzcala o cierre otras pestañas.",
  ],
};

const PUBLISH: Pair = [
  "Whoever runs this page must publish its folder again, whole.",
  "Quien publica esta página debe publicar su carpeta de nuevo, completa.",
];

/** By the kind of a RuntimeError. */
const RUNTIME: Readonly<Record<string, Pair>> = {
  missing: [
    (file) => `A file of this page is missing: ${file}. ${PUBLISH[0]}`,
    (file) => `Falta un archivo de esta página: ${file}. ${PUBLISH[1]}`,
  ],
  tampered: [
    (file) => `A file of this page was changed: ${file}. ${PUBLISH[0]}`,
    (file) => `Un archivo de esta página fue modificado: ${file}. ${PUBLISH[1]}`,
  ],
  corrupt: [
    (detail) => `A file of this page cannot be read: ${detail}. ${PUBLISH[0]}`,
    (detail) => `Un archivo de esta página no se puede leer: ${detail}. ${PUBLISH[1]}`,
  ],
  runtime: [
    (detail) => `The model stopped (${detail}). It is started again; if memory is short, close other tabs.`,
    (detail) =>
      `El modelo se detuvo (${detail}). Se inicia otra vez; si falta memoria, cierre otras pestañas.`,
  ],
};

const OFFLINE = "You are offline: only what was used before is kept.";

/** What failed, or that there is no network, where something could not be had for want of one. */
export function offlineOr(text: string): string {
  const offline = (globalThis.navigator as Partial<Navigator> | undefined)?.onLine === false;
  return offline && /missing|fetch|load|import/i.test(text) ? OFFLINE : text;
}

/** Clauses that preprocessing and engine say in English, and how they are said in Spanish. */
const REASONS: readonly (readonly [pattern: RegExp, es: string])[] = [
  [/^damaged or truncated: (.*)$/, "$1"],
  [/^damaged (\S+) header$/, "cabecera de $1 dañada"],
  [/^(\S+) is (\S+) megapixels, the limit is (\S+)$/, "$1 son $2 megapíxeles, el límite son $3"],
  [/^(\S+) has a side of more than 65,535 pixels$/, "$1 tiene un lado de más de 65.535 píxeles"],
  [/^it takes (\S+) MB of memory, the limit is (\S+) MB$/, "ocupa $1 MB de memoria, el límite son $2 MB"],
  [
    /^resizing it makes (\S+) pixels, the limit is (\S+) megapixels$/,
    "reducirla da $1 píxeles, el límite son $2 megapíxeles",
  ],
  [/^more than 10,000 segments, chunks or blocks$/, "más de 10.000 segmentos o bloques"],
  [/^more than (\d+) blocks of metadata$/, "más de $1 bloques de metadatos"],
  [/^more than (\d+) scans$/, "más de $1 pasadas"],
  [/^(\d+) scans of (\S+)$/, "$1 pasadas de $2"],
  [
    /^more than (\d+) megapixels or (\d+) MiB in run-length encoding$/,
    "más de $1 megapíxeles o $2 MiB con codificación por longitud",
  ],
  [/^(\S+) is missing \(HTTP (\d+)\)$/, "falta $1 (HTTP $2)"],
  [/^(\S+) cannot be fetched: (.*)$/, "no se puede descargar $1: $2"],
  [/^(\S+) is not the file that was written$/, "$1 no es el archivo que se exportó"],
  [/^max difference (\S+), at most (\S+) allowed$/, "diferencia máxima $1, se permite $2"],
  [/^(\d+) label changes, at most (\d+) allowed$/, "$1 etiquetas cambian, se permiten $2"],
  [
    /^(\d+) goldens become other bytes here than in Python: (.*)$/,
    "$1 goldens dan aquí otros bytes que en Python: $2",
  ],
  [/^You are offline: .*$/, "No hay conexión: solo se conserva lo que ya se usó."],
  [/^(.*) cannot start: (.*)$/, "$1 no arranca: $2"],
];

/** Of anything that was thrown; never empty. */
export function sentence(thrown: unknown): string {
  const { name, kind = "", what = "" } = (thrown ?? {}) as Record<string, string | undefined>;
  const said = messageOf(thrown);
  if (name === "PhotoError" && what in KINDS) return notRead(what as Foreign);
  if (name === "PhotoError") return pick(PHOTOS[what] ?? PHOTOS[kind], reason(said));
  if (name !== "RuntimeError") return said;
  if (kind === "missing" && offlineOr(said) === OFFLINE) return reason(OFFLINE);
  return pick(RUNTIME[kind], kind === "missing" || kind === "tampered" ? fileIn(said) : reason(said));
}

/** A file of another kind: what it is, and what to do. */
function notRead(kind: Foreign): string {
  const [said, advice = "convert"]: FileKind = KINDS[kind];
  return pick([`This is ${said}. ${ADVICE[advice][0]}`, `Es ${IN_SPANISH[kind]}. ${ADVICE[advice][1]}`], "");
}

/** Why a choice was not taken: a clause without its full stop. */
export function reason(text: string): string {
  if (language() === "en") return text.replace(/^damaged or truncated: /, "");
  const known = REASONS.find(([pattern]) => pattern.test(text));
  if (known === undefined) return text;
  const [, ...parts] = known[0].exec(text) ?? [];
  return known[1].replace(/\$(\d)/g, (_, i) => inSpanish(parts[Number(i) - 1] ?? ""));
}

/** A number with the decimal comma of all others on the page; any other text as it is. */
const inSpanish = (part: string): string => part.replace(/^(\d+)\.(\d+(?:e[-+]\d+)?)$/, "$1,$2");

const TELL: Pair = [
  "Another browser may pass. If none does, tell whoever runs this page.",
  "Puede que otro navegador la supere. Si no, avise a quien publica esta página.",
];

/** What to do about failures of the self-test; where another choice passed, only damaged files are worth a word. */
export function cure(reasons: readonly string[], allFailed: boolean): string | null {
  if (reasons.some((text) => /is missing|written|cannot be fetched/.test(text))) return pick(PUBLISH, "");
  return allFailed ? pick(TELL, "") : null;
}

function pick(pair: Pair | undefined, detail: string): string {
  if (pair === undefined) return detail;
  const half = pair[language() === "es" ? 1 : 0];
  return typeof half === "string" ? half : half(detail);
}

function fileIn(message: string): string {
  return /^(\S+) (?:is|cannot) /.exec(message)?.[1] ?? message;
}
