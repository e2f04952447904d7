/** What "Where does it begin?" says; in English the words of `gemelo verify --layers`. */

export const words = {
  en: {
    title: "Where does it begin?",
    of: (name: string, photo: string) => `${name}, on ${photo}`,
    running: "Running it layer by layer.",
    departs: (name: string, layer: string, after: string, saturated: string) =>
      `${name} departs from the reference at ${layer}, ${after}${saturated}`,
    after: (layer: string) => `after ${layer}, on which they agree`,
    beginning: "at the very beginning",
    saturated: (share: string) => `; ${share} of its values are at the end of its 8-bit range`,
    notItsLayers: (name: string, count: number, all: number, first: string) =>
      `${name} gives the reference's answers, but ${count} of ${all} tensors have a counterpart: the first that has none is ${first}`,
    toTheEnd: (name: string) => `${name} agrees with the reference layer by layer, to the end`,
    toldApart: (name: string) =>
      `${name} agrees with the reference layer by layer, as far as tensors can be told apart: the answers are read differently`,
    otherPhoto: (name: string) =>
      `${name} agrees with the reference on this photo, layer by layer: choose one on which it differs`,
    tensor: (name: string, kind: string) => `In the artifact it is ${name} (${kind}).`,
    reference:
      "The reference is the bundle's network with an output for each layer, in float32, run by TF.js in this browser.",
    artifact: (name: string) =>
      `The reference is the artifact ${name}, for this bundle was exported without its layers: their names are those of its tensors.`,
    unknown: "Keras never saw this photo.",
    near: (difference: string) => `Its answer differs from Keras's by ${difference}.`,
    far: (difference: string) =>
      `Its answer differs from Keras's by ${difference}: TF.js itself is wrong here, and this reference says little.`,
    moved: (name: string, difference: string) =>
      `Looking inside ${name} changed its answers by ${difference}: its layers are not fused then.`,
    matched: (count: number, all: number) =>
      `${count} of the artifact's ${all} tensors have a counterpart among the layers.`,
    caption: "The layers, and how far the artifact's tensors are from them",
    head: { layer: "Layer", difference: "Difference", tensor: "Tensor of the artifact", state: "" },
    hint: "root mean square of the difference, as a share of the layer's",
    states: { agrees: "agrees", fused: "computed with the next", begins: "begins here", differs: "differs" },
    failed: (reason: string) => `The layers were not compared: ${reason}`,
    copy: "Copy report",
    close: "Close",
    selfTest: (text: string) => `Self-test: ${text}`,
    browser: (agent: string) => `Browser: ${agent}`,
  },
  es: {
    title: "¿Dónde empieza?",
    of: (name: string, photo: string) => `${name}, con ${photo}`,
    running: "Se ejecuta capa por capa.",
    departs: (name: string, layer: string, after: string, saturated: string) =>
      `${name} se aparta de la referencia en ${layer}, ${after}${saturated}`,
    after: (layer: string) => `después de ${layer}, donde coinciden`,
    beginning: "desde el principio",
    saturated: (share: string) => `; ${share} de sus valores está en el extremo de su rango de 8 bits`,
    notItsLayers: (name: string, count: number, all: number, first: string) =>
      `${name} da las respuestas de la referencia, pero ${count} de ${all} tensores tienen su pareja: el primero que no la tiene es ${first}`,
    toTheEnd: (name: string) => `${name} coincide con la referencia capa por capa, hasta el final`,
    toldApart: (name: string) =>
      `${name} coincide con la referencia capa por capa, hasta donde se distinguen los tensores: las respuestas se leen de otro modo`,
    otherPhoto: (name: string) =>
      `${name} coincide con la referencia en esta foto, capa por capa: elija una en la que difiera`,
    tensor: (name: string, kind: string) => `En el artefacto es ${name} (${kind}).`,
    reference:
      "La referencia es la red del modelo con una salida por capa, en float32, ejecutada por TF.js en este navegador.",
    artifact: (name: string) =>
      `La referencia es el artefacto ${name}, pues este modelo se exportó sin sus capas: los nombres son los de sus tensores.`,
    unknown: "Keras nunca vio esta foto.",
    near: (difference: string) => `Su respuesta difiere de la de Keras en ${difference}.`,
    far: (difference: string) =>
      `Su respuesta difiere de la de Keras en ${difference}: aquí falla el propio TF.js, y esta referencia dice poco.`,
    moved: (name: string, difference: string) =>
      `Mirar dentro de ${name} cambió sus respuestas en ${difference}: sus capas no se fusionan entonces.`,
    matched: (count: number, all: number) =>
      `${count} de los ${all} tensores del artefacto tienen su pareja entre las capas.`,
    caption: "Las capas, y a qué distancia están de ellas los tensores del artefacto",
    head: { layer: "Capa", difference: "Diferencia", tensor: "Tensor del artefacto", state: "" },
    hint: "media cuadrática de la diferencia, como parte de la de la capa",
    states: {
      agrees: "coincide",
      fused: "calculada con la siguiente",
      begins: "empieza aquí",
      differs: "difiere",
    },
    failed: (reason: string) => `No se compararon las capas: ${reason}`,
    copy: "Copiar informe",
    close: "Cerrar",
    selfTest: (text: string) => `Prueba: ${text}`,
    browser: (agent: string) => `Navegador: ${agent}`,
  },
};
