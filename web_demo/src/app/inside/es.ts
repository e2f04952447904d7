/** What the view says in Spanish. */

import type { en } from "./en";

export const es: typeof en = {
  lead: "Una red convolucional ante su foto, con los pesos que aprendió. Todos los números que ve se han calculado en este dispositivo.",
  noPhoto: "Elija una foto y vea qué hace la red con ella.",
  choose: "Elegir una foto",
  another: "Otra foto",
  running: "Ejecutando la red, capa por capa",
  noLayers: (reason) =>
    `Las capas de esta red no se pueden mostrar una a una: ${reason}. Se muestra lo que es posible con cualquier red: la foto tal como la ve y qué fue lo que decidió.`,
  failed: (reason) => `No se pueden cargar las capas: ${reason}`,

  steps: "Pasos",
  step: "Paso",
  stepOf: (step, all) => `Paso ${step} de ${all}`,
  previous: "Anterior",
  next: "Siguiente",
  keys: "Con las flechas ← y → se pasa de un paso a otro.",
  keras: "En Keras",
  parameters: (text) => `${text} parámetros`,
  becomes: (from, to) => `${from} → ${to}`,

  row: "Fila",
  column: "Columna",
  map: "Mapa",
  inputMap: "Mapa de entrada",
  kernel: "Kernel",
  unit: "Neurona",
  label: "Etiqueta",
  value: "Valor",
  weight: "Peso",
  product: "Producto",
  bias: "sesgo",
  red: "Rojo",
  green: "Verde",
  blue: "Azul",
  grey: "Gris",
  counted: "Filas, columnas y mapas se cuentan desde 0, como en Python.",
  scale: (limit) =>
    `Azul es negativo, naranja positivo y sin color es cero. El color pleno es ${limit}, la mayor magnitud de este mapa.`,
  place: (row, column, value) => `fila ${row}, columna ${column}: ${value}`,
  arrows: "Las flechas lo mueven; con Mayús, a pasos más largos.",
  computed: "TF.js calculó",
  difference: "diferencia",
  rounded: "Se muestra redondeado; se calcula con todas las cifras.",
  mapName: (map, least, most) => `Mapa ${map}, de ${least} a ${most}`,
  allMaps: (count) => `Mostrar los ${count} mapas`,

  photo: {
    title: "La foto",
    text: (photo, input, imported) =>
      `Su foto tiene ${photo} píxeles. Esta red se entrenó con imágenes de ${input} y no admite otro tamaño. Por eso lo primero es llevar la foto a ese tamaño, ${imported ? "como se declaró al importar el modelo" : "con exactamente las mismas operaciones que en el entrenamiento"}:`,
    fits: {
      squash: "la foto entera se ajusta a él, sea cual sea su forma.",
      crop: "se recorta el centro con la forma adecuada y se lleva a ese tamaño.",
      pad: "la foto entera se ajusta hasta que cabe, y unos bordes negros llenan el resto.",
    },
    after:
      "Cada cuadrito de la imagen ampliada es un píxel. Esto es todo lo que la red verá de su foto. ¿Sabría usted decir todavía qué muestra?",
    yours: "Su foto",
    input: (size) => `Lo que ve la red: ${size}`,
    numbers: (before, after) => `${before} números se han convertido en ${after}.`,
  },

  numbers: {
    title: "La foto como números",
    color:
      "Para un ordenador una imagen es una cuadrícula de números. Cada píxel tiene tres: cuánta luz roja, verde y azul da, de 0 (ninguna) a 255 (toda). Señale un punto de la foto o arrastre el marco, y léalos.",
    grey: "Para un ordenador una imagen es una cuadrícula de números. Cada píxel de la entrada de esta red tiene uno: lo claro que es, de 0 (negro) a 255 (blanco). Señale un punto de la foto o arrastre el marco, y léalos.",
    rescaling: "De 0–255 a 0–1",
    rescalingTo: (least, most) => `De 0–255 a ${least} … ${most}`,
    why: "La primera capa, Rescaling, hace lo mismo con todos los números. De números pequeños y de tamaño parecido se aprende mejor: ningún píxel grita más que los pesos.",
    order: "En cada casilla, de arriba abajo: rojo, verde y azul. Al pulsar una casilla se elige su píxel.",
    patch: (row, column) => `En torno a la fila ${row}, columna ${column}`,
    rescaled: "Los mismos, reescalados",
    choose: (row, column) => `Foto. Elegido el píxel de la fila ${row}, columna ${column}.`,
  },

  convolution: {
    title: "Convolución",
    depthwise: "Convolución por canal (depthwise)",
    text: (kernel, channels, weights) =>
      channels === 1
        ? `Un kernel es una pequeña cuadrícula de pesos, aquí de ${kernel}: ${weights} números que encontró el entrenamiento. Se coloca sobre la imagen; cada peso se multiplica por el número que tiene debajo; se suman los productos y se añade un sesgo. El resultado es una casilla del mapa de características. Después el kernel avanza y repite la operación con los mismos pesos: lo que aprendió a encontrar, lo encuentra en cualquier sitio.`
        : `Un kernel es una pequeña cuadrícula de pesos, aquí de ${kernel} para cada uno de los ${channels} canales: ${weights} números que encontró el entrenamiento. Se coloca sobre la imagen; cada peso se multiplica por el número que tiene debajo; se suman los productos y se añade un sesgo. El resultado es una casilla del mapa de características. Después el kernel avanza y repite la operación con los mismos pesos: lo que aprendió a encontrar, lo encuentra en cualquier sitio.`,
    deep: (kernel, channels, weights) =>
      `Esta convolución no mira la foto, sino los ${channels} mapas de la capa anterior. Por eso cada kernel tiene ${kernel} pesos para cada uno de ellos, ${weights} en total, y combina lo que encontraron los kernels anteriores.`,
    depthwiseText: (kernel) =>
      `Aquí cada kernel, de ${kernel} pesos, mira un solo mapa: el que lleva su mismo número.`,
    strideOne:
      "Paso (stride) 1: el kernel avanza de casilla en casilla, así que las ventanas vecinas se solapan.",
    stride: (stride, skipped) =>
      `Paso (stride) ${stride}: el kernel avanza de ${stride} en ${stride} casillas; ${skipped}.`,
    strides: (down, across) =>
      `Paso (stride) ${down} × ${across}: el kernel avanza de ${across} en ${across} casillas hacia la derecha y de ${down} en ${down} hacia abajo.`,
    skipped: { 2: "se salta una posición de cada dos", 3: "se salta dos posiciones de cada tres" },
    skippedOf: (skipped, stride) => `se salta ${skipped} posiciones de cada ${stride}`,
    apart: "Las ventanas no se solapan, de modo que cada casilla se mira una vez como mucho.",
    same: "Relleno «same»: alrededor de los bordes se ponen ceros (rayado), para que el kernel también quepa allí.",
    typed:
      "El código de la clase dice Convolution2D(32, 3, 3). Cuando se escribió, eso era un kernel de 3 × 3; el Keras de hoy toma el tercer número como paso (stride). La red que ve aquí es la que esa línea construye hoy.",
    sizes: (formula, direction) =>
      `${formula} posiciones ${{ each: "en cada dirección", down: "hacia abajo", across: "a lo ancho" }[direction]}`,
    roundedDown: "redondeando hacia abajo",
    roundedUp: "redondeando hacia arriba",
    many: (filters) => `Esta capa tiene ${filters} kernels, así que produce ${filters} mapas.`,
    input: "Entrada, con la ventana que cubre el kernel",
    inputMap: (map) => `Mapa de entrada ${map}, con la ventana que cubre el kernel`,
    output: (map) => `Mapa de características ${map}`,
    window: (row, column) => `Entrada. El kernel está sobre la fila ${row}, columna ${column}.`,
    play: "Reproducir",
    pause: "Pausa",
    one: "Avanzar uno",
    speed: "Velocidad",
    speeds: { slow: "lenta", normal: "normal", fast: "rápida" },
    patch: (channel) => `${channel}: entrada`,
    weights: "pesos",
    products: "productos",
    channel: (channel) => `Mapa ${channel}`,
    parts: (channels) =>
      `Lo que aporta a la suma cada uno de los ${channels} mapas de entrada. Con las flechas se elige uno, y arriba se escriben sus productos.`,
    strongest: "Mostrar siempre el que más suma o resta",
    others: (count, plus, minus) => `los otros ${count} mapas, ${plus} y ${minus} en total`,
    sum: (products) => `suma de ${products} productos`,
    padded: "0 en el relleno",
  },

  maps: {
    title: (count) => `Los ${count} mapas de características`,
    text: "Un mapa por cada kernel. Naranja: aquí la imagen se parece al patrón que dibujan los pesos del kernel. Azul: aquí se parece a lo contrario. Unos kernels se han vuelto detectores de bordes, otros buscan un color y otros apenas buscan nada: nadie se lo dijo, es lo que dejó el entrenamiento.",
    deep: "Un mapa por cada kernel. Cuanto más profunda es la capa, mayor es la parte de la foto que ha visto cada casilla, y más difícil es decir en una palabra qué busca.",
    features:
      "Los últimos mapas antes de la decisión. Cada casilla ha visto una gran parte de la foto; cada mapa es lo que encontró un kernel, y dónde.",
    own: "Cada mapa se colorea en su propia escala: su mayor magnitud tiene el color pleno.",
    all: "Todos los mapas comparten escala: la mayor magnitud de todos tiene el color pleno.",
    oneScale: "Una escala para todos los mapas",
    grid: "Mapas de características: elija uno",
    chosen: (map) => `Mapa ${map}`,
    weights: (kernel) => `El kernel ${kernel}, que lo produjo`,
  },

  activation: {
    title: (name) => name,
    relu: "ReLU: nada por debajo de cero",
    reluText:
      "ReLU deja como están los valores positivos y convierte en 0 los negativos. Parece poca cosa, pero sin ella dos capas seguidas no podrían hacer más que una: sumas de sumas son sumas. Ese codo es lo que permite que una red profunda sea más que una de una sola capa.",
    text: (name) => `Cada valor pasa por la misma función, ${name}.`,
    unknown: "Aquí no se escribe la fórmula; el antes y el después son lo que calculó la red.",
    before: "Antes",
    after: "Después",
    zeroed: (here, all) =>
      `Puestos a cero: el ${here} de los valores de este mapa y el ${all} de todos los de esta capa.`,
    zeroedList: (all) => `Puestos a cero: el ${all} de los valores.`,
    grid: "Mapas después de la activación: elija uno",
  },

  pooling: {
    max: "Max-pooling",
    average: "Average pooling",
    maxText: (window) =>
      `El mapa se divide en ventanas de ${window} y de cada una solo se conserva el valor mayor: ¿se encontró el patrón por aquí? Dónde exactamente ya no importa, así que una foto algo desplazada da casi la misma respuesta, y después queda menos por calcular.`,
    averageText: (window) => `El mapa se divide en ventanas de ${window} y de cada una queda su media.`,
    sizes: (before, beforeCount, after, afterCount) =>
      `${before} = ${beforeCount} valores se convierten en ${after} = ${afterCount}.`,
    left: (rows, columns) =>
      `Al final sobran ${rows} filas y ${columns} columnas, que no bastan para otra ventana: no se miran.`,
    leftOne:
      "Como el número de filas y columnas es impar, la última de cada no llena ninguna ventana: no se miran.",
    before: "Antes",
    after: "Después",
    window: (row, column) => `Mapa reducido. Elegida la fila ${row}, columna ${column}.`,
    values: "La ventana",
    grid: "Mapas después del pooling: elija uno",
  },

  mean: {
    title: "Global average pooling",
    text: (shape) =>
      `De cada mapa queda solo la media de sus ${shape} casillas: cuánto hay de su patrón en toda la foto, esté donde esté.`,
    means: "Las medias, una por cada mapa",
  },

  flatten: {
    title: "Flatten: aplanar",
    text: (count) =>
      `Una capa densa recibe una simple lista. Flatten escribe las casillas de todos los mapas una tras otra: fila por fila, columna por columna, y en cada lugar el valor de cada mapa por turno. No se calcula nada; ${count} valores conservan lo que valen y pierden su lugar.`,
    one: "Cada mapa se ha reducido a una sola casilla, así que su número es su índice en la lista.",
    map: (map) => `Mapa ${map}`,
    strip: (count, columns) =>
      `La lista de ${count} valores, ${columns} en cada línea. Las flechas la recorren.`,
    index: "índice",
    chosen: (index, value) => `Lista. Elegido el índice ${index}: ${value}.`,
    formula: "(fila × columnas + columna) × mapas + mapa",
  },

  dense: {
    title: "Capa densa",
    text: (units, inputs) =>
      `Cada una de las ${units} neuronas tiene un peso para cada uno de los ${inputs} valores anteriores: multiplica, suma y añade su sesgo. Un kernel ve una ventana pequeña; una neurona lo ve todo a la vez.`,
    last: "La última capa densa tiene una neurona por etiqueta: su suma es la puntuación de la etiqueta, antes de convertirse en probabilidad.",
    inputs: "Los valores que entran",
    outputs: "Las sumas de todas las neuronas: elija una",
    outputsOf: (unit, value) => `Neuronas. Elegida la neurona ${unit}: ${value}.`,
    top: (count) => (count === 1 ? "La contribución más fuerte" : `Las ${count} contribuciones más fuertes`),
    from: "De",
    index: (index) => `valor ${index}`,
    cell: (map, row, column) => `mapa ${map}, fila ${row}, columna ${column}`,
    rest: (count) => `los otros ${count}`,
    label: (label) => `la neurona de «${label}»`,
  },

  output: {
    title: "La salida",
    softmax:
      "Softmax convierte las puntuaciones en probabilidades: e elevado a cada una, dividido entre la suma de todas. Ninguna es negativa, juntas suman 1 y gana la puntuación mayor.",
    sigmoid: "La sigmoide comprime cualquier número entre 0 y 1: 1 / (1 + e^(−z)).",
    mirrored:
      "Una sola puntuación decide entre dos etiquetas. Aquí aparece dos veces, una de ellas con el signo contrario, para que cada etiqueta tenga su probabilidad: juntas suman 1.",
    plain: "Los valores de la última capa son la respuesta.",
    answer: (engine) => `La respuesta que da esta página (${engine})`,
    inside: "Capa por capa, aquí",
    waiting: "La respuesta de esta página aún no ha llegado.",
    equal: (difference) => `Mayor diferencia: ${difference}.`,
    quantized:
      "La página responde con pesos redondeados para ahorrar espacio; aquí están los que se entrenaron. Por eso difieren un poco.",
    total: (labels) => `suma de las ${labels}`,
  },

  generic: {
    swap: "El rojo y el azul cambian de lugar (BGR, como lee OpenCV).",
    text: (type) => `Esta capa es del tipo ${type}. Se muestra lo que produce.`,
    grid: "Mapas: elija uno",
    values: "Los valores",
  },

  heat: {
    title: "¿Qué decidió?",
    method: "Método",
    cam: "Mapa de activación de clase",
    occlusion: "Oclusión",
    occlusionText: (side, boxes) =>
      `Un cuadrado gris de ${side} × ${side} píxeles tapa una parte de la imagen tras otra, ${boxes} en total, y cada vez la red responde de nuevo. Los cuadrados se solapan: cada lugar muestra la media de los que lo tapan. Si al tapar una parte la etiqueta se vuelve menos probable, esa parte hablaba a su favor.`,
    camText: (shape) =>
      `La red termina en mapas de ${shape}, la media de cada uno y un peso por mapa y etiqueta. Por eso se sabe qué parte tiene cada casilla en la puntuación de una etiqueta: su valor en cada mapa por el peso de ese mapa, todo sumado.`,
    score: (mean, bias, score) => `media del mapa ${mean} + sesgo ${bias} = puntuación ${score}`,
    read: (label) =>
      `Naranja: esta parte habla a favor de «${label}». Azul: habla en contra. Sin color: da lo mismo.`,
    limits: {
      occlusion:
        "Dice en qué se fijó esta red en esta foto, no si hizo bien. Además, el cuadrado es algo extraño en la foto, y lo que dos partes dicen juntas un solo cuadrado no lo descubre.",
      cam: (shape) =>
        `Dice en qué se fijó esta red en esta foto, no si hizo bien. Solo hay ${shape} casillas, dibujadas con suavidad: no tome sus bordes por los bordes de las cosas.`,
    },
    opacity: "Opacidad",
    progress: (done, all) => `${done} de ${all} cuadrados`,
    cancel: "Cancelar",
    canceled: "Cancelado.",
    again: "Calcularlo",
    done: "El mapa de calor está listo.",
    strongest: (share, without, label) =>
      `La foto entera: «${label}» ${share}. Con el cuadrado que más pesa tapado: ${without}.`,
    legend: { against: "en contra", for: "a favor" },
    points: (points) => `${points} puntos`,
    picture: (label) => `Su foto con el mapa de calor de «${label}» encima`,
    flat: "Ningún cuadrado cambia la respuesta ni en una milésima: ninguna parte decidió por sí sola.",
  },
};
