/** What the shell says. */

const en = {
  tabs: "Views",
  language: "Language",
  theme: { auto: "Colors: as the system", light: "Colors: light", dark: "Colors: dark" },
  skip: "Skip to the content",
  opening: "opening the page",
  loading: (name: string, done: string, total: string) => `${name}: loading ${done} of ${total}`,
  starting: (name: string) => `${name}: loading`,
  runtime: (name: string) => `${name}: loading the runtime`,
  checking: (name: string) => `${name}: checking on this device`,
  verified: (difference: string, images: number) =>
    `verified: max difference ${difference} on ${images} goldens`,
  verifiedExpected: (difference: string, images: number) =>
    `verified: as exported, ${difference} from Keras on ${images} goldens`,
  instead: (name: string, failed: string) => `${name} taken, for ${failed} failed`,
  failed: "not verified: no answers are given",
  details: "details of the self-test",
  noWasm: "this browser has no WebAssembly",
  waiting: "Waiting for the self-test",
  again: "Try again",
  broken: "This page cannot start",
  failedTitle: "The self-test failed",
  failedText:
    "This page checks itself on your device before it answers. The check failed, so it gives no answers: better none than wrong ones.",
  viewFailed: "This view cannot be opened",
  doubt:
    "The preprocessing was probably declared wrongly: the answers may be wrong, though they are those of the original file.",
  doubtMore: "Why",
};

const es: typeof en = {
  tabs: "Vistas",
  language: "Idioma",
  theme: { auto: "Colores: los del sistema", light: "Colores: claros", dark: "Colores: oscuros" },
  skip: "Ir al contenido",
  opening: "abriendo la página",
  loading: (name, done, total) => `${name}: cargando ${done} de ${total}`,
  starting: (name) => `${name}: cargando`,
  runtime: (name) => `${name}: cargando el motor`,
  checking: (name) => `${name}: comprobando en este dispositivo`,
  verified: (difference, images) => `verificado: dif. máxima ${difference} en ${images} goldens`,
  verifiedExpected: (difference, images) =>
    `verificado: como al exportar, a ${difference} de Keras en ${images} goldens`,
  instead: (name, failed) => `se usa ${name}, porque ${failed} falló`,
  failed: "sin verificar: no se dan respuestas",
  details: "detalles de la autocomprobación",
  noWasm: "este navegador no tiene WebAssembly",
  waiting: "Esperando a la autocomprobación",
  again: "Probar de nuevo",
  broken: "Esta página no puede arrancar",
  failedTitle: "La autocomprobación falló",
  failedText:
    "Esta página se comprueba a sí misma en su dispositivo antes de responder. La comprobación falló, así que no responde: mejor ninguna respuesta que una equivocada.",
  viewFailed: "Esta vista no se puede abrir",
  doubt:
    "Es probable que el preprocesamiento se declarara mal: las respuestas pueden ser erróneas, aunque son las del archivo original.",
  doubtMore: "Por qué",
};

export const words = { en, es };
