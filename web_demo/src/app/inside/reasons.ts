/** Why a network cannot be shown layer by layer: the exporter's clauses, in the language that is spoken. */

import { language } from "../shell/i18n";

const NUMBERS: Readonly<Record<string, string>> = { two: "dos", three: "tres", four: "cuatro" };
const number = (word: string): string => NUMBERS[word] ?? word;

/** As exporters/layers_network.py and exporters/layers.py write them. */
const CLAUSES: readonly (readonly [pattern: RegExp, es: (...parts: string[]) => string])[] = [
  [
    /(\S+) is read by (\w+) layers: this network is no plain chain/,
    (name, count) =>
      `${number(count ?? "")} capas leen la salida de ${name}, así que esta red no es una simple cadena`,
  ],
  [
    /(\S+) has (\w+) outputs: this network is no plain chain/,
    (name, count) => `${name} tiene ${number(count ?? "")} salidas, así que esta red no es una simple cadena`,
  ],
  [
    /, and it does not end in global average pooling and one dense layer/,
    () => ", y no termina en global average pooling y una capa densa",
  ],
  [/no tfjs or onnx format was asked for/, () => "al exportarla no se pidió ni el formato tfjs ni el onnx"],
  [/this bundle was exported without its layers/, () => "se exportó sin sus capas"],
];

export function reasonIn(text: string): string {
  if (language() === "en") return text;
  return CLAUSES.reduce(
    (said, [pattern, es]) => said.replace(pattern, (_, ...parts: string[]) => es(...parts)),
    text,
  );
}
